"""Commands for a build host, as values. Nothing here runs anything; quoting happens once, in `__str__`."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Command:
    """One command line. What must not be seen (a token) goes through `stdin`, never into `words`."""

    words: tuple[str, ...]
    stdin: bytes = field(default=b"", repr=False)

    def __str__(self) -> str:
        return shlex.join(self.words)


def command(*words: str, stdin: bytes = b"") -> Command:
    return Command(words, stdin)


def script(text: str, *arguments: str, stdin: bytes = b"") -> Command:
    """A few lines of POSIX shell; `arguments` are $1, $2 … inside, so that nothing is quoted by hand."""
    return Command(("sh", "-c", text, "geos", *arguments), stdin)
