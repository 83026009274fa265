"""The cache of live data: one file, a line for each region, written whole, and refused when a single byte is wrong.

Only the lines of the regions that are asked about are parsed, so that a cache of every region costs a question
about one of them next to nothing.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from geos.wizard.errors import BadCache
from geos.wizard.facts import InstanceType
from geos.wizard.files import write_whole
from geos.wizard.market.snapshot import Reading, RegionMarket, merge
from geos.wizard.paths import cache_dir, shown
from geos.wizard.tables.instances import instance

FORMAT = "geos-market-1"
_TYPES = "types"


def market_file(*, simulated: bool) -> Path:
    """What a simulated account says is kept apart from what AWS says."""
    return cache_dir() / ("market-sandbox.txt" if simulated else "market.txt")


@dataclass(frozen=True)
class Market:
    """All that is cached. Lines are parsed when asked for."""

    lines: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Region (or "types") -> its line of JSON."""
    simulated: bool = False
    _known: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @functools.cached_property
    def regions(self) -> tuple[str, ...]:
        return tuple(sorted(name for name in self.lines if name != _TYPES))

    def region(self, name: str) -> RegionMarket | None:
        if name not in self.lines or name == _TYPES:
            return None
        if name not in self._known:
            self._known[name] = _region(name, json.loads(self.lines[name]))
        found: RegionMarket = self._known[name]
        return found

    def types(self) -> dict[str, InstanceType]:
        """Instance types that the shipped table lacks or has otherwise, by name."""
        if _TYPES not in self._known:
            told = json.loads(self.lines.get(_TYPES, "{}"))
            self._known[_TYPES] = {name: InstanceType(name=name, **facts) for name, facts in told.items()}
        found: dict[str, InstanceType] = self._known[_TYPES]
        return found


def load_market(*, simulated: bool = False) -> Market | None:
    """What was cached; None when nothing was. Raises BadCache for a file that is not as it was written."""
    path = market_file(simulated=simulated)
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as e:
        raise _bad(path, e.strerror or str(e)) from e
    head, _, body = data.partition(b"\n")
    try:
        about = json.loads(head)
        if about["format"] != FORMAT:
            raise _bad(path, "it is of another version of geos")
        if about["sha256"] != hashlib.sha256(body).hexdigest():
            raise _bad(path, "it was cut off or changed")
        pairs = (line.partition("\t") for line in body.decode().splitlines())
        return Market({name: line for name, _, line in pairs}, simulated)
    except (ValueError, KeyError, TypeError) as e:
        raise _bad(path, "it was cut off or changed") from e


def _bad(path: Path, reason: str) -> BadCache:
    return BadCache(
        f"the cache of live data cannot be used ({shown(path)}): {reason}; the shipped tables serve instead.",
        hint="geos-recommend refresh writes it anew",
    )


def with_readings(old: Market | None, readings: Iterable[Reading], *, simulated: bool) -> Market:
    """What was read now over what was cached."""
    old = old or Market(simulated=simulated)
    types = dict(old.types())
    changed: dict[str, RegionMarket] = {}
    for reading in readings:
        if reading.came:
            name = reading.market.region
            types |= {name: kind for name, kind in reading.types.items() if _is_news(kind)}
            changed[name] = merge(changed.get(name) or old.region(name), reading.market)
    lines = {**old.lines, **{name: _compact(_plain(market)) for name, market in changed.items()}}
    if types:
        lines[_TYPES] = _compact({name: _facts(types[name]) for name in sorted(types)})
    return Market(lines, simulated)


def _is_news(kind: InstanceType) -> bool:
    """Whether the shipped table lacks the type, or has it otherwise; what AWS calls a former generation is none."""
    shipped = instance(kind.name)
    return kind.current_generation and (
        shipped is None or replace(kind, source=shipped.source, date=shipped.date) != shipped
    )


def write_market(market: Market) -> Path:
    """Replace the cache file. Raises DiskRefused; the old one is then untouched."""
    body = "".join(f"{name}\t{market.lines[name]}\n" for name in sorted(market.lines))
    head = _compact({"format": FORMAT, "sha256": hashlib.sha256(body.encode()).hexdigest()})
    path = market_file(simulated=market.simulated)
    write_whole(path, f"{head}\n{body}")
    return path


def _compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), sort_keys=True)


def _facts(instance: InstanceType) -> dict[str, object]:
    facts = asdict(instance)
    del facts["name"]
    return facts


def _plain(market: RegionMarket) -> dict[str, object]:
    body = asdict(market)
    del body["region"]
    return body


def _region(name: str, body: dict[str, Any]) -> RegionMarket:
    offers = {key: tuple(zones) for key, zones in body.pop("offers").items()}
    return RegionMarket(region=name, offers=offers, **body)
