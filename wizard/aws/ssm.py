"""Parameter Store: values that a deployment publishes for its users."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geos.wizard.errors import NotThere

if TYPE_CHECKING:
    from geos.wizard.aws.door import Door


class Parameters:
    """The parameters of one account and region."""

    def __init__(self, door: Door) -> None:
        self._door = door

    @property
    def _client(self) -> Any:
        return self._door.client("ssm")

    def value(self, name: str) -> str | None:
        """The value of a plain parameter; None when there is none of that name."""
        try:
            with self._door.asking(f"read parameter {name}"):
                return str(self._client.get_parameter(Name=name)["Parameter"]["Value"])
        except NotThere:
            return None

    def under(self, path: str) -> dict[str, str]:
        """Names and values below a path."""
        with self._door.asking(f"read the parameters under {path}"):
            pages = self._client.get_paginator("get_parameters_by_path").paginate(Path=path, Recursive=True)
            return {p["Name"]: p["Value"] for page in pages for p in page["Parameters"]}
