"""What a finished run says of itself: readers of GEOS-Chem Classic (12 to 14) and GCHP logs.

    run = read_log([path])                     # or [gchp log, allPEs.log, output of time -v]: files of one run
    row = run.row(machine="c8g.16xlarge", cores=64, threads=64)     # what the log does not tell must be told

The formats are those of the model's source (timers_mod.F90, input_mod.F90 and main.F90 of 12.1.1 to 14.7;
MAPL_CapGridComp.F90 for GCHP) and of public logs. GEOS-Chem Classic prints neither threads nor cores; a
job may say so itself in lines `geos: cores=64 threads=64 instance_type=c8g.16xlarge nodes=1`.
A log that is cut off, crashed, a dry run, or something else altogether is refused with its reason.
"""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from geos.benchmarks import configurations
from geos.benchmarks.table import COLUMNS, GB_IN_GIB

LARGEST_BYTES = 4 * 2**30
"""A log that unpacks to more is no log."""
LONGEST_LINE = 100_000
SURE_SECONDS = 3600.0
"""A time told in whole minutes is exact to three percent from here on."""

EMPTY, FOREIGN, TRUNCATED, CRASHED, DRY_RUN, UNREADABLE = (
    "empty",
    "foreign",
    "truncated",
    "crashed",
    "dry run",
    "unreadable",
)


class LogRefused(ValueError):
    """A file from which no measurement can be taken. `kind` is one of the words above."""

    def __init__(self, kind: str, name: str, reason: str) -> None:
        self.kind, self.name, self.reason = kind, name, reason
        super().__init__(f"{name}: {reason}")


