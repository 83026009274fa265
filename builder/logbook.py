"""A build's logs on this machine, byte for byte what its host printed: the build's own, and what came around it.

The build's log is a copy of the file on the host, so that its length tells from where to go on after a lost line.
"""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from pathlib import Path

from geos.builder.progress import PartWatch

AROUND = "steps.log"
"""Beside build.log: what was done when, smoke tests, login and push."""


class Logbook:
    """A disk that is full costs the log, not the build: the host has it too."""

    def __init__(self, build_log: Path, watch: PartWatch) -> None:
        self._build_log = build_log
        self._around = build_log.with_name(AROUND)
        self._watch = watch
        with contextlib.suppress(OSError):
            build_log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)

    @property
    def offset(self) -> int:
        """How many bytes of the host's log are here already."""
        try:
            return self._build_log.stat().st_size
        except OSError:
            return 0

    def follow(self, chunk: bytes) -> None:
        """The next bytes of the host's build log."""
        _append(self._build_log, chunk)
        self._watch.output(chunk)

    def output(self, chunk: bytes) -> None:
        """What any other command on the host printed."""
        _append(self._around, chunk)
        self._watch.output(chunk)

    def title(self, text: str) -> None:
        """A line of our own, with the time."""
        _append(self._around, f"--- {datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} {text}\n".encode())


def _append(path: Path, data: bytes) -> None:
    with contextlib.suppress(OSError), path.open("ab") as file:
        file.write(data)
