"""Service Quotas: limits, defaults, the utilization report, requests for increases.

Every call takes its place in the rate budget of its operation first: Service Quotas throttles each apart, per
account and region. What is throttled all the same is tried again with growing pauses, because other
programs of the account draw on the same allowance.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from geos.wizard.aws.quota_facts import IncreaseFact, QuotaFact, Report, ReportedUse
from geos.wizard.errors import GeosError, NotThere, Throttled
from geos.wizard.facts import UsageMetric
from geos.wizard.waiting import pause

if TYPE_CHECKING:
    from geos.wizard.aws.door import Door

T = TypeVar("T")

REPORT = "service-quotas:report"
"""The budget of starting and reading the utilization report."""
PAUSES_SECONDS = (1.0, 2.0, 4.0)
PAGE = 100
REQUESTS = ""
"""Stands for the history of requests among the services that are read ahead."""
RECENT_SECONDS = 10.0
"""So long a quota that was asked singly is not asked again: a command asks for the same ones at two places."""


class Quotas:
    """The quotas of one account in one region. Global quotas answer in the partition's home region only."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._recent: dict[tuple[str, str, str], tuple[float, QuotaFact | None]] = {}
        self._ahead: dict[str, Future[Any]] = {}

    @property
    def _client(self) -> Any:
        return self._door.client("service-quotas")

    def calls_left(self) -> tuple[float, float]:
        """How many limits can be asked singly, and how many lists, now without waiting."""
        return self._door.budget("get_service_quota").left(), self._door.budget("list_service_quotas").left()

    # --- ahead of need -----------------------------------------------------------------------

    def read_ahead(self, services: Iterable[str]) -> None:
        """Begin to list requests and the quotas of `services`; whoever asks for them first gets that answer, once.
        What would have to wait for its place in the rate budget is left to those who know what they need.

        The rate budget makes listing the longest part of a check, and nothing else has to be known for it. The
        threads are nobody's concern: a command that ends early does not wait for them.
        """
        jobs: dict[str, Callable[[], Any]] = {REQUESTS: self._requests}
        jobs |= {service: partial(self._applied, service) for service in list(services)[: int(self.calls_left()[1])]}
        for name, job in jobs.items():
            if name not in self._ahead:
                self._ahead[name] = Future()
                threading.Thread(target=_fill, args=(self._ahead[name], job), name="geos-ahead", daemon=True).start()

    def is_ahead(self, service: str) -> bool:
        return service in self._ahead

    def is_known(self, service: str, code: str) -> bool:
        """Whether this quota was asked singly moments ago."""
        return self._is_recent(("get_service_quota", service, code))

    def _is_recent(self, name: tuple[str, str, str]) -> bool:
        return time.monotonic() - self._recent.get(name, (-math.inf, None))[0] < RECENT_SECONDS

    # --- limits ------------------------------------------------------------------------------

    def applied(self, service: str) -> dict[str, QuotaFact]:
        """Every quota of a service that has an applied value, by code."""
        ahead = self._ahead.pop(service, None)
        return dict(ahead.result()) if ahead else self._applied(service)

    def _applied(self, service: str) -> dict[str, QuotaFact]:
        found = self._pages("list_service_quotas", f"list the quotas of {service}", ServiceCode=service)
        return {q["QuotaCode"]: _quota(q) for page in found for q in page.get("Quotas", ())}

    def applied_one(self, service: str, code: str) -> QuotaFact | None:
        """None: AWS has no applied value for it."""
        return self._one("get_service_quota", f"read the quota {service} {code}", service, code)

    def defaults(self, service: str) -> dict[str, QuotaFact]:
        doing = f"list the default quotas of {service}"
        found = self._pages("list_aws_default_service_quotas", doing, ServiceCode=service)
        return {q["QuotaCode"]: _quota(q) for page in found for q in page.get("Quotas", ())}

    def default_one(self, service: str, code: str) -> QuotaFact | None:
        """None: AWS does not know this quota here."""
        return self._one("get_aws_default_service_quota", f"read the default of {service} {code}", service, code)

    def _one(self, operation: str, doing: str, service: str, code: str) -> QuotaFact | None:
        def ask() -> QuotaFact:
            return _quota(getattr(self._client, operation)(ServiceCode=service, QuotaCode=code)["Quota"])

        name = (operation, service, code)
        if self._is_recent(name):
            return self._recent[name][1]
        try:
            found: QuotaFact | None = self._patiently(operation, doing, ask)
        except NotThere:
            found = None
        self._recent[name] = (time.monotonic(), found)
        return found

    # --- use ---------------------------------------------------------------------------------

    def start_report(self) -> str:
        """Start the utilization report (or join one that is under way); its id."""

        def ask() -> str:
            return str(self._client.start_quota_utilization_report()["ReportId"])

        return self._patiently(REPORT, "start the quota utilization report", ask)

    def report(self, report_id: str) -> Report:
        lines: list[ReportedUse] = []
        token: dict[str, str] = {}
        while True:
            page = self._report_page(report_id, token)
            status = page.get("Status", "")
            if status == "FAILED":
                return Report(True, page.get("ErrorMessage") or page.get("ErrorCode") or "AWS gives no reason")
            if status != "COMPLETED":
                return Report(False)
            lines += [_reported(q) for q in page.get("Quotas", ())]
            if not page.get("NextToken"):
                return Report(True, lines=tuple(lines))
            token = {"NextToken": page["NextToken"]}

    def _report_page(self, report_id: str, token: Mapping[str, str]) -> dict[str, Any]:
        def ask() -> dict[str, Any]:
            return dict(self._client.get_quota_utilization_report(ReportId=report_id, MaxResults=1000, **token))

        return self._patiently(REPORT, "read the quota utilization report", ask)

    # --- increases ---------------------------------------------------------------------------

    def requests(self) -> tuple[IncreaseFact, ...]:
        """Every request for an increase that AWS still remembers, open and closed."""
        ahead = self._ahead.pop(REQUESTS, None)
        return tuple(ahead.result()) if ahead else self._requests()

    def _requests(self) -> tuple[IncreaseFact, ...]:
        found = self._pages("list_requested_service_quota_change_history", "list the requests for quota increases")
        return tuple(_request(r) for page in found for r in page.get("RequestedQuotas", ()))

    def requests_for(self, service: str, code: str) -> tuple[IncreaseFact, ...]:
        """The requests for one quota, open and closed."""
        operation = "list_requested_service_quota_change_history_by_quota"
        doing = f"list the requests for {service} {code}"
        found = self._pages(operation, doing, ServiceCode=service, QuotaCode=code)
        return tuple(_request(r) for page in found for r in page.get("RequestedQuotas", ()))

    def request_increase(self, service: str, code: str, desired: float) -> IncreaseFact:
        """File one. Raises AlreadyThere when one is open for this quota. Changes the account."""
        with self._door.asking(f"ask for {service} {code} = {desired:g}"):
            answer = self._client.request_service_quota_increase(
                ServiceCode=service, QuotaCode=code, DesiredValue=desired
            )
        return _request(answer["RequestedQuota"])

    # --- patience ----------------------------------------------------------------------------

    def _pages(self, operation: str, doing: str, **arguments: Any) -> Iterator[dict[str, Any]]:
        token: dict[str, str] = {}
        while True:
            more = dict(token)

            def ask(more: dict[str, str] = more) -> dict[str, Any]:
                return dict(getattr(self._client, operation)(MaxResults=PAGE, **arguments, **more))

            page = self._patiently(operation, doing, ask)
            yield page
            if not page.get("NextToken"):
                return
            token = {"NextToken": page["NextToken"]}

    def _patiently(self, budget: str, doing: str, ask: Callable[[], T]) -> T:
        for seconds in (*PAUSES_SECONDS, None):
            self._door.budget(budget).take()
            try:
                with self._door.asking(doing):
                    return ask()
            except Throttled:
                if seconds is None:
                    raise
                pause(seconds)
        raise AssertionError("the last try returns or raises")


