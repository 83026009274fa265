"""Ask CloudFormation what differs from the templates. Reading only; takes some seconds to a minute per stack."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from geos.wizard.aws.stack_facts import Drift
from geos.wizard.concurrently import gather
from geos.wizard.errors import GeosError, StackBusy
from geos.wizard.waiting import until

if TYPE_CHECKING:
    from geos.wizard.aws import Aws
    from geos.wizard.deployment.deployed import DeployedStack

LONGEST_SECONDS = 600.0


def find_drift(aws: Aws, stacks: Sequence[DeployedStack]) -> dict[str, tuple[Drift, ...] | GeosError]:
    """Stack name -> what differs, or why it could not be told; all stacks at the same time."""
    return gather({s.fact.name: _asker(aws, s) for s in stacks})


def _asker(aws: Aws, stack: DeployedStack) -> Callable[[], tuple[Drift, ...]]:
    def ask() -> tuple[Drift, ...]:
        stacks = aws.in_region(stack.region).stacks
        detection = stacks.detect_drift(stack.fact.name)

        def ended() -> tuple[str, str] | None:
            state = stacks.drift_state(detection)
            return None if state[0] == "DETECTION_IN_PROGRESS" else state

        state = until(ended, at_most_seconds=LONGEST_SECONDS)
        if state is None:
            raise StackBusy(f"the drift detection of {stack.fact.name} did not end.", hint="run the same command again")
        # DETECTION_FAILED means that some resources could not be read; the others are told all the same.
        return stacks.drifts(stack.fact.name)

    return ask
