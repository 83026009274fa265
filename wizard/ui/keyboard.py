"""Keys pressed while the program works: not echoed into what is drawn, and not taken for the next answer."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import TextIO

_TYPED_AHEAD_SECONDS = 0.3
"""Keys pressed during a shorter pause are meant for the question that follows."""


@contextlib.contextmanager
def hushed(stream: TextIO) -> Iterator[None]:
    """Switch the echo off meanwhile; Ctrl-C works as ever. Does nothing where there is no terminal."""
    import termios

    try:
        handle = stream.fileno()
        before = termios.tcgetattr(handle)
    except (OSError, ValueError, termios.error):  # a pipe, a closed stream
        yield
        return
    began = time.monotonic()
    quiet = [*before[:3], before[3] & ~termios.ECHO, *before[4:]]
    try:
        termios.tcsetattr(handle, termios.TCSANOW, quiet)
        yield
    finally:
        with contextlib.suppress(termios.error):
            if time.monotonic() - began > _TYPED_AHEAD_SECONDS:
                termios.tcflush(handle, termios.TCIFLUSH)
            termios.tcsetattr(handle, termios.TCSANOW, before)
