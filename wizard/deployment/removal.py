"""Remove one stack so that it really goes: what CloudFormation does not do by itself is done before.

Buckets and repositories are emptied, queues disabled, jobs ended, deletion policies set as wanted. A deletion
that fails is looked into and tried again; what can never succeed is told with what to do by hand.
"""

from __future__ import annotations

import contextlib
import copy
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from geos.wizard.aws.stack_facts import StackEvent, StackFact, StackResource
from geos.wizard.aws.stacks import ChangeSetRequest
from geos.wizard.deployment.causes import NO_CHANGES, cause_of
from geos.wizard.deployment.change_sets import made, template_place
from geos.wizard.deployment.diagnosis import first_failures, plain
from geos.wizard.deployment.following import Followed, Follower
from geos.wizard.deployment.states import STANDING, Next, next_step
from geos.wizard.errors import AccessDenied, StackStuck
from geos.wizard.waiting import pause, until

if TYPE_CHECKING:
    from geos.wizard.aws import Aws
    from geos.wizard.deployment.watcher import Watcher

BUCKET, REPOSITORY, QUEUE = "AWS::S3::Bucket", "AWS::ECR::Repository", "AWS::Batch::JobQueue"
POLICY = "AWS::IAM::ManagedPolicy"

DATA_TYPES = frozenset(
    {
        BUCKET,
        "AWS::DynamoDB::Table",
        "AWS::EFS::FileSystem",
        "AWS::FSx::FileSystem",
        "AWS::KMS::Key",
        "AWS::RDS::DBCluster",
        "AWS::RDS::DBInstance",
        "AWS::S3::BucketPolicy",
    }
)
"""What --keep-data leaves: everything that holds data, the keys that open it and the policies that guard it."""

_SNAPSHOT = frozenset({"AWS::RDS::DBCluster", "AWS::RDS::DBInstance"})
"""Kept as a final snapshot: a database that goes on running would go on costing."""

_LEAVES = frozenset({"Retain", "RetainExceptOnCreate", "Snapshot"})

FILLED_AGAIN = "GEOS-D114"
"""The cause that emptying once more cures; everything else needs time."""

ATTEMPTS = 4
"""Deletions of one stack. Network interfaces and instances of Batch take minutes to let go of their groups."""


@dataclass(frozen=True)
class Removed:
    """What became of a stack."""

    stack_name: str
    layer: str
    gone: tuple[StackResource, ...]
    kept: tuple[StackResource, ...]