@dataclass
class Found:
    """What was seen so far; each reader fills in what its lines tell."""

    model: str = ""
    version: str = ""
    simulation: str = ""
    grid: str = ""
    met: str = ""
    compiler: str = ""
    start: datetime | None = None
    end: datetime | None = None
    last: datetime | None = None
    """The last model time that was reached."""
    clock_start: datetime | None = None
    clock_end: datetime | None = None
    throughput: float | None = None
    """Simulated days a day of the time loop so far."""
    total_seconds: float | None = None
    """By the model's own timer."""
    elapsed_seconds: float | None = None
    """By `time -v` around it."""
    memory_gib: float | None = None
    timers: dict[str, float] = field(default_factory=dict)
    told: dict[str, str] = field(default_factory=dict)
    """From `geos:` lines."""
    ranks: int | None = None
    threads: int | None = None
    finished: bool = False
    dry_run: bool = False
    crash: str = ""
    """The first sign of a crash: line number and text."""
    doubts: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class LogRun:
    """A finished run. "" and None: the log does not tell."""

    name: str
    model: str
    version: str
    simulation: str
    grid: str
    met: str
    compiler: str
    start: str
    end: str
    """ISO dates of the simulated period."""
    sim_days: float
    wall_seconds: float
    wall_by: str
    """timers, time -v, clock or throughput: where the time comes from."""
    memory_gib_peak: float | None
    machine: str
    nodes: int | None
    cores: int | None
    threads: int | None
    timers: dict[str, float]
    doubts: tuple[str, ...]

    @property
    def sim_days_per_day(self) -> float:
        return self.sim_days * configurations.SECONDS_PER_DAY / self.wall_seconds

    @property
    def missing(self) -> tuple[str, ...]:
        """What must be told before the run can become a row: machine, cores, version …"""
        wanted = {
            "machine": self.machine,
            "cores": self.cores,
            "version": self.version,
            "simulation": self.simulation,
            "grid": self.grid,
        }
        return tuple(name for name, value in wanted.items() if not value)

    def row(
        self,
        *,
        machine: str = "",
        cores: int | None = None,
        threads: int | None = None,
        nodes: int | None = None,
        version: str = "",
        simulation: str = "",
        grid: str = "",
        year: int = 0,
    ) -> dict[str, str]:
        """A row of a timings table; what is told here wins over the log. ValueError while something is missing."""
        told = {"machine": machine, "cores": cores, "version": version, "simulation": simulation, "grid": grid}
        if lacking := [name for name in self.missing if not told[name]]:
            raise ValueError(f"{self.name} does not tell {', '.join(lacking)}")
        used = cores or self.cores or 0
        spread = nodes or self.nodes or 1
        at_once = threads or self.threads or used
        cells = dict.fromkeys(COLUMNS, "")
        cells |= {
            "model": self.model,
            "version": version or self.version,
            "simulation": simulation or self.simulation,
            "resolution": grid or self.grid,
            "met": self.met,
            "platform": machine or self.machine,
            "nodes": str(spread),
            "cores": str(used),
            "cores_per_node": str(-(-used // spread)),
            "compiler": self.compiler,
            "mpi": "none (OpenMP)" if self.model == configurations.GCCLASSIC else "",
            "sim_days": f"{self.sim_days:.10g}",
            "wall_seconds": f"{self.wall_seconds:.10g}",
            "sim_days_per_day": f"{self.sim_days_per_day:.6g}",
            "memory_gb_peak": f"{self.memory_gib_peak * GB_IN_GIB:.4g}" if self.memory_gib_peak else "",
            "source_title": "own run",
            "source_year": str(year or datetime.now().year),
            "source_locator": self.name,
            "notes": self._notes(used, at_once),
        }
        return cells

    def _notes(self, cores: int, threads: int) -> str:
        grade = "A" if self.wall_by in ("timers", "time -v") else "A-"
        parts = [grade]
        if self.model == configurations.GCCLASSIC:
            parts.append(f"{threads} OpenMP threads on {cores} physical cores")
        if self.wall_by == "throughput":
            parts.append("wall_seconds = model run phase only")
        parts.append(f"{self.start[:10]}..{self.end[:10]}; time by {self.wall_by}")
        if self.timers:
            parts.append("component s: " + ", ".join(f"{name} {seconds:.10g}" for name, seconds in self.timers.items()))
        return "; ".join(parts)


def read_log(paths: Iterable[Path]) -> LogRun:
    """The one run that these files speak of (gzipped or not). Raises LogRefused."""
    paths = tuple(paths)
    name = paths[0].name if paths else "nothing"
    return read_lines((line for path in paths for line in _lines(path)), name)


def fingerprint(paths: Iterable[Path]) -> str:
    """Twelve digits of the text in these files, the same whether packed or not, whatever their names."""
    digest = hashlib.sha256()
    for path in paths:
        for line in _lines(path):
            digest.update(line.encode() + b"\n")
    return digest.hexdigest()[:12]


def read_lines(lines: Iterable[str], name: str) -> LogRun:
    """As `read_log`, from lines that were read already."""
    from geos.benchmarks import log_classic, log_gchp, log_job

    found, seen = Found(), False
    for number, line in enumerate(lines, 1):
        seen = seen or bool(line.strip())
        if "S T A R T I N G" in line and found.model == configurations.GCCLASSIC:
            # Runs one after the other in one file: the last one counts.
            found = Found(told=found.told, doubts=["several runs in one file; the last one was taken"])
        log_job.look(found, line)
        if found.model != configurations.GCHP:
            log_classic.look(found, line)
        if found.model != configurations.GCCLASSIC:
            log_gchp.look(found, line)
        if not found.crash and (sign := log_job.crash_sign(line)):
            found.crash = f"line {number}: {sign}"
    if not seen:
        raise LogRefused(EMPTY, name, "is empty")
    return _judge(found, name)


# --- reading files ---------------------------------------------------------------------------


def _lines(path: Path) -> Iterator[str]:
    try:
        with path.open("rb") as raw:
            packed = raw.read(2) == b"\x1f\x8b"
        with gzip.open(path, "rb") if packed else path.open("rb") as stream:
            total = 0
            while line := stream.readline(LONGEST_LINE):
                total += len(line)
                if b"\0" in line:
                    raise LogRefused(FOREIGN, path.name, "is not a text file")
                if total > LARGEST_BYTES:
                    raise LogRefused(FOREIGN, path.name, f"is larger than {LARGEST_BYTES // 2**30} GiB")
                yield line.decode("utf-8", "replace").rstrip("\r\n")
    except EOFError as e:
        raise LogRefused(TRUNCATED, path.name, "the gzip file is cut off") from e
    except (gzip.BadGzipFile, zlib.error) as e:
        raise LogRefused(UNREADABLE, path.name, f"the gzip file is damaged ({e})") from e
    except IsADirectoryError as e:
        raise LogRefused(UNREADABLE, path.name, f"it is a folder; name the logs in it: {path.name}/*.log") from e
    except OSError as e:
        raise LogRefused(UNREADABLE, path.name, str(e.strerror or e).lower()) from e


# --- what is made of it ----------------------------------------------------------------------


def _judge(found: Found, name: str) -> LogRun:
    if not found.model:
        raise LogRefused(FOREIGN, name, "nothing in it is a line of a GEOS-Chem Classic or GCHP log")
    if found.dry_run:
        raise LogRefused(DRY_RUN, name, "is a dry run, which simulates nothing")
    if not found.finished:
        if found.crash:
            raise LogRefused(CRASHED, name, f"the run crashed ({found.crash})")
        reached = (
            f" after {found.last:%Y-%m-%d %H:%M} of the simulated time" if found.last else " before the first step"
        )
        raise LogRefused(TRUNCATED, name, f"ends{reached}, without the model's last words")
    end = found.end if found.model == configurations.GCCLASSIC else found.last
    if not found.start or not end or end <= found.start:
        raise LogRefused(UNREADABLE, name, "does not tell which period was simulated")
    days = (end - found.start).total_seconds() / configurations.SECONDS_PER_DAY
    seconds, by = _wall(found, days, name)
    return LogRun(
        name=name,
        model=found.model,
        version=found.told.get("version", found.version),
        simulation=found.told.get("simulation", found.simulation),
        grid=found.told.get("grid", found.grid),
        met=found.met,
        compiler=found.compiler,
        start=found.start.isoformat(),
        end=end.isoformat(),
        sim_days=days,
        wall_seconds=seconds,
        wall_by=by,
        memory_gib_peak=found.memory_gib,
        machine=found.told.get("instance_type", ""),
        nodes=_whole(found.told.get("nodes")),
        cores=_whole(found.told.get("cores")) or (found.ranks if found.model == configurations.GCHP else None),
        threads=_whole(found.told.get("threads")) or found.threads,
        timers=found.timers,
        doubts=tuple(found.doubts),
    )


def _wall(found: Found, days: float, name: str) -> tuple[float, str]:
    """(seconds, where from): the model's own timer first, then the clock around it."""
    if found.total_seconds:
        return found.total_seconds, "timers"
    if found.elapsed_seconds:
        return found.elapsed_seconds, "time -v"
    if found.clock_start and found.clock_end and found.clock_end > found.clock_start:
        seconds = (found.clock_end - found.clock_start).total_seconds()
        if seconds < SURE_SECONDS:
            found.doubts.append(f"the time is told in whole minutes: {seconds:g} s, give or take 60 s")
        return seconds, "clock"
    if found.throughput:
        return days * configurations.SECONDS_PER_DAY / found.throughput, "throughput"
    raise LogRefused(UNREADABLE, name, "does not tell how long the run took")


def _whole(text: str | None) -> int | None:
    return int(text) if text and text.isdigit() and int(text) > 0 else None
