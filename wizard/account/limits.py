"""From what AWS answered about one quota to a limit: applied, default (assumed), or unread and why."""

from __future__ import annotations

from collections.abc import Mapping

from geos.wizard.account.verdicts import Limit, QuotaKey
from geos.wizard.aws.quota_facts import QuotaFact
from geos.wizard.errors import GeosError
from geos.wizard.facts import QuotaDefault

DOCUMENTED = "documented; no API tells this limit"
NOT_VERIFIED = "documented, not verified; no API tells this limit"


def why_unread(error: GeosError) -> str:
    """The short reason: AWS's own code where there is one."""
    return f"AWS answered {error.aws_code}" if error.aws_code else error.message


def limit_of(
    key: QuotaKey,
    applied: QuotaFact | GeosError | None,
    default: QuotaFact | GeosError | None,
    table: QuotaDefault | None,
) -> Limit:
    """`applied` and `default` as asked: a fact, None (AWS has none), or why the asking failed."""
    if isinstance(applied, GeosError):
        return _unread(key, why_unread(applied), applied.aws_code, table)
    if applied is not None and applied.error:
        return _unread(key, f"AWS lists it with {applied.error}", applied.error, table)
    if applied is not None and applied.value is not None:
        return _read(key, applied, "")
    if isinstance(default, QuotaFact) and default.value is not None and not default.error:
        return _read(key, default, "default-assumed")
    if default is None:
        return _unread(key, "AWS does not know this quota here", "NoSuchResourceException", table)
    return _by_table(key, default, table)


def _read(key: QuotaKey, fact: QuotaFact, assumed: str) -> Limit:
    return Limit(
        key,
        fact.value,
        "default-assumed" if assumed else "applied",
        fact.name,
        "" if fact.unit in ("", "None") else fact.unit,
        fact.adjustable,
    )


def _by_table(key: QuotaKey, default: QuotaFact | GeosError, table: QuotaDefault | None) -> Limit:
    """No value was applied, and AWS's default could not be read: the documented one, when it is verified."""
    reason = why_unread(default) if isinstance(default, GeosError) else f"AWS lists it with {default.error}"
    if table is None or table.value is None or not table.value_verified:
        return _unread(key, reason, default.aws_code if isinstance(default, GeosError) else default.error, table)
    return Limit(key, table.value, "default-assumed", table.name, table.unit, table.adjustable)


def _unread(key: QuotaKey, reason: str, aws_code: str, table: QuotaDefault | None) -> Limit:
    if table is None:
        return Limit(key, None, "default-assumed", unread=reason, aws_code=aws_code)
    return Limit(
        key,
        table.value,
        "default-assumed",
        table.name,
        table.unit,
        table.adjustable,
        unread=reason,
        aws_code=aws_code,
    )


def uncoded(key: QuotaKey, table: QuotaDefault | None) -> Limit:
    """A limit that Service Quotas does not list: only the documentation tells it."""
    if table is None or table.value is None:
        return Limit(key, None, "default-assumed", key.name, unread="no limit is published")
    assumed = DOCUMENTED if table.value_verified else NOT_VERIFIED
    return Limit(key, table.value, "default-assumed", table.name, table.unit, table.adjustable, assumed=assumed)


# --- which calls to make ---------------------------------------------------------------------

LONG_LISTS: Mapping[str, int] = {"ec2": 2}
"""Services whose quotas fill more than one page of 100."""


GETS_PER_SECOND, LISTS_PER_SECOND = 5.0, 10.0


def asked_one_by_one(codes: Mapping[str, frozenset[str]], *, gets: float = 5.0, lists: float = 10.0) -> frozenset[str]:
    """Services whose few needed quotas are better asked by Get than listed.

    `gets` and `lists` calls are free now; beyond them every further one waits its turn. A long list costs its
    pages one after the other, so few codes of it are asked singly while that is free. Then services go over to
    Get, those with the fewest codes first, as long as everything is ready sooner that way.
    """
    listed = float(sum(LONG_LISTS.get(s, 1) for s in codes))
    got = 0.0
    chosen: set[str] = set()

    def wait_seconds(listed: float, got: float) -> float:
        return max(0.0, (listed - lists) / LISTS_PER_SECOND, (got - gets) / GETS_PER_SECOND)

    for service in sorted(codes, key=lambda s: (LONG_LISTS.get(s, 1) == 1, len(codes[s]), s)):
        cost, pages = len(codes[service]), LONG_LISTS.get(service, 1)
        if not cost:
            chosen.add(service)
            continue
        before, after = wait_seconds(listed, got), wait_seconds(listed - pages, got + cost)
        if after < before or (pages > 1 and cost <= pages and after <= before):
            chosen.add(service)
            listed, got = listed - pages, got + cost
    return frozenset(chosen)
