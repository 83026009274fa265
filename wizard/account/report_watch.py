"""The quota utilization report: started first, used if it is ready when it is needed."""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING

from geos.wizard.aws.quota_facts import Report, ReportedUse
from geos.wizard.errors import GeosError

if TYPE_CHECKING:
    from geos.wizard.aws import Aws

Quota = tuple[str, str]
LOOKS_SECONDS = (0.05, 0.2, 0.5, 1.0, 2.0)
"""Pauses between looks; each look costs a Get call of the rate budget."""


class ReportWatch:
    """Starts the utilization report and looks for it, in a thread that nobody has to wait for."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws
        self._no_longer_needed = threading.Event()
        self._done = threading.Event()
        self._found: Report | None = None
        threading.Thread(target=self._watch, name="geos-report", daemon=True).start()

    def _watch(self) -> None:
        # Refused, throttled, unknown to an older region: counting goes on without it.
        with contextlib.suppress(GeosError):
            self._found = self._look()
        self._done.set()

    def _look(self) -> Report | None:
        report_id = self._aws.quotas.start_report()
        for seconds in LOOKS_SECONDS:
            if self._no_longer_needed.wait(seconds):
                return None
            report = self._aws.quotas.report(report_id)
            if report.done:
                return report
        return None

    def lines(self, patience_seconds: float) -> dict[Quota, ReportedUse]:
        """What the report tells, by quota; nothing when it is refused, failed or late."""
        self._done.wait(patience_seconds)
        self._no_longer_needed.set()
        report = self._found
        return {(line.service, line.code): line for line in report.lines} if report and not report.failed else {}
