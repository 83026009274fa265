"""Build all architectures side by side, redraw the screen meanwhile, and end well when somebody wants out.

Each architecture has a thread. Ctrl-C (SIGTERM and SIGHUP mean the same) once: every wait ends, the cleanup runs to
its end and says so. Twice: nobody waits any longer; the host's own timer and `geos-build clean` do the rest.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from geos.builder.job import Job
from geos.builder.progress import Board, PartWatch
from geos.builder.steps import Step, run_steps
from geos.wizard.errors import Cancelled, GeosError
from geos.wizard.interrupts import signals_like_ctrl_c

REDRAWN_EVERY_SECONDS = 0.15


class Screen(Protocol):
    """Where the board is drawn."""

    def draw(self, board: Board) -> None: ...

    def say(self, text: str) -> None: ...


@dataclass
class PartRun:
    """One architecture: its steps, and what became of them."""

    job: Job
    steps: Sequence[Step[Job]]
    watch: PartWatch
    keep: Callable[[BaseException | None], bool]
    store_log: Callable[[], str] = lambda: ""
    """Puts the log where others find it, however the part ended; where that is. Raises GeosError."""
    log_at: str = ""
    log_error: GeosError | None = None
    error: BaseException | None = None
    over: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        try:
            run_steps(self.steps, self.job, self.watch, keep=self.keep, go_on=lambda: self.job.wait(0))
        except BaseException as e:  # carried to the main thread, which decides
            # Whatever broke because the user wanted out is the user's wish, not a fault.
            stopped = self.job.stop.is_set() and isinstance(e, GeosError)
            self.error = Cancelled("stopped.") if stopped else e
        finally:
            self._store_log()
            self.over.set()

    def _store_log(self) -> None:
        try:
            self.log_at = self.store_log()
        except GeosError as e:
            self.log_error = e  # told, and no fault of the image


def run_parts(runs: Sequence[PartRun], board: Board, screen: Screen) -> None:
    """Run all; afterwards each run's `error` says how it ended. Raises KeyboardInterrupt on the second Ctrl-C."""
    threads = [threading.Thread(target=r.run, name=f"geos-build-{r.job.architecture}", daemon=True) for r in runs]
    with signals_like_ctrl_c():
        for thread in threads:
            thread.start()
        try:
            _wait(runs, board, screen)
        except KeyboardInterrupt:
            screen.say("Stopping, and cleaning up. Ctrl-C again stops waiting for that.")
            _stop(runs)
            _wait(runs, board, screen)
    screen.draw(board)


def _wait(runs: Sequence[PartRun], board: Board, screen: Screen) -> None:
    # Not by Thread.join: a Ctrl-C in the middle of one makes Python 3.11 take the thread for ended.
    while going := [run for run in runs if not run.over.is_set()]:
        going[0].over.wait(REDRAWN_EVERY_SECONDS)
        screen.draw(board)


def _stop(runs: Sequence[PartRun]) -> None:
    for run in runs:
        run.job.stop.set()
        if run.job.host is not None:
            run.job.host.close()  # ends whatever waits for the host
