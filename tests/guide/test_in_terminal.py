"""The whole program in a real terminal: keys in, screens out, a simulated account behind."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pexpect
import pytest
from parts.emulator import Emulator

ENTER, ESC, CTRL_C = "\r", "\x1b", "\x03"
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[()][A-Z0-9]|\x1b[=>]|\r")
ASKED = re.compile(r"of 10.*?keep and leave", re.DOTALL)
"""From the head line to the last one: a question drawn whole, and not only what a key changed in it."""
HERE = ("--plan", "--region", "us-east-1")
"""With the region given, nothing need be compared, and every start is quick."""
PROGRAM = [sys.executable, "-m", "geos.wizard.cli.setup"]


class Terminal:
    """geos-setup on a pseudo-terminal."""

    def __init__(self, arguments: list[str], env: dict[str, str], cwd: Path, width: int = 80) -> None:
        settings = {
            **{k: v for k, v in os.environ.items() if k in ("PATH", "LANG", "LC_ALL")},
            **{k: v for k, v in os.environ.items() if k.startswith(("XDG_", "HOME", "AWS_"))},
            # Without this every prompt waits for a cursor position that nobody reports.
            "PROMPT_TOOLKIT_NO_CPR": "1",
            "TERM": "xterm-256color",
            **env,
        }
        self.child = pexpect.spawn(
            PROGRAM[0], [*PROGRAM[1:], *arguments], env=settings, cwd=str(cwd), dimensions=(50, width),
            encoding="utf-8", timeout=60,
        )  # fmt: skip
        self.child.delaybeforesend = None
        self.seen = ""

    def question(self) -> str:
        """Wait for the next question; what was printed since the last one. Empty at the end of the program."""
        found = self.child.expect([ASKED, pexpect.EOF])
        text = ESCAPES.sub("", self.child.before + (self.child.after if found == 0 else ""))
        self.seen += text
        return text if found == 0 else ""

    def press(self, keys: str) -> None:
        self.child.send(keys)

    def end(self) -> int:
        """The exit status, once it ended."""
        self.child.expect(pexpect.EOF)
        self.seen += ESCAPES.sub("", self.child.before)
        self.child.close()
        return int(self.child.exitstatus if self.child.exitstatus is not None else -self.child.signalstatus)

    def close(self) -> None:
        self.child.close(force=True)


@pytest.fixture
def start(emulator: Emulator, tmp_path: Path) -> Iterator[Any]:
    running: list[Terminal] = []

    def started(*arguments: str, width: int = 80) -> Terminal:
        # Without a region in the environment, so that it is asked for.
        env = {key: value for key, value in emulator.env().items() if key != "AWS_REGION"}
        terminal = Terminal(list(arguments), env, tmp_path, width)
        running.append(terminal)
        return terminal

    yield started
    for terminal in running:
        terminal.close()


def through(terminal: Terminal, *, at_most: int = 40) -> list[str]:
    """Enter at every question, up to the end."""
    screens = []
    for _ in range(at_most):
        text = terminal.question()
        if not text:
            return screens
        screens.append(text)
        terminal.press(ENTER)
    raise AssertionError(f"still asking after {at_most} questions: {screens[-1]}")


def test_enter_all_the_way_makes_an_environment(start: Any, tmp_path: Path, emulator: Emulator) -> None:
    terminal = start()
    screens = through(terminal)
    assert terminal.end() == 0
    steps = [int(m.group(1)) for s in screens if (m := re.search(r"geos-setup\s+(\d+) of 10", s))]
    assert steps == sorted(steps)
    assert set(steps) == set(range(1, 11))
    assert "is up:" in terminal.seen
    assert "geos-setup validate" in terminal.seen
    assert "environment: dev" in (tmp_path / "geos.yaml").read_text()
    assert (tmp_path / "geos-out" / "geos-chem-dev" / "deployment.json").exists()
    assert "job_preset: starter" in (tmp_path / "geos.yaml").read_text(), "a new account is proposed what fits it"
    assert emulator.calls("cloudformation", "ExecuteChangeSet")


def test_the_same_on_a_narrow_screen(start: Any, emulator: Emulator) -> None:
    terminal = start("--plan", width=50)
    screens = through(terminal)
    assert terminal.end() == 0
    assert len(screens) > 15
    assert not emulator.calls(mutating=True)


def test_help_is_there_at_every_question_and_costs_nothing(start: Any) -> None:
    terminal = start(*HERE)
    helped = 0
    while terminal.question():
        terminal.press("?")
        words = ["In geos.yaml", "geos signs its calls", "A system is a set", "Deploy: the files", pexpect.EOF]
        if terminal.child.expect(words) == len(words) - 1:
            break
        helped += 1
        terminal.press(ENTER)
    assert helped > 15
    assert terminal.end() == 0


def test_ctrl_c_at_every_question_and_on_from_there(start: Any, tmp_path: Path, emulator: Emulator) -> None:
    """Each start answers one question and is left at the next one; the last one ends the set-up."""
    terminal = start(*HERE)
    assert terminal.question()
    terminal.press(ENTER)
    for _ in range(40):
        left = terminal.question()
        if "What now?" in left:
            break
        terminal.press(CTRL_C)
        assert terminal.end() == 130
        assert "your answers are kept" in terminal.seen
        assert "Traceback" not in terminal.seen
        terminal = start(*HERE)
        terminal.child.expect("Go on with it")
        terminal.press("y")
        again = terminal.question()
        assert title(again) == title(left)
        terminal.press(ENTER)
    terminal.press(ENTER)
    assert terminal.end() == 0
    assert (tmp_path / "geos.yaml").exists()
    assert not emulator.calls(mutating=True)


def title(screen: str) -> str:
    found = re.findall(r"geos-setup\s+(\d+ of 10)", screen)
    return found[-1] if found else screen


def test_back_from_every_question(start: Any) -> None:
    terminal = start(*HERE)
    before = terminal.question()
    terminal.press(ENTER)
    for _ in range(40):
        here = terminal.question()
        terminal.press("<" if "What now?" in here else ESC)
        assert title(terminal.question()) == title(before)
        terminal.press(ENTER)
        assert title(terminal.question()) == title(here)
        if "What now?" in here:
            break
        before = here
        terminal.press(ENTER)
    terminal.press(ENTER)
    assert terminal.end() == 0


def test_without_credentials_the_sandbox_is_offered(tmp_path: Path) -> None:
    terminal = Terminal(["--plan"], {}, tmp_path)
    try:
        menu = terminal.question()
        assert "No AWS credentials were found" in menu
        for way in ("sandbox", "SSO login", "paste a key", "how to get one"):
            assert way in menu
        terminal.press("\x1b[B" * 3 + ENTER)
        assert "How is AWS reached" in terminal.question()
        assert "https://portal.aws.amazon.com/billing/signup" in terminal.seen
        terminal.press(CTRL_C)
        assert terminal.end() == 130
    finally:
        terminal.close()


def without_terminal(emulator: Emulator, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, **emulator.env()}
    command = [*PROGRAM, *arguments]
    return subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, env=env, cwd=folder, timeout=120
    )


@pytest.mark.parametrize("arguments", [[], ["--plan"], ["-o", "json"]])
def test_a_closed_stdin_names_what_is_missing(arguments: list[str], emulator: Emulator, tmp_path: Path) -> None:
    done = without_terminal(emulator, tmp_path, *arguments)
    assert done.returncode == 2
    told = " ".join((done.stdout + done.stderr).split())
    assert "--environment" in told
    assert "Traceback" not in told
    assert not emulator.calls()


def test_yes_asks_nothing_and_deploys(emulator: Emulator, tmp_path: Path) -> None:
    done = without_terminal(emulator, tmp_path, "--yes")
    assert done.returncode == 0, done.stderr
    assert "is up:" in done.stdout
