"""Keys that are pressed while nobody asked."""

from __future__ import annotations

import io
import os
import pty
import select
import termios
import time
from collections.abc import Iterator
from typing import TextIO

import pytest

from geos.wizard.ui.keyboard import hushed


@pytest.fixture
def keyboard() -> Iterator[tuple[int, TextIO]]:
    """(where keys are pressed, the terminal that a program reads from)."""
    person, program = pty.openpty()
    with os.fdopen(program, "r") as stream:
        yield person, stream
    os.close(person)


def echoes(stream: TextIO) -> bool:
    return bool(termios.tcgetattr(stream.fileno())[3] & termios.ECHO)


def waiting(stream: TextIO) -> bool:
    return bool(select.select([stream.fileno()], [], [], 0.05)[0])


def test_nothing_is_echoed_meanwhile_and_again_afterwards(keyboard: tuple[int, TextIO]) -> None:
    _, stream = keyboard
    assert echoes(stream)
    with hushed(stream):
        assert not echoes(stream)
    assert echoes(stream)


def test_the_echo_comes_back_after_a_failure_too(keyboard: tuple[int, TextIO]) -> None:
    _, stream = keyboard
    with pytest.raises(RuntimeError), hushed(stream):
        raise RuntimeError
    assert echoes(stream)


def test_enter_pressed_during_a_long_wait_agrees_to_nothing(keyboard: tuple[int, TextIO]) -> None:
    person, stream = keyboard
    with hushed(stream):
        os.write(person, b"\n")
        assert waiting(stream)
        time.sleep(0.3)
    assert not waiting(stream)


def test_keys_pressed_in_a_short_pause_are_kept(keyboard: tuple[int, TextIO]) -> None:
    person, stream = keyboard
    with hushed(stream):
        os.write(person, b"y\n")
    assert waiting(stream)


def test_without_a_terminal_nothing_happens() -> None:
    with hushed(io.StringIO()):
        pass
