"""From a stack's events to what a view shows: per resource state, time, and how long it usually takes. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from geos.wizard.aws.stack_facts import StackEvent
from geos.wizard.deployment.history import History

WAITING, WORKING, DONE, FAILED, UNDOING, GONE, KEPT = "waiting", "working", "done", "failed", "undoing", "gone", "kept"

SIMULATED = "simulated"
"""First word of the status reason of a resource that an endpoint only pretends to have made."""


@dataclass(frozen=True)
class ResourceProgress:
    """One resource of a stack that is being worked on."""

    logical_id: str
    type: str
    state: str
    seconds: float = 0.0
    """How long it took, or has been at it."""
    usually_seconds: float | None = None
    reason: str = ""
    simulated: bool = False


@dataclass(frozen=True)
class StackProgress:
    """One stack, as far as it has come."""

    layer: str
    stack_name: str
    verb: str
    """create, update, delete, or empty while nothing was asked of it."""
    state: str
    total: int
    resources: tuple[ResourceProgress, ...] = ()
    seconds: float = 0.0
    usually_seconds: float | None = None

    @property
    def done(self) -> int:
        """Resources that are as they should be: made, or gone or kept where the stack is deleted."""
        good = (GONE, KEPT) if self.verb == "delete" else (DONE,)
        return sum(r.state in good for r in self.resources)

    @property
    def kept(self) -> int:
        return sum(r.state == KEPT for r in self.resources)

    @property
    def simulated(self) -> int:
        return sum(r.simulated for r in self.resources)

    @property
    def working(self) -> tuple[ResourceProgress, ...]:
        return tuple(r for r in self.resources if r.state in (WORKING, UNDOING))


@dataclass(frozen=True)
class Progress:
    """All stacks of one run, in order."""

    deployment: str
    region: str
    stacks: tuple[StackProgress, ...] = ()

    @property
    def finished(self) -> int:
        return sum(s.state in (DONE, GONE) for s in self.stacks)

    def with_stack(self, stack: StackProgress) -> Progress:
        if all(s.stack_name != stack.stack_name for s in self.stacks):
            return replace(self, stacks=(*self.stacks, stack))
        return replace(self, stacks=tuple(stack if s.stack_name == stack.stack_name else s for s in self.stacks))


def is_simulated(reason: str) -> bool:
    return reason.lower().startswith(SIMULATED)


_STATES: tuple[tuple[str, str], ...] = (
    ("DELETE_COMPLETE", GONE),
    ("DELETE_SKIPPED", KEPT),
    ("DELETE_IN_PROGRESS", UNDOING),
    ("ROLLBACK_IN_PROGRESS", UNDOING),
    ("ROLLBACK_COMPLETE", FAILED),
    ("FAILED", FAILED),
    ("_IN_PROGRESS", WORKING),
    ("_COMPLETE", DONE),
)
"""Ends of CloudFormation's states; the first that matches counts."""


def state_of(status: str) -> str:
    return next((state for end, state in _STATES if status.endswith(end)), WAITING)


def stack_progress(
    events: Sequence[StackEvent],
    *,
    layer: str,
    stack_name: str,
    verb: str,
    expected: Mapping[str, str],
    now: datetime,
    history: History,
) -> StackProgress:
    """Fold the events of one operation. `expected`: logical id -> type of everything that it will touch."""
    ordered = sorted(events, key=lambda e: e.at)
    by_resource: dict[str, list[StackEvent]] = {name: [] for name in expected}
    own: list[StackEvent] = []
    for event in ordered:
        if event.type == "AWS::CloudFormation::Stack" and event.logical_id == stack_name:
            own.append(event)
        else:
            by_resource.setdefault(event.logical_id, []).append(event)
    resources = tuple(
        _resource(name, expected.get(name, ""), found, layer, verb, now, history) for name, found in by_resource.items()
    )
    return StackProgress(
        layer,
        stack_name,
        verb,
        state_of(own[-1].status) if own else (WORKING if events else WAITING),
        len(resources),
        resources,
        _seconds(own, now),
        history.usually_seconds(f"{verb} {layer}"),
    )


def _resource(
    name: str, type_name: str, events: Sequence[StackEvent], layer: str, verb: str, now: datetime, history: History
) -> ResourceProgress:
    usually = history.usually_seconds(f"{verb} {layer}/{name}")
    if not events:
        return ResourceProgress(name, type_name, WAITING, usually_seconds=usually)
    last = events[-1]
    return ResourceProgress(
        name,
        last.type or type_name,
        state_of(last.status),
        _seconds(events, now),
        usually,
        last.reason,
        any(is_simulated(e.reason) for e in events),
    )


def _seconds(events: Sequence[StackEvent], now: datetime) -> float:
    if not events:
        return 0.0
    ended = state_of(events[-1].status) not in (WORKING, UNDOING)
    end = events[-1].at if ended else now
    # AWS's clock and this machine's may differ a little; a negative time would look like a fault.
    return max(0.0, (end - events[0].at).total_seconds())


def times(stacks: Iterable[StackProgress]) -> dict[str, float]:
    """What the history should remember of stacks that ended well."""
    found: dict[str, float] = {}
    for stack in stacks:
        if stack.state not in (DONE, GONE) or not stack.verb:
            continue
        found[f"{stack.verb} {stack.layer}"] = stack.seconds
        found |= {
            f"{stack.verb} {stack.layer}/{r.logical_id}": r.seconds for r in stack.resources if r.state in (DONE, GONE)
        }
    return found
