"""Several architectures at once: each comes to its own end; a wish to stop reaches all of them."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geos.builder.build import Part
from geos.builder.job import Job
from geos.builder.progress import Board, PartWatch
from geos.builder.records import Records
from geos.builder.running import PartRun, run_parts
from geos.wizard.errors import Cancelled, GeosError

from .test_records import BUILD


@dataclass
class Paper:
    """A Screen that keeps what is drawn."""

    drawn: int = 0
    said: list[str] = field(default_factory=list)

    def draw(self, board: Board) -> None:
        self.drawn += 1

    def say(self, text: str) -> None:
        self.said.append(text)


@dataclass
class Act:
    title: str
    do: Callable[[Job], None]
    cleaned: threading.Event = field(default_factory=threading.Event)

    def run(self, job: Job) -> None:
        self.do(job)

    def cleanup(self, job: Job) -> None:
        self.cleaned.set()


def run_of(tmp_path: Path, architecture: str, *acts: Act) -> PartRun:
    job = Job(BUILD, Part(architecture), Records(tmp_path), cast(Any, None), lambda text: None)
    return PartRun(job, acts, PartWatch(architecture, [act.title for act in acts]), keep=lambda error: False)


def board_of(*runs: PartRun) -> Board:
    return Board("b-1", "a build", [run.watch for run in runs])


def fail(job: Job) -> None:
    raise GeosError("no capacity")


def test_one_that_fails_does_not_stop_the_other(tmp_path: Path) -> None:
    good, bad = Act("build", lambda job: None), Act("build", fail)
    runs = [run_of(tmp_path, "arm64", good), run_of(tmp_path, "x86_64", bad)]
    run_parts(runs, board_of(*runs), Paper())
    assert runs[0].error is None
    assert isinstance(runs[1].error, GeosError)
    assert good.cleaned.is_set()
    assert bad.cleaned.is_set()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_whoever_wants_out_gets_out_after_a_cleanup(tmp_path: Path, number: signal.Signals) -> None:
    waiting = [Act("build", lambda job: job.wait(60)) for _ in range(2)]
    runs = [run_of(tmp_path, a, act) for a, act in zip(("arm64", "x86_64"), waiting, strict=True)]
    paper = Paper()
    threading.Timer(0.3, os.kill, (os.getpid(), number)).start()
    run_parts(runs, board_of(*runs), paper)
    assert all(isinstance(run.error, Cancelled) for run in runs)
    assert all(act.cleaned.is_set() for act in waiting)
    assert any("cleaning up" in text for text in paper.said)


def test_a_step_that_never_waits_ends_and_none_begins_after_it(tmp_path: Path) -> None:
    """Ctrl-C in the middle of it must not be lost."""
    pushed = threading.Event()
    build, push = Act("build", lambda job: cast(None, job.stop.wait(30))), Act("push", lambda job: pushed.set())
    runs = [run_of(tmp_path, "arm64", build, push)]
    threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
    run_parts(runs, board_of(*runs), Paper())
    assert isinstance(runs[0].error, Cancelled)
    assert build.cleaned.is_set()
    assert not pushed.is_set()


def test_a_second_time_nobody_waits_any_longer(tmp_path: Path) -> None:
    let_go = threading.Event()
    stubborn = Act("build", lambda job: cast(None, let_go.wait(30)))
    runs = [run_of(tmp_path, "arm64", stubborn)]
    for seconds in (0.2, 0.6):
        threading.Timer(seconds, os.kill, (os.getpid(), signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        run_parts(runs, board_of(*runs), Paper())
    let_go.set()


@given(st.lists(st.binary(max_size=30), max_size=20))
def test_output_in_any_pieces_gives_the_same_lines(chunks: list[bytes]) -> None:
    pieces, whole = PartWatch("arm64", ["build"]), PartWatch("arm64", ["build"])
    for chunk in chunks:
        pieces.output(chunk)
    whole.output(b"".join(chunks))
    assert pieces.now.last_lines[-1:] == whole.now.last_lines[-1:]
    assert pieces.now.last_lines == whole.now.last_lines
