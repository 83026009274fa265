"""What a dry run of GEOS-Chem says that it would read. Pure.

The model prints `…: Opening PATH` or `…: Reading PATH` for files that are there, and `…: REQUIRED FILE NOT FOUND
PATH` or `…: OPTIONAL FILE NOT FOUND PATH` for those that are not (GeosCore, HEMCO 3.12, 14.7).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

ROOT = "ExtData"
_MISSING = re.compile(r"(?P<how>\w+)? ?FILE NOT FOUND\s+(?P<path>\S+)\s*$", re.IGNORECASE)
_THERE = re.compile(r": (?:OPENING|READING)\s+(?P<path>\S+)\s*$", re.IGNORECASE)
_STORED_AS = {
    f"gmi.clim.{name}.geos5.2x25.nc": f"gmi.clim.{stored}.geos5.2x25.nc"
    for name, stored in (("IPMN", "PMN"), ("NPMN", "PMN"), ("RIPA", "RIP"), ("RIPB", "RIP"), ("RIPD", "RIP"))
}
"""Links in the institutions' archives, which S3 does not have: name -> the file that it stands for."""


@dataclass(frozen=True)
class Needs:
    """What is not there yet."""

    required: tuple[str, ...]
    """Paths as the model says them, each once."""
    optional: tuple[str, ...]
    there: int
    """How many files it found."""
    finished: bool
    """Whether the dry run came to its end."""


def read(lines: Iterable[str]) -> Needs:
    required: dict[str, None] = {}
    optional: dict[str, None] = {}
    there: set[str] = set()
    finished = False
    for line in lines:
        if match := _MISSING.search(line):
            wanted = optional if (match["how"] or "").upper() == "OPTIONAL" else required
            wanted[_tidy(match["path"])] = None
        elif match := _THERE.search(line):
            there.add(_tidy(match["path"]))
        finished = finished or "E N D   O F   G E O S" in line or "END OF DRY-RUN" in line.upper()
    return Needs(tuple(required), tuple(p for p in optional if p not in required), len(there), finished)


def below_root(path: str) -> str:
    """The part of a path after ExtData/, which is the key in the public bucket; "" for files of the run directory."""
    _, found, rest = path.partition(f"/{ROOT}/")
    return rest if found else ""


def stored_as(key: str) -> str:
    """The key that holds the file called `key`."""
    folder, slash, name = key.rpartition("/")
    return folder + slash + _STORED_AS.get(name, name)


def _tidy(path: str) -> str:
    return re.sub(r"/{2,}", "/", path)
