"""A machine that commands can be run on, whatever the way in."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from geos.builder.commands import Command


@dataclass(frozen=True)
class Output:
    """What a finished command said. `out` and `err` hold the last MiB at most."""

    status: int
    out: bytes = b""
    err: bytes = b""

    @property
    def text(self) -> str:
        return self.out.decode(errors="replace")

    def last_lines(self, count: int = 20) -> str:
        """For an error message: the end of what was said, errors last."""
        said = (self.out + self.err).decode(errors="replace").splitlines()
        return "\n".join(said[-count:])


class Host(Protocol):
    """Raises HostLost (GEOS-B003) when the connection ends before a command's status came: that is never success."""

    @property
    def name(self) -> str:
        """Who and where, for people: rocky@203.0.113.7:22."""

    def run(
        self,
        command: Command,
        *,
        on_chunk: Callable[[bytes], None] | None = None,
        on_error_chunk: Callable[[bytes], None] | None = None,
        timeout_seconds: float = 60.0,
        check: bool = True,
    ) -> Output:
        """Run to the end. `on_chunk` gets standard output as it comes, `on_error_chunk` the other stream.

        `timeout_seconds` bounds the silence: no byte and no status for so long is a lost host. Raises CommandFailed
        (GEOS-B004) for another status than 0 when `check`.
        """

    def send(self, command: Command, chunks: Iterable[bytes], *, timeout_seconds: float = 60.0) -> Output:
        """Run with `chunks` as its standard input, read no faster than the host takes them. Checks the status."""

    def close(self) -> None:
        """Let go of the connection; what runs detached goes on."""
