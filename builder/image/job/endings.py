"""How a run can end: the exit codes of the container, which Batch shows and `explain` knows."""

from __future__ import annotations

import threading
from enum import IntEnum


class Code(IntEnum):
    OK = 0
    MODEL_FAILED = 1  # GEOS-Chem stopped with an error of its own
    BAD_CONFIGURATION = 2  # the arguments or the configuration file; nothing was run
    MISSING_INPUT = 3  # files that the run needs are nowhere
    NO_STORAGE = 4  # S3 could not be reached, or refused
    NO_ROOM = 5  # the scratch disk is too small
    OUT_OF_MEMORY = 137  # 128 + SIGKILL, what a container has that the kernel killed
    STOPPED = 143  # 128 + SIGTERM: Spot reclaim, timeout or cancelled; the newest checkpoint is saved


class Ended(Exception):
    """The run is over before its end; said in one sentence, and what to do in another."""

    def __init__(self, code: Code, reason: str, cure: str = "") -> None:
        super().__init__(reason)
        self.code, self.reason, self.cure = code, reason, cure


class Stopped(BaseException):
    """SIGTERM has come. No Exception, because libraries catch those, and try again."""


STOP = threading.Event()
"""Set with it: an exception that a signal raises can be lost, in a callback or while an object is deleted."""


def check_stop() -> None:
    """Raises Stopped when the run shall end."""
    if STOP.is_set():
        raise Stopped
