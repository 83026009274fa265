"""Steps that undo themselves: run in order, cleaned up in reverse, whatever happens in between."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, Protocol, TypeVar

from geos.wizard.errors import GeosError

Job = TypeVar("Job", contravariant=True)
J = TypeVar("J")


class Step(Protocol, Generic[Job]):
    @property
    def title(self) -> str:
        """What the screen says while it runs."""

    def run(self, job: Job) -> None:
        """Do it. Ids are on disk before the call that creates."""

    def cleanup(self, job: Job) -> None:
        """Undo run, however far it came. Safe to call when it did nothing, and to call again."""


class Watcher(Protocol):
    """Who is told what happens."""

    def started(self, step: str) -> None: ...

    def finished(self, step: str) -> None: ...

    def failed(self, step: str, error: BaseException) -> None: ...

    def undone(self, step: str) -> None: ...

    def undo_failed(self, step: str, error: GeosError) -> None: ...


def run_steps(
    steps: Sequence[Step[J]],
    job: J,
    watcher: Watcher,
    *,
    keep: Callable[[BaseException | None], bool] | None = None,
    go_on: Callable[[], None] = lambda: None,
) -> None:
    """Run every step, then clean up from the last to the first; after a failure or Ctrl-C, those that began.

    A cleanup that fails is told and lets the others go on. `keep` is asked, with what went wrong or None, whether
    everything shall be left as it is. `go_on` raises before a step when nobody wants it any more. Raises what the
    first failing step raised.
    """
    begun: list[Step[J]] = []
    failure: BaseException | None = None
    try:
        for step in steps:
            go_on()
            begun.append(step)  # before run: a half-done step costs money too
            watcher.started(step.title)
            try:
                step.run(job)
            except BaseException as e:
                watcher.failed(step.title, e)
                raise
            watcher.finished(step.title)
    except BaseException as e:
        failure = e
        raise
    finally:
        if not (keep and keep(failure)):
            for step in reversed(begun):
                _undo(step, job, watcher)


def _undo(step: Step[J], job: J, watcher: Watcher) -> None:
    try:
        step.cleanup(job)
    except GeosError as e:
        watcher.undo_failed(step.title, e)
    else:
        watcher.undone(step.title)
