"""The one place that waits."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

T = TypeVar("T")

_never = threading.Event()


def pause(seconds: float) -> None:
    """Wait; Ctrl-C ends it at once."""
    if seconds > 0:
        _never.wait(seconds)


def growing(first_seconds: float, factor: float, longest_seconds: float) -> Iterator[float]:
    """Intervals that start short, so that quick things are seen quickly, and spare the API later."""
    interval = first_seconds
    while True:
        yield interval
        interval = min(interval * factor, longest_seconds)


def until(
    look: Callable[[], T | None],
    *,
    at_most_seconds: float,
    first_seconds: float = 0.1,
    longest_seconds: float = 5.0,
    factor: float = 1.5,
) -> T | None:
    """Call `look` until it answers something, or None when the time is over."""
    deadline = time.monotonic() + at_most_seconds
    for interval in growing(first_seconds, factor, longest_seconds):
        found = look()
        if found is not None:
            return found
        left = deadline - time.monotonic()
        if left <= 0:
            return None
        pause(min(interval, left))
    return None  # pragma: no cover - the intervals never end
