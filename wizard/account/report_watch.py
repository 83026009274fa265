"""The quota utilization report: started first, looked at only if something is left that nothing else tells."""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING

from geos.wizard.aws.quota_facts import Report, ReportedUse
from geos.wizard.errors import GeosError
from geos.wizard.waiting import until

if TYPE_CHECKING:
    from geos.wizard.aws import Aws

Quota = tuple[str, str]
FIRST_LOOK_SECONDS = 0.1


class ReportWatch:
    """Starts the report in a thread that nobody has to wait for; each look costs a Get call of the rate budget."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws
        self._started = threading.Event()
        self._id = ""
        threading.Thread(target=self._start, name="geos-report", daemon=True).start()

    def _start(self) -> None:
        # Refused, throttled, unknown to an older region: counting goes on without it.
        with contextlib.suppress(GeosError):
            self._id = self._aws.quotas.start_report()
        self._started.set()

    def lines(self, patience_seconds: float) -> dict[Quota, ReportedUse]:
        """What the report tells, by quota; nothing when it is refused, failed or not ready in time."""
        self._started.wait(patience_seconds)
        if not self._id:
            return {}
        try:
            report = until(self._look, at_most_seconds=patience_seconds, first_seconds=FIRST_LOOK_SECONDS, factor=2.0)
        except GeosError:
            return {}
        return {(line.service, line.code): line for line in report.lines} if report and not report.failed else {}

    def _look(self) -> Report | None:
        report = self._aws.quotas.report(self._id)
        return report if report.done else None
