"""How long things took before: ./geos-out/<deployment>/history.json, for "usually 50 s" on the screens.

Nothing depends on it: a missing or broken file only means that no usual time is known, and a full disk
must not stop a deployment for its sake.
"""

from __future__ import annotations

import contextlib
import json
import statistics
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from geos.wizard.errors import DiskRefused
from geos.wizard.files import read_text, write_whole

FILE = "history.json"
KEPT = 5
"""Runs that are remembered for each thing; older ones say little about today's AWS."""


@dataclass(frozen=True)
class History:
    """Seconds that operations took; keys are "<verb> <layer>" or "<verb> <layer>/<logical id>"."""

    seconds: Mapping[str, tuple[float, ...]] = field(default_factory=dict)

    def usually_seconds(self, key: str) -> float | None:
        """The median of the remembered times."""
        found = self.seconds.get(key)
        return statistics.median(found) if found else None

    def adding(self, times: Mapping[str, float]) -> History:
        merged = dict(self.seconds)
        for key, seconds in times.items():
            merged[key] = (*merged.get(key, ()), round(seconds, 1))[-KEPT:]
        return History(merged)


def read_history(folder: Path) -> History:
    with contextlib.suppress(DiskRefused, ValueError, TypeError, AttributeError):
        text = read_text(folder / FILE)
        if text:
            return History({str(k): tuple(float(s) for s in v) for k, v in json.loads(text).items()})
    return History()


def write_history(folder: Path, history: History) -> None:
    with contextlib.suppress(DiskRefused):
        write_whole(folder / FILE, json.dumps(history.seconds, indent=1) + "\n")
