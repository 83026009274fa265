"""Token buckets: so many calls a second, with a burst, per account and region.

Service Quotas counts each operation apart (Service Quotas user guide, "Service quotas for Service Quotas").
Staying inside is faster than being throttled and backing off.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from geos.wizard.waiting import pause

BUDGETS: dict[str, tuple[float, float]] = {
    "get_service_quota": (5.0, 5.0),
    "get_aws_default_service_quota": (5.0, 5.0),
    "list_service_quotas": (10.0, 10.0),
    "list_aws_default_service_quotas": (10.0, 10.0),
    "list_requested_service_quota_change_history": (5.0, 5.0),
    "list_requested_service_quota_change_history_by_quota": (5.0, 5.0),
    "service-quotas:report": (5.0, 5.0),
    "iam:simulate": (5.0, 10.0),
    "pricing": (5.0, 10.0),
}
"""name -> (calls a second, burst). iam:simulate and the report are careful guesses: AWS publishes no figure."""


class Budget:
    """Hands out places in time. `reserve` is pure bookkeeping; `take` waits."""

    def __init__(self, per_second: float, burst: float, *, now: Callable[[], float] = time.monotonic) -> None:
        self._per_second = per_second
        self._burst = burst
        self._now = now
        self._tokens = burst
        self._filled_at = now()
        self._lock = threading.Lock()

    def reserve(self) -> float:
        """Take one token, perhaps of the future; the seconds to wait until it is there."""
        with self._lock:
            now = self._now()
            self._tokens = min(self._burst, self._tokens + (now - self._filled_at) * self._per_second)
            self._filled_at = now
            self._tokens -= 1
            return max(0.0, -self._tokens / self._per_second)

    def left(self) -> float:
        """How many tokens are there now; below zero when others wait for theirs. Takes none."""
        with self._lock:
            return min(self._burst, self._tokens + (self._now() - self._filled_at) * self._per_second)

    def take(self) -> None:
        pause(self.reserve())
