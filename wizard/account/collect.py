"""Read everything that verdicts rest on: limits, use, open requests; all at once, inside AWS's rate budgets.

Each visit to AWS is a task of its own; one that fails leaves its quotas unknown, with the reason, and stops no
other. Limits come from Service Quotas; use is counted, and where it cannot be, taken from the utilization
report (started first, used if ready in time) or from CloudWatch's AWS/Usage.
"""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar

from geos.wizard.account.asking import Answer, Asked, ask_limits, safely
from geos.wizard.account.counting import IsOwn
from geos.wizard.account.fleet import counts_vcpus, vcpu_uses
from geos.wizard.account.limits import asked_one_by_one, limit_of, uncoded, why_unread
from geos.wizard.account.report_watch import ReportWatch
from geos.wizard.account.verdicts import NOT_COUNTED, Found, Limit, QuotaKey, Request, Use
from geos.wizard.aws.quota_facts import IncreaseFact, QuotaFact, ReportedUse, Tally
from geos.wizard.aws.usage import Reading, read_metrics, readings
from geos.wizard.aws.usage_rows import Quota
from geos.wizard.errors import (
    GeosError,
)
from geos.wizard.facts import UsageMetric
from geos.wizard.tables.quotas import quota_default, uncoded_limit

if TYPE_CHECKING:
    from geos.wizard.aws import Aws
    from geos.wizard.aws.ec2_facts import RunningInstance

T = TypeVar("T")

AT_ONCE = 10
"""Regions under way together: more would hold more clients than memory should give."""
WORKERS = 48
REPORT_PATIENCE_SECONDS = 3.0
"""How long to wait for the utilization report when it is the only source left."""


def _nobody(_: RunningInstance) -> bool:
    return False


@dataclass
class _Region:
    """What is wanted and under way in one region."""

    aws: Aws
    keys: tuple[QuotaKey, ...]
    used: tuple[QuotaKey, ...]
    """Those of `keys` whose use matters."""
    limits: dict[str, Future[Any]] = field(default_factory=dict)
    requests: Future[Any] | None = None
    readings: list[tuple[Reading, Future[Any]]] = field(default_factory=list)
    fleet: dict[str, Future[Any]] = field(default_factory=dict)
    metrics: Future[Any] | None = None
    report: ReportWatch | None = None

    @property
    def codes(self) -> dict[str, frozenset[str]]:
        found: dict[str, set[str]] = {}
        for key in self.keys:
            if key.code:
                found.setdefault(key.service, set()).add(key.code)
        return {service: frozenset(codes) for service, codes in found.items()}


def collect(
    aws: Aws,
    keys: Mapping[QuotaKey, bool],
    *,
    is_own: IsOwn = _nobody,
    account_id: str = "",
    with_report: bool = True,
) -> Found:
    """Read the limits of `keys`, and the use of those that say so: what only new VPCs, roles … take from is not used.

    Raises only what makes every call fail (no credentials, expired ones, a wrong clock).
    """
    regions = _by_region(aws, keys)
    parts: list[Found] = []
    with _without_collector(), ThreadPoolExecutor(max_workers=WORKERS, thread_name_prefix="geos-quotas") as pool:
        if len(regions) > AT_ONCE:
            _load_models(aws, regions)
        for start in range(0, len(regions), AT_ONCE):
            batch = regions[start : start + AT_ONCE]
            parts += _collect_batch(batch, pool, is_own=is_own, account_id=account_id, with_report=with_report)
            if len(regions) > AT_ONCE:
                _let_go(batch, keep=aws.region)
    return _joined(parts)


def _collect_batch(
    regions: list[_Region], pool: ThreadPoolExecutor, *, is_own: IsOwn, account_id: str, with_report: bool
) -> list[Found]:
    for region in regions:
        if with_report or _uncountable(region):
            region.report = ReportWatch(region.aws)
    for region in regions:
        _start_limits(region, pool)
    for region in regions:
        _start_uses(region, pool)
    return [_finish(region, is_own, account_id) for region in regions]


def _load_models(aws: Aws, regions: list[_Region]) -> None:
    """Read every service's model once and exempt it from collection, before clients come and go."""
    services = {r.service: None for region in regions for r in readings({_quota(k) for k in region.used})}
    for service in ("service-quotas", "ec2", *services):
        safely(aws.door.client, service)
    gc.freeze()


