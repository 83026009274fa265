"""The log of one command: every call to AWS with its request id, every error, never a secret."""

from __future__ import annotations

import contextlib
import logging
import os
import time
from pathlib import Path

from geos.wizard.paths import state_dir
from geos.wizard.version import VERSION

KEPT = 50
"""Older logs than the newest so many are removed."""

root = logging.getLogger("geos")


class _Forgiving(logging.FileHandler):
    """A disk that fills up costs the log, not the command, and never puts a traceback on the screen."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        pass

    def close(self) -> None:
        with contextlib.suppress(OSError):
            super().close()


def start(verb: str, *, debug: bool) -> Path | None:
    """Open this run's log; None when the disk refuses, which must not stop a command."""
    root.setLevel(logging.DEBUG)
    root.propagate = False
    if debug:
        echo = logging.StreamHandler()
        echo.setFormatter(logging.Formatter("%(levelname)s %(name)s %(message)s"))
        root.addHandler(echo)
    folder = state_dir() / "logs"
    path = folder / f"{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}-{verb}-{os.getpid()}.log"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
        handler = _Forgiving(path, encoding="utf-8")
    except OSError:
        root.addHandler(logging.NullHandler())
        return None
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    root.addHandler(handler)
    root.info("geos %s, %s", VERSION, verb)
    _prune(folder)
    return path


def stop() -> None:
    """Close this run's log."""
    for handler in list(root.handlers):
        root.removeHandler(handler)
        handler.close()


def _prune(folder: Path) -> None:
    with contextlib.suppress(OSError):
        for old in sorted(name for name in os.listdir(folder) if name.endswith(".log"))[:-KEPT]:
            (folder / old).unlink(missing_ok=True)
