"""Service Quotas: the shipped table of defaults, the seed's applied values, increase requests, the report.

Behaviour after the Service Quotas API reference: one open request per quota, global quotas in us-east-1
only, NoSuchResource where a quota has no applied value.
"""

from __future__ import annotations

import functools
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from geos.wizard.sandbox.services.paging import paged
from geos.wizard.sandbox.shipped import rows
from geos.wizard.sandbox.wire import ApiError, Call
from geos.wizard.sandbox.world import World

GLOBAL_REGION = "us-east-1"
OPEN = ("PENDING", "CASE_OPENED")
MOST_OPEN = 20
MOST_OPEN_OPT_IN = 2
_RATES = {"ListRequested": 5.0, "List": 10.0, "Get": 5.0}
"""Calls a second, and as many more in a burst, of each operation that begins so; the first that fits."""
_JITTER = 1.0
"""One call of tolerance: a client that paces itself exactly may still be heard a little early."""
_PAGE = 100

Row = Mapping[str, str]


@dataclass
class QuotaBook:
    """Requests made in this account, reports, and the call budget of each region."""

    requests: list[dict[str, Any]] = field(default_factory=list)
    reports: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    budgets: dict[tuple[str, str], tuple[float, float]] = field(default_factory=dict)

    def applied(self, world: World, region: str, service: str, code: str) -> float | None:
        """The applied value, or None where only a default is known."""
        if f"{service}/{code}" in world.seed.not_applied:
            return None
        given = [q for q in world.seed.quotas if (q.service, q.code) == (service, code) and q.region in ("", region)]
        if given:
            # A value for one region beats one for all; later beats earlier.
            return max(enumerate(given), key=lambda pair: (bool(pair[1].region), pair[0]))[1].value
        row = row_of(service, code)
        return float(row["default_value"]) if row and row["default_value"] else None

    def history(self, world: World, region: str) -> list[dict[str, Any]]:
        """What was asked for before geos came, and since."""
        seeded = [
            _request(world, region, r.service, r.code, r.desired, r.status, f"seed-{i}")
            for i, r in enumerate(world.seed.increase_requests)
            if r.region == region
        ]
        return seeded + [r for r in self.requests if f":{region}:" in r["QuotaArn"]]


@functools.cache
def _table() -> dict[str, dict[str, Row]]:
    found: dict[str, dict[str, Row]] = {}
    for row in rows("quotas"):
        if row["quota_code"].startswith("L-"):
            found.setdefault(row["service_code"], {})[row["quota_code"]] = row
    return found


def row_of(service: str, code: str) -> Row | None:
    """A quota's row of the shipped table."""
    return _table().get(service, {}).get(code)


def is_global(row: Row) -> bool:
    return row["scope"].startswith("global") or row["scope"] == "account"


def quotas_here(region: str, service: str) -> list[Row]:
    """The rows that Service Quotas answers in a region."""
    return [r for r in _table().get(service, {}).values() if region == GLOBAL_REGION or not is_global(r)]


def all_quotas(region: str) -> Iterator[Row]:
    for service in _table():
        yield from quotas_here(region, service)


def usage_metric(row: Row) -> dict[str, Any] | None:
    """A row's usage metric in the shape of the API."""
    if not row["usage_metric"]:
        return None
    parts = dict(p.split("=", 1) for p in row["usage_metric"].split(",") if "=" in p)
    return {
        "MetricNamespace": parts.pop("Namespace"),
        "MetricName": parts.pop("Metric"),
        "MetricStatisticRecommendation": parts.pop("Stat", "Maximum"),
        "MetricDimensions": parts,
    }


def _quota(world: World, region: str, row: Row, value: float) -> dict[str, Any]:
    service, code = row["service_code"], row["quota_code"]
    found: dict[str, Any] = {
        "ServiceCode": service,
        "ServiceName": service,
        "QuotaArn": f"arn:aws:servicequotas:{region}:{world.account}:{service}/{code}",
        "QuotaCode": code,
        "QuotaName": row["name"],
        "Value": value,
        "Unit": "None",
        "Adjustable": row["adjustable"] == "true",
        "GlobalQuota": is_global(row),
        "QuotaAppliedAtLevel": "ACCOUNT",
    }
    metric = usage_metric(row)
    if metric:
        found["UsageMetric"] = metric
    return found


