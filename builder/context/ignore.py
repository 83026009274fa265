"""Docker's rules for what a build context leaves out. Pure.

Patterns are relative to the context; the last one that matches a path, or a folder above it, decides; `!` takes back.
Documented at docs.docker.com under "Build context", .dockerignore files.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Pattern:
    text: str
    leaves_out: bool
    regex: re.Pattern[str]


class Ignore:
    """All patterns of one file, in their order."""

    def __init__(self, patterns: Iterable[Pattern] = ()) -> None:
        self.patterns = tuple(patterns)
        self.takes_back = any(not pattern.leaves_out for pattern in self.patterns)
        """Whether something below a folder that is left out may still be wanted."""

    def leaves_out(self, path: str) -> bool:
        """`path` relative to the context, with slashes."""
        out = False
        parents = [path[:i] for i, letter in enumerate(path) if letter == "/"]
        for pattern in self.patterns:
            if out != pattern.leaves_out and any(pattern.regex.fullmatch(p) for p in (path, *parents)):
                out = pattern.leaves_out
        return out


def read_ignore(text: str) -> Ignore:
    """Lines of a .dockerignore file. One that cannot be a pattern raises ValueError, as Docker refuses it."""
    found = []
    for number, raw in enumerate(text.removeprefix("\ufeff").splitlines(), 1):
        line = raw.strip()
        if not line or raw.startswith("#"):
            continue
        takes_back = line.startswith("!")
        word = line[1:].strip() if takes_back else line
        clean = posixpath.normpath(word).lstrip("/") if word else ""
        if not clean or clean == ".":
            if takes_back and not clean:
                raise ValueError(f'line {number}: "!" alone takes back nothing')
            continue
        try:
            regex = re.compile(_regex(clean), re.DOTALL)
        except re.error as e:
            raise ValueError(f'line {number}: "{line}" is not a pattern ({e})') from e
        found.append(Pattern(clean, not takes_back, regex))
    return Ignore(found)


def _regex(pattern: str) -> str:
    out, i = "", 0
    while i < len(pattern):
        step, words = _part(pattern, i)
        out += words
        i += step
    return out


def _part(pattern: str, i: int) -> tuple[int, str]:
    """(characters of the pattern, their regular expression)."""
    letter = pattern[i]
    if pattern.startswith("**", i):
        if pattern.startswith("**/", i):
            return 3, "(?:.*/)?"
        return 2, ".*"
    match letter:
        case "*":
            return 1, "[^/]*"
        case "?":
            return 1, "[^/]"
        case "[":
            end = pattern.find("]", i + 2)
            if end < 0:
                raise re.error("[ without ]")
            inside = pattern[i + 1 : end].replace("\\", "\\\\").replace("[", "\\[")
            return end - i + 1, f"[{inside}]"
        case "\\" if i + 1 < len(pattern):
            return 2, re.escape(pattern[i + 1])
        case _:
            return 1, re.escape(letter)