def _let_go(regions: list[_Region], *, keep: str) -> None:
    for region in regions:
        if region.aws.region != keep:
            region.aws.door.forget(region.aws.region)
        region.limits.clear()
        region.readings.clear()
        region.fleet.clear()
    gc.collect()


@contextlib.contextmanager
def _without_collector() -> Iterator[None]:
    """Hold the garbage collector off, and let it pass over what is there now for good.

    The models of AWS's services are hundreds of thousands of objects that live as long as the command does;
    looking through them again and again doubles the time of a check.
    """
    was_on = gc.isenabled()
    gc.disable()
    gc.freeze()
    try:
        yield
    finally:
        gc.freeze()
        if was_on:
            gc.enable()


def _by_region(aws: Aws, keys: Mapping[QuotaKey, bool]) -> list[_Region]:
    wanted: dict[str, list[QuotaKey]] = {}
    for key in keys:
        wanted.setdefault(key.region, []).append(key)
    return [
        _Region(aws.in_region(name), tuple(found), tuple(k for k in found if keys[k])) for name, found in wanted.items()
    ]


def _joined(parts: list[Found]) -> Found:
    limits: dict[QuotaKey, Limit] = {}
    uses: dict[QuotaKey, Use] = {}
    requests: list[Request] = []
    unread: dict[str, None] = {}
    for part in parts:
        limits |= part.limits
        uses |= part.uses
        requests += part.requests
        unread |= dict.fromkeys(filter(None, [part.requests_unread]))
    return Found(
        limits,
        uses,
        tuple(dict.fromkeys(requests)),
        requests_unread="; ".join(unread),
        refused=frozenset().union(*(part.refused for part in parts)),
    )


# --- starting --------------------------------------------------------------------------------


def _prepare(region: _Region, services: Iterable[str]) -> None:
    """Make clients here, one after the other: while the next one loads, the calls of the last are on their way.

    Left to the workers, each would wait for the one lock that making clients takes.
    """
    for service in services:
        safely(region.aws.door.client, service)


def _start_limits(region: _Region, pool: ThreadPoolExecutor) -> None:
    codes = region.codes
    _prepare(region, ["service-quotas"] if codes else [])
    quotas = region.aws.quotas
    gets, lists = quotas.calls_left()
    to_ask = {s: frozenset(c for c in found if not quotas.is_known(s, c)) for s, found in codes.items()}
    to_ask = {s: found for s, found in to_ask.items() if not quotas.is_ahead(s)}
    singly = asked_one_by_one(to_ask, gets=gets, lists=lists)
    for service in sorted(codes, key=lambda s: s not in singly):
        region.limits[service] = pool.submit(ask_limits, region.aws, service, codes[service], service in singly)
    if codes:
        region.requests = pool.submit(safely, region.aws.quotas.requests)


def _start_uses(region: _Region, pool: ThreadPoolExecutor) -> None:
    quotas = {_quota(k) for k in region.used}
    visits = readings(quotas)
    measured = _metrics_of(_uncountable(region))
    if any(counts_vcpus(key) for key in region.used):
        _prepare(region, ["ec2"])
        ec2 = region.aws.ec2
        region.fleet["instances"] = pool.submit(safely, ec2.running_instances)
        region.fleet["reservations"] = pool.submit(safely, ec2.capacity_reservations)
        region.fleet["spot_requests"] = pool.submit(safely, ec2.open_spot_requests)
    for reading in sorted(visits, key=lambda r: r.service != "ec2"):
        _prepare(region, [reading.service])
        region.readings.append((reading, pool.submit(safely, reading.read, region.aws.door)))
    if measured:
        region.metrics = pool.submit(safely, read_metrics, region.aws.door, measured)


def _quota(key: QuotaKey) -> Quota:
    return key.service, key.code or key.name


def _uncountable(region: _Region) -> list[QuotaKey]:
    counted = {quota for reading in readings({_quota(k) for k in region.used}) for quota in reading.quotas}
    return [k for k in region.used if k.code and _quota(k) not in counted and not counts_vcpus(k)]


def _metrics_of(keys: Iterable[QuotaKey], live: Mapping[Quota, QuotaFact] | None = None) -> dict[Quota, UsageMetric]:
    """Where CloudWatch holds the use: as AWS says now, else as the shipped table has it."""
    found: dict[Quota, UsageMetric] = {}
    for key in keys:
        fact, table = (live or {}).get(_quota(key)), quota_default(key.service, key.code)
        metric = (fact.metric if fact else None) or (table.usage_metric if table else None)
        if metric is not None:
            found[_quota(key)] = metric
    return found


