"""IAM service-linked roles: looked up and made. They are global to an account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geos.wizard.errors import AwsRefused, NotThere

if TYPE_CHECKING:
    from geos.wizard.aws.door import Door

_TAKEN = "InvalidInput"
"""What IAM answers when the role exists already."""


class ServiceLinkedRoles:
    """The service-linked roles of one account."""

    def __init__(self, door: Door) -> None:
        self._door = door

    @property
    def _client(self) -> Any:
        return self._door.client("iam")

    def exists(self, name: str) -> bool:
        try:
            with self._door.asking(f"look for role {name}"):
                self._client.get_role(RoleName=name)
        except NotThere:
            return False
        return True

    def create(self, service: str) -> bool:
        """Make the role of `service`; False when it was there already."""
        try:
            with self._door.asking(f"make the service-linked role of {service}"):
                self._client.create_service_linked_role(AWSServiceName=service)
        except AwsRefused as e:
            if e.aws_code == _TAKEN:
                return False
            raise
        return True
