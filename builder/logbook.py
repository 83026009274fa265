"""A build's logs on this machine, byte for byte what its host printed: one for each run there, and what came around.

A run's log is a copy of the file on the host, so that its length tells from where to go on after a lost line.
"""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from pathlib import Path

from geos.builder.progress import PartWatch

AROUND = "steps"
"""What was done when, smoke tests, login and push."""


class Logbook:
    """A disk that is full costs the log, not the build: the host has it too."""

    def __init__(self, folder: Path, watch: PartWatch) -> None:
        self._folder = folder
        self._watch = watch
        with contextlib.suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def offset(self, run: str) -> int:
        """How many bytes of that run's log are here already."""
        try:
            return self._path(run).stat().st_size
        except OSError:
            return 0

    def follow(self, run: str, chunk: bytes) -> None:
        """The next bytes of a run's log."""
        self._append(run, chunk)
        self._watch.output(chunk)

    def output(self, chunk: bytes) -> None:
        """What any other command on the host printed."""
        self._append(AROUND, chunk)
        self._watch.output(chunk)

    def title(self, text: str) -> None:
        """A line of our own, with the time."""
        self._append(AROUND, f"--- {datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} {text}\n".encode())

    def _append(self, name: str, data: bytes) -> None:
        with contextlib.suppress(OSError), self._path(name).open("ab") as file:
            file.write(data)

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.log"
