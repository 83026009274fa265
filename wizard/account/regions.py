"""Where a plan could run today: quotas of many regions at once, and the regions ranked.

Whether a type is sold in a region and at what price is from the shipped tables; whether the region is switched
on and what its quotas leave is asked.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from geos.wizard.account.advice import machines_of, move, notes_on
from geos.wizard.account.collect import collect
from geos.wizard.account.fits import Fit, JobShape, fit_keys, fits, jobs_now, jobs_on
from geos.wizard.account.limits import why_unread
from geos.wizard.account.verdicts import NeedLike, Verdict, demands, judge_all, keys_of
from geos.wizard.errors import GeosError, UsageError
from geos.wizard.facts import RegionState
from geos.wizard.tables.instances import offered, offers_known
from geos.wizard.tables.prices import price
from geos.wizard.tables.regions import region as region_fact
from geos.wizard.tables.regions import regions as known_regions

if TYPE_CHECKING:
    from geos.wizard.aws import Aws

ALL = "all"


@dataclass(frozen=True)
class RegionFit:
    """One region as a place for the plan."""

    region: str
    title: str
    enabled: bool | None
    """None: the account was not asked, or did not tell."""
    verdicts: tuple[Verdict, ...] = ()
    fits_now: tuple[Fit, ...] = ()
    jobs: int | None = None
    """Jobs of the plan's size that could run at once today; None: not known."""
    offered_types: tuple[str, ...] = ()
    """Those of the plan's types that are sold there."""
    offers_known: bool = True
    cheapest_type: str = ""
    usd_per_hour: float | None = None
    """Of `cheapest_type`, in the plan's purchase option."""
    usd_per_job_hour: float | None = None
    price_date: str = ""
    data_here: bool = False
    takes_whole_plan: bool = False
    unread: str = ""

    def to_json(self) -> dict[str, Any]:
        return {
            "region": self.region,
            "title": self.title,
            "enabled": self.enabled,
            "jobs_now": self.jobs,
            "takes_whole_plan": self.takes_whole_plan,
            "largest_max_vcpus": max((f.largest_max_vcpus or 0.0 for f in self.fits_now), default=None),
            "offered_types": list(self.offered_types),
            "offers_known": self.offers_known,
            "instance_type": self.cheapest_type,
            "usd_per_hour": self.usd_per_hour,
            "data_here": self.data_here,
            "unread": self.unread,
            "quotas": [v.to_json() for v in self.verdicts],
        }


@dataclass(frozen=True)
class Comparison:
    regions: tuple[RegionFit, ...]
    """The best first."""
    notes: tuple[str, ...] = ()
    elapsed_seconds: float = 0.0
    calls: int = 0


def compare(
    aws: Aws,
    needs: Iterable[NeedLike],
    names: Sequence[str],
    job: JobShape,
    *,
    data_region: str = "",
) -> Comparison:
    """Judge the plan, made for `aws.region`, in every region of `names` ("all": every one that is switched on).

    Raises UsageError for a region that does not exist.
    """
    started, calls = time.monotonic(), aws.door.calls
    states = _states(aws)
    known = {} if isinstance(states, GeosError) else {s.code: s for s in states}
    chosen = choose(names, known)
    wanted = demands(needs)
    per_region = {name: move(wanted, aws.region, name) for name in chosen}
    asked = [n for n in chosen if n not in known or known[n].enabled]
    keys = keys_of(d for n in asked for d in per_region[n])
    keys |= {k: True for n in asked for k in fit_keys(job, n)}
    found = collect(aws, keys, account_id=aws.target.account_id, with_report=False)
    rows = []
    for name in chosen:
        row = bare(name, job, known.get(name), data_region=data_region)
        if name in asked:
            told = fits(job, name, found, machines_of(job), offered(name) if offers_known(name) else None)
            row = _with_quotas(row, judge_all(per_region[name], found), told, job)
        rows.append(row)
    notes = notes_on(found)
    if isinstance(states, GeosError):
        notes += (f"Which regions are switched on was not told: {why_unread(states)}.",)
    return Comparison(rank(rows), notes, time.monotonic() - started, aws.door.calls - calls)


def _states(aws: Aws) -> tuple[RegionState, ...] | GeosError:
    try:
        return aws.regions.states()
    except GeosError as e:
        return e


def choose(names: Sequence[str], known: dict[str, RegionState]) -> tuple[str, ...]:
    """The regions meant by `names`. "all" without an answer of AWS: those that are on by default."""
    if list(names) == [ALL]:
        if known:
            return tuple(n for n, s in known.items() if s.enabled)
        return tuple(r.code for r in known_regions() if not r.opt_in and r.partition == "aws")
    strange = [n for n in names if n not in known and region_fact(n) is None]
    if strange:
        raise UsageError(
            f'there is no region "{strange[0]}".', hint="geos-setup quotas --regions all shows those that there are"
        )
    return tuple(dict.fromkeys(names))


def bare(name: str, job: JobShape, state: RegionState | None, *, data_region: str = "") -> RegionFit:
    """What the shipped tables tell about a region; asks nobody."""
    fact = region_fact(name)
    certain = offers_known(name)
    types = tuple(n for n in job.instance_types if n in offered(name)) if certain else job.instance_types
    best = _cheapest(types, name, job)
    return RegionFit(
        name,
        fact.title if fact else name,
        state.enabled if state else None,
        offered_types=types,
        offers_known=certain,
        cheapest_type=best[1] if best else "",
        usd_per_hour=best[2] if best else None,
        usd_per_job_hour=best[0] if best else None,
        price_date=best[3] if best else "",
        data_here=bool(data_region) and name == data_region,
        jobs=0 if not types or (state and not state.enabled) else None,
        unread="" if not state or state.enabled else "the region is not switched on",
    )


def _cheapest(types: Iterable[str], region: str, job: JobShape) -> tuple[float, str, float, str] | None:
    """(USD per job and hour, type, USD per hour, date) of the type on which a job costs least."""
    machines = machines_of(job)
    found = []
    for name in types:
        fact = price(name, region)
        usd = (fact.spot_usd_per_hour if job.spot else fact.on_demand_usd_per_hour) if fact else None
        each = jobs_on(machines[name], job) if name in machines else 0
        if fact is not None and usd is not None and each:
            found.append((usd / each, name, usd, (fact.spot_date if job.spot else fact.date)))
    return min(found, default=None)


def _with_quotas(row: RegionFit, verdicts: tuple[Verdict, ...], told: tuple[Fit, ...], job: JobShape) -> RegionFit:
    own = [f for f in told if f.spot == job.spot]
    unread = next((f.unknown for f in own if f.jobs is None), "")
    return replace(
        row,
        verdicts=verdicts,
        fits_now=told,
        jobs=jobs_now(told, job, machines_of(job)),
        takes_whole_plan=any(f.takes_whole_plan for f in own),
        unread=unread,
    )


def rank(rows: Iterable[RegionFit]) -> tuple[RegionFit, ...]:
    """By jobs that could run today; then where the data lies; then by price. What is not known comes before
    what cannot be, and after what can."""

    def order(row: RegionFit) -> tuple[int, int, bool, float, str]:
        certain = 0 if row.jobs else 1 if row.jobs is None else 2
        usd = row.usd_per_job_hour if row.usd_per_job_hour is not None else float("inf")
        return certain, -(row.jobs or 0), not row.data_here, usd, row.region

    return tuple(sorted(rows, key=order))
