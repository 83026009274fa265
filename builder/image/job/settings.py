"""The configuration file: what shall be simulated. Read whole, judged whole, every fault told at once. Pure.

    simulation: fullchem      # fullchem, aerosol, carbon, tagO3, TransportTracers, metals, POPs, Hg
    option: standard          # of fullchem: standard, benchmark, complexSOA, marinePOA, aciduptake
    met: merra2               # merra2, geosfp, geosit
    grid: 4x5                 # 4x5, 2x2.5, 0.5x0.625, 0.25x0.3125
    domain: global            # of the two finest grids: global, asia, europe, north america …
    levels: 72                # 72 or 47
    start: 2019-07-01
    end: 2019-08-01           # not simulated any more
    every_days: 1             # checkpoints and means (1 to 28 days), so that no mean spans an interruption
    restart: my-restart.nc4   # initial state, below inputPath or s3://…; without it the release's sample
    input: s3://geos-chem     # where ExtData lies
    threads: 16               # without it OMP_NUM_THREADS, or every CPU

Only simulation, grid, start and end must be there. JSON is YAML too. Files at the top of inputPath and in its
Restarts/ are put into the run directory, in place of its own (HISTORY.rc, HEMCO_Config.rc, geoschem_config.yml …).
"""

from __future__ import annotations

import datetime
import difflib
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from .endings import Code, Ended

OPTIONS = ("standard", "benchmark", "complexSOA", "marinePOA", "aciduptake")
MECHANISMS = {
    "fullchem": "fullchem",
    "aerosol": "fullchem",
    "tagO3": "fullchem",
    "TransportTracers": "fullchem",
    "metals": "fullchem",
    "POPs": "fullchem",
    "carbon": "carbon",
    "Hg": "Hg",
}
"""Simulation -> the chemical mechanism that its executable is compiled with."""
METS = ("merra2", "geosfp", "geosit")
GRIDS = ("4x5", "2x2.5", "0.5x0.625", "0.25x0.3125")
DOMAINS = ("global", "asia", "europe", "north america", "south america", "africa", "middle east", "oceania", "russia")
_GRIDS_OF_MET = {"merra2": GRIDS[:3], "geosfp": GRIDS, "geosit": GRIDS[:2]}
_LARGEST = 64 * 2**10
_PLACE = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](?:/[^\s]*)?")


@dataclass(frozen=True)
class Settings:
    simulation: str
    grid: str
    start: datetime.date
    end: datetime.date
    option: str = "standard"
    met: str = "merra2"
    domain: str = "global"
    levels: int = 72
    every_days: int = 1
    restart: str = ""
    input: str = "s3://geos-chem"
    threads: int = 0
    """0: not said."""

    @property
    def mechanism(self) -> str:
        return MECHANISMS[self.simulation]

    @property
    def fingerprint(self) -> str:
        """Equal for runs whose results are the same: only such a run goes on where another one stopped."""
        told = {k: str(v) for k, v in asdict(self).items() if k not in ("threads", "input")}
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def parse(text: bytes, name: str) -> Settings:
    """Raises Ended with every fault at once."""
    import yaml

    if len(text) > _LARGEST:
        raise _bad(name, [f"is larger than {_LARGEST // 2**10} KiB, which no configuration is"])
    try:
        body = yaml.safe_load(text.decode("utf-8"))
    except UnicodeDecodeError:
        raise _bad(name, ["is not UTF-8 text"]) from None
    except (yaml.YAMLError, ValueError, RecursionError) as e:
        mark = getattr(e, "problem_mark", None)
        raise _bad(name, [f"is not YAML{f' (line {mark.line + 1})' if mark else ''}"]) from None
    if not isinstance(body, dict):
        raise _bad(name, ["holds no settings like `grid: 4x5`"])
    found, faults = _values(body)
    if not faults:
        settings = Settings(**found)
        faults = _contradictions(settings)
        if not faults:
            return settings
    raise _bad(name, faults)


