"""Time a whole process: wall clock and peak memory, as the operating system accounts for them."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


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
    """Run a command `warm_up` + `runs` times; the warm-ups are not counted.

    The runs are started by a small process of their own: Linux counts what the starting process held into the peak
    of what it starts, and a bench that has worked out a catalogue holds more than any command.
    """
    asked = json.dumps({"words": list(words), "runs": runs, "warm_up": warm_up})
    done = subprocess.run(
        [sys.executable, "-S", str(Path(__file__).with_name("runner.py"))],
        input=asked.encode(),
        env=environment,
        stdout=subprocess.PIPE,
        check=True,
    )
    told = json.loads(done.stdout)
    return Timed(tuple(told.pop("seconds")), **told)
