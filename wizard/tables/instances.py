"""EC2 instance types and where they are offered."""

from __future__ import annotations

import functools
from collections.abc import Iterable

from geos.wizard.facts import InstanceType
from geos.wizard.tables import find_row, find_rows, plain_rows, sources, text


@functools.cache
def instance(name: str) -> InstanceType | None:
    row = find_row(text("instances.csv"), f"{name},".encode())
    return _instance(row.split(",")) if row else None


@functools.cache
def instances() -> dict[str, InstanceType]:
    """All types by name, sorted by name."""
    return {row[0]: _instance(row) for row in plain_rows("instances.csv")}


def _instance(row: list[str]) -> InstanceType:
    source = sources()[row[20]]
    # In the order of the fields, since names take a third of the time of reading the whole table.
    return InstanceType(
        row[0],
        row[1],
        row[2],
        int(row[3]),
        int(row[4]),
        int(row[5]),
        float(row[6]),
        float(row[8]),
        row[11] == "true",
        row[15] == "true",
        row[16] == "true",
        row[17] == "true",
        row[18] == "true",
        row[19] == "true",
        source.source,
        source.date,
    )


@functools.cache
def family_sizes(family: str) -> tuple[InstanceType, ...]:
    """The types of a family ("c6i"), smallest first; empty for an unknown family."""
    found = [i for i in instances().values() if i.family == family]
    return tuple(sorted(found, key=lambda i: (i.vcpus, i.name)))


# --- types that only foreign templates use ---------------------------------------------------


@functools.cache
def any_instance(name: str) -> InstanceType | None:
    """Also of families that geos itself never proposes (older, GPU, bare metal …): for their quotas.

    Those have no CPU name, network speed or price in the tables.
    """
    row = find_row(text("other_types.csv"), f"{name},".encode())
    return _other(row.split(",")) if row else instance(name)


def _other(row: list[str]) -> InstanceType:
    name, architecture, vcpus, cores, threads, memory = row[:6]
    spot, on_demand, burstable, current, free, efa = (flag == "true" for flag in row[6:12])
    source = sources()[row[13]]
    return InstanceType(
        name=name,
        architecture=architecture,
        cpu="",
        vcpus=int(vcpus),
        physical_cores=int(cores),
        threads_per_core=int(threads),
        memory_gib=float(memory),
        network_gbps=0.0,
        efa=efa,
        spot_supported=spot,
        on_demand_supported=on_demand,
        burstable=burstable,
        current_generation=current,
        free_plan_eligible=free,
        source=source.source,
        date=source.date,
    )


@functools.cache
def any_offered(region: str) -> frozenset[str]:
    """Everything the region offers, types of any_instance included. Empty also when nothing is known of it."""
    others = (row[0] for row in plain_rows("other_types.csv") if region in row[12].split("|"))
    return offered(region) | frozenset(others)


@functools.cache
def any_family(family: str) -> tuple[InstanceType, ...]:
    """Like family_sizes, for any family."""
    lines = find_rows(text("other_types.csv"), f"{family}.".encode())
    found = [*(_other(line.split(",")) for line in lines), *family_sizes(family)]
    return tuple(sorted(found, key=lambda i: (i.vcpus, i.name)))


# --- where a type is offered -----------------------------------------------------------------


@functools.cache
def offered(region: str) -> frozenset[str]:
    """Types offered in a region. Empty also when nothing is known of the region: see `offers_known`."""
    return frozenset(name for name, regions in _offers().items() if region in regions)


@functools.cache
def regions_offering(name: str) -> frozenset[str]:
    return frozenset(_offers().get(name, {}))


def offered_among(name: str, regions: Iterable[str]) -> tuple[str, ...]:
    """Those of the regions that offer one type, without reading the whole table."""
    row = find_row(text("offerings.csv"), f"{name},".encode())
    if not row:
        return ()
    _, own, _, others, _ = row.split(",")
    known = {*own.split("|"), *(pair.partition(":")[0] for pair in others.split("|"))}
    return tuple(region for region in regions if region in known)


def offers_known(region: str) -> bool:
    """Whether the table's first source covers the region, so that a missing type is really missing there."""
    return region in _known_regions()


@functools.cache
def zone_ids(name: str, region: str) -> tuple[str, ...]:
    """The zones (ids, the same in all accounts) of a type that is not in every zone; empty: not restricted."""
    zones = _restricted().get(name)
    if not zones:
        return ()
    short = _zone_prefix(region)
    return tuple(z for z in zones.split("|") if z.rsplit("-", 1)[0] == short)


@functools.cache
def _restricted() -> dict[str, str]:
    """The few types that are not in every zone of their regions, with those they are in."""
    rows = (line.split(",", 3) for line in text("offerings.csv").decode().splitlines()[1:])
    return {row[0]: row[2] for row in rows if row[2]}


def _zone_prefix(region: str) -> str:
    """us-east-2 -> use2, ap-northeast-1 -> apne1: how AWS shortens a region in a zone id."""
    area, side, number = region.rsplit("-", 2) if region.count("-") == 2 else (region, "", "")
    shorter = {"northeast": "ne", "southeast": "se", "northwest": "nw", "southwest": "sw", "central": "c"}
    return f"{area}{shorter.get(side, side[:1])}{number}"


@functools.cache
def _offers() -> dict[str, dict[str, str]]:
    """name -> {region: weaker source, or "" for the table's own}."""
    found: dict[str, dict[str, str]] = {}
    for name, regions, _zones, others, _source in plain_rows("offerings.csv"):
        found[name] = dict.fromkeys(regions.split("|"), "") if regions else {}
        if others:
            found[name] |= dict(pair.split(":", 1) for pair in others.split("|"))
    return found


@functools.cache
def _known_regions() -> frozenset[str]:
    return frozenset(r for regions in _offers().values() for r, weaker in regions.items() if not weaker)