def _missing(service: str, code: str = "") -> ApiError:
    what = f"quota {code} of service {service}" if code else f"service {service}"
    return ApiError("NoSuchResourceException", f"The request failed because the specified {what} does not exist.")


def _throttle(world: World, call: Call) -> None:
    """Refuse what comes faster than the published rates, when the account is told to."""
    rate = next((r for word, r in _RATES.items() if call.action.startswith(word)), 0.0)
    if not world.seed.quota_rates or not rate:
        return
    budgets, key, now = world.quotas.budgets, (call.region, call.action), time.monotonic()
    left, then = budgets.get(key, (rate + _JITTER, now))
    left = min(rate + _JITTER, left + (now - then) * rate)
    if left < 1:
        budgets[key] = (left, now)
        raise ApiError("TooManyRequestsException", "Rate exceeded")
    budgets[key] = (left - 1, now)


def _list(world: World, call: Call, *, applied: bool) -> Mapping[str, Any]:
    _throttle(world, call)
    service = str(call.params["ServiceCode"])
    here = quotas_here(call.region, service)
    if not here:
        raise _missing(service)
    found = []
    for row in here:
        value = (
            world.quotas.applied(world, call.region, service, row["quota_code"])
            if applied
            else float(row["default_value"] or 0)
        )
        if value is not None:
            found.append(_quota(world, call.region, row, value))
    return paged(found, call, "Quotas", size_key="MaxResults", token_key="NextToken", most=_PAGE)  # noqa: S106


def list_service_quotas(world: World, call: Call) -> Mapping[str, Any]:
    return _list(world, call, applied=True)


def list_aws_default_service_quotas(world: World, call: Call) -> Mapping[str, Any]:
    return _list(world, call, applied=False)


def _asked(call: Call) -> Row:
    service, code = str(call.params["ServiceCode"]), str(call.params["QuotaCode"])
    row = next((r for r in quotas_here(call.region, service) if r["quota_code"] == code), None)
    if row is None:
        raise _missing(service, code)
    return row


def get_service_quota(world: World, call: Call) -> Mapping[str, Any]:
    _throttle(world, call)
    row = _asked(call)
    value = world.quotas.applied(world, call.region, row["service_code"], row["quota_code"])
    if value is None:
        raise _missing(row["service_code"], row["quota_code"])
    return {"Quota": _quota(world, call.region, row, value)}


def get_aws_default_service_quota(world: World, call: Call) -> Mapping[str, Any]:
    _throttle(world, call)
    row = _asked(call)
    return {"Quota": _quota(world, call.region, row, float(row["default_value"] or 0))}


def list_services(world: World, call: Call) -> Mapping[str, Any]:
    _throttle(world, call)
    found = [{"ServiceCode": s, "ServiceName": s} for s in _table() if quotas_here(call.region, s)]
    return paged(found, call, "Services", size_key="MaxResults", token_key="NextToken", most=_PAGE)  # noqa: S106


# --- increases -------------------------------------------------------------------------------


def _request(
    world: World, region: str, service: str, code: str, desired: float, status: str, request_id: str = ""
) -> dict[str, Any]:
    row = row_of(service, code)
    moment = datetime.now(UTC)
    return {
        "Id": request_id or uuid.uuid4().hex,
        "ServiceCode": service,
        "ServiceName": service,
        "QuotaCode": code,
        "QuotaName": row["name"] if row else code,
        "DesiredValue": float(desired),
        "Status": status,
        "Created": moment,
        "LastUpdated": moment,
        "Requester": f'{{"accountId":"{world.account}"}}',
        "QuotaArn": f"arn:aws:servicequotas:{region}:{world.account}:{service}/{code}",
        "GlobalQuota": bool(row and is_global(row)),
        "Unit": "None",
        "QuotaRequestedAtLevel": "ACCOUNT",
    }


