"""geos-recommend: the whole command, the ranking alone, how it grows, and what its tables weigh."""

from __future__ import annotations

import gc
import statistics
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench.timing import timed

if TYPE_CHECKING:
    from geos.wizard.sizing.catalogue import Catalogue
    from tests.bench.__main__ import Report

QUESTION = ("--model", "gcclassic", "--simulation", "fullchem", "--grid", "4x5", "--days", "365")


ROOT = Path(__file__).resolve().parents[2]


def recommend(report: Report, command: str, environment: Mapping[str, str]) -> None:
    """`command`: the installed geos-setup; geos-recommend lies beside it."""
    own = command.replace("geos-setup", "geos-recommend")
    report.row("geos-recommend --help", timed([own, "--help"], runs=15, environment=environment).median, 0.035, "s")
    asked = [own, *QUESTION, "--region", "all"]
    found = timed(asked, runs=15, environment=environment)
    told = timed([*asked, "-o", "json"], runs=15, environment=environment)
    beside = f"-o json, every figure of every type: {told.median:.3f} s"
    report.row("full answer, 761 types × all regions", found.median, 0.12, "s", beside)
    report.row("memory of the full answer", max(found.peak_mb, told.peak_mb), 80, "MB")
    _ranking(report)
    report.row("shipped tables, packed as in the wheel", packed_mb(), 1.5, "MB")


def packed_mb() -> float:
    files = [path for folder in ("wizard/tables", "benchmarks/tables") for path in (ROOT / folder).iterdir()]
    data = [path.read_bytes() for path in files if path.is_file() and path.suffix != ".py"]
    return sum(len(zlib.compress(one)) for one in data) / 1e6


def _ranking(report: Report) -> None:
    from geos.benchmarks.fits import load_fits
    from geos.wizard.sizing.catalogue import all_regions, shipped
    from geos.wizard.sizing.ranking import advise
    from geos.wizard.sizing.values import Ask

    fits, regions = load_fits(), all_regions()
    catalogue = shipped(regions)
    asks = [
        Ask(
            model, grid=grid, days=1.0 + i % 400, budget_usd=10.0 + i, deadline_hours=float(5 + i % 90), version=version
        )
        for i in range(125)
        for model, grid in (("gcclassic", "4x5"), ("gcclassic", "2x2.5"), ("gchp", "c48"), ("gchp", "c180"))
        for version in ("", "14.2.0")
    ]
    first = replace(asks[0], regions=regions)
    advise(first, catalogue, fits)
    report.row(
        "one question on a known set-up", _median(lambda: advise(first, catalogue, fits).best), 0.010, "s", "warm"
    )
    fresh = iter(range(9))
    new = _median(lambda: advise(replace(first, memory_margin=0.2 + next(fresh) / 100), catalogue, fits).best, times=9)
    report.row("one question on a new set-up", new, 0.010, "s", "warm")
    started = time.perf_counter()
    for ask in asks:
        _ = advise(ask, catalogue, fits).best
    report.row(f"{len(asks):,} questions, 8 set-ups", time.perf_counter() - started, 1.0, "s")
    base = 0.0
    for factor in (1, 10, 100):
        large = _larger(catalogue, factor)
        gc.collect()
        gc.disable()  # as the command does
        started = time.perf_counter()
        _ = advise(Ask(days=365), large, fits).best
        seconds = time.perf_counter() - started
        gc.enable()
        base = base or seconds
        report.row(f"a catalogue {factor} times as large", seconds, base * factor * 1.5, "s", f"{seconds / base:.1f} ×")


def _larger(catalogue: Catalogue, factor: int) -> Catalogue:
    """So many times the types, each offered in one region."""
    from geos.wizard.sizing.catalogue import Catalogue

    def name(old: str, i: int) -> str:
        return f"{old}-{i}" if i else old

    types = {
        name(old, i): replace(kind, name=name(old, i)) for i in range(factor) for old, kind in catalogue.types.items()
    }
    here = {name(old, i): o for i in range(factor) for old, o in catalogue.offers["us-east-1"].items()}
    found = Catalogue(types, {"us-east-1": here})
    _ = found.machines  # made once for a catalogue
    return found


def _median(job: Callable[[], object], times: int = 30) -> float:
    found = []
    for _ in range(times):
        started = time.perf_counter()
        job()
        found.append(time.perf_counter() - started)
    return statistics.median(found)
