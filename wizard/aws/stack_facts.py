"""CloudFormation's answers as frozen values. Imports nothing heavy, so that pure code can use them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

ADDED, CHANGED, REPLACED, PERHAPS_REPLACED, REMOVED = "added", "changed", "replaced", "perhaps replaced", "removed"
"""Kinds of a resource change, in the words of the screens."""


@dataclass(frozen=True)
class StackFact:
    """A stack as DescribeStacks tells it."""

    name: str
    stack_id: str
    status: str
    reason: str = ""
    outputs: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    created: datetime | None = None
    updated: datetime | None = None
    protected: bool = False
    drift: str = "NOT_CHECKED"


@dataclass(frozen=True)
class StackEvent:
    """One line of a stack's history. The stack itself appears in it under its own name."""

    event_id: str
    at: datetime
    logical_id: str
    physical_id: str
    type: str
    status: str
    reason: str = ""


@dataclass(frozen=True)
class StackResource:
    """A resource that a stack holds."""

    logical_id: str
    physical_id: str
    type: str
    status: str
    reason: str = ""
    drift: str = "NOT_CHECKED"


@dataclass(frozen=True)
class ResourceChange:
    """What a change set will do to one resource."""

    logical_id: str
    type: str
    kind: str
    physical_id: str = ""
    properties: tuple[str, ...] = ()
    """Names of the properties that change; Tags, Metadata and policies by those names."""


@dataclass(frozen=True)
class ValidationFault:
    """What CloudFormation's own validation before deployment found."""

    logical_id: str
    path: str
    reason: str
    blocking: bool


@dataclass(frozen=True)
class ChangeSet:
    """A change set; `arn` names this very set and no later one."""

    arn: str
    name: str
    stack_id: str
    stack_name: str
    status: str
    execution: str
    reason: str = ""
    changes: tuple[ResourceChange, ...] = ()


@dataclass(frozen=True)
class Drift:
    """A resource that is no longer what its template says."""

    logical_id: str
    type: str
    physical_id: str
    kind: str
    """MODIFIED or DELETED."""
    properties: tuple[str, ...] = ()
