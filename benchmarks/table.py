"""Published GEOS-Chem runs: one `Run` for each row of tables/geoschem_timings.csv, checked as it is read.

How to use it:

    from geos.benchmarks.table import load, measured

    runs = load()                                  # the shipped rows, read once
    rows = measured(runs, model="gcclassic", simulation="fullchem", grid="4x5",
                    version="12.1.1", machine="c5.9xlarge")
    rows[0].sim_days_per_day, rows[0].grade, rows[0].source

`measured` filters by whatever is given and leaves out the rest, best grade first. Rows of grade C and
rows that their authors call faulty are in `load()` too: they are shown as anecdotes (`run.shown_only`)
and never fitted. A row may lack figures (`None`): many reports give a range, or no number of cores.

Units: `cores` are physical cores in use, `threads` OpenMP threads or MPI ranks, `memory_gb_peak` and
`cost_usd` are as published (decimal or binary GB is not said; prices are of the year of the run).
A user's own runs come in the same columns: `load(data, name="mine.csv", own=True)`.
"""

from __future__ import annotations

import csv
import functools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from geos.benchmarks.configurations import version_family
from geos.benchmarks.rowcheck import GRADES, Known, grade, number, row_faults, whole
from geos.benchmarks.shipped import shipped

COLUMNS = (
    "model",
    "version",
    "simulation",
    "resolution",
    "met",
    "platform",
    "nodes",
    "cores",
    "cores_per_node",
    "compiler",
    "mpi",
    "sim_days",
    "wall_seconds",
    "sim_days_per_day",
    "memory_gb_peak",
    "cost_usd",
    "source_title",
    "source_year",
    "source_locator",
    "notes",
)
GB_IN_GIB = 2**30 / 1e9
__all__ = ["COLUMNS", "BadTable", "Run", "load", "matching", "measured", "shipped", "version_family"]


class BadTable(ValueError):
    """A table that cannot be used; `faults` name file, line, column and reason, all at once."""

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(self.faults))


@dataclass(frozen=True)
class Run:
    """One published (or own) run. None and "" mean: not told."""

    row: int
    """Line of the file, the header being line 1."""
    model: str
    version: str
    simulation: str
    grid: str
    met: str
    machine: str
    """EC2 instance type, or the name of another machine (tables/machines.csv)."""
    nodes: int | None
    cores: int | None
    cores_per_node: int | None
    """MPI ranks a node for GCHP, physical cores of the node for GEOS-Chem Classic."""
    compiler: str
    mpi: str
    sim_days: float | None
    wall_seconds: float | None
    sim_days_per_day: float | None
    memory_gb_peak: float | None
    cost_usd: float | None
    source_title: str
    source_year: int
    source_locator: str
    notes: str
    grade: str
    threads: int | None
    """None: not told."""
    own: bool = False

    @property
    def family(self) -> str:
        """12, 13, 14.0-14.6 and 14.7+ behave alike inside and differ between them."""
        return version_family(self.version)

    @property
    def version_family(self) -> str:
        return self.family

    @property
    def platform(self) -> str:
        """The machine, as the column is called."""
        return self.machine

    @property
    def shown_only(self) -> bool:
        """Whether the row is an anecdote: shown with its source, never fitted."""
        return self.grade == "C" or _told("do not fit", self.notes)

    @property
    def fittable(self) -> bool:
        """Whether the row has what a fit needs, and may be used for one."""
        return not self.shown_only and None not in (self.cores, self.sim_days, self.wall_seconds)

    @property
    def usable(self) -> bool:
        """Whether the row may be shown as the measured speed of its machine."""
        return self.fittable and self.sim_days_per_day is not None and not self.variant

    @property
    def run_phase_only(self) -> bool:
        """Whether the time is that of the model's time loop, without start and end of the job."""
        return _told("run phase only", self.notes)

    @property
    def coarse_met(self) -> bool:
        """Whether GCHP read 4x5 meteorology, which is about three times faster than native files."""
        return _told("4x5 met input", self.notes)

    @property
    def variant(self) -> str:
        """What differs from the default set-up enough to be told apart; "" for the default."""
        return next((name for phrase, name in _VARIANTS.items() if _told(phrase, self.notes)), "")

    @property
    def threads_per_core(self) -> int:
        """2 when hyper-threads were in use."""
        return 2 if self.threads and self.cores and self.threads > self.cores else 1

    @property
    def network(self) -> str:
        """efa, tcp or infiniband between nodes; "" on one node or when not told."""
        if self.nodes is None or self.nodes < 2:
            return ""
        return next((name for phrase, name in _NETWORKS.items() if _told(phrase, self.mpi)), "infiniband")

    @property
    def compiler_maker(self) -> str:
        """gnu, intel or ""."""
        return next((name for phrase, name in _COMPILERS.items() if _told(phrase, self.compiler)), "")

    @property
    def seconds_per_sim_day(self) -> float | None:
        if self.wall_seconds is None or self.sim_days is None:
            return None
        return self.wall_seconds / self.sim_days

    @property
    def components(self) -> dict[str, float]:
        """Timers of the run in seconds, by the name the source uses: chem, dyn, HEMCO, transport …"""
        found = re.search(r"component s: ([^;]*)", self.notes)
        return {k.strip(): float(v) for k, v in _PAIR.findall(found[1])} if found else {}

    @property
    def loop_sim_days_per_day(self) -> float | None:
        """Throughput of the time loop alone, where the source gives it beside that of the whole job."""
        found = re.search(r"loop-only throughput ([\d.]+)", self.notes)
        return float(found[1]) if found else None

    @property
    def source(self) -> str:
        return f"{self.source_title} ({self.source_year}), {self.source_locator}"


