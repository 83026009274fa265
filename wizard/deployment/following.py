"""Follow CloudFormation while it works on a stack: poll its events, fold them into progress, tell the watcher.

Quick at first, so that quick things are seen quickly; at most every 5 s later, and slower when AWS asks for
it. A network that is away for a while does not stop CloudFormation, so it does not stop the following either.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from geos.wizard.aws.stack_facts import StackEvent, StackFact
from geos.wizard.deployment.history import History
from geos.wizard.deployment.progress import Progress, StackProgress, stack_progress
from geos.wizard.deployment.states import is_busy
from geos.wizard.errors import GeosError, NoNetwork, NotAnswered, StackBusy, Throttled
from geos.wizard.waiting import growing, pause

if TYPE_CHECKING:
    from geos.wizard.aws import Aws
    from geos.wizard.deployment.watcher import Watcher

AWAY_SECONDS = 120.0
"""How long an endpoint may be away before the command gives up."""
UNSTARTED_SECONDS = 30.0
"""How long an accepted operation may leave no trace in the events before it is taken for over."""
LONGEST_SECONDS = 3 * 3600.0
"""Longer than any CloudFormation operation that geos starts."""


@dataclass(frozen=True)
class Pace:
    """How often to look."""

    first_seconds: float = 0.1
    factor: float = 1.4
    longest_seconds: float = 5.0


@dataclass(frozen=True)
class Followed:
    """An operation that ended."""

    fact: StackFact | None
    """The stack afterwards; None when it is gone."""
    events: tuple[StackEvent, ...]
    progress: StackProgress


class Follower:
    """Follows the operations of one run, stack by stack, and keeps the picture of all."""

    def __init__(
        self, aws: Aws, watcher: Watcher, progress: Progress, history: History, pace: Pace | None = None
    ) -> None:
        self._aws = aws
        self._watcher = watcher
        self._history = history
        self._pace = pace or Pace()
        self.progress = progress

    def show(self, stack: StackProgress) -> None:
        """Put one stack into the picture and show it."""
        self.progress = self.progress.with_stack(stack)
        self._watcher.progress(self.progress)

    def follow(
        self,
        stack_id: str,
        *,
        layer: str,
        stack_name: str,
        verb: str,
        expected: Mapping[str, str],
        after: str = "",
        earlier: Sequence[StackEvent] = (),
        check: Callable[[], None] | None = None,
    ) -> Followed:
        """Wait until nothing is going on in the stack. `after`: the newest event that is not of this operation.

        `earlier`: events of the tries before this one, so that the picture goes on from there.
        """
        region = stack_id.split(":")[3] if stack_id.startswith("arn:") else ""
        stacks = (self._aws.in_region(region) if region else self._aws).stacks
        events: list[StackEvent] = []
        began, answered = time.monotonic(), time.monotonic()
        for interval in growing(self._pace.first_seconds, self._pace.factor, self._pace.longest_seconds):
            if check is not None:
                check()
            try:
                fact = stacks.describe(stack_id)
                events.extend(stacks.events(stack_id, after=events[-1].event_id if events else after))
                answered = time.monotonic()
            except (NoNetwork, NotAnswered, Throttled) as e:
                if time.monotonic() - answered > AWAY_SECONDS:
                    raise
                interval = self._slower(e)
                fact = None
            else:
                found = self._picture([*earlier, *events], layer, stack_name, verb, expected)
                self.show(found)
                gone = fact is None or fact.status == "DELETE_COMPLETE"
                waited = time.monotonic() - began
                if gone or (fact is not None and _is_over(fact, events, stack_name, waited)):
                    return Followed(None if gone else fact, tuple(events), found)
            if time.monotonic() - began > LONGEST_SECONDS:
                break
            pause(interval)
        raise StackBusy(
            f"CloudFormation has been working on {stack_name} for more than three hours.",
            hint="geos-setup status shows its state; the same command takes up where it stands",
        )

    def _slower(self, error: GeosError) -> float:
        self._watcher.waiting("an answer from AWS" if isinstance(error, NoNetwork) else "AWS to take calls again")
        return self._pace.longest_seconds

    def _picture(
        self, events: list[StackEvent], layer: str, stack_name: str, verb: str, expected: Mapping[str, str]
    ) -> StackProgress:
        return stack_progress(
            events,
            layer=layer,
            stack_name=stack_name,
            verb=verb,
            expected=expected,
            now=datetime.now(UTC),
            history=self._history,
        )


def _is_over(fact: StackFact, events: list[StackEvent], stack_name: str, waited_seconds: float) -> bool:
    """Whether the operation has ended. Right after it was accepted a stack still shows its old state."""
    if is_busy(fact.status):
        return False
    own = [e for e in events if e.logical_id == stack_name and e.type == "AWS::CloudFormation::Stack"]
    if own and own[-1].status == fact.status and fact.status != "REVIEW_IN_PROGRESS":
        return True
    return waited_seconds > UNSTARTED_SECONDS
