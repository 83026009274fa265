"""What a command may ask of a terminal. Talk goes to stderr, results to stdout, so that output can be piped."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

Renderable = Any
"""Text, or anything that rich can print."""


class Back(Exception):
    """The user wants the previous question again."""


@dataclass(frozen=True)
class Option:
    """One line of a choice. `cells` are the columns of a table; the first is what one looks for."""

    value: str
    cells: tuple[str, ...]
    disabled: str = ""
    """Why it cannot be taken; empty when it can."""


@dataclass(frozen=True)
class Question:
    """One question, as data. `help` is what `?` shows."""

    key: str
    text: str
    help: str = ""
    kind: str = "text"
    """text, choice, choices (several), confirm or secret."""
    options: tuple[Option, ...] = ()
    columns: tuple[str, ...] = ()
    """Headings over the options' cells."""
    default: Any = None
    intro: Renderable = ""
    """Shown above: why this is asked, what is known."""
    check: Callable[[str], str] = field(default=lambda _: "", repr=False)
    """What is wrong with a typed answer, or nothing."""
    step: int = 0
    steps: int = 0
    title: str = ""
    """The step's name, in the head line."""
    label: str = ""
    """What the line says that stays once it is answered; empty: the question's own text."""
    place: str = ""
    """Right end of the head line: which account or deployment this is about."""
    program: str = "geos-setup"
    """Left end of the head line."""
    kept: bool = True
    """Whether the answers to the steps so far are there again after Ctrl-C."""


class Live(Protocol):
    """A region of the screen that is redrawn; without a terminal, one plain line per change."""

    def show(self, renderable: Renderable, *, line: str = "") -> None:
        """Redraw with `renderable`; where nothing can be redrawn, print `line` unless it is empty."""


class Ui(Protocol):
    """A terminal, or what stands for one in a test."""

    @property
    def interactive(self) -> bool:
        """Whether somebody can answer."""

    @property
    def width(self) -> int:
        """Columns of the screen."""

    def say(self, text: Renderable = "") -> None:
        """Talk: progress, remarks, questions' surroundings (stderr)."""

    def show(self, renderable: Renderable) -> None:
        """A result (stdout)."""

    def data(self, value: Any) -> None:
        """A result as JSON (stdout), never coloured; text that is CSV or YAML already goes out as it is."""

    def ask(self, question: Question) -> Any:
        """The answer. Raises Back, or Cancelled on Ctrl-C."""

    def confirm(self, text: str, *, default: bool = False) -> bool:
        """A yes or no in passing, outside the row of questions. Raises Cancelled on Ctrl-C."""

    def live(self) -> AbstractContextManager[Live]:
        """A live region on stderr."""

    def waiting(self, what: str, *, usually_seconds: float = 0.0) -> AbstractContextManager[None]:
        """Say what is waited for, once it takes longer than 300 ms."""


def widths(options: Sequence[Option], columns: Sequence[str]) -> list[int]:
    """The width of each column of a choice."""
    rows = [tuple(columns), *(o.cells for o in options)]
    count = max((len(r) for r in rows), default=0)
    return [max((len(r[i]) for r in rows if i < len(r)), default=0) for i in range(count)]