def request_service_quota_increase(world: World, call: Call) -> Mapping[str, Any]:
    from geos.wizard.sandbox.regions import opt_in_regions

    row, desired = _asked(call), float(call.params["DesiredValue"])
    service, code = row["service_code"], row["quota_code"]
    if row["adjustable"] != "true":
        raise ApiError("IllegalArgumentException", f"The quota {code} is not adjustable.")
    current = world.quotas.applied(world, call.region, service, code)
    if desired <= (current if current is not None else float(row["default_value"] or 0)):
        raise ApiError("IllegalArgumentException", "The desired value must be greater than the current quota value.")
    history = world.quotas.history(world, call.region)
    still_open = [r for r in history if r["Status"] in OPEN]
    if any((r["ServiceCode"], r["QuotaCode"]) == (service, code) for r in still_open):
        raise ApiError(
            "ResourceAlreadyExistsException", "Only one open service quota increase request is allowed per quota."
        )
    most = MOST_OPEN_OPT_IN if call.region in opt_in_regions() else MOST_OPEN
    if len(still_open) >= most:
        raise ApiError("QuotaExceededException", f"You have reached the limit of {most} open requests.")
    found = _request(world, call.region, service, code, desired, "PENDING")
    world.quotas.requests.append(found)
    return {"RequestedQuota": found}


def list_history(world: World, call: Call) -> Mapping[str, Any]:
    _throttle(world, call)
    p = call.params
    found = [
        r
        for r in world.quotas.history(world, call.region)
        if p.get("ServiceCode") in (None, r["ServiceCode"])
        and p.get("QuotaCode") in (None, r["QuotaCode"])
        and p.get("Status") in (None, r["Status"])
    ]
    return paged(found, call, "RequestedQuotas", size_key="MaxResults", token_key="NextToken", most=_PAGE)  # noqa: S106


def get_requested_service_quota_change(world: World, call: Call) -> Mapping[str, Any]:
    for found in world.quotas.history(world, call.region):
        if found["Id"] == call.params["RequestId"]:
            return {"RequestedQuota": found}
    raise ApiError("NoSuchResourceException", "The specified request does not exist.")


# --- the utilization report ------------------------------------------------------------------


def start_quota_utilization_report(world: World, call: Call) -> Mapping[str, Any]:
    if world.seed.report == "refused":
        raise ApiError("InvalidResourceStateException", "Quota utilization reports are not available to this account.")
    report = uuid.uuid4().hex
    world.quotas.reports[report] = (call.region, datetime.now(UTC))
    return {"ReportId": report, "Status": "PENDING"}


def get_quota_utilization_report(world: World, call: Call) -> Mapping[str, Any]:
    report = str(call.params["ReportId"])
    if world.quotas.reports.get(report, ("",))[0] != call.region:
        raise _missing("servicequotas", report)
    if world.seed.report == "slow":
        return {"ReportId": report, "Status": "IN_PROGRESS"}
    from geos.wizard.sandbox.services.usage import used

    found = []
    for row in all_quotas(call.region):
        value = used(world, call.region, row)
        applied = world.quotas.applied(world, call.region, row["service_code"], row["quota_code"])
        if value is None or applied is None:
            continue
        found.append(
            {
                "QuotaCode": row["quota_code"],
                "ServiceCode": row["service_code"],
                "ServiceName": row["service_code"],
                "QuotaName": row["name"],
                "Namespace": "AWS/Usage" if row["usage_metric"] else None,
                "Utilization": round(100 * value / applied, 4) if applied else 0.0,
                "DefaultValue": float(row["default_value"] or 0),
                "AppliedValue": applied,
                "Adjustable": row["adjustable"] == "true",
            }
        )
    found.sort(key=lambda q: -float(str(q["Utilization"])))
    answer = paged(found, call, "Quotas", size_key="MaxResults", token_key="NextToken", most=1000)  # noqa: S106
    generated = world.quotas.reports[report][1]
    return {"ReportId": report, "Status": "COMPLETED", "GeneratedAt": generated, "TotalCount": len(found), **answer}


ACTIONS = {
    "service-quotas": {
        "ListServiceQuotas": list_service_quotas,
        "GetServiceQuota": get_service_quota,
        "ListAWSDefaultServiceQuotas": list_aws_default_service_quotas,
        "GetAWSDefaultServiceQuota": get_aws_default_service_quota,
        "ListServices": list_services,
        "RequestServiceQuotaIncrease": request_service_quota_increase,
        "ListRequestedServiceQuotaChangeHistory": list_history,
        "ListRequestedServiceQuotaChangeHistoryByQuota": list_history,
        "GetRequestedServiceQuotaChange": get_requested_service_quota_change,
        "StartQuotaUtilizationReport": start_quota_utilization_report,
        "GetQuotaUtilizationReport": get_quota_utilization_report,
    }
}
