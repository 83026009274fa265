"""Remove a deployment without a trace: the stacks in reverse, what services made beside them, and at last geos's own.

    plan = look_at(aws, "geos-chem-dev", record)     # reads only: what goes, what runs, what is kept
    done = destroy(plan, aws, watcher, records, …)   # can be called again after any interruption

The account's tags are the truth, so it works without a local record. The record is removed last: as long as it
is there, something may be left to do.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from geos.wizard.aws.batch import Job
from geos.wizard.aws.stack_facts import StackFact, StackResource
from geos.wizard.concurrently import gather
from geos.wizard.deployment.bootstrap import forget, is_last, remove_if_last
from geos.wizard.deployment.find import BOOTSTRAP_STACK, MANAGED_BY, MANAGER, deployments_in, layer_of, none_found
from geos.wizard.deployment.following import Follower, Pace
from geos.wizard.deployment.history import read_history, write_history
from geos.wizard.deployment.leftovers import Leftover, find_leftovers, sweep
from geos.wizard.deployment.lock import Lease, held, held_from_here, new_token
from geos.wizard.deployment.outside import log_groups_of
from geos.wizard.deployment.progress import WAITING, Progress, StackProgress, times
from geos.wizard.deployment.records import Record, Records, Run
from geos.wizard.deployment.removal import BUCKET, DATA_TYPES, QUEUE, Removed, Remover
from geos.wizard.deployment.states import is_there
from geos.wizard.errors import DestroyIncomplete, DiskRefused, GeosError, NotThere

if TYPE_CHECKING:
    from geos.wizard.aws import Aws
    from geos.wizard.deployment.watcher import Watcher

KEY = "AWS::KMS::Key"


@dataclass(frozen=True)
class StackToGo:
    """A stack that will be removed."""

    layer: str
    stack_name: str
    region: str
    status: str
    resources: tuple[StackResource, ...] = ()
    protected: bool = False


@dataclass(frozen=True)
class DestroyPlan:
    """What a removal will do, for the user to agree to."""

    deployment: str
    account_id: str
    region: str
    tags: dict[str, str]
    stacks: tuple[StackToGo, ...]
    """In the order in which they go."""
    jobs: tuple[tuple[str, Job], ...] = ()
    """(queue, job) of everything that waits or runs; it would be ended."""
    contents: tuple[tuple[str, int, int], ...] = ()
    """(bucket, objects, bytes) of buckets that hold something."""
    beside: tuple[Leftover, ...] = ()
    """Things with the deployment's tags that are in no stack."""
    with_bootstrap: bool = False
    """It is the last deployment of the region, so state bucket and lock go too."""
    others: tuple[str, ...] = ()
    """Other deployments in the region."""

    @property
    def resources(self) -> int:
        return sum(len(s.resources) for s in self.stacks)

    @property
    def protected(self) -> tuple[str, ...]:
        """Stacks whose termination protection will be switched off."""
        return tuple(s.stack_name for s in self.stacks if s.protected)

    def data(self) -> tuple[StackResource, ...]:
        """What --keep-data would leave."""
        return tuple(r for s in self.stacks for r in s.resources if r.type in DATA_TYPES)


@dataclass(frozen=True)
class Destroyed:
    """What became of it."""

    deployment: str
    region: str
    stacks: tuple[Removed, ...]
    swept: tuple[str, ...] = ()
    """Log groups and other things beside the stacks that were removed."""
    keys: tuple[tuple[str, datetime | None], ...] = ()
    """(key id, date) of keys that KMS lets go later; they cost nothing meanwhile."""
    kept: tuple[StackResource, ...] = ()
    leftovers: tuple[Leftover, ...] = ()
    bootstrap_removed: bool = False
    seconds: float = 0.0

    @property
    def resources_gone(self) -> int:
        return sum(len(s.gone) for s in self.stacks)

    def require(self) -> None:
        """Raise DestroyIncomplete when something is left that nobody asked to keep."""
        if self.leftovers:
            names = ", ".join(f"{found.service} {found.name}" for found in self.leftovers[:5])
            more = f" and {len(self.leftovers) - 5} more" if len(self.leftovers) > 5 else ""
            raise DestroyIncomplete(
                f"{len(self.leftovers)} things of {self.deployment} are left: {names}{more}.",
                hint="geos-setup destroy tries again; what stays can be removed in the console by these names",
            )


@dataclass(frozen=True)
class DestroyOptions:
    """How a removal is carried out."""

    keep_data: bool = False
    break_lock: bool = False
    pace: Pace = field(default_factory=Pace)
    between_seconds: float = 20.0
    """Between two attempts to delete a stack that did not go."""


# --- looking ---------------------------------------------------------------------------------


