"""Questions for a terminal that cannot move its cursor (TERM=dumb, some editors' shells): line by line."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from typing import Any

from geos.wizard.errors import Cancelled
from geos.wizard.ui import Back, Question, Renderable
from geos.wizard.ui.layout import column_widths, pad

Read = Callable[[str], str]


def ask_in_lines(
    question: Question, say: Callable[[Renderable], None], read: Read = input, read_secret: Read = getpass.getpass
) -> Any:
    """The answer. `?` shows the help, `<` goes back, Ctrl-C or the end of the input cancel."""
    _introduce(question, say)
    while True:
        try:
            typed = (read_secret if question.kind == "secret" else read)("  > ")
        except (EOFError, KeyboardInterrupt) as e:
            raise Cancelled("stopped before anything was changed.") from e
        if typed.strip() == "?":
            say(question.help or "There is no more to say about this one.")
            continue
        if typed.strip() == "<" and question.steps:
            raise Back
        answer, wrong = _understood(question, typed)
        if not wrong:
            return answer
        say(f"  {wrong}")


def _introduce(question: Question, say: Callable[[Renderable], None]) -> None:
    if question.steps:
        say(f"{question.program}  {question.step} of {question.steps}  {question.title}")
    if question.intro:
        say(question.intro)
    default = {"confirm": "  (Y/n)" if question.default else "  (y/N)"}.get(question.kind, "")
    say(f"  {question.text}{default}")
    sizes = column_widths(question.options, question.columns)
    for number, option in enumerate(question.options, 1):
        cells = "   ".join(pad(cell, size) for cell, size in zip(option.cells, sizes, strict=False)).rstrip()
        say(f"  {number:>3}  {cells}{f'   ({option.disabled})' if option.disabled else ''}")
    if question.default not in (None, "", [], ()) and question.kind != "confirm":
        say(f"  Enter takes: {question.default}")


def _understood(question: Question, typed: str) -> tuple[Any, str]:
    """The answer and what is wrong with it, if anything."""
    text = typed.strip()
    if question.kind == "confirm":
        word = text.casefold()
        if word in ("", "y", "yes", "n", "no"):
            return (bool(question.default) if not word else word.startswith("y")), ""
        return None, "y or n was expected"
    if question.kind == "secret":
        return typed, question.check(typed)
    if question.kind == "text":
        text = text or str(question.default or "")
        return text, question.check(text)
    return _chosen(question, text)


def _chosen(question: Question, text: str) -> tuple[Any, str]:
    several = question.kind == "choices"
    if not text:
        default = question.default
        return (list(default or ()), "") if several else (default, "" if default else "a number was expected")
    values = []
    for word in text.replace(",", " ").split() if several else [text]:
        option = next((o for i, o in enumerate(question.options, 1) if word in (str(i), o.value)), None)
        if option is None:
            return None, f'"{word}" is none of the numbers above'
        if option.disabled:
            return None, f"{option.cells[0]} cannot be taken: {option.disabled}"
        values.append(option.value)
    return (values if several else values[0]), question.check(",".join(values))
