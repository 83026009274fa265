"""Steps undo themselves, last to first, whatever happens in between."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from geos.builder.steps import run_steps
from geos.wizard.errors import GeosError


@dataclass
class Recorder:
    """A Watcher, and the job at once: everything that happens, in order."""

    happened: list[str] = field(default_factory=list)

    def started(self, step: str) -> None:
        self.happened.append(f"started {step}")

    def finished(self, step: str) -> None:
        self.happened.append(f"finished {step}")

    def failed(self, step: str, error: BaseException) -> None:
        self.happened.append(f"failed {step}")

    def undone(self, step: str) -> None:
        self.happened.append(f"undone {step}")

    def undo_failed(self, step: str, error: GeosError) -> None:
        self.happened.append(f"undo failed {step}")


@dataclass(frozen=True)
class Act:
    title: str
    error: BaseException | None = None
    undo_error: GeosError | None = None

    def run(self, job: Recorder) -> None:
        job.happened.append(f"run {self.title}")
        if self.error:
            raise self.error

    def cleanup(self, job: Recorder) -> None:
        job.happened.append(f"undo {self.title}")
        if self.undo_error:
            raise self.undo_error


def happened(steps: list[Act], keep: Callable[[BaseException | None], bool] | None = None) -> list[str]:
    recorder = Recorder()
    errors = [s.error for s in steps if s.error]
    if errors:
        with pytest.raises(type(errors[0])):
            run_steps(steps, recorder, recorder, keep=keep)
    else:
        run_steps(steps, recorder, recorder, keep=keep)
    return [h for h in recorder.happened if h.startswith(("run", "undo"))]


def test_after_success_everything_is_undone_from_the_end() -> None:
    assert happened([Act("key"), Act("host")]) == [
        "run key",
        "run host",
        "undo host",
        "undone host",
        "undo key",
        "undone key",
    ]


@pytest.mark.parametrize("error", [GeosError("no"), KeyboardInterrupt(), ValueError("a fault of ours")])
def test_a_step_that_failed_half_way_is_undone_too_and_later_ones_never_begin(error: BaseException) -> None:
    found = happened([Act("key"), Act("host", error), Act("build")])
    assert found == ["run key", "run host", "undo host", "undone host", "undo key", "undone key"]


def test_a_cleanup_that_fails_is_told_and_lets_the_others_go_on() -> None:
    found = happened([Act("key"), Act("host", undo_error=GeosError("busy")), Act("build")])
    assert found[3:] == ["undo build", "undone build", "undo host", "undo failed host", "undo key", "undone key"]


def test_nothing_is_undone_when_it_shall_be_kept() -> None:
    asked: list[BaseException | None] = []
    error = GeosError("lost")

    def keep(failure: BaseException | None) -> bool:
        asked.append(failure)
        return True

    assert happened([Act("key"), Act("host", error)], keep) == ["run key", "run host"]
    assert asked == [error]
