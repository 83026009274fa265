"""Stacks, change sets and events as data. Nothing is ever removed: AWS lists deleted stacks for 90 days."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from geos.wizard.cfn.load import Template

SIMULATED = "simulated by the geos sandbox"
"""Stands in the status reason of a resource that exists in the stack only."""


def now() -> datetime:
    return datetime.now(UTC)


@dataclass
class StackResource:
    """One resource as the stack knows it. `properties` are the resolved ones it was last given."""

    logical_id: str
    type: str
    properties: dict[str, Any] = field(default_factory=dict, repr=False)
    physical_id: str = ""
    attributes: dict[str, Any] = field(default_factory=dict, repr=False)
    extras: dict[str, Any] = field(default_factory=dict, repr=False)
    """UpdatePolicy and its like, as resolved."""
    status: str = ""
    reason: str = ""
    changed_at: datetime = field(default_factory=now)
    depends_on: frozenset[str] = frozenset()
    deletion_policy: str = "Delete"
    replace_policy: str = "Delete"
    simulated: bool = False
    drift: str = "NOT_CHECKED"
    drift_checked_at: datetime | None = None
    drift_differences: list[dict[str, str]] = field(default_factory=list)
    drift_actual: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Event:
    """One line of a stack's history."""

    id: str
    stack_id: str
    stack_name: str
    logical_id: str
    physical_id: str
    type: str
    status: str
    reason: str
    properties: str
    at: datetime
    token: str
    operation: str


@dataclass
class ChangeSet:
    """What an execution would do, worked out when it was made."""

    id: str
    name: str
    kind: str
    template: Template
    template_text: str
    parameters: dict[str, str]
    tags: dict[str, str]
    capabilities: list[str]
    changes: list[dict[str, Any]]
    status: str
    status_reason: str
    execution_status: str
    description: str = ""
    on_failure: str = ""
    role_arn: str = ""
    notification_arns: list[str] = field(default_factory=list)
    created_at: datetime = field(default_factory=now)
    operation: str = field(default_factory=lambda: str(uuid.uuid4()))
    validation: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class Operation:
    """One create, update or delete, running in its own thread."""

    id: str
    kind: str
    token: str = ""
    started_at: datetime = field(default_factory=now)
    ended_at: datetime | None = None
    status: str = "IN_PROGRESS"
    cancelled: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread | None = None


@dataclass
class Stack:
    """One stack."""

    id: str
    name: str
    region: str
    status: str
    template: Template | None = None
    template_text: str = ""
    reason: str = ""
    parameters: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    capabilities: list[str] = field(default_factory=list)
    outputs: list[dict[str, str]] = field(default_factory=list)
    resources: dict[str, StackResource] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    change_sets: dict[str, ChangeSet] = field(default_factory=dict)
    operations: list[Operation] = field(default_factory=list)
    created_at: datetime = field(default_factory=now)
    updated_at: datetime | None = None
    deleted_at: datetime | None = None
    protected: bool = False
    disable_rollback: bool = False
    role_arn: str = ""
    notification_arns: list[str] = field(default_factory=list)
    timeout_minutes: int | None = None
    policy: str = ""
    not_rolled_back: list[StackResource] = field(default_factory=list)
    """As they were before an update that could not be taken back."""
    leftovers: list[StackResource] = field(default_factory=list)
    """Made by an update that failed, still to be removed."""
    drift: str = "NOT_CHECKED"
    drift_checked_at: datetime | None = None
    drift_detections: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def gone(self) -> bool:
        return self.status == "DELETE_COMPLETE"

    @property
    def busy(self) -> bool:
        return self.status.endswith("_IN_PROGRESS") and self.status != "REVIEW_IN_PROGRESS"

    def exports(self) -> dict[str, str]:
        return {o["ExportName"]: o["OutputValue"] for o in self.outputs if "ExportName" in o}

    def record(
        self,
        status: str,
        *,
        of: StackResource | None = None,
        reason: str = "",
        operation: Operation | None = None,
        physical_id: str | None = None,
    ) -> None:
        """Set the status of the stack, or of one resource, and write it into the history."""
        at = now()
        if of is None:
            self.status, self.reason = status, reason
        else:
            of.status, of.reason, of.changed_at = status, reason, at
            if of.simulated and not reason:
                of.reason = reason = SIMULATED
        import json

        self.events.append(
            Event(
                id=f"{of.logical_id}-{status}-{at:%Y-%m-%dT%H:%M:%S.%fZ}" if of else str(uuid.uuid4()),
                stack_id=self.id,
                stack_name=self.name,
                logical_id=of.logical_id if of else self.name,
                physical_id=(of.physical_id if physical_id is None else physical_id) if of else self.id,
                type=of.type if of else "AWS::CloudFormation::Stack",
                status=status,
                reason=reason,
                properties=json.dumps(of.properties, default=str) if of else "",
                at=at,
                token=operation.token if operation else "",
                operation=operation.id if operation else "",
            )
        )


class Store:
    """Every stack of the account, dead ones included, in the order they were made."""

    def __init__(self) -> None:
        self.stacks: list[Stack] = []

    def in_region(self, region: str) -> Iterator[Stack]:
        return (s for s in list(self.stacks) if s.region == region)

    def find(self, region: str, name_or_id: str) -> Stack | None:
        """A living stack by name, any stack by id."""
        for stack in self.in_region(region):
            if stack.id == name_or_id or (stack.name == name_or_id and not stack.gone):
                return stack
        return None

    def exports(self, region: str) -> dict[str, tuple[str, Stack]]:
        return {
            name: (value, stack)
            for stack in self.in_region(region)
            if not stack.gone
            for name, value in stack.exports().items()
        }

    def settle(self) -> None:
        """Wait until nothing is being made or removed any more."""
        for stack in list(self.stacks):
            for operation in stack.operations:
                operation.cancelled.set()
                if operation.thread is not None:
                    operation.thread.join()
