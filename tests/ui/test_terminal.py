"""What the terminal prints and where, without a person."""

from __future__ import annotations

import io
import json
import threading
import time
from typing import Any

import pytest

from geos.wizard.errors import Cancelled, MissingAnswers, NeedsConfirmation
from geos.wizard.ui import Back, Option, Question
from geos.wizard.ui.plain import ask_in_lines
from geos.wizard.ui.terminal import Terminal


class Tty(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def terminal(**options: Any) -> tuple[Terminal, io.StringIO, io.StringIO]:
    out, err = io.StringIO(), options.pop("stderr", io.StringIO())
    return (
        Terminal(stdin=io.StringIO(), stdout=out, stderr=err, environ=options.pop("environ", {}), **options),
        out,
        err,
    )


def test_talk_goes_to_stderr_and_results_to_stdout() -> None:
    ui, out, err = terminal()
    ui.say("reading [quotas]")
    ui.show("3 of 14 quotas are short.")
    assert (out.getvalue(), err.getvalue()) == ("3 of 14 quotas are short.\n", "reading [quotas]\n")


def test_json_is_alone_on_stdout() -> None:
    ui, out, err = terminal(json=True)
    ui.show("a table")
    ui.data({"name": "geos-chem-dev", "sign": "✓"})
    assert json.loads(out.getvalue()) == {"name": "geos-chem-dev", "sign": "✓"}
    assert err.getvalue() == "a table\n"


def test_without_a_terminal_a_question_names_its_flag() -> None:
    ui, _, _ = terminal()
    assert not ui.interactive
    with pytest.raises(MissingAnswers) as e:
        ui.ask(Question("alert_email", "E-mail for alerts"))
    assert "--alert-email" in e.value.hint
    assert e.value.exit == 2


def test_nothing_is_agreed_to_by_nobody() -> None:
    ui, _, _ = terminal()
    with pytest.raises(NeedsConfirmation):
        ui.confirm("Remove everything?")
    ui, _, _ = terminal(assume_yes=True)
    assert ui.confirm("Remove everything?") is True


@pytest.mark.parametrize("options", [{"assume_yes": True}, {}])
def test_yes_or_no_terminal_means_no_questions(options: dict[str, Any]) -> None:
    assert not terminal(**options)[0].interactive


def test_short_waits_are_not_mentioned() -> None:
    ui, _, err = terminal()
    with ui.waiting("reading quotas"):
        pass
    assert err.getvalue() == ""


def test_long_waits_are() -> None:
    ui, _, err = terminal()
    with ui.waiting("reading quotas in us-east-1"):
        deadline = time.monotonic() + 5
        while not err.getvalue() and time.monotonic() < deadline:
            time.sleep(0.01)
    assert err.getvalue() == "  … reading quotas in us-east-1\n"


def test_a_wait_that_fails_still_ends() -> None:
    ui, _, _ = terminal()
    before = threading.active_count()
    with pytest.raises(RuntimeError), ui.waiting("reading quotas"):
        raise RuntimeError
    assert threading.active_count() == before


def test_progress_without_a_terminal_is_one_line_per_change() -> None:
    ui, out, err = terminal()
    with ui.live() as live:
        live.show("a picture", line="core: 3 of 14")
        live.show("the same picture")
        live.show("a picture", line="core: 14 of 14")
    assert err.getvalue() == "core: 3 of 14\ncore: 14 of 14\n"
    assert out.getvalue() == ""


def test_ci_gets_plain_lines_though_it_has_a_terminal() -> None:
    ui, _, err = terminal(stderr=Tty(), environ={"CI": "true"})
    with ui.live() as live:
        live.show("a picture", line="core: done")
    assert err.getvalue().strip() == "core: done"


def test_on_a_terminal_the_region_is_redrawn() -> None:
    ui, _, err = terminal(stderr=Tty(), no_color=True)
    with ui.live() as live, ui.waiting("not said inside a live region"):
        live.show("first", line="never printed")
        live.show("second")
    assert "second" in err.getvalue()
    assert "never printed" not in err.getvalue()


@pytest.mark.parametrize(("no_color", "environ"), [(True, {}), (False, {"NO_COLOR": "1"})])
def test_no_colour(no_color: bool, environ: dict[str, str]) -> None:
    from rich.text import Text

    ui, _, err = terminal(stderr=Tty(), no_color=no_color, environ=environ)
    ui.say(Text("✓ ok", style="green"))
    assert err.getvalue() == "✓ ok\n"


def test_a_stream_that_cannot_say_a_sign_says_less() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    ui = Terminal(stdin=io.StringIO(), stdout=stream, stderr=io.StringIO(), environ={})
    ui.show("✓ ok")
    stream.flush()
    assert raw.getvalue() == b"? ok\n"


# --- terminals that cannot move their cursor --------------------------------------------------------

COLOUR = Question(
    "colour", "Which?", kind="choice", help="Any will do.", columns=("name", "USD"), default="b", step=1, steps=2,
    options=(Option("a", ("red", "1")), Option("b", ("blue", "12")), Option("c", ("grey", "3"), disabled="sold out")),
)  # fmt: skip


def lines(question: Question, *typed: str) -> tuple[Any, str]:
    said: list[str] = []
    left = list(typed)

    def read(_: str) -> str:
        if not left:
            raise EOFError
        return left.pop(0)

    return ask_in_lines(question, lambda text: said.append(str(text)), read, read), "\n".join(said)


@pytest.mark.parametrize(
    ("typed", "answer"), [(["1"], "a"), ([""], "b"), (["a"], "a"), (["?", "7", "c", "2"], "b"), (["x", "1"], "a")]
)
def test_choices_line_by_line(typed: list[str], answer: str) -> None:
    got, said = lines(COLOUR, *typed)
    assert got == answer
    assert "1  red    1" in said


def test_line_by_line_there_is_help_a_way_back_and_a_way_out() -> None:
    _, said = lines(COLOUR, "?", "1")
    assert "Any will do." in said
    with pytest.raises(Back):
        lines(COLOUR, "<")
    with pytest.raises(Cancelled):
        lines(COLOUR)


@pytest.mark.parametrize(
    ("question", "typed", "answer"),
    [
        (Question("n", "How many?", default=3, check=lambda t: "" if t.isdigit() else "a number"), ["x", ""], "3"),
        (Question("go", "Go?", kind="confirm", default=False), ["maybe", ""], False),
        (Question("go", "Go?", kind="confirm"), ["YES"], True),
        (Question("s", "Secret?", kind="secret"), ["hunter2"], "hunter2"),
        (Question("k", "Which?", kind="choices", options=COLOUR.options), ["1, 2"], ["a", "b"]),
        (Question("k", "Which?", kind="choices", options=COLOUR.options, default=["b"]), ["3", ""], ["b"]),
    ],
)
def test_other_questions_line_by_line(question: Question, typed: list[str], answer: Any) -> None:
    assert lines(question, *typed)[0] == answer