_VARIANTS = {
    "auto-reduce": "auto-reduce",
    "load balancing off": "load balancing off",
    "100 IOPS volume": "slow disk",
}
_NETWORKS = {"no EFA": "tcp", "TCP": "tcp", "EFA": "efa"}
_COMPILERS = {"intel": "intel", "ifort": "intel", "ifx": "intel", "gfortran": "gnu", "gcc": "gnu", "gnu": "gnu"}
_PAIR = re.compile(r"([A-Za-z][\w -]*?) ([\d.]+)(?:,|$)")


def _told(phrase: str, text: str) -> bool:
    return phrase.lower() in text.lower()


def measured(
    runs: Iterable[Run],
    *,
    model: str = "",
    simulation: str = "",
    grid: str = "",
    version: str = "",
    machine: str = "",
    cores: int | None = None,
) -> tuple[Run, ...]:
    """The rows that have a time and fit every word given, best grade first, anecdotes (grade C) last.

    A version stands for its family: 12.1.1 finds 12.9.3 as well. Nothing given: every timed row.
    """

    def fits(run: Run) -> bool:
        return (
            run.wall_seconds is not None
            and model in ("", run.model)
            and simulation.lower() in ("", run.simulation.lower())
            and grid.lower() in ("", run.grid.lower())
            and (not version or version_family(version) == run.family)
            and machine in ("", run.machine)
            and cores in (None, run.cores)
        )

    return tuple(sorted(filter(fits, runs), key=lambda r: (r.shown_only, (*GRADES, "").index(r.grade), r.row)))


def matching(
    model: str, simulation: str, grid: str, version: str = "", among: Iterable[Run] | None = None
) -> tuple[Run, ...]:
    """Every row of this model, simulation and grid, timed or not; `version` narrows to its family."""
    family = version_family(version) if version else ""
    wanted = (model, simulation.lower(), grid.lower())
    return tuple(
        run
        for run in (load() if among is None else among)
        if (run.model, run.simulation.lower(), run.grid.lower()) == wanted and family in ("", run.family)
    )


