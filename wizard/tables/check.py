"""Are the shipped tables fit to be used? Each fault names file, line, column and reason.

Run by the tests and by whoever changes a table; the product itself trusts what was checked at release.
"""

from __future__ import annotations

import datetime as dt
import itertools
import re
from collections.abc import Callable, Iterator

from geos.wizard.tables import quoted_rows, sources, text
from geos.wizard.tables.instances import instances
from geos.wizard.tables.regions import regions

Check = Callable[[str], str]
"""A cell's text -> what is wrong with it, or ""."""


def _filled(cell: str) -> str:
    return "" if cell.strip() else "is empty"


def _date(cell: str) -> str:
    try:
        dt.date.fromisoformat(cell)
    except ValueError:
        return f'is "{cell}"; a date like 2026-10-27 was expected'
    return ""


def _number(cell: str, *, above: float | None = None) -> str:
    try:
        value = float(cell)
    except ValueError:
        return f'is "{cell}"; a number was expected'
    if not (0 <= value < 1e12) or (above is not None and value <= above):
        return f"is {cell}; a number {'above 0' if above == 0 else 'from 0'} was expected"
    return ""


def _positive(cell: str) -> str:
    return _number(cell, above=0)


def _count(cell: str) -> str:
    return "" if re.fullmatch(r"[1-9]\d*", cell) else f'is "{cell}"; a whole number above 0 was expected'


def _maybe(check: Check) -> Check:
    return lambda cell: check(cell) if cell else ""


def _one_of(*allowed: str) -> Check:
    return lambda cell: "" if cell in allowed else f'is "{cell}"; one of {", ".join(allowed)} was expected'


def _instance(cell: str) -> str:
    return "" if cell in instances() else f'is "{cell}", which is not in instances.csv'


def _region(cell: str) -> str:
    return "" if cell in {r.code for r in regions()} else f'is "{cell}", which is not in regions.csv'


def _many(check: Check, separator: str = "|") -> Check:
    def each(cell: str) -> str:
        return next((found for part in cell.split(separator) if (found := check(part))), "") if cell else ""

    return each


def _place(cell: str) -> str:
    return "" if cell in ("global", "us") else _region(cell)


def _source(cell: str) -> str:
    return "" if cell in sources() else f'is "{cell}", which is not in sources.csv'


def _matches(pattern: str) -> Check:
    return lambda cell: "" if re.fullmatch(pattern, cell) else f'is "{cell}", which is not of the form {pattern}'


def _anything(cell: str) -> str:
    return ""


_flag = _one_of("true", "false")
_actions = _many(_matches(r"[a-z0-9-]+:[A-Za-z0-9.*]+"))
_zones = _many(_matches(r"[a-z]+\d-az\d"))
_bands = _one_of("", "<5%", "5-10%", "10-15%", "15-20%", ">20%")
_metric = _matches(r"Namespace=[^,]+,Metric=[^,]+,.*Stat=(Maximum|Sum|Average)")