class Remover:
    """Removes stacks of one account and region, one after the other."""

    def __init__(
        self,
        aws: Aws,
        watcher: Watcher,
        follower: Follower,
        *,
        token: str,
        check: Callable[[], None],
        between_seconds: float = 20.0,
    ) -> None:
        self._aws = aws
        self._watcher = watcher
        self._follower = follower
        self._token = token
        self._check = check
        self._between_seconds = between_seconds

    def remove(self, stack_name: str, layer: str, *, keep_data: bool = False) -> Removed:
        """Take the stack away from whatever state it is in. Raises StackStuck when it cannot be."""
        stacks = self._aws.stacks
        fact = self._settled(stack_name, layer)
        if fact is not None and fact.status == "REVIEW_IN_PROGRESS":
            discard_empty(self._aws, fact, token=self._token)
            fact = None
        if fact is None:
            return Removed(stack_name, layer, (), ())
        resources = stacks.resources(fact.stack_id)
        kept = tuple(r for r in resources if keep_data and r.type in DATA_TYPES and _exists(r))
        self._check()
        if fact.protected:
            stacks.protect(stack_name, False)
        fact = self._with_policies(fact, layer, {r.logical_id for r in kept})
        retained = self._retained(fact)
        self._assure({r.logical_id for r in kept} - retained, fact)
        self._prepare(resources, retained)
        self._delete(fact, layer, resources, retained)
        gone = tuple(r for r in resources if r.logical_id not in retained and _exists(r))
        return Removed(stack_name, layer, gone, tuple(r for r in resources if r.logical_id in retained and _exists(r)))

    # --- before ------------------------------------------------------------------------------

    def _settled(self, stack_name: str, layer: str) -> StackFact | None:
        """The stack once nothing goes on in it; None when there is nothing to remove."""
        fact = self._aws.stacks.describe(stack_name)
        if fact is not None and next_step(fact.status) is Next.WAIT:
            self._watcher.waiting(f"{stack_name}, which is still {_said(fact.status)}")
            verb = fact.status.split("_", 1)[0].lower()
            fact = self._follower.follow(
                fact.stack_id, layer=layer, stack_name=stack_name, verb=verb, expected={}, check=self._check
            ).fact
        return fact

    def _with_policies(self, fact: StackFact, layer: str, keep: set[str]) -> StackFact:
        """Make the deployed template say what shall be kept and what not.

        CloudFormation follows the deletion policies of the template that is deployed; `RetainResources` is only
        for deletions that failed. So the template is updated first, where it says something else.
        """
        if fact.status not in STANDING:
            return fact
        deployed = self._aws.stacks.template(fact.stack_id)
        if not isinstance(deployed, Mapping):
            return fact
        wanted = with_policies(deployed, keep)
        if wanted == deployed:
            return fact
        self._watcher.note(f"{fact.name}: setting what the removal keeps")
        return self._update(fact, layer, wanted)

    def _retained(self, fact: StackFact) -> frozenset[str]:
        """Logical ids that CloudFormation will leave; their contents must not be touched."""
        deployed = self._aws.stacks.template(fact.stack_id)
        resources = deployed.get("Resources", {}) if isinstance(deployed, Mapping) else {}
        return frozenset(name for name, r in resources.items() if r.get("DeletionPolicy", "Delete") in _LEAVES)

    def _assure(self, unguarded: set[str], fact: StackFact) -> None:
        """Nothing is removed while something that shall be kept would go with it."""
        if unguarded:
            raise StackStuck(
                f"{fact.name} is {_said(fact.status)} and would take {', '.join(sorted(unguarded))} with it; "
                "nothing of it was removed.",
                hint="geos-setup deploy brings the stack into order, then: geos-setup destroy --keep-data",
            )

    def _update(self, fact: StackFact, layer: str, body: Mapping[str, Any]) -> StackFact:
        stacks = self._aws.stacks
        account_id = fact.stack_id.split(":")[4]
        body_text, url = template_place(self._aws, "removal", fact.name, json.dumps(body, indent=1), account_id)
        request = ChangeSetRequest(
            fact.name,
            f"geos-{self._token}-keep-{layer}",
            create=False,
            parameters={},
            previous=tuple(fact.parameters),
            tags=fact.tags,
            capabilities=("CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"),
            body=body_text,
            url=url,
        )
        change_set = made(stacks, request)
        if change_set.status == "FAILED":
            stacks.delete_change_set(change_set.arn, fact.stack_id)
            if NO_CHANGES.search(change_set.reason):
                return fact
            raise StackStuck(
                f"{fact.name}: what shall be kept could not be set: {plain(change_set.reason)}.",
                hint="look at the stack in the console, then: geos-setup destroy",
            )
        after = stacks.newest_event(fact.stack_id)
        stacks.execute(change_set.arn, fact.stack_id, token=f"{self._token}-{layer}-keep", keep_failed=False)
        done = self._follower.follow(
            fact.stack_id,
            layer=layer,
            stack_name=fact.name,
            verb="update",
            expected={},
            after=after,
            check=self._check,
        )
        if done.fact is None or done.fact.status != "UPDATE_COMPLETE":
            reason = _why(done.events, fact.name)
            raise StackStuck(
                f"{fact.name}: what shall be kept could not be set: {reason}.",
                hint="geos-setup destroy tries again",
            )
        return done.fact

    def _prepare(self, resources: Iterable[StackResource], kept: frozenset[str]) -> None:
        """Do what CloudFormation leaves undone: empty, disable, end."""
        for resource in resources:
            if resource.logical_id in kept or not _exists(resource):
                continue
            self._check()
            if resource.type == QUEUE:
                self._close_queue(resource.physical_id)
            elif resource.type == BUCKET:
                self._watcher.waiting(f"bucket {resource.physical_id} to be emptied")
                self._aws.s3.empty(resource.physical_id)
            elif resource.type == REPOSITORY:
                self._watcher.waiting(f"repository {resource.physical_id} to be emptied")
                self._aws.ecr.empty(resource.physical_id)
            elif resource.type == POLICY:
                self._take_away(resource)

    def _take_away(self, policy: StackResource) -> None:
        """IAM does not delete a policy that somebody was given beside the stack."""
        with contextlib.suppress(AccessDenied):  # then IAM's own word tells of it, if anybody has it
            for holder in self._aws.iam.detach_everywhere(policy.physical_id):
                self._watcher.note(f"{policy.logical_id} was taken away from {holder}")

    def _close_queue(self, queue: str) -> None:
        """Disable a queue and end its jobs; deleting it would fail while jobs are alive."""
        batch = self._aws.batch
        found = batch.queues([queue])
        if not found or found[0].status in ("DELETING", "DELETED"):
            return
        if found[0].state != "DISABLED":
            batch.disable_queue(queue)
        jobs = batch.unfinished_jobs(queue)
        for job in jobs:
            batch.terminate(job.job_id, "the deployment is being removed")
        if jobs:
            self._watcher.waiting(f"{len(jobs)} jobs of {found[0].name} to end")
            until(lambda: True if not batch.unfinished_jobs(queue) else None, at_most_seconds=300.0)

    # --- deleting ----------------------------------------------------------------------------

    def _delete(self, fact: StackFact, layer: str, resources: tuple[StackResource, ...], kept: frozenset[str]) -> None:
        expected = {r.logical_id: r.type for r in resources if _exists(r)}
        earlier: tuple[StackEvent, ...] = ()
        for attempt in range(1, ATTEMPTS + 1):
            self._check()
            after = self._aws.stacks.newest_event(fact.stack_id)
            self._aws.stacks.delete(fact.stack_id, token=f"{self._token}-{layer}-delete-{attempt}")
            done = self._follower.follow(
                fact.stack_id,
                layer=layer,
                stack_name=fact.name,
                verb="delete",
                expected=expected,
                after=after,
                earlier=earlier,
                check=self._check,
            )
            earlier = (*earlier, *done.events)
            if done.fact is None:
                return
            if attempt < ATTEMPTS:
                self._before_next(done, fact, kept)
        raise self._stuck(done, fact)

    def _before_next(self, done: Followed, fact: StackFact, kept: frozenset[str]) -> None:
        """Between two attempts: empty what was filled meanwhile, give dependants time to go."""
        reason = _why(done.events, fact.name)
        self._watcher.note(f"{fact.name} did not go at the first go: {reason}; trying again")
        self._prepare(self._aws.stacks.resources(fact.stack_id), kept)
        causes = {cause_of(e.reason).code for e in first_failures(done.events, fact.name)}
        if causes != {FILLED_AGAIN}:
            pause(self._between_seconds)

    def _stuck(self, done: Followed, fact: StackFact) -> StackStuck:
        failed = first_failures(done.events, fact.name)
        names = " ".join(e.logical_id for e in failed)
        return StackStuck(
            f"{fact.name} could not be removed: {_why(done.events, fact.name)}.",
            hint="remove what the reason names, then geos-setup destroy; or leave it behind: "
            f"aws cloudformation delete-stack --stack-name {fact.name} --retain-resources {names}",
        )


