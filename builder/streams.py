"""The streams of one command on a host: fed, read to their ends, and never waited for without a limit.

paramiko tells neither a dead peer (its keepalive waits for ever) nor a lost session (the status is then -1, without an
exception), and blocks when one stream is read while the other is full.
"""

from __future__ import annotations

import contextlib
import select
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import paramiko

from geos.builder.host import Output

CHUNK_BYTES = 1 << 18
KEPT_BYTES = 1 << 20
"""Of what a command says; the whole goes to the listeners."""
LOOK_SECONDS = 0.5
QUIET_SECONDS = 20.0
"""A command may be silent for longer than this; the host then has to show that it is there, each time."""
ANSWER_SECONDS = 30.0
"""A machine that compiles with all its cores and is short of memory answers late."""
NO_STATUS = -1

Listener = Callable[[bytes], None]
Listeners = tuple[Listener | None, Listener | None]
"""To standard output and standard error."""


@dataclass(frozen=True)
class Alive:
    """When a silent host is asked for a sign of life, and how long it may take to give one."""

    quiet_seconds: float = QUIET_SECONDS
    answer_seconds: float = ANSWER_SECONDS

    def require(self, channel: paramiko.Channel) -> None:
        """Raises TimeoutError, or what paramiko says of a connection that is closed."""
        transport = channel.get_transport()
        try:
            transport.open_session(timeout=self.answer_seconds).close()
        except paramiko.ChannelException:
            return  # it does not want another channel; a dead host would not say so
        except paramiko.SSHException as e:
            if not transport.is_active():
                raise
            raise TimeoutError(f"no sign of life for {self.quiet_seconds + self.answer_seconds:.0f} s") from e


USUAL = Alive()


class Reading:
    """Both streams to their ends, then the status."""

    def __init__(self, channel: paramiko.Channel, listeners: Listeners, timeout_seconds: float, alive: Alive) -> None:
        self._channel, self._alive = channel, alive
        self._on_out, self._on_err = listeners
        self._timeout_seconds = timeout_seconds
        self._out, self._err = bytearray(), bytearray()

    def finish(self) -> Output:
        """Raises TimeoutError after too long a silence, or as soon as a silent host does not answer."""
        channel, heard = self._channel, time.monotonic()
        answered = heard
        while True:
            over = channel.closed or (channel.eof_received and channel.exit_status_ready())
            now = time.monotonic()
            if self._take():
                heard = answered = now
            elif over:  # asked before the last look, so that nothing came in between
                return Output(channel.recv_exit_status() if channel.exit_status_ready() else NO_STATUS, *self._said())
            elif now - heard > self._timeout_seconds:
                raise TimeoutError(f"no byte for {self._timeout_seconds:.0f} s")
            elif now - answered > self._alive.quiet_seconds:
                self._alive.require(channel)
                answered = time.monotonic()
            else:
                # At the end of the output only the status is missing, and no descriptor tells of that.
                select.select([channel], [], [], 0.005 if channel.eof_received else LOOK_SECONDS)

    def _said(self) -> tuple[bytes, bytes]:
        return bytes(self._out[-KEPT_BYTES:]), bytes(self._err[-KEPT_BYTES:])

    def _take(self) -> bool:
        """Whether there was something."""
        channel = self._channel
        out = channel.recv(CHUNK_BYTES) if channel.recv_ready() else b""
        err = channel.recv_stderr(CHUNK_BYTES) if channel.recv_stderr_ready() else b""
        for chunk, kept, listener in ((out, self._out, self._on_out), (err, self._err, self._on_err)):
            _keep(kept, chunk)
            if chunk and listener:
                listener(chunk)
        return bool(out or err)


def _keep(place: bytearray, chunk: bytes) -> None:
    place += chunk
    if len(place) > 4 * KEPT_BYTES:
        del place[:-KEPT_BYTES]


def feed(channel: paramiko.Channel, chunks: Iterable[bytes], timeout_seconds: float) -> None:
    """Everything into the command's standard input, then its end. A command that ended early is not waited for."""
    channel.settimeout(timeout_seconds)
    for chunk in chunks:
        try:
            channel.sendall(chunk)
        except TimeoutError:
            raise TimeoutError(f"nothing was taken for {timeout_seconds:.0f} s") from None
        except OSError:
            break  # the command closed its input; its status tells the rest
    channel.shutdown_write()


def close(channel: paramiko.Channel) -> None:
    # To say so on a broken connection fails, and would hide why it broke.
    with contextlib.suppress(OSError, EOFError, paramiko.SSHException):
        channel.close()
