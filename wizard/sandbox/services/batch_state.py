"""What AWS Batch holds in one region of the simulated account, and how its parts are named."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from geos.wizard.sandbox.wire import ApiError, Call
from geos.wizard.sandbox.world import World

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")


@dataclass
class Job:
    """One job; its status is worked out from when it was submitted."""

    id: str
    record: dict[str, Any]
    submitted_at: float = field(default_factory=time.monotonic)
    stuck: str = ""
    """Why it can never be placed."""
    failure: str = ""
    """Why it will fail once it starts."""
    ended: str = ""
    """SUCCEEDED or FAILED, once it is."""
    reason: str = ""
    logged: bool = False


@dataclass
class BatchRegion:
    """Batch in one region."""

    environments: dict[str, dict[str, Any]] = field(default_factory=dict)
    queues: dict[str, dict[str, Any]] = field(default_factory=dict)
    definitions: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    policies: dict[str, dict[str, Any]] = field(default_factory=dict)
    jobs: dict[str, Job] = field(default_factory=dict)

    def tagged(self) -> list[tuple[str, dict[str, Any]]]:
        """Every resource with its ARN, for tag calls and tag searches."""
        found = [(e["computeEnvironmentArn"], e) for e in self.environments.values()]
        found += [(q["jobQueueArn"], q) for q in self.queues.values()]
        found += [(p["arn"], p) for p in self.policies.values()]
        for revisions in self.definitions.values():
            found += [(d["jobDefinitionArn"], d) for d in revisions]
        return found + [(j.record["jobArn"], j.record) for j in self.jobs.values()]


def batch_in(world: World, region: str) -> BatchRegion:
    return world.part(f"batch/{region}", BatchRegion)


def client_error(message: str) -> ApiError:
    return ApiError("ClientException", message)


def batch_arn(world: World, call: Call, kind: str, name: str) -> str:
    return f"arn:aws:batch:{call.region}:{world.account}:{kind}/{name}"


def checked_name(value: Any, what: str) -> str:
    if not NAME.fullmatch(str(value)):
        raise client_error(f"{what} should match valid pattern: ^[A-Za-z0-9][\\w_-]{{0,127}}$ (it is {str(value)!r})")
    return str(value)


def by_name_or_arn(items: Mapping[str, dict[str, Any]], arn_key: str, named: str) -> dict[str, Any] | None:
    if named in items:
        return items[named]
    return next((item for item in items.values() if item[arn_key] == named), None)


def environment_of(region: BatchRegion, named: str) -> dict[str, Any]:
    found = by_name_or_arn(region.environments, "computeEnvironmentArn", str(named))
    if found is None:
        raise client_error(f"{named} does not exist")
    return found


def millis() -> int:
    return int(time.time() * 1000)


def new_id() -> str:
    return str(uuid.uuid4())
