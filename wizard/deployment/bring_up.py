"""Bring one stack to what its plan says, from whatever state it is in.

A change set is made, read, shown and agreed to; that very set, by its ARN, is executed and followed to its
end. Everything before the execution can be taken back and is; everything after it CloudFormation carries on
by itself, so a command that was killed finds the stack again and goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from geos.wizard.aws.stack_facts import ChangeSet, StackFact
from geos.wizard.aws.stacks import ChangeSetRequest
from geos.wizard.deployment.causes import NO_CHANGES
from geos.wizard.deployment.change_sets import made, template_place
from geos.wizard.deployment.diagnosis import Diagnosis, diagnose, plain, refused_before, told
from geos.wizard.deployment.following import Followed, Follower
from geos.wizard.deployment.plan import StackPlan, is_unchanged
from geos.wizard.deployment.progress import DONE, StackProgress, is_simulated
from geos.wizard.deployment.removal import Remover, discard_empty
from geos.wizard.deployment.states import GOOD, STANDING, Next, next_step
from geos.wizard.deployment.watcher import StackChanges, Watcher
from geos.wizard.errors import AwsRefused, Cancelled, GeosError, NotThere, PlanChanged, StackStuck

if TYPE_CHECKING:
    from geos.wizard.aws import Aws

CREATED, UPDATED, UNCHANGED = "created", "updated", "unchanged"

_NOT_EXECUTABLE = frozenset({"InvalidChangeSetStatus", "ValidationError"})


@dataclass(frozen=True)
class StackResult:
    """A stack that is as planned."""

    layer: str
    stack_name: str
    stack_id: str
    region: str
    outcome: str
    outputs: Mapping[str, str]
    resources: int = 0
    simulated: int = 0
    seconds: float = 0.0


class StackFailed(Exception):
    """CloudFormation could not do it; caught by the deployment, which undoes what was made."""

    def __init__(self, diagnosis: Diagnosis, *, created: bool) -> None:
        super().__init__(diagnosis.aws_says)
        self.diagnosis = diagnosis
        self.created = created
        """The stack did not exist before, so it holds nothing that worked."""


class BringUp:
    """Works on the stacks of one run, one after the other."""

    def __init__(
        self,
        aws: Aws,
        watcher: Watcher,
        follower: Follower,
        remover: Remover,
        *,
        home: Aws,
        deployment: str,
        account_id: str,
        token: str,
        check: Callable[[], None],
        keep: bool = False,
        named: Callable[[StackPlan, str], None] = lambda plan, stack_id: None,
    ) -> None:
        self._aws = aws
        self._watcher = watcher
        self._follower = follower
        self._remover = remover
        self._home = home
        self._deployment = deployment
        self._account_id = account_id
        self._token = token
        self._check = check
        self._keep = keep
        self._named = named
        """Told the id of a stack as soon as AWS gives it."""

    def bring_up(self, plan: StackPlan, outputs: Mapping[str, str], *, attempt: int = 1) -> StackResult:
        """Raises StackFailed, Cancelled, StackStuck, or what AWS answered."""
        fact = self._settled(plan)
        parameters = plan.parameters_with(outputs)
        if fact is not None and fact.status in STANDING:
            deployed = self._aws.stacks.template(fact.stack_id)
            if isinstance(deployed, Mapping) and is_unchanged(plan, fact, deployed, parameters):
                return self._finished(plan, fact, UNCHANGED)
        creates = fact is None or next_step(fact.status) is Next.CREATE
        change_set = self._change_set(plan, parameters, creates, attempt)
        if change_set is None:
            return self._finished(plan, self._present(plan), UNCHANGED)
        return self._execute(plan, change_set, creates, attempt)

    # --- to a state that can be worked on ----------------------------------------------------

    def _settled(self, plan: StackPlan) -> StackFact | None:
        """Wait for, clear away or repair what an earlier run left. None: there is no such stack."""
        tried: list[str] = []
        while True:
            fact = self._aws.stacks.describe(plan.stack_name)
            step = next_step(fact.status if fact else "")
            if fact is None or step in (Next.CREATE, Next.UPDATE):
                return fact
            times = tried.count(fact.status)
            if step is not Next.WAIT and times >= (2 if step is Next.CONTINUE_ROLLBACK else 1):
                raise _stuck(fact)
            tried.append(fact.status)
            self._check()
            self._settle(plan, fact, step, again=times > 0)

    def _settle(self, plan: StackPlan, fact: StackFact, step: Next, *, again: bool) -> None:
        said = fact.status.lower().replace("_", " ")
        if step is Next.CLEAR:
            self._watcher.note(f"{plan.layer}: an earlier attempt ended in {said}; clearing it away")
            self._remover.remove(plan.stack_name, plan.layer)
            return
        if step is Next.CONTINUE_ROLLBACK:
            self._take_back(plan, fact, give_up=again)
        else:
            self._watcher.waiting(f"{plan.stack_name}, which is still {said}")
        verb = {"DELETE": "delete", "CREATE": "create"}.get(fact.status.split("_", 1)[0], "update")
        self._follow(plan, fact.stack_id, verb, plan.resource_types)

    def _take_back(self, plan: StackPlan, fact: StackFact, *, give_up: bool) -> None:
        """Go on with a roll-back that failed; the second time without what cannot be changed back."""
        skip: tuple[str, ...] = ()
        said = "going on with that"
        if give_up:
            failed = [r for r in self._aws.stacks.resources(fact.stack_id) if r.status == "UPDATE_FAILED"]
            skip = tuple(r.logical_id for r in failed)
            said = "leaving out " + "; ".join(f"{r.logical_id} ({plain(r.reason)})" for r in failed)
        self._watcher.note(f"{plan.layer}: an earlier update could not be taken back; {said}")
        token = f"{self._token}-{plan.layer}-back-{2 if give_up else 1}"
        self._aws.stacks.continue_rollback(plan.stack_name, token=token, skip=skip)

    # --- the change set ----------------------------------------------------------------------

    def _change_set(
        self, plan: StackPlan, parameters: Mapping[str, str], creates: bool, attempt: int
    ) -> ChangeSet | None:
        """A change set that may be executed and was agreed to; None when it would change nothing."""
        self._check()
        self._watcher.waiting(f"the change set of {plan.layer}")
        body, url = template_place(self._home, self._deployment, plan.stack_name, plan.text, self._account_id)
        request = ChangeSetRequest(
            plan.stack_name,
            f"geos-{self._token}-{attempt}",
            create=creates,
            parameters=parameters,
            tags=plan.tags,
            capabilities=plan.capabilities,
            description=f"{self._deployment}, layer {plan.layer}",
            body=body,
            url=url,
        )
        change_set = self._made(plan, request)
        try:
            self._named(plan, change_set.stack_id)
            return self._agreed(plan, change_set, creates)
        except BaseException:  # Ctrl-C too: nothing was executed, so nothing of it may stay
            self._discard(change_set)
            raise

    def _made(self, plan: StackPlan, request: ChangeSetRequest) -> ChangeSet:
        try:
            return made(self._aws.stacks, request)
        except AwsRefused as e:
            if e.aws_code not in ("ValidationError", "InsufficientCapabilities", "InsufficientCapabilitiesException"):
                raise
            diagnosis = told(
                e.message, layer=plan.layer, stack_name=plan.stack_name, region=plan.region, aws_code=e.aws_code
            )
            raise StackFailed(diagnosis, created=False) from e

    def _agreed(self, plan: StackPlan, change_set: ChangeSet, creates: bool) -> ChangeSet | None:
        stacks = self._aws.stacks
        faults = stacks.validation_faults(change_set.arn, change_set.stack_id)
        if change_set.status == "FAILED":
            if NO_CHANGES.search(change_set.reason):
                self._discard(change_set)
                return None
            found = {"layer": plan.layer, "stack_name": plan.stack_name, "region": plan.region}
            raise StackFailed(refused_before(faults, **found) or told(change_set.reason, **found), created=False)
        shown = StackChanges(
            plan.layer,
            plan.stack_name,
            change_set.arn,
            creates,
            change_set.changes,
            tuple(f for f in faults if not f.blocking),
        )
        self._watcher.changes(shown)
        if not self._watcher.agree(shown):
            raise Cancelled(f"{plan.stack_name} was left as it is.", hint="geos-setup deploy shows the changes again")
        return change_set

    def _discard(self, change_set: ChangeSet) -> None:
        """Take back a change set that will not be executed, and the empty stack that it made."""
        stacks = self._aws.stacks
        stacks.delete_change_set(change_set.arn, change_set.stack_id)
        fact = stacks.describe(change_set.stack_id)
        if fact is not None and fact.status == "REVIEW_IN_PROGRESS" and not stacks.change_sets(fact.stack_id):
            discard_empty(self._aws, fact, token=self._token)

    # --- the execution -----------------------------------------------------------------------

    def _execute(self, plan: StackPlan, change_set: ChangeSet, creates: bool, attempt: int) -> StackResult:
        stacks = self._aws.stacks
        after = stacks.newest_event(change_set.stack_id)
        self._check()
        token = f"{self._token}-{plan.layer}-{attempt}"
        try:
            stacks.execute(change_set.arn, change_set.stack_id, token=token, keep_failed=self._keep)
        except (NotThere, AwsRefused) as e:
            if not isinstance(e, NotThere) and e.aws_code not in _NOT_EXECUTABLE:
                raise
            self._was_executed(plan, change_set, after, e)
        verb = "create" if creates else "update"
        expected = {c.logical_id: c.type for c in change_set.changes}
        done = self._follow(plan, change_set.stack_id, verb, expected, after)
        if done.fact is None or done.fact.status not in GOOD:
            raise StackFailed(self._why(plan, done), created=creates)
        return self._finished(plan, done.fact, CREATED if creates else UPDATED, done.progress)

    def _was_executed(self, plan: StackPlan, change_set: ChangeSet, after: str, refusal: GeosError) -> None:
        """After a refusal: it runs already (an answer was lost), or somebody else changed the stack."""
        if self._aws.stacks.newest_event(change_set.stack_id) != after:
            return
        self._discard(change_set)
        raise PlanChanged(
            f"{plan.stack_name} was changed by something else while its change set was shown.",
            hint="geos-setup deploy makes and shows a new one",
        ) from refusal

    def _why(self, plan: StackPlan, done: Followed) -> Diagnosis:
        return diagnose(
            done.events,
            layer=plan.layer,
            stack_name=plan.stack_name,
            region=plan.region,
            reason=done.fact.reason if done.fact else "",
        )

    def _follow(
        self, plan: StackPlan, stack_id: str, verb: str, expected: Mapping[str, str], after: str = ""
    ) -> Followed:
        return self._follower.follow(
            stack_id,
            layer=plan.layer,
            stack_name=plan.stack_name,
            verb=verb,
            expected=expected,
            after=after,
            check=self._check,
        )

    # --- afterwards --------------------------------------------------------------------------

    def _present(self, plan: StackPlan) -> StackFact:
        fact = self._aws.stacks.describe(plan.stack_name)
        if fact is None:
            raise StackStuck(
                f"{plan.stack_name} went away while it was being changed.", hint="run geos-setup deploy again"
            )
        return fact

    def _finished(
        self, plan: StackPlan, fact: StackFact, outcome: str, progress: StackProgress | None = None
    ) -> StackResult:
        if fact.protected != plan.protect:
            self._aws.stacks.protect(plan.stack_name, plan.protect)
        resources = self._aws.stacks.resources(fact.stack_id) if outcome != UNCHANGED else ()
        if progress is None:
            total = len(plan.resource_types)
            self._follower.show(StackProgress(plan.layer, plan.stack_name, "", DONE, total))
        return StackResult(
            plan.layer,
            plan.stack_name,
            fact.stack_id,
            plan.region,
            outcome,
            fact.outputs,
            len(resources) or len(plan.resource_types),
            sum(is_simulated(r.reason) for r in resources),
            progress.seconds if progress else 0.0,
        )


def _stuck(fact: StackFact) -> StackStuck:
    if next_step(fact.status) is Next.CONTINUE_ROLLBACK:
        return StackStuck(
            f"{fact.name} cannot go back to its last good state: {fact.reason or fact.status}.",
            hint="repair what the reason names and deploy again; or skip it: aws cloudformation "
            f"continue-update-rollback --stack-name {fact.name} --resources-to-skip LOGICAL_ID",
        )
    return StackStuck(
        f"{fact.name} could not be cleared away: {fact.reason or fact.status}.", hint="geos-setup destroy, then deploy"
    )
