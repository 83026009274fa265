"""Whoever reads the output may go; what was begun goes on."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

TALK = """
import sys
from pathlib import Path
from geos.wizard.ui.terminal import Terminal
terminal = Terminal()
sys.stdin.readline()  # until nobody reads any more
for number in range(3):
    terminal.say(f"line {number}")
    terminal.show(f"result {number}")
with terminal.live() as live:
    live.show("drawn", line="a change")
terminal.data({"done": True})
Path(sys.argv[1]).write_text("to its end")
"""


@pytest.mark.parametrize("way", ["pipe", "window"])
def test_what_was_begun_is_carried_on_when_nobody_looks(tmp_path: Path, way: str) -> None:
    reader, writer = os.pipe() if way == "pipe" else os.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", TALK, str(tmp_path / "done")],
        stdin=subprocess.PIPE,
        stdout=writer,
        stderr=writer,
        start_new_session=True,
    )
    os.close(writer)
    os.close(reader)
    process.communicate(b"\n", timeout=60)
    assert process.returncode == 0
    assert (tmp_path / "done").read_text() == "to its end"


def test_results_that_a_full_disk_does_not_take_are_no_success(tmp_path: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-c", TALK, str(tmp_path / "done")], input=b"\n", stdout=full, stderr=subprocess.PIPE
        )
    assert done.returncode != 0
    assert b"No space left" in done.stderr
