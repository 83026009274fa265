"""A stream that outlives whoever reads it."""

from __future__ import annotations

import contextlib
import errno
import os
from typing import Any, TextIO

_NOBODY = frozenset({errno.EPIPE, errno.EIO})
"""The end of a pipe is closed (… | head); the terminal's window is."""


class Patient:
    """`stream` itself until its reader goes; from then on what is written is dropped.

    What was begun is carried on to its end all the same: a deployment or a removal that stopped in the middle because
    nobody watched would cost money that nobody sees. The log has it all. Any other fault of writing is raised.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        try:
            return self._stream.write(text)
        except OSError as e:
            self._drop(e)
            return len(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except OSError as e:
            self._drop(e)

    def _drop(self, error: OSError) -> None:
        if error.errno not in _NOBODY:
            raise error
        # Python writes out what is left when it ends, and would complain about that too.
        with contextlib.suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())
            os.close(nowhere)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
