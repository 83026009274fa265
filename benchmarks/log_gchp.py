"""Lines of a GCHP log, 12 to 14: the time loop and the profile of MAPL, and what the run directory's scripts print.

Since 14.7 (MAPL 2.59) the profile is in a file of its own, allPEs.log, which is read together with the log. Without
it the run phase is known from the throughput that every step prints. GCHP 12 ends with blocks of another form.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from geos.benchmarks.configurations import GCHP

if TYPE_CHECKING:
    from geos.benchmarks.logs import Found

_STEP = re.compile(
    r"^\s*(?:AGCM|GCHP|GIGC\w*) Date: (\d{4}/\d\d/\d\d)\s+Time: (\d\d:\d\d:\d\d)"
    r"(?:\s+Throughput\(days/day\)\[Avg Tot Run\]:\s*([\d.]+))?"
)
_CAP_DATE = re.compile(r"CAP: Read CAP restart properly, Current Date =\s+(\d{4}/\d\d/\d\d)")
_CAP_TIME = re.compile(r"CAP:\s+Current Time =\s+(\d\d)/(\d\d)/(\d\d)")
_MODEL_THROUGHPUT = re.compile(r"Model Throughput:\s+([\d.]+) days per day")
_MEMORY = re.compile(r"Mem/Swap Used \(MB\) at .*?=\s*([\d.]+E[+-]\d+)")
_PLAIN = re.compile(r"^\s*(-*\w+)\s+\d+\s+([\d.]+)\s+[\d.]+\s+[\d.]+\s+[\d.]+\s*$")
"""Name, cycles, inclusive seconds, percent, exclusive seconds, percent."""
_SETTING = re.compile(
    r"^\s*(?:Integer\*4 Resource Parameter: |Character Resource Parameter: )?([\w.]+)\s*:\s*(\S+)(?:\s+\S+)?\s*$"
)
_GRIDNAME = re.compile(r"PE(\d+)x\d+-CF")
_RESTART_GRID = re.compile(r"\.c(\d+)[_.]\w*\.?nc4?\b")
_SIMULATION = re.compile(r"Simulation name\s*: (\w+)")
_VERSION = re.compile(r"GCHP version\s*:?\s*v?(\d+\.\d+\.\d+\S*)", re.IGNORECASE)

_PES = re.compile(r"(NumNodes in use|Total PEs)\s*=\s*(\d+)")

_RUN_TIMERS = {"EXTDATA": "extdata", "HIST": "history", "GCHPchem": "chem", "DYNAMICS": "dyn"}
"""Names in the Run part of the profile -> names in the timings table."""


_PREFIX = re.compile(r"^\s*\d{4}: [\w.]+: [A-Z]+: ")
"""Of every line of allPEs.log: rank, logger, level."""
_BLOCK = re.compile(r"^\s*Times for (\w+)\s*$")
_BLOCK_TIMERS = {"GIGCchem": "chem", "GCHPchem": "chem", "DYNAMICS": "dyn", "EXTDATA": "extdata", "HIST": "history"}
_BLOCK_TOTAL = re.compile(r"^\s*TOTAL\s*:(?:\s+[\d.]+)*?\s+([\d.]+)\s*$")
_TOTALS = "User time  System Time   Total Time"
_LAST_NUMBER = re.compile(r"\s([\d.]+)\s*$")


def look(found: Found, line: str) -> None:
    """Take from one line what it tells."""
    line = _PREFIX.sub("", line, 1)
    if found.model == GCHP and _blocks(found, line):
        return
    if match := _STEP.match(line):
        _step(found, match)
    elif match := _CAP_DATE.search(line):
        found.model = found.model or GCHP
        found.start = _time(f"{match[1]} 00:00:00")
    elif match := _CAP_TIME.search(line):
        if found.start and not found.last:
            found.start += timedelta(hours=int(match[1]), minutes=int(match[2]), seconds=int(match[3]))
    elif match := _MODEL_THROUGHPUT.search(line):
        found.model = found.model or GCHP
        found.finished = True
        found.throughput = float(match[1]) or None
    elif match := _PLAIN.match(line):
        _profile(found, match[1], float(match[2]))
    elif "buffer I/O for file: cap_restart" in line and found.last and found.model == GCHP:
        # Read before the first step, written after the last one.
        found.finished = True
    else:
        _settings(found, line)


def _step(found: Found, match: re.Match[str]) -> None:
    found.model = found.model or GCHP
    now = _time(f"{match[1]} {match[2]}")
    if found.start is None and found.last and now and now > found.last:
        # Where the log does not tell the start, it is one step before the first line.
        found.start = found.last - (now - found.last)
    found.last = now or found.last
    if match[3] and float(match[3]) > 0:
        found.throughput = float(match[3])


def _blocks(found: Found, line: str) -> bool:
    """Times of each component and, under a line of its own, of the whole job, as GCHP 12 and 13 print them."""
    if match := _BLOCK.match(line):
        found.told["block"] = _BLOCK_TIMERS.get(match[1], "")
    elif _TOTALS in line:
        found.told["block"] = _TOTALS
    elif found.told.get("block") == _TOTALS and (match := _LAST_NUMBER.search(line)):
        found.total_seconds, found.finished = float(match[1]) or None, True
        found.told["block"] = ""
    elif (name := found.told.get("block")) and (match := _BLOCK_TOTAL.match(line)):
        found.timers[name] = float(match[1])
        found.told["block"] = ""
    else:
        return False
    return True


def _profile(found: Found, name: str, seconds: float) -> None:
    """Lines of the last summary: All, --Initialize, --Run and what lies under them."""
    if found.model != GCHP:
        return
    bare = name.lstrip("-")
    if name == "All":
        found.total_seconds, found.finished = seconds, True
        found.timers = {}
        found.told["profile"] = ""
    elif name.startswith("--") and not name.startswith("---"):
        found.told["profile"] = bare
        if bare == "Initialize" and seconds > 0:
            found.timers["init"] = seconds
    elif found.told.get("profile") == "Run" and bare in _RUN_TIMERS and seconds > 0:
        found.timers[_RUN_TIMERS[bare]] = seconds


def _settings(found: Found, line: str) -> None:
    if match := _MEMORY.search(line):
        found.memory_gib = max(float(match[1]) / 1024, found.memory_gib or 0.0)
    elif (match := _GRIDNAME.search(line)) or ((match := _RESTART_GRID.search(line)) and not found.grid):
        found.grid = f"c{match[1]}"
    elif match := _VERSION.search(line):
        found.version = match[1]
    elif match := _PES.search(line):
        if match[1] == "Total PEs":
            # NX times NY is surer: it leaves out ranks that only write.
            found.ranks = found.ranks if "NY" in found.told else int(match[2])
        else:
            found.told.setdefault("nodes", match[2])
    elif (match := _SIMULATION.search(line)) and not found.simulation:
        found.simulation = match[1].lower()
    elif (match := _SETTING.match(line)) and match[1] in ("NX", "NY") and match[2].isdigit():
        found.told[match[1]] = match[2]
        if "NX" in found.told and "NY" in found.told:
            found.ranks = int(found.told["NX"]) * int(found.told["NY"])


def _time(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y/%m/%d %H:%M:%S")
    except ValueError:
        return None
