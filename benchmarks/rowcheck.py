"""What a row of a timings table must be: units, signs, names, and figures that agree with each other."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from geos.benchmarks.configurations import MODELS, SECONDS_PER_DAY

GRADES = ("A", "A-", "B", "B-", "C")
"""Best first. A: raw log public. B: figure given by developers or users. C: anecdote, never fitted."""
MAXIMUM_CORES = 1_000_000
"""Above this a figure is a slip of the pen."""
Known = Callable[[str], bool]
"""Machine name -> whether anything is known of it."""


def row_faults(cells: dict[str, str], known_machine: Known | None = None, *, for_fitting: bool = True) -> Iterator[str]:
    """What is wrong with one row: "column cores: …". Numbers may be empty, but never negative or not a number.

    A row that shall only be predicted needs no source, year and grade, and its figures need not agree; words
    that mean nothing are for the model to refuse, row by row.
    """
    if for_fitting:
        yield from _word_faults(cells, known_machine)
        yield from _source_faults(cells)
    sound = True
    for column, top in _WHOLE_COLUMNS.items():
        if reason := _whole_fault(cells[column], top):
            sound = False
            yield f"column {column}: {reason}"
    for column, limit in _NUMBER_COLUMNS.items():
        if reason := _number_fault(cells[column], limit):
            sound = False
            yield f"column {column}: {reason}"
    if sound and for_fitting:
        yield from _sense_faults(cells)


_WHOLE_COLUMNS = {"nodes": 100_000, "cores": MAXIMUM_CORES, "cores_per_node": 10_000}
_NUMBER_COLUMNS = {
    "sim_days": 36_600.0,
    "wall_seconds": 3.2e8,  # ten years
    "sim_days_per_day": 1e7,
    "memory_gb_peak": 1e6,
    "cost_usd": 1e9,
}
_THROUGHPUT_TOLERANCE = 0.01


def _word_faults(cells: dict[str, str], known_machine: Known | None) -> Iterator[str]:
    if cells["model"].lower() not in MODELS:
        yield f'column model: is "{cells["model"]}"; one of {", ".join(MODELS)} was expected'
    for column in ("simulation", "platform"):
        if not cells[column].strip():
            yield f"column {column}: is empty"
    if known_machine and not known_machine(cells["platform"]):
        yield f'column platform: is "{cells["platform"]}", which no table of machines or instances knows'
    if cells["version"] and not re.match(r"\d", cells["version"]):
        yield f'column version: is "{cells["version"]}"; a release like 14.7.1 was expected'


def _source_faults(cells: dict[str, str]) -> Iterator[str]:
    for column in ("source_title", "source_locator"):
        if not cells[column].strip():
            yield f"column {column}: is empty"
    if not re.fullmatch(r"(19|20)\d\d", cells["source_year"]):
        yield f'column source_year: is "{cells["source_year"]}"; a year was expected'
    if not grade(cells["notes"]):
        yield f"column notes: does not begin with a grade ({', '.join(GRADES)}) and a semicolon"


def _whole_fault(cell: str, top: int) -> str:
    if not cell.strip():
        return ""
    if not re.fullmatch(r"\d{1,12}", cell.strip()) or not 0 < int(cell) <= top:
        return f'is "{cell}"; a whole number from 1 to {top} was expected'
    return ""


def _number_fault(cell: str, top: float) -> str:
    if not cell.strip():
        return ""
    try:
        value = float(cell)
    except ValueError:
        return f'is "{cell}"; a number was expected'
    # "nan" and "inf" are numbers to Python; both fail this.
    return "" if 0 < value <= top else f'is "{cell}"; a number above 0 and up to {top:g} was expected'


def _sense_faults(cells: dict[str, str]) -> Iterator[str]:
    nodes, cores, each = (whole(cells[c]) for c in ("nodes", "cores", "cores_per_node"))
    if nodes and cores and each and cores > nodes * each:
        yield f"column cores: {cores} on {nodes} nodes of {each}"
    days, wall, rate = (number(cells[c]) for c in ("sim_days", "wall_seconds", "sim_days_per_day"))
    if days and wall and rate:
        derived = days * SECONDS_PER_DAY / wall
        if abs(rate / derived - 1) > _THROUGHPUT_TOLERANCE:
            yield f"column sim_days_per_day: is {rate:g}, but sim_days and wall_seconds give {derived:.2f}"


# --- cells -----------------------------------------------------------------------------------


def number(cell: str) -> float | None:
    return float(cell) if cell.strip() else None


def whole(cell: str) -> int | None:
    return int(cell) if cell.strip() else None


def grade(notes: str) -> str:
    """The notes begin with it: "A-; unmodified code …"."""
    grade = notes.partition(";")[0].strip()
    return grade if grade in GRADES else ""