def _values(body: Mapping[Any, Any]) -> tuple[dict[str, Any], list[str]]:
    readers = {
        "simulation": _word(tuple(MECHANISMS)),
        "option": _word(OPTIONS),
        "met": _word(METS),
        "grid": _word(GRIDS),
        "domain": _word(DOMAINS),
        "levels": _whole((72, 47)),
        "start": _date,
        "end": _date,
        "every_days": _whole(range(1, 29)),
        "restart": _text,
        "input": _place,
        "threads": _whole(range(1, 1025)),
    }
    found: dict[str, Any] = {}
    faults: list[str] = []
    for key, value in body.items():
        if key not in readers:
            near = difflib.get_close_matches(str(key), readers, n=1)
            faults.append(f'"{key}" is no setting' + (f"; did you mean {near[0]}?" if near else ""))
            continue
        try:
            found[key] = readers[key](value)
        except ValueError as e:
            faults.append(f"{key} is {_short(value)}; {e} was expected")
    missing = [key for key in ("simulation", "grid", "start", "end") if key not in body]
    return found, faults + [f"{key} is missing" for key in missing]


def _contradictions(settings: Settings) -> list[str]:
    faults: list[str] = []
    days = (settings.end - settings.start).days
    if days < 1:
        faults.append(f"end {settings.end} is not after start {settings.start}")
    elif days % settings.every_days:
        faults.append(f"every_days is {settings.every_days}, which does not divide the {days} days of the run")
    if settings.grid not in _GRIDS_OF_MET[settings.met]:
        faults.append(f"{settings.met} has no grid {settings.grid}, only {', '.join(_GRIDS_OF_MET[settings.met])}")
    if settings.domain != "global" and settings.grid not in GRIDS[2:]:
        faults.append(f"a domain is for the grids {' and '.join(GRIDS[2:])}, not for {settings.grid}")
    elif settings.domain not in DOMAINS[:4] and settings.grid == "0.5x0.625":
        faults.append(f"0.5x0.625 has the domains {', '.join(DOMAINS[:4])}, not {settings.domain}")
    if settings.option != "standard" and settings.simulation != "fullchem":
        faults.append(f"option {settings.option} belongs to fullchem, not to {settings.simulation}")
    return faults


def _word(words: tuple[str, ...]) -> Any:
    def read(value: object) -> str:
        if value in words:
            return str(value)
        near = difflib.get_close_matches(str(value), words, n=1)
        raise ValueError(f"one of {', '.join(words)}{f' ({near[0]}?)' if near else ''}")

    return read


def _whole(allowed: Any) -> Any:
    def read(value: object) -> int:
        if isinstance(value, int) and not isinstance(value, bool) and value in allowed:
            return value
        said = " or ".join(map(str, allowed)) if isinstance(allowed, tuple) else f"{allowed[0]} to {allowed[-1]}"
        raise ValueError(f"a whole number, {said}")

    return read


def _date(value: object) -> datetime.date:
    # YAML makes a date of 2019-07-01; with a time of day it is a datetime, which is a date too.
    if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
        return value
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        try:
            return datetime.date.fromisoformat(value)
        except ValueError:
            pass
    raise ValueError("a date like 2019-07-01")


def _text(value: object) -> str:
    if isinstance(value, str) and value and value.isprintable():
        return value
    raise ValueError("a file's name")


def _place(value: object) -> str:
    if isinstance(value, str) and _PLACE.fullmatch(value):
        return value.rstrip("/")
    raise ValueError("a place like s3://geos-chem")


def _short(value: object) -> str:
    said = f'"{value}"'
    return said if len(said) < 60 else said[:57] + '…"'


def _bad(name: str, faults: list[str]) -> Ended:
    count = f"{len(faults)} faults; " if len(faults) > 1 else ""
    return Ended(Code.BAD_CONFIGURATION, f"{name}: {'; '.join(faults)}.", f"{count}mend the file and submit again.")