FILES: dict[str, tuple[Check, ...]] = {
    "sources.csv": (_filled, _filled, _date, _filled, _filled),
    "instances.csv": (
        _matches(r"[a-z0-9-]+\.[a-z0-9-]+"),
        _one_of("arm64", "x86_64"),
        _filled,
        _count,
        _count,
        _one_of("1", "2"),
        _positive,
        _maybe(_positive),
        _positive,
        _positive,
        _count,
        _flag,
        _number,
        _number,
        _number,
        *(_flag,) * 5,
        _source,
    ),
    "other_types.csv": (
        _matches(r"[a-z0-9-]+\.[a-z0-9-]+"),
        _one_of("arm64", "x86_64"),
        _count,
        _count,
        _one_of("1", "2"),
        _positive,
        *(_flag,) * 6,
        _many(_region),
        _source,
    ),
    "offerings.csv": (
        _instance,
        _many(_region),
        _zones,
        _many(_matches(r"[a-z0-9-]+:[a-z0-9-]+")),
        _source,
    ),
    "prices.csv": (_region, _instance, _positive, _maybe(_positive), _bands, _source, _maybe(_source)),
    "service_prices.csv": (
        _filled,
        _filled,
        _filled,
        _number,
        _place,
        _filled,
        _date,
        _one_of("yes", "no"),
        _anything,
    ),
    "quotas.csv": (
        _matches(r"[a-z0-9-]+"),
        _maybe(_matches(r"L-[0-9A-F]{8}")),
        _filled,
        _maybe(_number),
        _filled,
        _one_of("true", "false", ""),
        _one_of("region", "az", "account"),
        _maybe(_metric),
        _filled,
        _anything,
        _one_of("yes", "no"),
        _one_of("yes", "no"),
        _anything,
        _filled,
        _date,
    ),
    "regions.csv": (
        _matches(r"[a-z]+(-[a-z]+)+-\d"),
        _filled,
        _matches(r"aws[a-z-]*"),
        _one_of("opt-in", "enabled-by-default", "separate-account"),
        _maybe(_count),
        *(_one_of("yes", "no", "unknown"),) * 2,
        _anything,
        _one_of("yes", "no"),
        _filled,
        _date,
    ),
    "cfn_types.csv": (
        _matches(r"[A-Za-z0-9]+(::[A-Za-z0-9]+){2,3}"),
        *(_actions,) * 4,
        _anything,
        _flag,
        _anything,
        _anything,
        _source,
    ),
}
KEY_COLUMNS = {"prices.csv": 2, "quotas.csv": 3, "service_prices.csv": 5}
"""How many leading columns tell rows apart, where it is not the first one."""
UNSORTED = frozenset({"sources.csv", "service_prices.csv", "quotas.csv"})


def faults() -> tuple[str, ...]:
    """Everything wrong with the shipped tables; empty when all is well."""
    return tuple(fault for name in FILES for fault in file_faults(name, text(name)))


def file_faults(name: str, data: bytes) -> Iterator[str]:
    head, *lines = data.decode().splitlines()
    columns, checks = head.split(","), FILES[name]
    if len(columns) != len(checks):
        yield f"{name}, line 1: {len(columns)} columns; {len(checks)} were expected"
        return
    yield from _order_faults(name, lines)
    for number, row in enumerate(_split(name, lines), 2):
        if len(row) != len(checks):
            yield f"{name}, line {number}: {len(row)} cells; {len(checks)} were expected"
            continue
        for column, check, cell in zip(columns, checks, row, strict=True):
            if reason := check(cell):
                yield f"{name}, line {number}, column {column}: {reason}"


def _split(name: str, lines: list[str]) -> list[list[str]]:
    import csv

    return list(csv.reader(lines)) if name in QUOTED else [line.split(",") for line in lines]


QUOTED = frozenset({"sources.csv", "service_prices.csv", "quotas.csv"})


def _order_faults(name: str, lines: list[str]) -> Iterator[str]:
    rows = _split(name, lines)
    seen: dict[tuple[str, ...], int] = {}
    for number, row in enumerate(rows, 2):
        key = tuple(row[: KEY_COLUMNS.get(name, 1)])
        if key in seen:
            yield f"{name}, line {number}: the same as line {seen[key]} ({', '.join(key)})"
        seen[key] = number
    if name in UNSORTED:
        return
    for number, (one, two) in enumerate(itertools.pairwise(lines), 3):
        if one.encode() > two.encode():
            yield f"{name}, line {number}: not sorted; rows are found by bisection"
            return


def unverified() -> tuple[str, ...]:
    """What is shipped although no second source confirms it; shown as unverified wherever it is used."""
    prices = [f"price of {r[0]}, {r[1]} in {r[4]}" for r in quoted_rows("service_prices.csv") if r[7] == "no"]
    quotas = [f"quota {r[0]} {r[1] or r[2]}" for r in quoted_rows("quotas.csv") if "no" in (r[10], r[11])]
    return (*prices, *quotas)