# --- finishing -------------------------------------------------------------------------------


def _finish(region: _Region, is_own: IsOwn, account_id: str) -> Found:
    asked: dict[str, Asked] = {service: job.result() for service, job in region.limits.items()}
    answers = {(service, code): pair for service, a in asked.items() for code, pair in a.answers.items()}
    live = {quota: fact for quota, pair in answers.items() for fact in pair if isinstance(fact, QuotaFact)}
    uses = _uses(region, is_own, account_id)
    limits = {k: _limit(k, answers) for k in region.keys}
    unknown = [k for k in region.used if uses[k].amount is None and k.code]
    unread = [k for k in region.keys if limits[k].unread and k.code]
    lines = region.report.lines(REPORT_PATIENCE_SECONDS) if region.report and (unknown or unread) else {}
    for key in unknown:
        uses[key] = _reported(uses[key], lines.get(_quota(key)))
    for key in unread:
        limits[key] = _limit_reported(limits[key], lines.get(_quota(key)))
    _fill_from_metrics(region, uses, live)
    refused = frozenset(action for a in asked.values() for action in a.refused)
    requests = region.requests.result() if region.requests else ()
    if isinstance(requests, GeosError):
        return Found(limits, uses, requests_unread=why_unread(requests), refused=refused)
    return Found(limits, uses, tuple(_request(r, region.aws.region) for r in requests), refused=refused)


def _limit(key: QuotaKey, answers: Mapping[Quota, tuple[Answer, Answer]]) -> Limit:
    if not key.code:
        return uncoded(key, uncoded_limit(key.service, key.name))
    applied, default = answers[key.service, key.code]
    return limit_of(key, applied, default, quota_default(key.service, key.code))


def _request(fact: IncreaseFact, region: str) -> Request:
    key = QuotaKey(fact.service, fact.code, region)
    return Request(key, fact.desired, fact.status, fact.created, fact.id, fact.case_id)


def _uses(region: _Region, is_own: IsOwn, account_id: str) -> dict[QuotaKey, Use]:
    counted: dict[Quota, Use] = {}
    for reading, job in region.readings:
        answer = job.result()
        for quota in reading.quotas:
            counted[quota] = _counted(answer, quota)
    parts = {name: job.result() for name, job in region.fleet.items()}
    codes = [k.code for k in region.used if counts_vcpus(k)]
    vcpus = vcpu_uses(region.aws, codes, parts, is_own, account_id) if parts else {}
    return {k: vcpus.get(k.code) or counted.get(_quota(k), NOT_COUNTED) for k in region.used}


def _counted(answer: dict[Quota, Tally] | GeosError, quota: Quota) -> Use:
    if isinstance(answer, GeosError):
        return Use(None, unread=why_unread(answer), aws_code=answer.aws_code)
    tally = answer.get(quota)
    return NOT_COUNTED if tally is None else Use(tally.amount, "counted", by_container=tally.by_container)


def _reported(use: Use, line: ReportedUse | None) -> Use:
    if line is None or line.used is None:
        return use
    return Use(line.used, "report")


def _limit_reported(limit: Limit, line: ReportedUse | None) -> Limit:
    """The report tells applied values as well; it helps where listing is not allowed."""
    if line is None or line.applied is None:
        return limit
    return replace(limit, value=line.applied, value_is="applied", name=line.name or limit.name, unread="", aws_code="")


def _fill_from_metrics(region: _Region, uses: dict[QuotaKey, Use], live: Mapping[Quota, QuotaFact]) -> None:
    """The last source. No data points tell nothing: the use stays unknown."""
    unknown = [k for k in region.used if uses[k].amount is None and k.code]
    found: Any = region.metrics.result() if region.metrics else {}
    found = {} if isinstance(found, GeosError) else found
    again = _metrics_of([k for k in unknown if _quota(k) not in found], live)
    if again:
        more = safely(read_metrics, region.aws.door, again)
        found |= {} if isinstance(more, GeosError) else more
    for key in unknown:
        if _quota(key) in found:
            uses[key] = Use(found[_quota(key)].amount, "AWS/Usage")
