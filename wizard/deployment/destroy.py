"""Remove a deployment without a trace: the stacks in reverse, what services made beside them, and at last geos's own.

    plan = look_at(aws, "geos-chem-dev", record)     # reads only: what goes, what runs, what is kept
    done = destroy(plan, aws, watcher, records, …)   # can be called again after any interruption

The account's tags are the truth, so it works without a local record. The record is removed last: as long as it
is there, something may be left to do.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from geos.wizard.aws.stack_facts import StackResource
from geos.wizard.deployment.bootstrap import forget, remove_if_last
from geos.wizard.deployment.destroy_plan import DestroyPlan, StackToGo, look_at
from geos.wizard.deployment.following import Follower, Pace
from geos.wizard.deployment.history import read_history, write_history
from geos.wizard.deployment.leftovers import Leftover, find_leftovers, sweep
from geos.wizard.deployment.lock import Lease, held, held_from_here, new_token
from geos.wizard.deployment.outside import log_groups_of
from geos.wizard.deployment.progress import WAITING, Progress, StackProgress, times
from geos.wizard.deployment.records import Record, Records, Run
from geos.wizard.deployment.removal import Removed, Remover
from geos.wizard.errors import AccessDenied, DestroyIncomplete, DiskRefused, GeosError, NotThere

if TYPE_CHECKING:
    from geos.wizard.aws import Aws
    from geos.wizard.deployment.watcher import Watcher

__all__ = ["DestroyOptions", "DestroyPlan", "Destroyed", "StackToGo", "destroy", "look_at"]

KEY = "AWS::KMS::Key"


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
    """What --keep-data left of the stacks."""
    staying: tuple[Leftover, ...] = ()
    """The same as the tag search finds it, with what an earlier removal kept."""
    leftovers: tuple[Leftover, ...] = ()
    bootstrap_removed: bool = False
    seconds: float = 0.0

    @property
    def resources_gone(self) -> int:
        return sum(len(s.gone) for s in self.stacks)

    @property
    def unfound(self) -> tuple[StackResource, ...]:
        """What was kept and the tag search does not find; policies go with the buckets they guard."""
        names = {r.physical_id for r in self.kept for one in self.staying if one.is_one_of((r.physical_id,))}
        return tuple(r for r in self.kept if r.physical_id not in names)

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
            swept, staying, leftovers = self._sweep(removed, kept)
            self._check()
            with contextlib.suppress(NotThere):
                forget(self._aws, self._plan.deployment, self._plan.account_id)
        # The lock's own table goes now, so it is no longer held.
        bootstrap = remove_if_last(self._aws, self._plan.deployment, self._remover(self._plan.region))
        self._close(record, leftovers)
        return Destroyed(
            self._plan.deployment,
            self._plan.region,
            removed,
            swept,
            self._keys(removed),
            kept,
            staying,
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

    def _sweep(
        self, removed: tuple[Removed, ...], kept: tuple[StackResource, ...]
    ) -> tuple[tuple[str, ...], tuple[Leftover, ...], tuple[Leftover, ...]]:
        """Remove what services made beside the stacks and what an earlier removal left.

        (removed, kept on purpose, left).
        """
        swept: list[str] = []
        self._check()
        self._watcher.waiting("what services made beside the stacks")
        try:
            groups = log_groups_of(self._aws, self._plan.deployment, self._plan.others)
        except AccessDenied as e:
            groups = ()
            self._watcher.note(f"{e.message}; log groups that services made themselves may be left")
        for name in groups:
            self._aws.logs.delete(name)
            swept.append(name)
        staying, found = self._found(removed, kept)
        if self._options.keep_data or not found:
            return tuple(swept), staying, found
        for leftover in found:
            self._check()
            if sweep(self._aws, leftover):
                swept.append(leftover.name)
        return tuple(swept), *self._found(removed, kept)

    def _found(
        self, removed: tuple[Removed, ...], kept: tuple[StackResource, ...]
    ) -> tuple[tuple[Leftover, ...], tuple[Leftover, ...]]:
        """What the tag search finds: (kept by this removal or by one before it, left)."""
        gone = {r.physical_id for stack in removed for r in stack.gone}
        stay = {r.physical_id for r in kept}
        found = find_leftovers(self._aws, self._plan.tags, gone=gone)
        data = _DATA_SERVICES if self._options.keep_data else frozenset[str]()
        staying = tuple(f for f in found if f.is_one_of(stay) or f.service in data)
        return staying, tuple(f for f in found if f not in staying)

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
