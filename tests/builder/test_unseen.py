"""A build goes on when its output is read no more, and cleans up when its window is closed."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from parts.emulator import Emulator

from geos.builder.records import Records
from geos.wizard.errors import Exit

from .test_whole import came_to, nothing_left


@pytest.fixture
def words(emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.chdir(tmp_path)
    for name, value in emulator.env().items():
        monkeypatch.setenv(name, value)
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY Dockerfile /\n")
    program = str(Path(sys.executable).with_name("geos-build"))
    return [program, "--arch", "x86_64", "--context", str(tmp_path), "--repository", "backend", "--yes"]


def state() -> str:
    records = Records()
    (own,) = records.names()
    (part,) = records.parts(own)
    return part.state


def test_a_reader_that_goes_away_ends_no_build(words: list[str], emulator: Emulator) -> None:
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        assert process.stderr.readline()
        process.stderr.close()
        assert process.wait(60) == Exit.OK
    assert state() == "done"
    assert nothing_left(emulator)


def test_a_window_that_is_closed_leaves_nothing_behind(words: list[str], emulator: Emulator) -> None:
    pid, master = pty.fork()
    if pid == 0:
        os.execv(words[0], words)
    os.set_blocking(master, False)
    process = _Child(pid)
    assert came_to("host ready", process)  # type: ignore[arg-type]
    os.close(master)  # its system sends SIGHUP, and nothing can be written any more
    process.wait()
    assert state() == "cancelled"
    assert nothing_left(emulator)


class _Child:
    """A process that was forked, as subprocess has them."""

    def __init__(self, pid: int) -> None:
        self._pid, self._status = pid, None

    def poll(self) -> int | None:
        if self._status is None:
            ended, status = os.waitpid(self._pid, os.WNOHANG)
            self._status = status if ended else None
        return self._status

    def wait(self) -> None:
        if self._status is None:
            self._status = os.waitpid(self._pid, 0)[1]