def discard_empty(aws: Aws, fact: StackFact, *, token: str) -> None:
    """Remove a stack that never held anything (REVIEW_IN_PROGRESS), with its change sets."""
    for arn in aws.stacks.change_sets(fact.stack_id):
        aws.stacks.delete_change_set(arn, fact.stack_id)
    aws.stacks.delete(fact.stack_id, token=f"{token}-discard")

    def gone() -> bool | None:
        found = aws.stacks.describe(fact.stack_id)
        return True if found is None or found.status == "DELETE_COMPLETE" else None

    until(gone, at_most_seconds=120.0)


def with_policies(template: Mapping[str, Any], keep: set[str]) -> dict[str, Any]:
    """The template with deletion policies that keep exactly `keep`. Pure.

    CloudFormation does not count a changed policy alone as a change, so a line of metadata goes with it.
    """
    wanted = copy.deepcopy(dict(template))
    for name, resource in wanted.get("Resources", {}).items():
        policy = ("Snapshot" if resource["Type"] in _SNAPSHOT else "Retain") if name in keep else "Delete"
        if resource.get("DeletionPolicy", _by_default(resource["Type"])) == policy:
            continue
        resource["DeletionPolicy"] = policy
        resource["Metadata"] = {**resource.get("Metadata", {}), "GeosRemoval": policy.lower()}
    return wanted


def _by_default(type_name: str) -> str:
    return "Snapshot" if type_name in _SNAPSHOT else "Delete"


def _exists(resource: StackResource) -> bool:
    return bool(resource.physical_id) and resource.status not in ("DELETE_COMPLETE", "DELETE_SKIPPED")


def _said(status: str) -> str:
    return status.lower().replace("_", " ")


def _why(events: Iterable[StackEvent], stack_name: str) -> str:
    failed = first_failures(events, stack_name)
    return f"{failed[0].logical_id}: {plain(failed[0].reason)}" if failed else "CloudFormation gave no reason"
