"""The prompts with real keys: prompt_toolkit reads them from a pipe and draws on a screen of a given size."""

from __future__ import annotations

import io
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.data_structures import Size
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output.vt100 import Vt100_Output

from geos.wizard.errors import Cancelled
from geos.wizard.ui import Back, Option, Question
from geos.wizard.ui.terminal import Terminal

UP, DOWN, ENTER, ESC, CTRL_C, TAB = "\x1b[A", "\x1b[B", "\r", "\x1b", "\x03", "\t"

REGIONS = Question(
    "region",
    "Where should it run?",
    help="A region is a group of data centres.",
    kind="choice",
    columns=("region", "quota", "USD/h"),
    options=(
        Option("us-east-1", ("us-east-1", "! short by 59", "2.86")),
        Option("eu-north-1", ("eu-north-1", "✓ 640 free", "3.03")),
        Option("ap-south-1", ("ap-south-1", "not offered", ""), disabled="the type is not sold there"),
    ),
    intro="Input data lies in us-east-1.",
    step=5,
    steps=10,
    title="Region",
    place="sandbox: simulated account",
)
NAME = Question(
    "environment", "Environment", default="dev", help="Part of every name.", step=3, steps=10, title="Name",
    check=lambda text: "" if text.isalnum() else "letters and digits only",
)  # fmt: skip

Ask = Callable[..., Any]


class Paper(io.StringIO):
    """What was drawn. Each time something is drawn, the next keys are pressed, as by a person who looks."""

    def __init__(self, keys: Any, pressed: tuple[str, ...]) -> None:
        super().__init__()
        self._keys, self._left = keys, list(pressed)

    def flush(self) -> None:
        if self._left and "Ctrl-C" in self.getvalue():
            self._keys.send_text(self._left.pop(0))


@pytest.fixture
def ask() -> Iterator[Ask]:
    """Ask a question with these keys pressed; the screen is left in `ask.screen`."""
    with create_pipe_input() as keys, create_app_session(input=keys):

        def asking(question: Question, *pressed: str, width: int = 80, no_color: bool = False) -> Any:
            drawn, said = Paper(keys, pressed), io.StringIO()
            screen = Vt100_Output(drawn, lambda: Size(rows=24, columns=width), term="xterm", enable_cpr=False)
            terminal = Terminal(
                keys=keys, screen=screen, stderr=said, stdout=io.StringIO(), no_color=no_color, environ={}
            )
            try:
                return terminal.ask(question)
            finally:
                asking.screen = drawn.getvalue()  # type: ignore[attr-defined]
                asking.said = said.getvalue()  # type: ignore[attr-defined]

        yield asking


@pytest.mark.parametrize(
    ("pressed", "answer"),
    [
        (ENTER, "us-east-1"),
        (DOWN + ENTER, "eu-north-1"),
        (DOWN + UP + ENTER, "us-east-1"),
        ("j" + ENTER, "eu-north-1"),
        ("/nor" + ENTER, "eu-north-1"),
        ("/?" + ESC, Back),
        ("/short" + ENTER, "us-east-1"),
        ("/zzz" + ENTER + "\x7f\x7f\x7f" + ENTER, "us-east-1"),
        (DOWN + DOWN + ENTER + DOWN + ENTER, "us-east-1"),
        ("?" + ENTER, "us-east-1"),
        ("<", Back),
        (ESC, Back),
        (CTRL_C, Cancelled),
        ("/n" + CTRL_C, Cancelled),
    ],
)
def test_a_choice_answers_to_keys(ask: Ask, pressed: str, answer: Any) -> None:
    if isinstance(answer, str):
        assert ask(REGIONS, pressed) == answer
    elif answer is Back and pressed.startswith("/"):
        # The first Esc leaves the filter, the second the question.
        with pytest.raises(Back):
            ask(REGIONS, pressed, ESC)
    else:
        with pytest.raises(answer):
            ask(REGIONS, pressed)


def test_a_row_that_cannot_be_taken_says_why(ask: Ask) -> None:
    ask(REGIONS, DOWN + DOWN, ENTER, UP + ENTER)
    assert "ap-south-1 cannot be taken: the type is not sold there" in ask.screen


def test_help_is_one_key_away(ask: Ask) -> None:
    ask(REGIONS, ENTER)
    assert "data centres" not in ask.screen
    ask(REGIONS, "?", ENTER)
    assert "A region is a group of data centres." in ask.screen


@pytest.mark.parametrize(
    ("pressed", "answer"),
    [
        (ENTER, "dev"),
        ("prod" + ENTER, "prod"),
        ("a b" + ENTER + "\x7f\x7f" + ENTER, "a"),
        (TAB + "2" + ENTER, "dev2"),
        ("?" + "x" + ENTER, "x"),
        ("  staging " + ENTER, "staging"),
    ],
)
def test_a_text_answers_to_keys(ask: Ask, pressed: str, answer: str) -> None:
    assert ask(NAME, pressed) == answer


def test_a_wrong_text_is_told_on_the_spot(ask: Ask) -> None:
    assert ask(NAME, "a-b" + ENTER, "\x7f\x7f" + ENTER) == "a"
    assert "letters and digits only" in ask.screen


