"""Results and checkpoints go to S3 as they appear, each when it is whole and nobody writes to it any more."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from .places import Place
from .rundir import OUTPUT, RESTARTS, restart_day
from .store import RESULT, TEMPORARY, Store
from .whole import is_whole

SETTLED_SECONDS = float(os.environ.get("GEOS_SETTLED_SECONDS", "20"))
"""A file of this age is not written to any more, as far as its time stamp tells."""


@dataclass
class Saver:
    store: Store
    folder: Path
    """The run directory."""
    output: Place
    given: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Restart files that were there before the run, as they were: they are no results."""
    saved: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Name -> size and time of what lies in S3."""

    def __post_init__(self) -> None:
        for path in (self.folder / RESTARTS).glob("*"):
            self.given[path.relative_to(self.folder).as_posix()] = _state(path)

    @property
    def checkpoints(self) -> tuple[str, ...]:
        """Saved ones, newest last."""
        return tuple(sorted(n for n in self.saved if n.startswith(f"{RESTARTS}/") and restart_day(Path(n).name)))

    def save(self, settled_seconds: float = SETTLED_SECONDS, *, final: bool = False, until: float = 0.0) -> None:
        """What is new; newest checkpoints first, in case there is little time. `until`, a time.monotonic(): begin no
        further file after it. Raises Ended."""
        for path in self._new(settled_seconds):
            if until and time.monotonic() > until:
                return
            name = path.relative_to(self.folder).as_posix()
            state = _state(path)
            temporary = name.startswith(f"{RESTARTS}/") and not final
            self.store.put(path, self.output / name, TEMPORARY if temporary else RESULT)
            self.saved[name] = state
        if not final:
            self._make_room()

    def keep_last_checkpoint(self) -> None:
        """The state at the end is a result: what a next run starts from. Raises Ended."""
        if self.checkpoints and (self.folder / self.checkpoints[-1]).exists():
            self.store.put(self.folder / self.checkpoints[-1], self.output / self.checkpoints[-1], RESULT)

    def _new(self, settled_seconds: float) -> Iterator[Path]:
        newest_first = sorted((self.folder / RESTARTS).glob("*"), key=lambda p: p.name, reverse=True)
        for path in (*newest_first, *sorted((self.folder / OUTPUT).rglob("*"))):
            name = path.relative_to(self.folder).as_posix()
            if not path.is_file():
                continue
            new = _state(path) not in (self.saved.get(name), self.given.get(name))
            settled = time.time() - path.stat().st_mtime >= settled_seconds
            if new and settled and (path.suffix not in (".nc", ".nc4") or is_whole(path)):
                yield path

    def _make_room(self) -> None:
        """A long run would fill the disk with checkpoints; all but the newest saved one have done their work."""
        for name in self.checkpoints[:-1]:
            (self.folder / name).unlink(missing_ok=True)


def _state(path: Path) -> tuple[int, int]:
    """Size and time."""
    found = path.stat()
    return found.st_size, found.st_mtime_ns