def look_at(aws: Aws, deployment: str, record: Record | None, account_id: str) -> DestroyPlan:
    """Read what there is of `deployment`. Raises NoDeployment when there is nothing at all."""
    regions = [aws.region, *sorted({s.region for s in record.stacks} - {aws.region})] if record else [aws.region]
    found: list[tuple[str, StackFact]] = []
    others: set[str] = set()
    for region in regions:
        there = aws.in_region(region).stacks.all()
        groups = deployments_in(there)
        found += [(region, s) for s in (*groups.get(deployment, ()), *_begun(aws, region, there, deployment, record))]
        others |= groups.keys() - {deployment}
    found.sort(key=lambda pair: (pair[1].created is not None, pair[1].created), reverse=True)
    stacks = tuple(_to_go(aws, deployment, region, fact) for region, fact in found)
    tags = _tags(deployment, found)
    beside = _beside(aws, tags, stacks)
    bootstrap = aws.stacks.describe(BOOTSTRAP_STACK)
    orphan = bootstrap is not None and not others
    if not stacks and not beside and record is None and not orphan:
        raise none_found(deployment)
    return DestroyPlan(
        deployment,
        account_id,
        aws.region,
        tags,
        stacks,
        _jobs(aws, stacks),
        _contents(aws, stacks),
        beside,
        bootstrap is not None and is_last(aws, deployment),
        tuple(sorted(others)),
    )


def _begun(
    aws: Aws, region: str, stacks: Iterable[StackFact], deployment: str, record: Record | None
) -> list[StackFact]:
    """Stacks of which only a change set was made. They hold nothing and carry no tags yet, so record and words tell."""
    known = {s.stack_name for s in record.stacks} if record else set()
    begun = [s for s in stacks if s.status == "REVIEW_IN_PROGRESS" and s.name.startswith(f"{deployment}-")]
    words = f"{deployment}, layer "
    return [
        s
        for s in begun
        if not s.tags
        and (s.name in known or any(d.startswith(words) for d in aws.in_region(region).stacks.descriptions(s.stack_id)))
    ]


def _to_go(aws: Aws, deployment: str, region: str, fact: StackFact) -> StackToGo:
    held_by_it = aws.in_region(region).stacks.resources(fact.stack_id) if is_there(fact.status) else ()
    resources = tuple(r for r in held_by_it if r.physical_id and r.status != "DELETE_COMPLETE")
    return StackToGo(layer_of(fact.name, deployment), fact.name, region, fact.status, resources, fact.protected)


def _tags(deployment: str, found: list[tuple[str, StackFact]]) -> dict[str, str]:
    """The tags of the deployment's things: read off a stack; else the name says them, its last part the environment."""
    own = next((fact.tags for _, fact in found if fact.tags), None)
    if own:
        return {MANAGED_BY: MANAGER, "Project": own["Project"], "Environment": own["Environment"]}
    project, _, environment = deployment.rpartition("-")
    return {MANAGED_BY: MANAGER, "Project": project, "Environment": environment}


def _beside(aws: Aws, tags: dict[str, str], stacks: tuple[StackToGo, ...]) -> tuple[Leftover, ...]:
    inside = {r.physical_id for s in stacks for r in s.resources}
    names = {s.stack_name for s in stacks}
    found = find_leftovers(aws, tags)
    return tuple(f for f in found if not f.is_one_of(inside) and not names & set(f.name.split("/")))


def _jobs(aws: Aws, stacks: tuple[StackToGo, ...]) -> tuple[tuple[str, Job], ...]:
    queues = [(s.region, r.physical_id) for s in stacks for r in s.resources if r.type == QUEUE]

    def reader(region: str, queue: str):  # type: ignore[no-untyped-def]
        return lambda: aws.in_region(region).batch.unfinished_jobs(queue)

    answers = gather({(region, queue): reader(region, queue) for region, queue in queues})
    return tuple(
        (queue.rsplit("/", 1)[-1], job)
        for (_, queue), answer in answers.items()
        if not isinstance(answer, GeosError)
        for job in answer
    )


def _contents(aws: Aws, stacks: tuple[StackToGo, ...]) -> tuple[tuple[str, int, int], ...]:
    buckets = [r.physical_id for s in stacks for r in s.resources if r.type == BUCKET]

    def reader(bucket: str):  # type: ignore[no-untyped-def]
        return lambda: aws.s3.count(bucket)

    answers = gather({b: reader(b) for b in buckets})
    return tuple((b, *a) for b, a in answers.items() if not isinstance(a, GeosError) and a[0])


# --- doing -----------------------------------------------------------------------------------


def destroy(
    plan: DestroyPlan, aws: Aws, watcher: Watcher, records: Records, options: DestroyOptions | None = None
) -> Destroyed:
    """Carry out `plan`. Raises Locked, StackStuck, or what AWS answered; call it again to go on."""
    return _Destruction(plan, aws, watcher, records, options or DestroyOptions()).run()


