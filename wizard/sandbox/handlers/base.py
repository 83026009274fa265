"""What every resource handler is, and the place it works in."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from geos.wizard.sandbox.world import World

Properties = Mapping[str, Any]


class Refused(Exception):
    """The service would not make, change or remove a resource; the text is what CloudFormation would say."""


class AlreadyExists(Refused):
    """A resource with this name is there, and CloudFormation did not make it."""

    def __init__(self, type_name: str, identifier: str) -> None:
        super().__init__(
            f"Resource of type '{type_name}' with identifier '{identifier}' already exists. "
            f"{identifier} already exists."
        )


@dataclass
class Made:
    """A resource that exists now."""

    physical_id: str
    attributes: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Place:
    """Where a handler works: one resource of one stack in one region."""

    world: World
    region: str
    stack_name: str
    stack_id: str
    logical_id: str
    type: str
    stack_tags: Mapping[str, str]
    extras: Mapping[str, Any] = field(default_factory=dict)
    begun: list[str] = field(default_factory=list)
    """Physical ids of what exists already while `create` is still at work on its settings."""

    @property
    def account(self) -> str:
        return self.world.account

    def call(self, service: str, operation: str, **parameters: Any) -> Any:
        """One API call inside the simulated account; botocore's ClientError passes through."""
        client = self.world.clients.get(service, self.region)
        return getattr(client, operation)(**parameters)

    def quietly(self, service: str, operation: str, **parameters: Any) -> Any:
        """As `call`, for removals: what is gone already is as good as removed."""
        from botocore.exceptions import ClientError

        try:
            return self.call(service, operation, **parameters)
        except ClientError as e:
            if is_missing(e):
                return None
            raise

    def arn(self, service: str, resource: str, *, region: bool = True) -> str:
        return f"arn:aws:{service}:{self.region if region else ''}:{self.account}:{resource}"

    def name(self, longest: int = 64, *, lower: bool = False) -> str:
        """A generated physical name: stack, logical id and a suffix that is stable for this stack."""
        digest = hashlib.sha256(
            f"{self.stack_id}/{self.logical_id}/{self.world.part('names', Counter).next()}".encode()
        )
        suffix = re.sub(r"[^A-Z0-9]", "", _base36(digest.digest()).upper())[:12]
        name = f"{self.stack_name}-{self.logical_id}"[: longest - 13].rstrip("-") + f"-{suffix}"
        return name.lower() if lower else name

    def tags(self, properties: Properties) -> dict[str, str]:
        """The resource's own tags over the stack's."""
        own = properties.get("Tags") or {}
        if isinstance(own, list):
            own = {t["Key"]: t["Value"] for t in own}
        return {**self.stack_tags, **{str(k): str(v) for k, v in own.items()}}

    def tag_list(self, properties: Properties, key: str = "Key", value: str = "Value") -> list[dict[str, str]]:
        return [{key: k, value: v} for k, v in self.tags(properties).items()]


class Counter:
    """Numbers that make generated names differ after a replacement."""

    def __init__(self) -> None:
        self.value = 0

    def next(self) -> int:
        self.value += 1
        return self.value


def _base36(data: bytes) -> str:
    number, out = int.from_bytes(data, "big"), ""
    while number:
        number, digit = divmod(number, 36)
        out += "0123456789abcdefghijklmnopqrstuvwxyz"[digit]
    return out


class Handler:
    """One resource type. Subclasses say how; the engine says when.

    `read` answers the live values of those properties it can read back, in the template's own form: None
    when the resource is gone. A handler without it leaves `readable` False, and drift is not checked.
    """

    readable = False

    def create(self, at: Place, p: Properties) -> Made:
        raise NotImplementedError

    def update(self, at: Place, made: Made, old: Properties, new: Properties) -> Made:
        raise Refused(f"{at.type} cannot be updated in the sandbox; only be replaced")

    def delete(self, at: Place, physical_id: str, p: Properties) -> None:
        raise NotImplementedError

    def taken(self, at: Place, p: Properties) -> str:
        """The name that another resource has already, if CloudFormation would find that out beforehand."""
        return ""

    def replaced_by(self, old: Properties, new: Properties) -> frozenset[str]:
        """Paths of changed properties that need a new resource although no schema says so."""
        return frozenset()

    def read(self, at: Place, physical_id: str, p: Properties) -> dict[str, Any] | None:
        raise NotImplementedError


_MISSING = re.compile(
    r"NotFound|NoSuch|NotExist|DoesNotExist|ResourceNotFoundException|ParameterNotFound|RepositoryNotFound|NonExistent"
)


def is_missing(error: Any) -> bool:
    """Whether an API error says that the thing is not there. By AWS's error code."""
    return bool(_MISSING.search(error.response["Error"].get("Code", "")))


def picked(p: Properties, *names: str, **renamed: str) -> dict[str, Any]:
    """The named properties that are given, as API parameters; `api_name="Property"` renames."""
    found = {name: p[name] for name in names if name in p}
    found.update({api: p[prop] for api, prop in renamed.items() if prop in p})
    return found


def typed(value: Any) -> Any:
    """CloudFormation takes numbers and booleans as text; the service APIs do not."""
    if isinstance(value, str) and value in ("true", "false", "True", "False"):
        return value.lower() == "true"
    return value


def boolean(value: Any) -> bool:
    return value if isinstance(value, bool) else str(value).lower() == "true"


def lower_first(value: Any, *, keep: frozenset[str] = frozenset()) -> Any:
    """Keys in camelCase, all the way down; below the (CamelCase) names in `keep` keys are the user's own."""
    if isinstance(value, list):
        return [lower_first(v, keep=keep) for v in value]
    if isinstance(value, dict):
        return {k[:1].lower() + k[1:]: (v if k in keep else lower_first(v, keep=keep)) for k, v in value.items()}
    return value
