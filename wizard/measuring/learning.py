"""From log files to rows: which files are one run, what was understood, what must be told, what it adds up to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from geos.benchmarks.configurations import GCHP, MODELS
from geos.benchmarks.logs import LogRefused, LogRun, fingerprint, read_log
from geos.benchmarks.question import Question, question_faults
from geos.benchmarks.table import Run
from geos.wizard.measuring.machines import find_machine
from geos.wizard.measuring.store import Row, checked, fingerprint_of, with_fingerprint


@dataclass(frozen=True)
class Told:
    """What a person tells of runs whose logs do not; what a log tells wins."""

    machine: str = ""
    cores: int | None = None
    threads: int | None = None
    nodes: int | None = None
    version: str = ""
    simulation: str = ""
    grid: str = ""


@dataclass(frozen=True)
class Understood:
    """One finished run, as its files tell it."""

    paths: tuple[Path, ...]
    run: LogRun
    fingerprint: str
    told: Told = Told()

    @property
    def name(self) -> str:
        return self.run.name

    @property
    def machine(self) -> str:
        return self.run.machine or self.told.machine

    @property
    def threads(self) -> int | None:
        return self.run.threads or self.told.threads

    @property
    def cores(self) -> int | None:
        """Logged, or told, or as many as the threads need on a machine that is known."""
        known = self.run.cores or self.told.cores
        machine = find_machine(self.machine)
        if known or machine is None or self.threads is None or not machine.physical_cores:
            return known
        return min(self.threads, machine.physical_cores)

    @property
    def missing(self) -> tuple[str, ...]:
        """What must still be told: machine, cores, version …"""
        told = {"machine": self.machine, "cores": self.cores}
        return tuple(name for name in self.run.missing if not told.get(name, getattr(self.told, name)))

    @property
    def threads_open(self) -> bool:
        """Whether it matters and nobody has told how many threads there were."""
        machine = find_machine(self.machine)
        two = machine is not None and machine.threads_per_core > 1
        return two and self.run.model != GCHP and self.cores is not None and self.threads is None

    @property
    def doubts(self) -> tuple[str, ...]:
        """What a person should look at before it is stored."""
        return (*self.run.doubts, *_contradictions(self))


def understand(paths: Sequence[Path], *, one_run: bool = False) -> tuple[list[Understood], list[LogRefused]]:
    """The runs that the files tell of, and the files that tell of none."""
    found: list[Understood] = []
    refused: list[LogRefused] = []
    for files in [tuple(paths)] if one_run else together(paths):
        try:
            found.append(Understood(files, read_log(files), fingerprint(files)))
        except LogRefused as e:
            refused.append(e)
    return found, refused


def together(paths: Iterable[Path]) -> list[tuple[Path, ...]]:
    """Files of one run: GCHP's allPEs.log goes with the log beside it, everything else stands alone."""
    profiles = [path for path in dict.fromkeys(paths) if "allpes" in path.name.lower()]
    groups = [[path] for path in dict.fromkeys(paths) if path not in profiles]
    for profile in profiles:
        beside = [group for group in groups if group[0].parent == profile.parent]
        if len(beside) == 1:
            beside[0].append(profile)
        else:
            groups.append([profile])
    return [tuple(group) for group in groups]


def faults(found: Understood) -> list[str]:
    """Why the run cannot be stored as it was told; nothing for one that makes sense."""
    machine = find_machine(found.machine)
    if found.machine and machine is None:
        return [f"{found.machine} is no instance type, and no machine of the published runs"]
    told, cores = found.told, found.cores or 0
    version, grid = found.run.version or told.version, found.run.grid or told.grid
    simulation = found.run.simulation or told.simulation
    wrong = []
    if found.run.model in MODELS and simulation and grid:
        nodes = found.run.nodes or told.nodes or 1
        question = Question(found.run.model, simulation, grid, version, days=found.run.sim_days, nodes=nodes)
        wrong += list(question_faults(question, cores))
        most = machine.physical_cores * nodes if machine else 0
        if most and cores > most:
            wrong.append(f"{cores} cores on {nodes} × {found.machine}, which has {most // nodes} each")
    return wrong


def row_of(found: Understood) -> dict[str, str]:
    """The row of a timings table, with the log's fingerprint. ValueError while something is missing."""
    told = found.told
    row = found.run.row(
        machine=found.machine,
        cores=found.cores,
        threads=found.threads,
        nodes=found.run.nodes or told.nodes,
        version=found.run.version or told.version,
        simulation=found.run.simulation or told.simulation,
        grid=found.run.grid or told.grid,
    )
    return with_fingerprint(row, found.fingerprint)


def run_of(row: Row) -> Run:
    """The row as the model's tools know it. Raises BadRows."""
    from geos.benchmarks.table import as_csv

    return checked(as_csv([dict(row)]), row["source_locator"])[0]


def known_as(found: Understood, stored: Iterable[Run]) -> Run | None:
    """The stored run that came from the same log."""
    return next((run for run in stored if fingerprint_of(run.notes) == found.fingerprint), None)


def _contradictions(found: Understood) -> list[str]:
    words = []
    if found.told.machine and found.run.machine and found.told.machine != found.run.machine:
        words.append(f"the log tells of {found.run.machine}; the {found.told.machine} that you told is not used")
    if found.told.cores and found.run.cores and found.told.cores != found.run.cores:
        words.append(f"the log tells of {found.run.cores} cores; the {found.told.cores} that you told are not used")
    if found.threads_open:
        words.append(f"threads are not told; one a core is assumed ({found.cores})")
    return words
