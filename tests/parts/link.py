"""A line to a server that is as slow as one likes, can fall silent and can be cut."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from geos.builder.address import Address
from geos.wizard.waiting import pause

BLOCK_BYTES = 1 << 15


@dataclass
class Link:
    """Carries bytes both ways, those towards the server no faster than `bytes_per_second`."""

    target: Address
    bytes_per_second: float
    listener: socket.socket
    carried_bytes: int = 0
    flows: threading.Event = field(default_factory=threading.Event)
    _open: list[socket.socket] = field(default_factory=list)

    @property
    def address(self) -> Address:
        return replace(self.target, port=int(self.listener.getsockname()[1]))

    def silent(self) -> None:
        """Nothing arrives any more, and nobody says so: a laptop that went into a tunnel."""
        self.flows.clear()

    def cut(self) -> None:
        for end in self._open:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self.flows.set()

    def serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                ours, _ = self.listener.accept()
                theirs = socket.create_connection((self.target.host, self.target.port))
                # Small, so that a sender feels how slow the line is.
                ours.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 * BLOCK_BYTES)
                self._open += [ours, theirs]
                threading.Thread(target=self._carry, args=(ours, theirs, True), daemon=True).start()
                threading.Thread(target=self._carry, args=(theirs, ours, False), daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket, slowly: bool) -> None:
        with contextlib.suppress(OSError):
            while chunk := source.recv(BLOCK_BYTES):
                self.flows.wait()
                if slowly:
                    pause(len(chunk) / self.bytes_per_second)
                    self.carried_bytes += len(chunk)
                target.sendall(chunk)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)


@contextlib.contextmanager
def link(target: Address, *, bytes_per_second: float = 1e12) -> Iterator[Link]:
    listener = socket.create_server(("127.0.0.1", 0))
    found = Link(target, bytes_per_second, listener)
    found.flows.set()
    threading.Thread(target=found.serve, daemon=True).start()
    try:
        yield found
    finally:
        listener.close()
        found.cut()
