"""Carry out a plan: the only way by which geos creates and changes stacks.

Order: local record, bootstrap stack, lock, service-linked roles, the stacks, stacks no longer wanted. What
fails is told, then undone; a first deployment that fails leaves nothing unless `keep` is set. What is
interrupted stays as it is, and the same call goes on from there.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from geos.wizard.deployment.bring_up import UNCHANGED, BringUp, StackFailed, StackResult
from geos.wizard.deployment.change_sets import state_bucket, template_key
from geos.wizard.deployment.find import BOOTSTRAP_STACK, layer_of
from geos.wizard.deployment.following import Follower, Pace
from geos.wizard.deployment.history import read_history, write_history
from geos.wizard.deployment.lock import Lease, held_from_here, new_token
from geos.wizard.deployment.plan import LEAVE, Plan, StackPlan
from geos.wizard.deployment.progress import WAITING, Progress, StackProgress, times
from geos.wizard.deployment.records import Record, Records, Run, StackRecord
from geos.wizard.deployment.removal import Remover
from geos.wizard.deployment.undo import failure_of, undo_bootstrap, undo_stacks
from geos.wizard.errors import DeployFailed, DiskRefused, GeosError, PlanChanged
from geos.wizard.waiting import pause, until

if TYPE_CHECKING:
    from geos.wizard.aws import Aws
    from geos.wizard.deployment.watcher import Watcher

AGAIN_SECONDS = 15.0
"""Pause before the one more try that some failures are worth; new roles are known everywhere by then."""


@dataclass(frozen=True)
class Deployed:
    """A deployment that is as planned."""

    deployment: str
    region: str
    stacks: tuple[StackResult, ...]
    outputs: Mapping[str, str] = field(default_factory=dict)
    roles_made: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def changed(self) -> bool:
        return bool(self.roles_made or self.removed) or any(s.outcome != UNCHANGED for s in self.stacks)

    @property
    def simulated(self) -> int:
        """Resources of changed stacks that the endpoint only pretends to have."""
        return sum(s.simulated for s in self.stacks)


@dataclass(frozen=True)
class Options:
    """How a deployment is carried out."""

    keep: bool = False
    """Leave what a failed deployment made, to look into it."""
    break_lock: bool = False
    files: Mapping[str, str] = field(default_factory=dict)
    """Name -> text of files kept beside the templates in the state bucket (the answers)."""
    pace: Pace = field(default_factory=Pace)
    again_seconds: float = AGAIN_SECONDS


def deploy(plan: Plan, aws: Aws, watcher: Watcher, records: Records, options: Options | None = None) -> Deployed:
    """Carry out `plan`. Raises DeployFailed with the code of the cause, Locked, Cancelled, DiskRefused …"""
    return _Deployment(plan, aws, watcher, records, options or Options()).run()


class _Deployment:
    """One run."""

    def __init__(self, plan: Plan, aws: Aws, watcher: Watcher, records: Records, options: Options) -> None:
        self._plan = plan
        self._aws = aws
        self._watcher = watcher
        self._records = records
        self._options = options
        self._token = new_token()
        self._lease: Lease | None = None
        self._folder = records.path(plan.deployment).parent
        self._history = read_history(self._folder)
        picture = Progress(
            plan.deployment,
            plan.region,
            tuple(StackProgress(s.layer, s.stack_name, "", WAITING, len(s.resource_types)) for s in plan.stacks),
        )
        self._follower = Follower(aws, watcher, picture, self._history, options.pace)
        self._record = Record("", "", "", "", "", False)
        self._made: list[StackPlan] = []
        """Stacks that this run created, in order."""
        self._roles_made: list[str] = []
        self._undone: list[str] = []

    def run(self) -> Deployed:
        began = time.monotonic()
        before = self._records.read(self._plan.deployment)
        unfinished = self._records.open_runs(self._plan.deployment)
        if self._plan.changes_nothing and before is not None and before.run is None and not unfinished:
            return self._nothing_to_do(began)
        self._record = self._first_record(before)
        results: list[StackResult] = []
        outputs: dict[str, str] = {}
        shared = [s for s in self._plan.stacks if s.stack_name == BOOTSTRAP_STACK]
        if any(s.action != LEAVE for s in shared):
            self._records.write(self._record)
        try:
            with self._undoing():
                for stack in shared:
                    results.append(self._bootstrap(stack))
                    outputs |= results[-1].outputs
            with self._locked(), self._undoing():
                self._records.write(self._record)
                self._make_roles()
                for stack in self._plan.stacks:
                    if stack not in shared:
                        results.append(self._bring_up(stack, outputs))
                        outputs |= results[-1].outputs
                removed = self._remove_unwanted()
        except StackFailed as e:
            raise self._failed(e) from e
        self._finish()
        return Deployed(
            self._plan.deployment,
            self._plan.region,
            tuple(results),
            outputs,
            tuple(self._roles_made),
            removed,
            time.monotonic() - began,
        )

    # --- record and lock ---------------------------------------------------------------------

    def _first_record(self, before: Record | None) -> Record:
        """Names are written before the calls that create."""
        plan, now = self._plan, _now()
        if before is not None and before.endpoint != plan.endpoint:
            before = None  # a simulated account that is gone
        stacks = tuple(StackRecord(s.layer, s.stack_name, s.region) for s in plan.stacks)
        record = Record(
            plan.deployment,
            plan.system,
            plan.account_id,
            plan.region,
            plan.endpoint,
            plan.sandbox,
            plan.answers_digest,
            before.stacks if before else (),
            Run(self._token, "deploy", now),
            before.created if before and before.created else now,
            now,
            before.cost_tags if before else "",
        )
        known = {s.stack_name for s in record.stacks}
        return replace(record, stacks=(*record.stacks, *(s for s in stacks if s.stack_name not in known)))

    def _named(self, plan: StackPlan, stack_id: str) -> None:
        self._record = self._record.with_stack(StackRecord(plan.layer, plan.stack_name, plan.region, stack_id))
        self._write_on()

    def _write_on(self) -> None:
        """Write the record in the middle of the work, where a full disk must not leave AWS half done."""
        try:
            self._records.write(self._record)
        except DiskRefused as e:
            self._watcher.note(f"{e.message} The deployment goes on; its tags in the account say the same.")

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        name, verb = self._plan.deployment, "deploy"
        options = self._options
        with held_from_here(
            self._aws, self._records, name, verb, token=self._token, break_lock=options.break_lock
        ) as lease:
            self._lease = lease
            try:
                yield
            finally:
                self._lease = None

    def _check(self) -> None:
        if self._lease is not None:
            self._lease.check()

    # --- the work ----------------------------------------------------------------------------

    def _worker(self, region: str) -> BringUp:
        aws = self._aws.in_region(region)
        return BringUp(
            aws,
            self._watcher,
            self._follower,
            self._remover(region),
            home=self._aws,
            deployment=self._plan.deployment,
            account_id=self._plan.account_id,
            token=self._token,
            check=self._check,
            keep=self._options.keep,
            named=self._named,
        )

    def _remover(self, region: str) -> Remover:
        aws = self._aws.in_region(region)
        return Remover(aws, self._watcher, self._follower, token=self._token, check=self._check)

    def _bootstrap(self, stack: StackPlan) -> StackResult:
        """The stack of state bucket and lock. Two commands may want to make it at the same time."""
        for attempt in range(1, 4):
            try:
                return self._once(stack, {}, attempt)
            except GeosError as e:
                fact = self._aws.stacks.describe(stack.stack_name)
                raced = isinstance(e, PlanChanged) or e.aws_code in _RACE
                if attempt == 3 or fact is None or not raced:
                    raise
        raise AssertionError  # pragma: no cover - the third attempt returns or raises

    def _once(self, stack: StackPlan, outputs: Mapping[str, str], attempt: int) -> StackResult:
        result = self._worker(stack.region).bring_up(stack, outputs, attempt=attempt)
        if result.outcome == "created":
            self._made.append(stack)
        return result

    def _bring_up(self, stack: StackPlan, outputs: Mapping[str, str]) -> StackResult:
        if stack.action != LEAVE:
            self._keep_files(stack)
        try:
            return self._once(stack, outputs, 1)
        except StackFailed as e:
            if not e.diagnosis.again or self._options.keep:
                raise
            self._watcher.note(f"{stack.layer}: {e.diagnosis.title}; one more try")
            pause(self._options.again_seconds)
            return self._once(stack, outputs, 2)

    def _keep_files(self, stack: StackPlan) -> None:
        """The rendered template and the answers go to the state bucket, where colleagues find them."""
        bucket = state_bucket(self._plan.account_id, self._plan.region)
        key = template_key(self._plan.deployment, stack.stack_name, stack.text)
        self._aws.s3.put(bucket, key, stack.text)
        for name, text in self._options.files.items():
            kept = f"{self._plan.deployment}/config/{self._token}/{name}"
            self._aws.s3.put(bucket, kept, text, content_type="text/plain; charset=utf-8")

    def _make_roles(self) -> None:
        roles = self._aws.service_linked
        for role in self._plan.roles:
            self._check()
            if roles.create(role.service):
                self._roles_made.append(role.name)
                self._watcher.note(f"made {role.name}: {role.why}")
        for name in self._roles_made:
            until(lambda name=name: roles.exists(name) or None, at_most_seconds=20.0)  # type: ignore[misc]

    def _remove_unwanted(self) -> tuple[str, ...]:
        """Stacks that the answers no longer ask for, the youngest first."""
        for name in reversed(self._plan.gone):
            layer = layer_of(name, self._plan.deployment)
            self._watcher.note(f"{layer} is no longer wanted; removing it")
            self._remover(self._plan.region).remove(name, layer)
            self._gone(name)
        return tuple(reversed(self._plan.gone))

    # --- the end -----------------------------------------------------------------------------

    def _finish(self) -> None:
        self._record = replace(self._record, run=None, changed=_now())
        write_history(self._folder, self._history.adding(times(self._follower.progress.stacks)))
        self._records.write(self._record)

    def _nothing_to_do(self, began: float) -> Deployed:
        results: list[StackResult] = []
        outputs: dict[str, str] = {}
        for stack in self._plan.stacks:
            fact = self._aws.in_region(stack.region).stacks.describe(stack.stack_name)
            found = dict(fact.outputs) if fact else {}
            outputs |= found
            results.append(
                StackResult(
                    stack.layer,
                    stack.stack_name,
                    fact.stack_id if fact else "",
                    stack.region,
                    UNCHANGED,
                    found,
                    len(stack.resource_types),
                )
            )
        seconds = time.monotonic() - began
        return Deployed(self._plan.deployment, self._plan.region, tuple(results), outputs, seconds=seconds)

    @contextlib.contextmanager
    def _undoing(self) -> Iterator[None]:
        """Undo while the lock is still held; the user is told after."""
        try:
            yield
        except StackFailed as e:
            if self._options.keep:
                self._undone.append("kept for you to look into, as asked")
            else:
                self._undone += undo_stacks(e, self._plan, self._made, remover=self._remover, gone=self._gone)
            raise

    def _gone(self, stack_name: str) -> None:
        self._record = self._record.without_stack(stack_name)
        self._write_on()

    def _failed(self, failure: StackFailed) -> DeployFailed:
        """Close the record and tell; to be called once the lock, whose table may go too, is given back."""
        keep = self._options.keep or any(s.stack_id and s.stack_name != BOOTSTRAP_STACK for s in self._record.stacks)
        if not keep:
            self._undone += undo_bootstrap(self._aws, self._plan, self._made, self._remover(self._plan.region))
        with contextlib.suppress(DiskRefused):
            if keep:
                self._records.write(replace(self._record, run=None, changed=_now()))
            else:
                self._records.remove(self._plan.deployment)
        self._watcher.failed(failure.diagnosis, self._undone)
        return failure_of(failure.diagnosis)


_RACE = frozenset({"ValidationError", "InvalidChangeSetStatus", "AlreadyExistsException", "ChangeSetNotFound"})
"""What CloudFormation answers when somebody else works on the same stack at the same moment."""


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
