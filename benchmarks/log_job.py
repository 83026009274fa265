"""Lines around the model's own: what job scripts and `time -v` print, and the signs of a crash."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from geos.benchmarks.logs import Found

_TIME_V = {
    "Maximum resident set size (kbytes):": "memory",
    "Elapsed (wall clock) time (h:mm:ss or m:ss):": "elapsed",
}
_GEOS_LINE = re.compile(r"^\s*geos: (.*)")
_GEOS_PAIR = re.compile(r"(\w+)=(\S+)")
_THREADS = re.compile(r"OMP_NUM_THREADS\s*=\s*[\"']?(\d+)")
_RANKS = re.compile(r"(?:mpirun|mpiexec|srun)\b.*?\s(?:-np|-n|--np|--ntasks)[ =]+(\d+)")


def look(found: Found, line: str) -> None:
    """What job scripts and `time -v` print, whatever the model."""
    if match := _GEOS_LINE.match(line):
        found.told |= dict(_GEOS_PAIR.findall(match[1]))
        _told_memory(found)
    for words, what in _TIME_V.items():
        if words in line:
            value = line.partition(words)[2].strip()
            if what == "memory" and value.isdigit():
                _raise_memory(found, int(value) / 2**20)
            elif what == "elapsed":
                found.elapsed_seconds = _clock_seconds(value)
    if match := _THREADS.search(line):
        found.threads = int(match[1])
    if match := _RANKS.search(line):
        found.ranks = int(match[1])


def _told_memory(found: Found) -> None:
    """What the container itself says it took at most."""
    text = found.told.get("peak_memory_mib", "")
    if text.replace(".", "", 1).isdigit():
        _raise_memory(found, float(text) / 1024)


def _raise_memory(found: Found, gib: float) -> None:
    found.memory_gib = max(gib, found.memory_gib or 0.0)


def _clock_seconds(text: str) -> float | None:
    """1:02:03 or 2:03.45."""
    if not re.fullmatch(r"(\d+:)?\d+:\d+(\.\d+)?", text):
        return None
    seconds = 0.0
    for part in text.split(":"):
        seconds = seconds * 60 + float(part)
    return seconds


_CRASH_SIGNS = (
    "GEOS-Chem ERROR",
    "GEOS-CHEM ERROR",
    "HEMCO ERROR",
    "STOP at ",
    "forrtl: severe",
    "forrtl: error",
    "Program received signal",
    "Segmentation fault",
    "MPI_ABORT was invoked",
    "Primary job  terminated",
    "FAIL at line=",
    "Out of memory: Killed",
    "oom-kill",
    "DUE TO TIME LIMIT",
    "Command terminated by signal",
    "BAD TERMINATION",
)


def crash_sign(line: str) -> str:
    return line.strip()[:120] if any(sign in line for sign in _CRASH_SIGNS) else ""
