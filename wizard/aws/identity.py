"""STS: who is asking."""

from __future__ import annotations

import email.utils
import re
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from geos.wizard.errors import GeosError
from geos.wizard.facts import Identity

if TYPE_CHECKING:
    from geos.wizard.aws.door import Door

_ASSUMED = re.compile(
    r"^arn:(?P<partition>[^:]+):sts::(?P<account>\d{12}):assumed-role/(?P<role>[^/]+)/(?P<session>.+)$"
)


class IdentityCalls:
    """The caller of one set of credentials."""

    def __init__(self, door: Door) -> None:
        self._door = door

    def caller(self) -> Identity:
        """Needs no permission at all; any valid credentials get an answer."""
        answer = self._door.caller()
        arn = str(answer.get("Arn", ""))
        return Identity(str(answer["Account"]), arn, str(answer.get("UserId", "")), kind_of(arn))

    def clock_ahead_seconds(self) -> float | None:
        """By how much this machine's clock is ahead of AWS's, to a second; None where the answer bears no time."""
        began = time.time()
        headers = self._door.caller().get("ResponseMetadata", {}).get("HTTPHeaders", {})
        try:
            told = email.utils.parsedate_to_datetime(headers["date"]).timestamp()
        except (KeyError, ValueError):
            return None
        return (began + time.time()) / 2 - told - 0.5  # whole seconds are told, the rest cut off

    def with_role(self, identity: Identity) -> Identity:
        """For an assumed role: with the ARN of the role itself, path included, as simulation wants it.

        Where iam:GetRole is not allowed the path cannot be known, and `role_arn` stays empty.
        """
        name = role_name(identity.arn)
        if not name:
            return identity
        try:
            with self._door.asking(f"look up the role {name}"):
                found = self._door.client("iam").get_role(RoleName=name)["Role"]
        except GeosError:
            return identity
        return replace(identity, role_arn=str(found["Arn"]))


def kind_of(arn: str) -> str:
    """root, user, sso-role, assumed-role, instance-role, service-role, federated-user or unknown."""
    resource = arn.split(":", 5)[-1] if arn.count(":") >= 5 else ""
    if resource == "root":
        return "root"
    if resource.startswith("user/"):
        return "user"
    if resource.startswith("federated-user/"):
        return "federated-user"
    match = _ASSUMED.match(arn)
    if match is None:
        return "unknown"
    if match["role"].startswith("AWSReservedSSO_"):
        return "sso-role"
    # The instance metadata service names a session after its instance.
    return "instance-role" if re.fullmatch(r"i-[0-9a-f]{8,17}", match["session"]) else "assumed-role"


def role_name(arn: str) -> str:
    """The role behind an assumed role's ARN; empty for any other."""
    match = _ASSUMED.match(arn)
    return match["role"] if match else ""