class _Destruction:
    """One run."""

    def __init__(
        self, plan: DestroyPlan, aws: Aws, watcher: Watcher, records: Records, options: DestroyOptions
    ) -> None:
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
            tuple(StackProgress(s.layer, s.stack_name, "delete", WAITING, len(s.resources)) for s in plan.stacks),
        )
        self._follower = Follower(aws, watcher, picture, self._history, options.pace)

    def run(self) -> Destroyed:
        began = time.monotonic()
        record = self._records.read(self._plan.deployment)
        with self._locked():
            if record is not None:
                self._write(replace(record, run=Run(self._token, "destroy", _now())))
            removed = tuple(self._remove(stack) for stack in self._plan.stacks)
            kept = tuple(r for gone in removed for r in gone.kept)
            swept = self._sweep(removed, kept)
            self._check()
            with contextlib.suppress(NotThere):
                forget(self._aws, self._plan.deployment, self._plan.account_id)
        # The lock's own table goes now, so it is no longer held.
        bootstrap = remove_if_last(self._aws, self._plan.deployment, self._remover(self._plan.region))
        leftovers = self._leftovers(removed, kept)
        self._close(record, leftovers)
        return Destroyed(
            self._plan.deployment,
            self._plan.region,
            removed,
            swept,
            self._keys(removed),
            kept,
            leftovers,
            bootstrap,
            time.monotonic() - began,
        )

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the lock, unless its table is gone already: then the end of an earlier removal is being finished."""
        with contextlib.ExitStack() as stack:
            try:
                self._lease = self._take(stack)
            except NotThere:
                self._watcher.note("there is no lock table any more; finishing an earlier removal")
            try:
                yield
            finally:
                self._lease = None

    def _take(self, stack: contextlib.ExitStack) -> Lease:
        name, verb, broken = self._plan.deployment, "destroy", self._options.break_lock
        try:
            lock = held_from_here(self._aws, self._records, name, verb, token=self._token, break_lock=broken)
            return stack.enter_context(lock)
        except DiskRefused:
            # A full disk must not keep anybody from removing what costs; only the trace in the folder is missing.
            return stack.enter_context(held(self._aws, name, verb, token=self._token, break_lock=broken))

    def _check(self) -> None:
        if self._lease is not None:
            self._lease.check()

    def _remover(self, region: str) -> Remover:
        return Remover(
            self._aws.in_region(region),
            self._watcher,
            self._follower,
            token=self._token,
            check=self._check,
            between_seconds=self._options.between_seconds,
        )

    def _remove(self, stack: StackToGo) -> Removed:
        return self._remover(stack.region).remove(stack.stack_name, stack.layer, keep_data=self._options.keep_data)

    # --- beside the stacks -------------------------------------------------------------------

    def _sweep(self, removed: tuple[Removed, ...], kept: tuple[StackResource, ...]) -> tuple[str, ...]:
        """Remove what services made beside the stacks, and what an earlier removal left or kept."""
        swept: list[str] = []
        self._check()
        self._watcher.waiting("what services made beside the stacks")
        for name in log_groups_of(self._aws, self._plan.deployment, self._plan.others):
            self._aws.logs.delete(name)
            swept.append(name)
        if self._options.keep_data:
            return tuple(swept)
        for found in self._leftovers(removed, kept):
            self._check()
            if sweep(self._aws, found):
                swept.append(found.name)
        return tuple(swept)

    def _leftovers(self, removed: tuple[Removed, ...], kept: tuple[StackResource, ...]) -> tuple[Leftover, ...]:
        gone = {r.physical_id for stack in removed for r in stack.gone}
        stay = {r.physical_id for r in kept}
        found = find_leftovers(self._aws, self._plan.tags, gone=gone)
        if self._options.keep_data:
            # Kept by this removal, or by one before it.
            return tuple(f for f in found if not f.is_one_of(stay) and f.service not in _DATA_SERVICES)
        return tuple(f for f in found if not f.is_one_of(stay))

    def _keys(self, removed: tuple[Removed, ...]) -> tuple[tuple[str, datetime | None], ...]:
        dates: list[tuple[str, datetime | None]] = []
        for resource in (r for stack in removed for r in stack.gone if r.type == KEY):
            with contextlib.suppress(GeosError):
                key = self._aws.kms.key(resource.physical_id)
                if key is not None:
                    dates.append((key.key_id, key.gone_on))
        return tuple(dates)

    def _close(self, record: Record | None, leftovers: tuple[Leftover, ...]) -> None:
        write_history(self._folder, self._history.adding(times(self._follower.progress.stacks)))
        if leftovers:
            if record is not None:
                self._write(replace(record, run=None, stacks=(), changed=_now()))
            return
        try:
            self._records.remove(self._plan.deployment)
        except DiskRefused as e:
            self._watcher.note(f"{e.message} In the account nothing is left; {e.hint}.")

    def _write(self, record: Record) -> None:
        try:
            self._records.write(record)
        except DiskRefused as e:
            self._watcher.note(f"{e.message} The removal goes on.")


_DATA_SERVICES = frozenset({"dynamodb", "elasticfilesystem", "fsx", "kms", "rds", "s3"})


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
