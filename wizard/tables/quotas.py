"""Documented defaults of quotas, how their use is counted, and which vCPU quota an instance type falls under."""

from __future__ import annotations

import functools
import re

from geos.wizard.facts import QuotaDefault, UsageMetric
from geos.wizard.tables import quoted_rows


@functools.cache
def quota_defaults() -> tuple[QuotaDefault, ...]:
    return tuple(map(_quota, quoted_rows("quotas.csv")))


def quota_default(service: str, code: str) -> QuotaDefault | None:
    return _by_code().get((service, code)) if code else None


@functools.cache
def _by_code() -> dict[tuple[str, str], QuotaDefault]:
    return {(q.service, q.code): q for q in quota_defaults() if q.code}


@functools.cache
def vcpu_default(code: str) -> float | None:
    """What a new account has of a vCPU quota of EC2, by the documentation; without reading all other quotas."""
    row = next((row for row in quoted_rows("quotas.csv") if row[1] == code and row[0] == "ec2"), None)
    return _quota(row).value if row else None


@functools.cache
def uncoded_limit(service: str, name: str) -> QuotaDefault | None:
    """A limit that Service Quotas does not list, by its name in the table."""
    return next((q for q in quota_defaults() if not q.code and (q.service, q.name) == (service, name)), None)


def _quota(row: list[str]) -> QuotaDefault:
    service, code, name, value, unit, adjustable, scope, metric, count, _used_by, ok, value_ok, note, source, date = row
    return QuotaDefault(
        service=service,
        code=code,
        name=name,
        value=float(value) if value else None,
        unit=unit,
        adjustable=adjustable == "true" if adjustable else None,
        scope=scope,
        usage_metric=_metric(metric),
        count_method=count,
        verified=ok == "yes",
        value_verified=value_ok == "yes",
        note=note,
        source=source,
        date=date,
    )


def _metric(field: str) -> UsageMetric | None:
    """ "Namespace=AWS/Usage,Metric=ResourceCount,Service=EC2,…,Stat=Maximum"."""
    if not field:
        return None
    named = {key: value for key, _, value in (part.partition("=") for part in field.split(",")) if value}
    kept = tuple((key, value) for key, value in named.items() if key not in ("Namespace", "Metric", "Stat"))
    return UsageMetric(named["Namespace"], named["Metric"], named["Stat"], kept)


# --- vCPU quotas -----------------------------------------------------------------------------

_CLASS_BY_LETTERS = {
    **dict.fromkeys(("hpc",), "HPC"),
    **dict.fromkeys(("inf",), "Inf"),
    **dict.fromkeys(("trn",), "Trn"),
    **dict.fromkeys(("dl",), "DL"),
    **dict.fromkeys(("g", "gr", "vt"), "G and VT"),
    **dict.fromkeys(("p",), "P"),
    **dict.fromkeys(("f",), "F"),
    **dict.fromkeys(("x",), "X"),
    **dict.fromkeys(("u",), "High Memory"),
    # Mac types run on Dedicated Hosts, which have quotas of their own.
    **dict.fromkeys(("mac",), ""),
}
_STANDARD = frozenset("acdhimrtz")

_VCPU_QUOTAS = {
    # class: (On-Demand, Spot); "" where EC2 has none. EC2 general reference, instance quotas.
    "Standard": ("L-1216C47A", "L-34B43A08"),
    "HPC": ("L-F7808C92", ""),
    "F": ("L-74FC7D96", "L-88CF9481"),
    "G and VT": ("L-DB2E81BA", "L-3819A6DF"),
    "P": ("L-417A185B", "L-7212CCBC"),
    "Inf": ("L-1945791B", "L-B5D1601B"),
    "Trn": ("L-2C3B7624", "L-6B0D517C"),
    "X": ("L-7295265B", "L-E3A00192"),
    "DL": ("L-6E869C2A", "L-85EED4F7"),
    "High Memory": ("L-43DA4232", ""),
}
_SPOT_OF_P = {"p2": "L-7212CCBC", "p3": "L-7212CCBC", "p4": "L-7212CCBC", "p5": "L-C4BD4855"}
"""Spot requests for P5 have a quota apart; for later generations no source names one."""


def vcpu_class(instance_type: str) -> str:
    """Standard, HPC, F, G and VT, P, Inf, Trn, X, DL or High Memory; "" for what none of them covers."""
    match = re.match(r"[a-z]+", instance_type)
    letters = match.group() if match else ""
    if letters in _CLASS_BY_LETTERS:
        return _CLASS_BY_LETTERS[letters]
    return "Standard" if letters[:1] in _STANDARD else ""


def vcpu_quota_code(instance_type: str, *, spot: bool) -> str:
    """The EC2 quota that limits this type; "" where none is published (HPC has no Spot, for example)."""
    found = vcpu_class(instance_type)
    if found == "P" and spot:
        return _SPOT_OF_P.get(instance_type[:2], "")
    return _VCPU_QUOTAS[found][spot] if found else ""


@functools.cache
def vcpu_quota_codes(*, spot: bool) -> frozenset[str]:
    """Every EC2 quota that counts vCPUs, of one purchase option."""
    found = {codes[spot] for codes in _VCPU_QUOTAS.values()} | (set(_SPOT_OF_P.values()) if spot else set())
    return frozenset(found - {""})