def runs_at(rows: Iterable[int]) -> tuple[Run, ...]:
    """The shipped rows with these line numbers, as a prediction names them."""
    wanted = frozenset(rows)
    return tuple(run for run in load() if run.row in wanted)


def as_csv(rows: Iterable[dict[str, str]]) -> str:
    """A timings table of rows as `logs.LogRun.row` makes them, header first."""
    import io

    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


# --- reading ---------------------------------------------------------------------------------

SHIPPED = "geoschem_timings.csv"


def load(
    data: bytes | None = None,
    *,
    name: str = SHIPPED,
    known_machine: Known | None = None,
    own: bool = False,
    for_fitting: bool = True,
) -> tuple[Run, ...]:
    """All rows of a timings table (without `data`: the shipped one); `BadTable` tells every fault.

    `for_fitting=False` is for rows that shall only be predicted: source, year and grade may be empty.
    """
    if data is None and name == SHIPPED and known_machine is None and not own:
        return _load_shipped()
    return _load(shipped(name) if data is None else data, name, known_machine, own, for_fitting)


@functools.cache
def _load_shipped() -> tuple[Run, ...]:
    return _load(shipped(SHIPPED), SHIPPED, None, False, True)


def _load(data: bytes, name: str, known_machine: Known | None, own: bool, for_fitting: bool) -> tuple[Run, ...]:
    faults: list[str] = []
    runs: list[Run] = []
    for line, cells in _rows(data, name):
        found = [f"{name}, line {line}, {fault}" for fault in row_faults(cells, known_machine, for_fitting=for_fitting)]
        faults += found
        if not found:
            runs.append(_run(line, cells, own))
    if faults:
        raise BadTable(faults)
    return tuple(runs)


def _rows(data: bytes, name: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Line number and cells by column; columns may stand in any order, further ones are passed over."""
    try:
        lines = data.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as e:
        raise BadTable([f"{name}: not a text file ({e.reason} at byte {e.start})"]) from e
    reader = csv.reader(lines, strict=True)
    try:
        head = next(reader, [])
        if missing := [column for column in COLUMNS if column not in head]:
            raise BadTable([f"{name}, line 1: no column {', '.join(missing)}"])
        before = reader.line_num
        for cells in reader:
            if len(cells) not in (0, len(head)):
                raise BadTable([f"{name}, line {before + 1}: {len(cells)} cells; {len(head)} were expected"])
            if cells:
                yield before + 1, dict(zip(head, cells, strict=True))
            before = reader.line_num
    except csv.Error as e:
        raise BadTable([f"{name}, line {reader.line_num}: {e}"]) from e


def _run(row: int, cells: dict[str, str], own: bool) -> Run:
    notes, cores = cells["notes"], whole(cells["cores"])
    return Run(
        row=row,
        model=cells["model"].lower(),
        version=cells["version"],
        simulation=cells["simulation"],
        grid=cells["resolution"],
        met=cells["met"],
        machine=cells["platform"],
        nodes=whole(cells["nodes"]),
        cores=cores,
        cores_per_node=whole(cells["cores_per_node"]),
        compiler=cells["compiler"],
        mpi=cells["mpi"],
        sim_days=number(cells["sim_days"]),
        wall_seconds=number(cells["wall_seconds"]),
        sim_days_per_day=number(cells["sim_days_per_day"]),
        memory_gb_peak=number(cells["memory_gb_peak"]),
        cost_usd=number(cells["cost_usd"]),
        source_title=cells["source_title"],
        source_year=int(cells["source_year"]) if cells["source_year"].isdigit() else 0,
        source_locator=cells["source_locator"],
        notes=notes,
        grade=grade(notes),
        threads=_threads(notes) or (cores if cells["model"].lower() == "gchp" else None),
        own=own,
    )


def _threads(notes: str) -> int | None:
    found = re.search(r"(\d+) (?:OpenMP )?threads\b", notes)
    return int(found[1]) if found else None
