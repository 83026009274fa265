"""A plan carried out: records first, then every architecture on its own host, then the index over all of them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from geos.builder import log_store, registry
from geos.builder.build import Build, Part
from geos.builder.errors import BuildError, HostLost
from geos.builder.job import Job
from geos.builder.logbook import Logbook
from geos.builder.plan import BuildPlan, PartPlan
from geos.builder.progress import Board, PartWatch
from geos.builder.records import Records
from geos.builder.running import PartRun, Screen, run_parts
from geos.builder.steps import Step
from geos.builder.steps.pipeline import steps_of
from geos.wizard.errors import Cancelled, GeosError

if TYPE_CHECKING:
    from geos.wizard.aws import Aws

log = logging.getLogger("geos.build")


@dataclass(frozen=True)
class PartOutcome:
    part: Part
    error: BaseException | None
    seconds: float
    host_seconds: float | None = None
    """For how long its host was there; None: none was launched."""
    log_error: GeosError | None = None
    """Why the log lies on this machine alone, although it has a place beside the image."""

    @property
    def usd(self) -> float | None:
        """By the list price of the host; None where no price is known or no host was launched."""
        if self.part.usd_per_hour is None or self.host_seconds is None:
            return None
        return self.part.usd_per_hour * self.host_seconds / 3600


@dataclass(frozen=True)
class Outcome:
    build: Build
    parts: tuple[PartOutcome, ...]
    index: str = ""
    """The reference of the index; empty when none was asked for or not all images are there."""
    index_error: GeosError | None = None

    @property
    def done(self) -> tuple[PartOutcome, ...]:
        return tuple(p for p in self.parts if p.error is None)

    @property
    def failed(self) -> tuple[PartOutcome, ...]:
        return tuple(p for p in self.parts if p.error is not None)

    @property
    def leftovers(self) -> tuple[str, ...]:
        return tuple(name for p in self.parts for name in p.part.leftovers)

    @property
    def staying(self) -> tuple[Part, ...]:
        """Those whose machine was left on purpose and costs: it builds on, or somebody wished to keep it."""
        kept = (p.part for p in self.parts if self.build.wish.keep and not isinstance(p.error, Cancelled))
        lost = (p.part for p in self.parts if p.part.state == "lost")
        return tuple(part for part in dict.fromkeys((*kept, *lost)) if part.instance_id)


def carry_out(
    plan: BuildPlan,
    aws: Aws | None,
    records: Records,
    screen: Screen,
    *,
    headline: str,
    on_line: Callable[[str], None] = lambda line: None,
    known: Sequence[Part] = (),
) -> Outcome:
    """Build every architecture; errors of one do not stop the others and stand in the outcome.

    `known`: how far an earlier run came, when a build is taken up again. Raises KeyboardInterrupt on the second
    Ctrl-C, DiskRefused when nothing can be written down (nothing is created then).
    """
    records.write(plan.build)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    board = Board(plan.build.build_id, headline)
    runs = []
    for part_plan in plan.parts:
        part = next((p for p in known if p.architecture == part_plan.architecture), Part(part_plan.architecture))
        part = replace(part, began=part.began or now, state="running", error="", ended="")
        run = _run(plan, part_plan, part, aws, records, on_line)
        run.job.note()  # on disk before anything is created
        board.parts.append(run.watch)
        runs.append(run)
    run_parts(runs, board, screen)
    found = [_ended(run) for run in runs]
    planned = {part_plan.architecture for part_plan in plan.parts}
    found += [_ended_before(part) for part in known if part.architecture not in planned]
    return _with_index(Outcome(plan.build, tuple(found)), plan, aws)


def _run(
    plan: BuildPlan, part_plan: PartPlan, part: Part, aws: Aws | None, records: Records, on_line: Callable[[str], None]
) -> PartRun:
    architecture = part_plan.architecture
    steps: Sequence[Step[Job]] = steps_of(plan, part_plan)
    several = len(plan.parts) > 1

    def line(text: str) -> None:
        book.title(text)
        on_line(f"{architecture}  {text}" if several else text)

    watch = PartWatch(architecture, [step.title for step in steps], on_line=line)
    book = Logbook(records.of(plan.build.build_id) / architecture, watch)
    job = Job(
        plan.build,
        part,
        records,
        cast(Any, aws),  # steps that need AWS are only there when it is
        watch.detail,
        output=book.output,
        machine=watch.machine,
        follow=book.follow,
        log_offset=book.offset,
    )
    return PartRun(
        job,
        steps,
        watch,
        keep=lambda error: _keep(plan, job, error),
        store_log=lambda: _store_log(job) if plan.build.log_bucket else "",
    )


def _store_log(job: Job) -> str:
    return log_store.store(job.aws, job.build, job.architecture, job.records.logs(job.build.build_id, job.architecture))


def _keep(plan: BuildPlan, job: Job, error: BaseException | None) -> bool:
    """Whether the host stays: when that was wished, and when the line was lost while it builds on."""
    if job.stop.is_set() or isinstance(error, KeyboardInterrupt):
        return False
    return plan.build.wish.keep or isinstance(error, HostLost)


def _ended(run: PartRun) -> PartOutcome:
    now = datetime.now(UTC)
    error = run.error
    if error is not None and not isinstance(error, GeosError):
        log.error("a fault of geos in a build", exc_info=error)
    state = _state(error)
    message = error.message if isinstance(error, GeosError) else str(error or "")
    run.job.note(
        state=state,
        error=message,
        ended="" if state == "lost" else now.isoformat(timespec="seconds"),
        log_at=run.log_at,
    )
    part = run.job.part
    return PartOutcome(part, error, _since(part.began), _since(part.launched) if part.launched else None, run.log_error)


def _since(moment: str) -> float:
    return (datetime.now(UTC) - datetime.fromisoformat(moment)).total_seconds()


def _ended_before(part: Part) -> PartOutcome:
    """Of a build that is taken up again: an architecture that was over already. An index has it in it, or is not."""
    error = {"done": None, "cancelled": Cancelled(part.error)}.get(part.state, BuildError(part.error))
    on_host = _between(part.launched, part.ended) if part.launched else None
    return PartOutcome(part, error, _between(part.began, part.ended), on_host)


def _between(begin: str, end: str) -> float:
    if not begin or not end:
        return 0.0
    return (datetime.fromisoformat(end) - datetime.fromisoformat(begin)).total_seconds()


def _state(error: BaseException | None) -> str:
    if error is None:
        return "done"
    if isinstance(error, HostLost):
        return "lost"
    return "cancelled" if isinstance(error, Cancelled | KeyboardInterrupt) else "failed"


def _with_index(outcome: Outcome, plan: BuildPlan, aws: Aws | None) -> Outcome:
    """The multi-arch index, when every image is there; written from here, so that no host waits for it."""
    if not plan.index or outcome.failed or aws is None:
        return outcome
    repository = plan.build.repository
    try:
        digests = {p.part.architecture: p.part.image_digest for p in outcome.parts}
        digest = registry.write_index(aws, repository, plan.index, digests)
    except GeosError as e:
        return replace(outcome, index_error=e)
    return replace(outcome, index=f"{repository}:{plan.index}  {digest}")
