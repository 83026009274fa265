"""Quota increases: what to ask for, why, and what AWS would not take. Deciding is pure; filing is the last step.

Service Quotas accepts one open request per quota, 20 per account, 2 per opt-in region (Service Quotas user
guide, reference limits). What is open already is shown, never filed a second time.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from geos.wizard.account.numerals import figure
from geos.wizard.account.verdicts import QuotaKey, Request, Verdict
from geos.wizard.errors import AlreadyThere, GeosError, IncreaseRefused
from geos.wizard.tables.regions import region as region_fact

if TYPE_CHECKING:
    from geos.wizard.aws import Aws

MOST_OPEN = 20
MOST_OPEN_IN_OPT_IN_REGION = 2

State = Literal["to-file", "open", "not-adjustable", "too-many-open", "not-told"]


@dataclass(frozen=True)
class Increase:
    """One increase that the plan needs. Only those `to-file` are filed."""

    key: QuotaKey
    name: str
    current: float
    desired: float
    justification: str
    state: State
    open_request: Request | None = None
    partly_granted: Request | None = None
    reason: str = ""
    """Why it is not filed; empty when it is."""

    @property
    def console_url(self) -> str:
        return console_url(self.key)


def console_url(key: QuotaKey) -> str:
    """The page of a quota in AWS's console, where requests can be seen and made by hand."""
    hosts = {"aws-us-gov": "console.amazonaws-us-gov.com", "aws-cn": "console.amazonaws.cn"}
    fact = region_fact(key.region)
    host = hosts.get(fact.partition if fact else "", f"{key.region}.console.aws.amazon.com")
    return f"https://{host}/servicequotas/home/services/{key.service}/quotas/{key.code}?region={key.region}"


@dataclass(frozen=True)
class Purpose:
    """What the justification is written from."""

    deployment: str
    what: str
    """ "GEOS-Chem Classic on AWS Batch": what runs, in words."""
    job: str = ""
    """ "16 vCPUs and 60 GiB a job, 4 at once"."""
    estimated_usd_per_month: float | None = None


def increases(
    verdicts: Iterable[Verdict], found_requests: Sequence[Request], purpose: Purpose, *, told: bool = True
) -> tuple[Increase, ...]:
    """Every short quota as an increase; those that cannot be filed say why.

    `told` False: open requests could not be listed, so nothing may be filed blindly.
    """
    open_now = [r for r in found_requests if r.open]
    planned: list[Increase] = []
    for v in verdicts:
        if v.verdict != "short" or not v.quota_code or v.short_by is None or v.applied is None:
            continue
        desired = float(math.ceil(v.applied + v.short_by))
        state, reason = _state(v, desired, open_now, planned, told=told)
        planned.append(
            Increase(
                v.key,
                v.name,
                v.applied,
                desired,
                justification(v, desired, purpose),
                state,
                v.pending_request,
                v.partly_granted,
                reason,
            )
        )
    return tuple(planned)


def _state(
    v: Verdict, desired: float, open_now: Sequence[Request], planned: Sequence[Increase], *, told: bool
) -> tuple[State, str]:
    if v.pending_request is not None:
        asked = v.pending_request
        when = f" since {asked.created[:10]}" if asked.created else ""
        enough = (
            "" if asked.requested >= desired else f"; the plan needs {figure(desired)}, which can be asked after it"
        )
        return "open", f"a request for {figure(asked.requested)} is open{when}{enough}"
    if not told:
        return "not-told", "open requests could not be listed; see the console before asking twice"
    if v.adjustable is False:
        return "not-adjustable", "AWS does not raise this quota; make the plan smaller"
    filing = [i for i in planned if i.state == "to-file"]
    if len(open_now) + len(filing) >= MOST_OPEN:
        return "too-many-open", f"AWS takes {MOST_OPEN} open requests per account, and {len(open_now)} are open"
    here = sum(r.key.region == v.region for r in open_now) + sum(i.key.region == v.region for i in filing)
    fact = region_fact(v.region)
    if fact is not None and fact.opt_in and here >= MOST_OPEN_IN_OPT_IN_REGION:
        return "too-many-open", f"AWS takes {MOST_OPEN_IN_OPT_IN_REGION} open requests in {v.region}"
    return "to-file", ""


def justification(v: Verdict, desired: float, purpose: Purpose) -> str:
    """The reason in the words a reviewer at AWS looks for: what runs, how much, why this figure, what is used."""
    parts = [
        f"{purpose.deployment}: {purpose.what} in {v.region}.",
        f"The plan needs {figure(v.required)} {v.unit or 'units'} of this quota"
        + (f" ({purpose.job})." if purpose.job else "."),
        f"Applied now: {figure(v.applied)}; in use: {figure(v.used)}. Asked for: {figure(desired)}, which is what is "
        "in use and what the plan needs, nothing in reserve.",
    ]
    if v.partly_granted is not None:
        parts.append(f"An earlier request for {figure(v.partly_granted.requested)} was granted in part.")
    if purpose.estimated_usd_per_month is not None:
        parts.append(f"Estimated cost: about {purpose.estimated_usd_per_month:,.0f} USD a month.")
    return " ".join(parts)


@dataclass(frozen=True)
class Filed:
    """What became of one increase."""

    increase: Increase
    request: Request | None = None
    error: str = ""
    aws_code: str = ""


def file(aws: Aws, planned: Iterable[Increase]) -> tuple[Filed, ...]:
    """Ask AWS for those that are to be filed, after looking once more for open requests. Changes the account.

    The looking again is what keeps a second person, or a second run, from asking twice.
    """
    done = []
    for increase in planned:
        if increase.state == "to-file":
            done.append(_file(aws.in_region(increase.key.region), increase))
    return tuple(done)


def _file(aws: Aws, increase: Increase) -> Filed:
    key = increase.key
    try:
        for fact in aws.quotas.requests_for(key.service, key.code):
            if fact.status in ("PENDING", "CASE_OPENED"):
                request = Request(key, fact.desired, fact.status, fact.created, fact.id, fact.case_id)
                return Filed(increase, request, f"a request for {figure(fact.desired)} is open already; none was filed")
        fact = aws.quotas.request_increase(key.service, key.code, increase.desired)
    except AlreadyThere as e:
        return Filed(increase, None, "a request for this quota is open already; none was filed", e.aws_code)
    except GeosError as e:
        return Filed(increase, None, e.message, e.aws_code)
    return Filed(increase, Request(key, fact.desired, fact.status, fact.created, fact.id, fact.case_id))


def refused(filed: Iterable[Filed]) -> IncreaseRefused | None:
    """An error for those that AWS did not take; None when it took all."""
    failed = [f for f in filed if f.request is None]
    if not failed:
        return None
    first = failed[0]
    return IncreaseRefused(
        f"{first.increase.name} in {first.increase.key.region}: {first.error}",
        hint=f"ask by hand: {first.increase.console_url}",
        aws_code=first.aws_code,
    )
