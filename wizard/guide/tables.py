"""The tables that questions are answered from: machines, networks, subnets. Pure: facts in, rows out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from geos.wizard.account.networks import way_out, why_not
from geos.wizard.guide.parts import Choices
from geos.wizard.ui import Option
from geos.wizard.ui.views.words import duration, number, usd

if TYPE_CHECKING:
    from geos.wizard.account.fits import JobShape
    from geos.wizard.account.regions import Comparison, RegionFit
    from geos.wizard.aws.ec2_facts import Endpoint, RouteTable, Subnet, Vpc
    from geos.wizard.facts import RegionFact
    from geos.wizard.sizing.jobs import Choice as Sized

NEEDED_ZONES = 2


# --- instance types --------------------------------------------------------------------------


def instance_rows(
    sized: Sequence[Sized], refused: Sequence[tuple[str, str]], proposed: Iterable[str], purchase: str
) -> Choices:
    """Types with a speed by time and cost of a run, the others by what a usable core costs. `refused`: type and why."""
    told = [choice for choice in sized if choice.told]
    columns = ("type", "cores", "GiB", "USD/h", "/core", *(("a run", "time") if told else ()), "jobs now")
    options = [Option(choice.instance_type, _instance_cells(choice, purchase, bool(told))) for choice in sized]
    blank = ("",) * (len(columns) - 2)
    options += [Option(name, (name, *blank, "-"), disabled=why) for name, why in refused]
    if told:
        labels = ", ".join(sorted({choice.label for choice in told}))
        labels = ", ".join(sorted({choice.label.lower() for choice in told}))
        intro = (
            f"Time and cost can be told for {len(told)} of {len(sized)} ({labels}); the others stand by price per core."
        )
    else:
        intro = "Nobody has published how fast this run is on any of these; they stand by price per core."
    intro += " Batch takes the ones that are picked."
    free = {choice.instance_type for choice in sized}
    return Choices(columns, tuple(options), intro, [name for name in proposed if name in free])


def _instance_cells(choice: Sized, purchase: str, with_runs: bool) -> tuple[str, ...]:
    price = choice.price
    spot = price.spot_usd_per_hour if price and purchase == "spot" else None
    hourly = spot if spot is not None else (price.on_demand_usd_per_hour if price else None)
    estimated = "≈" if price and (spot is not None or price.kind == "estimated") else ""
    cost, hours = choice.cost_usd(purchase), choice.wall_hours
    run = (f"≈{usd(cost.likely)}" if cost else "-", f"≈{duration(hours.likely * 3600)}" if hours else "-")
    return (
        choice.instance_type,
        str(choice.physical_cores),
        f"{choice.memory_gib:g}",
        f"{estimated}{usd(hourly, unit=False)}" if hourly is not None else "-",
        f"{estimated}{choice.usd_per_core_hour:.3f}" if choice.usd_per_core_hour is not None else "-",
        *(run if with_runs else ()),
        "?" if choice.jobs_now is None else str(choice.jobs_now),
    )


# --- networks --------------------------------------------------------------------------------


def vpc_rows(vpcs: Sequence[Vpc], subnets: Sequence[Subnet]) -> Choices:
    """Existing networks; one without subnets cannot be taken."""
    options = []
    for vpc in sorted(vpcs, key=lambda v: (not v.is_default, v.name, v.id)):
        inside = [s for s in subnets if s.vpc_id == vpc.id]
        zones = {s.zone for s in inside}
        name = vpc.name or ("default" if vpc.is_default else "-")
        cells = (vpc.id, name, vpc.cidr, str(len(inside)), str(len(zones)))
        options.append(Option(vpc.id, cells, disabled="" if inside else "it has no subnets"))
    intro = "" if options else "This region has no VPC. Go back and let geos create a network."
    return Choices(("VPC", "name", "addresses", "subnets", "zones"), tuple(options), intro)


def subnet_rows(
    subnets: Sequence[Subnet], tables: Sequence[RouteTable], endpoints: Sequence[Endpoint] = (), needed: int = 1
) -> Choices:
    """Subnets of one VPC, with their way out; those without one are shown and cannot be taken."""
    options = []
    usable: list[Subnet] = []
    unusable: dict[str, list[str]] = {}
    for subnet in sorted(subnets, key=lambda s: (s.zone, s.cidr)):
        out = way_out(subnet, tables, endpoints)
        cells = (subnet.id, subnet.name or "-", subnet.zone, subnet.cidr, str(subnet.free_addresses), out or "none")
        why = why_not(subnet, tables, endpoints)
        options.append(Option(subnet.id, cells, disabled=why))
        if why:
            unusable.setdefault(why, []).append(subnet.id)
        else:
            usable.append(subnet)
    zones = dict.fromkeys(s.zone for s in usable)
    proposed = [next(s.id for s in usable if s.zone == zone) for zone in zones][: max(needed, NEEDED_ZONES)]
    intro = "Instances start in the picked subnets; one in each of two zones finds capacity more often."
    if not usable:
        whys = " ".join(f"{', '.join(ids)}: {why}." for why, ids in unusable.items())
        intro = (
            f"No subnet of this VPC can be proposed. {whys} Go back to take another VPC, or type the ones you trust."
        )
    return Choices(("subnet", "name", "zone", "addresses", "free", "way out"), tuple(options), intro, proposed)


# --- regions ---------------------------------------------------------------------------------


def region_rows(found: Comparison, job: JobShape | None, data_region: str) -> Choices:
    """The regions as ranked; but where jobs could run beside their data stands before where more of them could."""
    if job is None:
        options = tuple(_plain_region(row) for row in found.regions)
        return Choices(("region", "where"), options, "")
    columns = ("region", "data", "types", "quota today", "USD/job-h", "jobs now")
    ranked = sorted(found.regions, key=lambda row: (not row.jobs, not row.data_here))
    options = tuple(sorted((_region_option(row, job) for row in ranked), key=lambda o: bool(o.disabled)))
    told = []
    if data_region:
        told.append(
            f"Input data lies in {data_region}; reading it from elsewhere takes longer and costs through a NAT gateway."
        )
    if not any(row.jobs for row in found.regions):
        told.append(f"No region takes a job of {job.vcpus} vCPUs today; a smaller job or an increase comes later.")
    told += found.notes
    return Choices(columns, options, " ".join(told))


def _plain_region(row: RegionFit) -> Option:
    return Option(row.region, (row.region, row.title), disabled=_shut(row))


def _shut(row: RegionFit) -> str:
    if row.enabled is False:
        return f"it is not switched on; aws account enable-region --region-name {row.region} does that, in minutes"
    return ""


def _region_option(row: RegionFit, job: JobShape) -> Option:
    sold = f"{len(row.offered_types)} of {len(job.instance_types)}" if row.offers_known else "?"
    money = f"≈{usd(row.usd_per_job_hour, unit=False)}" if row.usd_per_job_hour is not None else "-"
    jobs = "?" if row.jobs is None else str(row.jobs)
    disabled = _shut(row) or ("" if row.offered_types else "none of the instance types is sold there")
    cells = (row.region, "here" if row.data_here else "away", sold, _headroom(row, job), money, jobs)
    if disabled:
        cells = (row.region, *cells[1:3], "off" if row.enabled is False else "not offered", "", "")
    return Option(row.region, cells, disabled=disabled)


def _headroom(row: RegionFit, job: JobShape) -> str:
    """What is free of the vCPU quota that the job's purchase option falls under."""
    own = [fit for fit in row.fits_now if fit.spot == job.spot]
    if any(fit.jobs is None for fit in own) or not own:
        return "? unknown"
    free = sum(fit.largest_max_vcpus or 0.0 for fit in own)
    if row.jobs:
        return f"✓ {number(free)} free"
    return f"! {number(free)} free"


def known_regions(found: Sequence[RegionFact]) -> Choices:
    """Regions by name alone, for a system that runs no jobs."""
    return Choices(("region", "where"), tuple(Option(r.code, (r.code, r.title)) for r in found))
