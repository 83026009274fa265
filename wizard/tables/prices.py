"""What things cost: instance hours by type and region, and everything else by service and item."""

from __future__ import annotations

import functools

from geos.wizard.facts import Price, ServicePrice
from geos.wizard.tables import Source, find_row, find_rows, first_not_below, quoted_rows, sources, text

HOME = "us-east-1"
"""Most service prices are known for this region only."""
COLUMNS = 7
"""Of prices.csv."""


@functools.cache
def price(instance: str, region: str) -> Price | None:
    row = find_row(text("prices.csv"), f"{region},{instance},".encode())
    return _price(row.split(","), sources()) if row else None


@functools.cache
def prices_in(region: str) -> dict[str, Price]:
    """Every price of a region, by instance type."""
    known = sources()
    rows = (line.split(",") for line in find_rows(text("prices.csv"), f"{region},".encode()))
    return {row[1]: _price(row, known) for row in rows}


Hourly = dict[str, tuple[float, float | None]]
"""Instance type -> (On-Demand, Spot or None), USD per hour."""


@functools.cache
def hourly_usd(region: str) -> Hourly:
    """The bare figures of one region, for comparing many at once; `price` tells where they come from."""
    data = text("prices.csv")
    start = first_not_below(data, f"{region},".encode())
    end = first_not_below(data, f"{region},\x7f".encode())
    if start == end:
        return {}
    # One split and strides: a third of the time of a split per row.
    cells = data[start : end - 1].decode().replace("\n", ",").split(",")
    spot = (float(usd) if usd else None for usd in cells[3::COLUMNS])
    return dict(zip(cells[1::COLUMNS], zip(map(float, cells[2::COLUMNS]), spot, strict=True), strict=True))


@functools.cache
def priced_regions() -> tuple[str, ...]:
    data, found = text("prices.csv"), []
    at = data.index(b"\n") + 1
    while at < len(data):
        name = data[at : data.index(b",", at)]
        found.append(name.decode())
        at = first_not_below(data, name + b",\x7f")
    return tuple(found)


def _price(row: list[str], known: dict[str, Source]) -> Price:
    region, name, on_demand, spot, interruption, code, spot_code = row
    source = known[code]
    spot_source = known[spot_code] if spot_code else None
    return Price(
        instance_type=name,
        region=region,
        on_demand_usd_per_hour=float(on_demand),
        spot_usd_per_hour=float(spot) if spot else None,
        kind="estimated" if code.startswith("~") else "list",
        source=source.source,
        date=source.date,
        spot_source=spot_source.source if spot_source else "",
        spot_date=spot_source.date if spot_source else "",
        spot_interruption=interruption,
    )


def service_price(service: str, item: str, region: str) -> ServicePrice | None:
    """The price for `region`, else the worldwide one, else us-east-1's: the answer's `region` says which."""
    found = _service_prices()
    for place in (region, "global", HOME):
        if (service, item, place) in found:
            return found[service, item, place]
    return None


@functools.cache
def _service_prices() -> dict[tuple[str, str, str], ServicePrice]:
    return {(p.service, p.item, p.region): p for p in map(_service_price, quoted_rows("service_prices.csv"))}


def _service_price(row: list[str]) -> ServicePrice:
    service, item, unit, usd, region, source, date, verified, note = row
    return ServicePrice(service, item, unit, float(usd), region, source, date, verified == "yes", note)
