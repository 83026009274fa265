"""A terminal made of a list: answers go in, everything said and shown comes out as text."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from geos.wizard.errors import Cancelled, MissingAnswers, NeedsConfirmation
from geos.wizard.ui import Back, Live, Question, Renderable
from geos.wizard.ui.terminal import printable

BACK = Back()
CTRL_C = Cancelled("stopped before anything was changed.")
MOST = 300
TAKE = object()
"""The default, as Enter takes it."""


def as_text(renderable: Renderable, *, width: int = 80, colour: bool = False) -> str:
    """What a person would read."""
    from rich.console import Console

    stream = io.StringIO()
    Console(
        file=stream,
        width=width,
        force_terminal=colour,
        no_color=not colour,
        color_system="standard" if colour else None,
    ).print(printable(renderable), markup=False, highlight=False, emoji=False, crop=False)
    return stream.getvalue()


@dataclass
class ScriptedUi:
    """Implements Ui. `answers` are taken in turn, or looked up by the question's key when it is a mapping.

    An answer may be BACK or CTRL_C, which are raised; TAKE, the default; or a function of the question.
    """

    answers: Sequence[Any] | Mapping[str, Any] = ()
    interactive: bool = True
    width: int = 80
    asked: list[Question] = field(default_factory=list)
    confirmed: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    results: list[Any] = field(default_factory=list)
    waited: list[str] = field(default_factory=list)
    _turn: int = 0

    def say(self, text: Renderable = "") -> None:
        self.said.append(as_text(text, width=self.width))

    def show(self, renderable: Renderable) -> None:
        self.shown.append(as_text(renderable, width=self.width))

    def data(self, value: Any) -> None:
        self.results.append(value)

    def ask(self, question: Question) -> Any:
        if not self.interactive:
            raise MissingAnswers(f"there is no answer to: {question.text}")
        self.asked.append(question)
        assert len(self.asked) < MOST, "the questions never end"
        self.said.append(as_text(question.intro, width=self.width))
        answer = self._next(question.key, question)
        if answer is TAKE:
            answer = _default(question)
        self._refuse_impossible(question, answer)
        return answer

    def confirm(self, text: str, *, default: bool = False) -> bool:
        if not self.interactive:
            raise NeedsConfirmation(f"nobody is there to agree to: {text}")
        self.confirmed.append(text)
        answer = self._next("confirm", Question("confirm", text, kind="confirm", default=default))
        return default if answer is TAKE else bool(answer)

    def _next(self, key: str, question: Question) -> Any:
        if isinstance(self.answers, Mapping):
            answer = self.answers.get(key, TAKE)
        else:
            assert self._turn < len(self.answers), f"no answer is left for {question.key}: {question.text}"
            answer = self.answers[self._turn]
            self._turn += 1
        if isinstance(answer, Callable):  # type: ignore[arg-type]
            answer = answer(question)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def _refuse_impossible(self, question: Question, answer: Any) -> None:
        """A real terminal would not let these through."""
        if question.kind in ("choice", "choices"):
            free = {o.value for o in question.options if not o.disabled}
            chosen = set(answer) if question.kind == "choices" else {answer}
            assert chosen <= free, f"{question.key}: {chosen - free} cannot be chosen among {sorted(free)}"
        if question.kind != "confirm":
            wrong = question.check(",".join(answer) if question.kind == "choices" else answer)
            assert not wrong, f"{question.key}: {answer!r} would be refused: {wrong}"

    @contextlib.contextmanager
    def live(self) -> Iterator[Live]:
        yield _Lines(self)

    @contextlib.contextmanager
    def waiting(self, what: str, *, usually_seconds: float = 0.0) -> Iterator[None]:
        self.waited.append(what)
        yield

    @property
    def words(self) -> str:
        """Everything said and shown."""
        return "".join([*self.said, *self.shown])


@dataclass
class _Lines:
    ui: ScriptedUi

    def show(self, renderable: Renderable, *, line: str = "") -> None:
        as_text(renderable)  # it must be something that can be drawn
        if line:
            self.ui.say(line)


def _default(question: Question) -> Any:
    free = [o.value for o in question.options if not o.disabled]
    match question.kind:
        case "choice":
            return question.default if question.default in free else free[0]
        case "choices":
            return list(question.default or ())
        case "confirm":
            return bool(question.default)
        case _:
            return "" if question.default is None else str(question.default)