def _fill(future: Future[Any], job: Callable[[], Any]) -> None:
    try:
        future.set_result(job())
    except GeosError as e:
        future.set_exception(e)


def _quota(raw: Mapping[str, Any]) -> QuotaFact:
    error = raw.get("ErrorReason") or {}
    value = raw.get("Value")
    return QuotaFact(
        raw["ServiceCode"],
        raw["QuotaCode"],
        raw.get("QuotaName", ""),
        None if value is None or error else float(value),
        raw.get("Unit", ""),
        bool(raw.get("Adjustable")),
        bool(raw.get("GlobalQuota")),
        _metric(raw.get("UsageMetric") or {}),
        str(error.get("ErrorCode", "")),
    )


def _metric(raw: Mapping[str, Any]) -> UsageMetric | None:
    if not raw.get("MetricName"):
        return None
    return UsageMetric(
        raw.get("MetricNamespace", "AWS/Usage"),
        raw["MetricName"],
        raw.get("MetricStatisticRecommendation") or "Maximum",
        tuple(sorted((raw.get("MetricDimensions") or {}).items())),
    )


def _reported(raw: Mapping[str, Any]) -> ReportedUse:
    return ReportedUse(
        raw.get("ServiceCode", ""),
        raw.get("QuotaCode", ""),
        raw.get("QuotaName", ""),
        float(raw.get("Utilization", 0.0)),
        _float(raw.get("AppliedValue")),
        _float(raw.get("DefaultValue")),
    )


def _float(value: Any) -> float | None:
    return None if value is None else float(value)


def _request(raw: Mapping[str, Any]) -> IncreaseFact:
    created = raw.get("Created")
    return IncreaseFact(
        raw.get("Id", ""),
        raw.get("ServiceCode", ""),
        raw.get("QuotaCode", ""),
        raw.get("QuotaName", ""),
        float(raw.get("DesiredValue", 0.0)),
        raw.get("Status", ""),
        created.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if isinstance(created, datetime) else "",
        raw.get("CaseId", ""),
        raw.get("Unit", ""),
    )
