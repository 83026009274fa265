"""Make a change set and wait until it can be read; put large templates where CloudFormation can fetch them."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from geos.wizard.aws.stack_facts import ChangeSet
from geos.wizard.cfn.load import MAX_BODY_BYTES
from geos.wizard.errors import AlreadyThere, StackBusy
from geos.wizard.waiting import until

if TYPE_CHECKING:
    from geos.wizard.aws import Aws
    from geos.wizard.aws.stacks import ChangeSetRequest, Stacks

READY_SECONDS = 900.0
"""A change set of several hundred resources takes some minutes."""


def state_bucket(account_id: str, region: str) -> str:
    """The bucket of stack geos-bootstrap."""
    return f"geos-state-{account_id}-{region}"


def template_key(deployment: str, stack_name: str, text: str) -> str:
    """Where a rendered template lies in the state bucket; another text has another key."""
    return f"{deployment}/templates/{stack_name}-{hashlib.sha256(text.encode()).hexdigest()[:12]}.json"


def template_place(home: Aws, deployment: str, stack_name: str, text: str, account_id: str) -> tuple[str, str]:
    """(body, address): a template goes with the call, or into the state bucket of `home` when it is too large."""
    if len(text.encode()) <= MAX_BODY_BYTES:
        return text, ""
    bucket, key = state_bucket(account_id, home.region), template_key(deployment, stack_name, text)
    home.s3.put(bucket, key, text)
    return "", home.s3.address(bucket, key)


def made(stacks: Stacks, request: ChangeSetRequest) -> ChangeSet:
    """Create the change set, or find it when the call was answered but the answer was lost, and wait for it."""
    try:
        arn, stack_id = stacks.create_change_set(request)
    except AlreadyThere:
        arn, stack_id = _ours(stacks, request)

    def ready() -> ChangeSet | None:
        found = stacks.change_set(arn, stack_id)
        return None if found.status in ("CREATE_PENDING", "CREATE_IN_PROGRESS") else found

    found = until(ready, at_most_seconds=READY_SECONDS, longest_seconds=3.0)
    if found is None:
        raise StackBusy(
            f"CloudFormation did not finish the change set of {request.stack_name} in {READY_SECONDS / 60:.0f} min.",
            hint="run the same command again",
        )
    return found


def _ours(stacks: Stacks, request: ChangeSetRequest) -> tuple[str, str]:
    """The change set that an earlier try of the same call made."""
    fact = stacks.describe(request.stack_name)
    named = [arn for arn, name in stacks.change_sets(fact.stack_id).items() if name == request.name] if fact else []
    if fact is None or not named:
        raise StackBusy(
            f"CloudFormation says that change set {request.name} exists, but does not list it.",
            hint="run the same command again",
        )
    return named[0], fact.stack_id
