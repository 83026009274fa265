"""Whether a plan fits an account's quotas: one verdict per quota, from values only.

Three answers. `short` and `enough` are said only when they follow from what AWS answered; everything else is
`unknown`, with the reason. An unreadable limit is never replaced by its documented default to reach a yes or a
no: new accounts sit below the default, old ones above it. Where AWS answers that no value was ever applied,
its default holds, and the verdict says "default, assumed".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal, Protocol

from geos.wizard.account.numerals import figure

Word = Literal["enough", "short", "unknown"]
ValueIs = Literal["applied", "default-assumed"]

BADNESS: Mapping[Word, int] = {"enough": 0, "unknown": 1, "short": 2}


@dataclass(frozen=True, order=True)
class QuotaKey:
    """Names one quota in one region. Account-wide quotas carry the region in which they are asked."""

    service: str
    code: str
    region: str
    name: str = ""
    """Only for limits without a code, which Service Quotas does not list."""


class NeedLike(Protocol):
    """What a plan takes from a quota (systems.derive.needs.Need)."""

    @property
    def service(self) -> str: ...
    @property
    def quota_code(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def region(self) -> str: ...
    @property
    def amount(self) -> float | None: ...
    @property
    def at_least(self) -> float: ...
    @property
    def container(self) -> str: ...
    @property
    def container_exists(self) -> bool: ...
    @property
    def unit(self) -> str: ...
    @property
    def why(self) -> tuple[str, ...]: ...
    @property
    def unknown(self) -> str: ...


@dataclass(frozen=True)
class Limit:
    """The size of a quota as far as it was read."""

    key: QuotaKey
    value: float | None
    value_is: ValueIs = "applied"
    name: str = ""
    unit: str = ""
    adjustable: bool | None = None
    assumed: str = ""
    """What kind of assumption a default is, where it is not the usual one."""
    unread: str = ""
    """Why AWS's own answer is missing; `value` is then only the documented default, or nothing."""
    aws_code: str = ""

    @property
    def trusted(self) -> bool:
        return self.value is not None and not self.unread


@dataclass(frozen=True)
class Use:
    """How much of a quota is taken now."""

    amount: float | None
    """None: not known."""
    source: str = ""
    """counted, report (quota utilization report), AWS/Usage, or new (a container that does not exist yet)."""
    own: float = 0.0
    """The part that belongs to the deployment itself and is in its need already."""
    by_container: Mapping[str, float] | None = field(default=None, hash=False)
    """For limits per VPC, zone, role …: the use inside each; one that is missing holds nothing."""
    unread: str = ""
    aws_code: str = ""


ASSUMED = "default, assumed: no value was applied"
NOT_COUNTED = Use(None, unread="geos does not count the use of this quota, and AWS published no figure")


@dataclass(frozen=True)
class Request:
    """A quota increase somebody asked for."""

    key: QuotaKey
    requested: float
    status: str
    created: str = ""
    """UTC, ISO-8601."""
    id: str = ""
    case_id: str = ""

    @property
    def open(self) -> bool:
        return self.status in OPEN_STATUSES


OPEN_STATUSES = frozenset({"PENDING", "CASE_OPENED"})
GRANTED_STATUSES = frozenset({"APPROVED", "CASE_CLOSED"})


@dataclass(frozen=True)
class Verdict:
    """One quota against one plan. `free` is exactly `applied` less `used`, so below zero when more is in use."""

    service: str
    quota_code: str
    name: str
    region: str
    required: float | None
    used: float | None
    applied: float | None
    value_is: ValueIs
    free: float | None
    pending_request: Request | None
    verdict: Word
    short_by: float | None
    reason: str
    unit: str = ""
    why: tuple[str, ...] = ()
    """Logical ids of the resources that need it."""
    container: str = ""
    """Which VPC, zone, role …, where the limit is for one."""
    adjustable: bool | None = None
    used_source: str = ""
    partly_granted: Request | None = None
    """The last closed request that asked for more than is applied now."""
    aws_code: str = ""

    @property
    def key(self) -> QuotaKey:
        return QuotaKey(self.service, self.quota_code, self.region, "" if self.quota_code else self.name)

    def to_json(self) -> dict[str, Any]:
        """The published form (`-o json`); keys are a contract."""
        pending = self.pending_request
        return {
            "service": self.service,
            "quota_code": self.quota_code,
            "name": self.name,
            "region": self.region,
            "required": _number(self.required),
            "used": _number(self.used),
            "applied": _number(self.applied),
            "value_is": self.value_is,
            "free": _number(self.free),
            "pending_request": _request_json(pending) if pending else None,
            "verdict": self.verdict,
            "short_by": _number(self.short_by),
            "reason": self.reason,
        }