def test_a_default_can_be_wiped(ask: Ask) -> None:
    mail = Question("alert_email", "E-mail for alerts", default="ana@example.org", step=9, steps=10)
    assert ask(mail, ENTER) == "ana@example.org"
    assert ask(mail, "x\x7f" + ENTER) == ""


@pytest.mark.parametrize("pressed", ["<", ESC, "ab" + ESC])
def test_a_text_goes_back(ask: Ask, pressed: str) -> None:
    with pytest.raises(Back):
        ask(NAME, pressed)


@pytest.mark.parametrize(("pressed", "answer"), [("y", True), ("N", False), (ENTER, True), ("?n", False)])
def test_a_yes_or_no(ask: Ask, pressed: str, answer: bool) -> None:
    assert ask(Question("go", "Go ahead?", kind="confirm", default=True, step=10, steps=10), pressed) is answer


def test_a_question_in_passing_has_no_way_back(ask: Ask) -> None:
    assert ask(Question("go", "Go ahead?", kind="confirm"), "<" + ESC + "y") is True


def test_several_can_be_picked(ask: Ask) -> None:
    question = Question(
        "types", "Which types?", kind="choices", default=["b"], options=tuple(Option(v, (v,)) for v in "abc"),
        check=lambda text: "" if text else "at least one is needed", step=6, steps=10,
    )  # fmt: skip
    assert ask(question, ENTER) == ["b"]
    assert ask(question, " " + DOWN + " " + ENTER) == ["c"]
    assert ask(question, " " + ENTER, UP + " " + ENTER) == ["a"]
    assert "at least one is needed" in ask.screen


def test_a_secret_is_never_on_the_screen(ask: Ask) -> None:
    assert ask(Question("secret", "Secret access key", kind="secret", step=1, steps=10), "hunter2", ENTER) == "hunter2"
    assert "hunter2" not in ask.screen + ask.said
    assert "•••" in ask.screen


def test_the_end_of_the_input_is_a_way_out_and_not_a_traceback() -> None:
    with create_pipe_input() as keys, create_app_session(input=keys):
        screen = Vt100_Output(io.StringIO(), lambda: Size(rows=24, columns=80), term="xterm", enable_cpr=False)
        terminal = Terminal(keys=keys, screen=screen, stderr=io.StringIO(), environ={})
        keys.send_text("ab")
        keys.close()
        with pytest.raises(Cancelled):
            terminal.ask(NAME)


@pytest.mark.parametrize("width", [40, 50, 60, 80])
def test_nothing_is_wider_than_the_screen(ask: Ask, width: int) -> None:
    from geos.wizard.ui import layout as lay

    lines = [*lay.head(REGIONS, width), *lay.hints([("↑↓", "choose"), ("Enter", "take"), ("?", "help")] * 3, width)]
    drawn = lay.table(REGIONS.options, REGIONS.columns, width, cursor=0)
    lines += [drawn.heading, *drawn.rows]
    assert all(len("".join(text for _, text in line)) <= width for line in lines)
    assert ask(REGIONS, DOWN + ENTER, width=width) == "eu-north-1"


def test_colour_is_left_out_when_not_wanted(ask: Ask) -> None:
    ask(REGIONS, ENTER)
    assert "\x1b[0;32m✓" in ask.screen
    ask(REGIONS, ENTER, no_color=True)
    assert "\x1b[0;32m" not in ask.screen
    assert "✓ 640 free" in re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", ask.screen)


def test_an_answer_leaves_one_line(ask: Ask) -> None:
    ask(REGIONS, DOWN + ENTER)
    assert ask.said.split() == ["Where", "should", "it", "run", "eu-north-1"]


def test_what_is_too_tall_is_printed_and_the_question_stays_whole(ask: Ask) -> None:
    tall = replace(REGIONS, intro="\n".join(f"line {i}" for i in range(30)))
    assert ask(tall, ENTER) == "us-east-1"
    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", ask.screen)
    assert "line 29" in ask.said
    assert "5 of 10  Region" in ask.said
    assert "line 29" not in plain
    for part in ("Where should it run?", "us-east-1", "Ctrl-C keep and leave"):
        assert part in plain


def test_where_nothing_is_kept_nobody_is_told_so(ask: Ask) -> None:
    ask(replace(REGIONS, kept=False), ENTER)
    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", ask.screen)
    assert "Ctrl-C leave" in plain
    assert "keep and leave" not in plain


def test_somebody_can_be_asked_in_the_middle_of_a_wait(ask: Ask) -> None:
    """A one-time code is wanted while the spinner says that AWS is being asked."""
    with create_pipe_input() as keys, create_app_session(input=keys):
        drawn = Paper(keys, ("123456" + ENTER,))
        screen = Vt100_Output(drawn, lambda: Size(rows=24, columns=80), term="xterm", enable_cpr=False)
        said = io.StringIO()
        terminal = Terminal(keys=keys, screen=screen, stderr=said, environ={})
        with terminal.waiting("asking AWS who you are"):
            threading.Event().wait(0.4)
            assert terminal.ask(Question("mfa_code", "Code of your second factor")) == "123456"
    assert said.getvalue() == "  … asking AWS who you are\n"
