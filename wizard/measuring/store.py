"""The user's table: own runs in the columns of the published ones, so that either can become the other.

A row that came from a log carries a fingerprint of the log in its notes; the same log is never stored twice.
"""

from __future__ import annotations

import contextlib
import csv
import fcntl
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from geos.benchmarks.fits import Fits, load_fits
from geos.benchmarks.table import COLUMNS, BadTable, Run, as_csv, load
from geos.wizard.errors import BadRows, DiskRefused
from geos.wizard.files import read_text, write_whole
from geos.wizard.measuring.machines import find_machine, is_known
from geos.wizard.paths import data_dir, shown

Row = Mapping[str, str]
"""Cells by column."""
_FINGERPRINT = re.compile(r"; log ([0-9a-f]{12})\b")


def own_file() -> Path:
    return data_dir() / "runs.csv"


def own_runs() -> tuple[Run, ...]:
    """The stored runs; none when nothing was stored. Raises BadRows, DiskRefused."""
    text = read_text(own_file())
    return checked(text, shown(own_file())) if text else ()


def own_fits(without: str = "") -> Fits:
    """The shipped fits with the user's runs beside them, but for those of the log with that fingerprint."""
    runs = [run for run in own_runs() if not without or fingerprint_of(run.notes) != without]
    if not runs:
        return load_fits()
    from geos.benchmarks.fitting import with_own  # five milliseconds that few pay

    return with_own(load_fits(), runs, find_machine)


def checked(text: str, name: str) -> tuple[Run, ...]:
    """The rows of a table that may be stored. Raises BadRows with every fault: file, line, column, reason."""
    try:
        return load(text.encode(), name=name, known_machine=is_known, own=True)
    except BadTable as e:
        raise BadRows(e.faults, hint="correct or take out the rows that are named, then run the same again") from e


@dataclass(frozen=True)
class Added:
    """What came of storing rows."""

    stored: tuple[Run, ...]
    known_already: tuple[Run, ...]


def add(rows: Iterable[Row]) -> Added:
    """Store what is not stored yet. Raises BadRows for rows that make no sense; nothing is stored then."""
    cells = [{column: row.get(column, "") for column in COLUMNS} for row in rows]
    found = checked(as_csv(cells), "new rows")
    with _alone():
        seen = {identity(run) for run in own_runs()}
        new: list[Run] = []
        old: list[Run] = []
        kept = _stored_rows()
        for run, row in zip(found, cells, strict=True):
            (old if identity(run) in seen else new).append(run)
            if identity(run) not in seen:
                kept.append(row)
                seen.add(identity(run))
        if new:
            write_whole(own_file(), as_csv(kept))
    return Added(tuple(new), tuple(old))


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Jobs that end together may learn together; the table is read and written by one at a time."""
    try:
        data_dir().mkdir(parents=True, exist_ok=True)
        lock = (data_dir() / "runs.lock").open("w")
    except OSError as e:
        raise DiskRefused(f"{shown(data_dir())} cannot be written to: {e.strerror or e}.") from e
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _stored_rows() -> list[dict[str, str]]:
    text = read_text(own_file()) or ""
    rows = csv.DictReader(text.removeprefix("\ufeff").splitlines())
    return [{column: row[column] for column in COLUMNS} for row in rows]


def fingerprint_of(notes: str) -> str:
    found = _FINGERPRINT.search(notes)
    return found[1] if found else ""


def with_fingerprint(row: Row, fingerprint: str) -> dict[str, str]:
    return {**row, "notes": f"{row['notes']}; log {fingerprint}"}


def identity(run: Run) -> object:
    """Equal for the same measurement, under whatever name its file goes."""
    return fingerprint_of(run.notes) or (
        run.model, run.version, run.simulation, run.grid, run.machine, run.nodes, run.cores, run.sim_days,
        run.wall_seconds, run.source,
    )  # fmt: skip


# --- sharing ---------------------------------------------------------------------------------

OWN_TITLE = "own run"


def export_text(title: str = "") -> str:
    """The user's table in the columns of the shipped one; "" without any run. `title`: whose runs they are."""
    own_runs()  # refuses a table that was spoilt
    rows = _stored_rows()
    for row in rows:
        if title and row["source_title"] == OWN_TITLE:
            row["source_title"] = title
    return as_csv(rows) if rows else ""


def rows_in(text: str, name: str) -> list[dict[str, str]]:
    """The rows of somebody's table, checked, by column. Raises BadRows."""
    checked(text, name)
    return list(csv.DictReader(text.removeprefix("\ufeff").splitlines()))