def _request_json(request: Request) -> dict[str, Any]:
    told = {k: v for k, v in asdict(request).items() if k != "key"}
    return told | {"requested": _number(request.requested)}


def _number(value: float | None) -> float | int | None:
    """Whole figures without a decimal point: quotas are counts, with few exceptions."""
    return int(value) if value is not None and value.is_integer() else value


# --- what is needed --------------------------------------------------------------------------


@dataclass(frozen=True)
class Demand:
    """All needs on one quota together; for limits per VPC, zone, role …: on one of those."""

    key: QuotaKey
    amount: float
    """What is known of it."""
    unknown: tuple[str, ...] = ()
    """Reasons for parts nobody can know yet; the real amount is then at least `amount`."""
    unit: str = ""
    why: tuple[str, ...] = ()
    container: str = ""
    container_exists: bool = False

    @property
    def adds_to_use(self) -> bool:
        """Whether what is used already counts; a VPC, role … of one's own starts with nothing."""
        return not self.container or self.container_exists


def demands(needs: Iterable[NeedLike]) -> tuple[Demand, ...]:
    """Needs on the same quota and container added up."""
    found: dict[tuple[QuotaKey, str], Demand] = {}
    for need in needs:
        key = QuotaKey(need.service, need.quota_code, need.region, "" if need.quota_code else need.name)
        known = need.at_least if need.amount is None else need.amount
        doubt = () if need.amount is not None else (need.unknown or "the amount is not known yet",)
        one = Demand(key, max(0.0, known), doubt, need.unit, need.why, need.container, need.container_exists)
        before = found.get((key, need.container))
        found[key, need.container] = _sum(before, one) if before else one
    return tuple(found.values())


def _sum(a: Demand, b: Demand) -> Demand:
    return replace(
        a,
        amount=a.amount + b.amount,
        unknown=tuple(dict.fromkeys(a.unknown + b.unknown)),
        why=tuple(dict.fromkeys(a.why + b.why)),
        container_exists=a.container_exists or b.container_exists,
    )


def keys_of(wanted: Iterable[Demand]) -> dict[QuotaKey, bool]:
    """Every quota, and whether its use has to be known."""
    found: dict[QuotaKey, bool] = {}
    for demand in wanted:
        found[demand.key] = found.get(demand.key, False) or demand.adds_to_use
    return found


# --- the judgement ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Found:
    """Everything that was read about quotas."""

    limits: Mapping[QuotaKey, Limit] = field(default_factory=dict)
    uses: Mapping[QuotaKey, Use] = field(default_factory=dict)
    requests: tuple[Request, ...] = ()
    standing: Mapping[tuple[QuotaKey, str], float] = field(default_factory=dict)
    """(quota, container) -> what the deployment's own stacks hold already; counted in the uses as well."""
    requests_unread: str = ""
    """Why open requests could not be listed; a request is then not filed without saying so."""
    refused: frozenset[str] = frozenset()
    """IAM actions that are not allowed and that another one stood in for."""


def judge_all(wanted: Sequence[Demand], found: Found) -> tuple[Verdict, ...]:
    """A verdict per demand, the worst first, ties in the order of the demands."""
    verdicts = [judge(demand, found) for demand in wanted]
    return tuple(sorted(verdicts, key=lambda v: -BADNESS[v.verdict]))


