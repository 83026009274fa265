"""Many regions side by side: where a plan could run today."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group, RenderableType

from geos.wizard.ui.views.words import answer, count, listing, next_step, number, remark, screen, table, usd

if TYPE_CHECKING:
    from geos.wizard.account.fits import JobShape
    from geos.wizard.account.regions import Comparison, RegionFit

_SHOWN = 12


def comparison(
    found: Comparison, job: JobShape, plan: str, *, flags: str = "", verbose: bool = False
) -> RenderableType:
    """The regions as ranked; those in which nothing is sold or which are off only as a sentence."""
    useful = [row for row in found.regions if row.enabled is not False and row.offered_types]
    shown = useful if verbose else useful[:_SHOWN]
    rows: list[list[RenderableType]] = [_row(row, job) for row in shown]
    notes: list[RenderableType] = []
    if any(row.takes_whole_plan for row in shown):
        notes.append(remark("ok, all: the whole plan fits, not only some of its jobs."))
    if len(shown) < len(useful):
        notes.append(remark(f"… {len(useful) - len(shown)} more (-v shows them)"))
    off = [row.region for row in found.regions if row.enabled is False]
    without = [row.region for row in found.regions if row.enabled is not False and not row.offered_types]
    if off:
        notes.append(remark(f"Not switched on for this account: {listing(off, most=6)}."))
    if without:
        notes.append(remark(f"None of the instance types is sold in {listing(without, most=6)}."))
    notes += [remark(note) for note in found.notes]
    heads = ("region", "jobs now", "free vCPUs", "data", "types", "USD/job-h", "verdict")
    return screen(
        answer(headline(found, job, plan)),
        table(heads, rows, right=[1, 2, 5], keep=[0, 3, 4], gap=2),
        Group(*notes) if notes else None,
        next_step(*_after(found, flags)),
    )


def headline(found: Comparison, job: JobShape, plan: str) -> str:
    best = found.regions[0] if found.regions else None
    size = f"jobs of {job.vcpus} vCPUs ({'Spot' if job.spot else 'On-Demand'})"
    if best is None or best.jobs is None:
        return f"Where {plan} could run today is not known: no region told its quotas."
    if not best.jobs:
        return f"No region takes {size} of {plan} today."
    able = sum(bool(row.jobs) for row in found.regions)
    return f"{count(able, 'region')} could run {size} of {plan} today; most in {best.region}: {best.jobs:,}."


def _row(row: RegionFit, job: JobShape) -> list[RenderableType]:
    own = [fit for fit in row.fits_now if fit.spot == job.spot]
    known = own and all(fit.jobs is not None for fit in own)
    free = sum(fit.largest_max_vcpus or 0.0 for fit in own) if known else None
    return [
        row.region,
        "?" if row.jobs is None else number(row.jobs),
        number(free),
        "here" if row.data_here else "away",
        f"{len(row.offered_types)} of {len(job.instance_types)}" if row.offers_known else "?",
        f"≈{usd(row.usd_per_job_hour, unit=False)}" if row.usd_per_job_hour is not None else "-",
        _verdict(row),
    ]


def _verdict(row: RegionFit) -> str:
    if row.jobs is None:
        return f"? {row.unread.removesuffix('Exception') or 'unknown'}"
    if row.takes_whole_plan:
        return "✓ ok, all"
    return "✓ ok" if row.jobs else "! short"


def _after(found: Comparison, flags: str) -> list[tuple[str, str]]:
    best = found.regions[0] if found.regions else None
    if best is not None and best.jobs:
        return [(f"geos-setup {flags}--region {best.region} quotas", "all quotas of the best one")]
    return [(f"geos-setup {flags}quotas --request", "asks AWS for more")]
