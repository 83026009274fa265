"""How far a build is: written by the threads that build, read by the screen. One value for each architecture."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from geos.wizard.errors import Cancelled, GeosError

WAITING, RUNNING, DONE, FAILED = "waiting", "running", "done", "failed"
LINES_KEPT = 40


@dataclass(frozen=True)
class StepProgress:
    title: str
    state: str = WAITING
    seconds: float = 0.0
    detail: str = ""
    """What of it is being done, or came of it."""


@dataclass(frozen=True)
class PartProgress:
    """A picture of one moment."""

    architecture: str
    steps: tuple[StepProgress, ...]
    last_lines: tuple[str, ...] = ()
    """Of the build's output."""
    machine: str = ""
    """Disk and memory of the host."""
    undoing: bool = False


class PartWatch:
    """A steps.Watcher for one architecture. Safe to use from several threads."""

    def __init__(
        self,
        architecture: str,
        titles: Sequence[str],
        *,
        on_line: Callable[[str], None] = lambda line: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`on_line` gets a sentence for every change, for a log or a screen where nothing can be redrawn."""
        self._lock = threading.Lock()
        self._now = PartProgress(architecture, tuple(StepProgress(t) for t in titles))
        self._clock, self._on_line = clock, on_line
        self._began: dict[str, float] = {}
        self._lines: deque[str] = deque(maxlen=LINES_KEPT)
        self._rest = b""

    @property
    def now(self) -> PartProgress:
        with self._lock:
            steps = tuple(self._timed(step) for step in self._now.steps)
            rest = (self._rest.decode(errors="replace"),) if self._rest else ()
            return replace(self._now, steps=steps, last_lines=(*self._lines, *rest))

    def _timed(self, step: StepProgress) -> StepProgress:
        if step.state != RUNNING or step.title not in self._began:
            return step
        return replace(step, seconds=self._clock() - self._began[step.title])

    # --- steps.Watcher -----------------------------------------------------------------------

    def started(self, step: str) -> None:
        with self._lock:
            self._began[step] = self._clock()
            self._lines.clear()
            self._rest = b""
            self._now = replace(self._now, machine="")
            self._change(step, state=RUNNING, detail="")
        self._on_line(f"{step} …")

    def finished(self, step: str) -> None:
        self._on_line(f"✓ {step}  {self._end(step, DONE):.1f} s")

    def failed(self, step: str, error: BaseException) -> None:
        self._end(step, FAILED)
        stopped = isinstance(error, Cancelled | KeyboardInterrupt)
        self._on_line(f"stopped during: {step}" if stopped else f"✗ {step}: {_said(error)}")

    def undone(self, step: str) -> None:
        with self._lock:
            self._now = replace(self._now, undoing=True)

    def undo_failed(self, step: str, error: GeosError) -> None:
        with self._lock:
            self._now = replace(self._now, undoing=True)
        self._on_line(f"! could not undo {step}: {error.message}")

    # --- what a step tells on its way ----------------------------------------------------------

    def detail(self, text: str) -> None:
        """What the running step is at, or what came of it."""
        with self._lock:
            for step in self._now.steps:
                if step.state == RUNNING:
                    self._change(step.title, detail=text)
        self._on_line(text)

    def machine(self, text: str) -> None:
        with self._lock:
            self._now = replace(self._now, machine=text)

    def output(self, chunk: bytes) -> None:
        """Bytes of the build's output, whole lines or not."""
        with self._lock:
            *lines, rest = (self._rest + chunk).split(b"\n")
            self._lines.extend(line.decode(errors="replace").rstrip("\r") for line in lines[-LINES_KEPT:])
            self._rest = rest[-400:]

    # --- inside ------------------------------------------------------------------------------

    def _end(self, step: str, state: str) -> float:
        """How long it took, in seconds."""
        with self._lock:
            seconds = self._clock() - self._began.get(step, self._clock())
            self._change(step, state=state, seconds=seconds)
        return seconds

    def _change(self, title: str, **changes: object) -> None:
        steps = tuple(replace(s, **changes) if s.title == title else s for s in self._now.steps)  # type: ignore[arg-type]
        self._now = replace(self._now, steps=steps)


@dataclass
class Board:
    """All architectures of one build."""

    build_id: str
    headline: str
    parts: list[PartWatch] = field(default_factory=list)

    @property
    def now(self) -> tuple[PartProgress, ...]:
        return tuple(part.now for part in self.parts)


def _said(error: BaseException) -> str:
    return error.message.splitlines()[0] if isinstance(error, GeosError) and error.message else type(error).__name__