def judge(demand: Demand, found: Found) -> Verdict:
    key = demand.key
    limit = found.limits.get(key) or Limit(key, None, "default-assumed", unread="the limit was not read")
    use = _use_of(demand, found.uses.get(key, NOT_COUNTED))
    use = replace(use, own=max(use.own, found.standing.get((key, demand.container), 0.0)))
    word, short_by, reason = _decide(demand, limit, use)
    free = limit.value - use.amount if limit.value is not None and use.amount is not None else None
    partly = partly_granted(key, limit, found.requests)
    return Verdict(
        service=key.service,
        quota_code=key.code,
        name=limit.name or key.name or key.code,
        region=key.region,
        required=demand.amount if not demand.unknown or demand.amount > 0 else None,
        used=use.amount,
        applied=limit.value,
        value_is=limit.value_is,
        free=free,
        pending_request=pending(key, found.requests),
        verdict=word,
        short_by=short_by,
        reason=_with_grant(reason, partly, limit),
        unit=limit.unit or demand.unit,
        why=demand.why,
        container=demand.container,
        adjustable=limit.adjustable,
        used_source=use.source,
        partly_granted=partly,
        aws_code=limit.aws_code or use.aws_code,
    )


def _use_of(demand: Demand, use: Use) -> Use:
    """For a limit per VPC, zone, role …: what that one holds; a new one holds nothing."""
    if not demand.adds_to_use:
        return Use(0.0, "new", own=use.own)
    if not demand.container:
        return use
    if use.by_container is None:
        return replace(use, amount=None, unread=use.unread or f"what {demand.container} holds was not read")
    return replace(use, amount=use.by_container.get(demand.container, 0.0))


def _decide(demand: Demand, limit: Limit, use: Use) -> tuple[Word, float | None, str]:
    """(verdict, short by, reason)."""
    need = figure(demand.amount)
    if demand.amount == 0 and not demand.unknown:
        return "enough", None, "the plan takes nothing from it"
    if not limit.trusted or limit.value is None:
        doubts = "; ".join(demand.unknown)
        return "unknown", None, doubts if doubts and limit.value is None else _limit_unread(limit)
    assumed = f" ({limit.assumed or ASSUMED})" if limit.value_is == "default-assumed" else ""
    size = f"{figure(limit.value)}{assumed}"
    if use.amount is None:
        if demand.amount > limit.value:
            return "short", demand.amount - limit.value, f"needs {need}, and the whole limit is {size}"
        return "unknown", None, f"how much of {size} is used is not known: {use.unread}"
    # What the deployment runs already is part of its need: it must not be asked for a second time.
    extra = max(0.0, demand.amount - min(use.own, use.amount))
    free = limit.value - use.amount
    missing = extra - free
    if missing > 0:
        at_least = "at least " if demand.unknown else ""
        return "short", missing, f"needs {at_least}{need}{_owned(use)}, {_room(free)} of {size}"
    if demand.unknown:
        return "unknown", None, f"how much is needed is not known: {'; '.join(demand.unknown)}"
    return "enough", None, f"needs {need}{_owned(use)}, {_room(free)} of {size}"


def _limit_unread(limit: Limit) -> str:
    reason = limit.unread or "AWS names no value"
    if limit.value is None:
        return f"the limit is not known: {reason}"
    return f"the applied limit is not known: {reason}; documented default {figure(limit.value)}"


def _owned(use: Use) -> str:
    return f" ({figure(use.own)} of them run already)" if use.own > 0 else ""


def _room(free: float) -> str:
    return f"{figure(max(0.0, free))} free"


def _with_grant(reason: str, partly: Request | None, limit: Limit) -> str:
    if partly is None or limit.value is None:
        return reason
    when = f" on {partly.created[:10]}" if partly.created else ""
    return f"{reason}; {figure(partly.requested)} was asked for{when} and {figure(limit.value)} granted"


# --- requests --------------------------------------------------------------------------------


def pending(key: QuotaKey, requests: Iterable[Request]) -> Request | None:
    """The open request for a quota: the largest, where AWS lists several."""
    return max((r for r in requests if r.key == key and r.open), key=lambda r: r.requested, default=None)


def partly_granted(key: QuotaKey, limit: Limit, requests: Iterable[Request]) -> Request | None:
    """The newest closed, not refused request, when it asked for more than is applied now."""
    closed = [r for r in requests if r.key == key and r.status in GRANTED_STATUSES]
    if not closed or limit.value is None or limit.unread or limit.value_is != "applied":
        return None
    newest = max(closed, key=lambda r: r.created)
    return newest if newest.requested > limit.value else None
