"""Lines of a GEOS-Chem Classic log, 12.1 to 14.8: main.F90, input_mod.F90, timers_mod.F90 say what they look like."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING

from geos.benchmarks.configurations import GCCLASSIC

if TYPE_CHECKING:
    from geos.benchmarks.logs import Found

_BANNER = re.compile(r"\*{5,}\s+S T A R T I N G\s+(?:([\d.]+) x ([\d.]+)\s+)?G E O S - C H E M")
_END = "E N D   O F   G E O S -- C H E M"
_STAMP = re.compile(r"===> SIMULATION (START|END) TIME: (\d{4}/\d\d/\d\d \d\d:\d\d)")
_FACT = re.compile(r"^(?:===> )?([A-Za-z][^:]{3,40}?)\s*: (.*)$")
_STEP = re.compile(r"---> DATE: (\d{4}/\d\d/\d\d)\s+UTC: (\d\d:\d\d)")
_TIMER = re.compile(r"^\s{2}(\S.{0,40}?)\s*:\s+\d\d-\d\d:\d\d:\d\d\.\d{3}\s+([\d.]+)\s*$")
_DRY = re.compile(r"\(dry-run\)|D R Y - R U N|GEOS-CHEM DRY-RUN", re.IGNORECASE)

_GRIDS = {"4.0x5.0": "4x5", "4x5": "4x5", "2.0x2.5": "2x2.5", "2x2.5": "2x2.5"}
_MET = {"GEOS-FP": "geosfp", "GEOSFP": "geosfp", "MERRA": "merra2", "GEOSIT": "geosit", "GEOS-IT": "geosit"}
_TIMERS = {
    "Initialization": "init",
    "HEMCO": "HEMCO",
    "All chemistry": "chem",
    "=> Gas-phase chem": "gas-phase",
    "=> FlexChem": "gas-phase",
    "Transport": "transport",
    "Convection": "convection",
    "Boundary layer mixing": "BL mixing",
    "All diagnostics": "diagnostics",
    "Diagnostics": "diagnostics",
}
"""Names in the log -> names in the timings table."""
_OPTIONAL_TOTAL = "GEOS-Chem"


def look(found: Found, line: str) -> None:
    """Take from one line what it tells."""
    if match := _BANNER.search(line):
        found.model = GCCLASSIC
        if match[1]:
            _set_grid(found, f"{match[1]}x{match[2]}")
    if found.model != GCCLASSIC:
        return
    if match := _STEP.search(line):
        found.last = _time(f"{match[1]} {match[2]}", "%Y/%m/%d %H:%M")
    elif match := _TIMER.match(line):
        _timer(found, match[1], float(match[2]))
    elif match := _FACT.match(line):
        _fact(found, match[1].strip(), match[2].strip())
    _ends(found, line)


def _ends(found: Found, line: str) -> None:
    """The lines that frame a run."""
    if _END in line:
        found.finished = True
    elif match := _STAMP.search(line):
        stamp = _time(match[2], "%Y/%m/%d %H:%M")
        if match[1] == "START":
            found.clock_start = stamp
        else:
            found.clock_end = stamp
    elif _DRY.search(line):
        found.dry_run = True


def _fact(found: Found, name: str, value: str) -> None:
    match name:
        case "GEOS-Chem version":
            found.version = value
        case "Compiler":
            found.compiler = "gfortran" if "gfortran" in value.lower() else value.partition(" (")[0]
        case "Driven by meteorology" | "Meteorology field":
            found.met = next((short for word, short in _MET.items() if word in value.upper()), value.lower())
        case "Simulation name":
            found.simulation = value.lower()
        case "Start time of run":
            found.start = _time(value, "%Y%m%d %H%M%S")
        case "End time of run":
            found.end = _time(value, "%Y%m%d %H%M%S")
        case "Grid resolution":
            _set_grid(found, value)
        case "Is this a nested-grid sim?" if value == "T" and "-nested" not in found.grid:
            found.grid += "-nested"


def _set_grid(found: Found, text: str) -> None:
    nested = "-nested" if found.grid.endswith("-nested") else ""
    found.grid = _GRIDS.get(text.replace(" ", ""), text.replace(" ", "")) + nested


def _timer(found: Found, name: str, seconds: float) -> None:
    if name == _OPTIONAL_TOTAL and seconds > 0:
        found.total_seconds = seconds
    elif name in _TIMERS and seconds > 0:
        found.timers.setdefault(_TIMERS[name], seconds)
    if name == "=> Gas-phase chem" and seconds > 0 and not found.simulation:
        # Before 12.9 the log does not name the simulation.
        found.simulation = "fullchem"
        found.doubts.append("taken for fullchem, because gas-phase chemistry was timed")


def _time(text: str, form: str) -> datetime | None:
    try:
        return datetime.strptime(text, form)
    except ValueError:
        return None
