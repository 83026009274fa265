"""Time a whole process: wall clock and peak memory, as the operating system accounts for them."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Timed:
    """Several runs of one command."""

    seconds: tuple[float, ...]
    peak_mb: float
    """Of the largest run."""
    exit_code: int
    output: str
    """Of the last run."""

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    def __str__(self) -> str:
        return f"{self.median:.3f} s ({min(self.seconds):.3f}-{max(self.seconds):.3f}, {len(self.seconds)} runs)"


def timed(
    words: Sequence[str], *, runs: int = 5, warm_up: int = 1, environment: Mapping[str, str] | None = None
) -> Timed:
    """Run a command `warm_up` + `runs` times; the warm-ups are not counted."""
    seconds, peak, code, output = [], 0.0, 0, ""
    for i in range(warm_up + runs):
        started = time.perf_counter()
        process = subprocess.Popen(
            words, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        assert process.stdout is not None
        output = process.stdout.read().decode(errors="replace")
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if i >= warm_up:
            seconds.append(time.perf_counter() - started)
            peak = max(peak, usage.ru_maxrss / 1024)
            code = process.returncode
    return Timed(tuple(seconds), peak, code, output)
