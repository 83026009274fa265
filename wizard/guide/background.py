"""Facts fetched while the user reads: started early, waited for only when a question needs them."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from concurrent.futures import Future
from threading import Thread
from typing import Any

from geos.wizard.errors import GeosError
from geos.wizard.ui import Ui


class Background:
    """Each fact has a name and is fetched once. A GeosError is an answer like any other."""

    def __init__(self, ui: Ui) -> None:
        self._ui = ui
        self._jobs: dict[Hashable, Future[Any]] = {}

    def start(self, name: Hashable, job: Callable[[], Any]) -> None:
        """Begin to fetch, unless that was done before."""
        if name in self._jobs:
            return
        future = self._jobs[name] = Future()
        # A daemon: whoever leaves must not wait for what nobody needs any more.
        Thread(target=_answer, args=(job, future), name="geos-guide", daemon=True).start()

    def run(self, name: Hashable, job: Callable[[], Any]) -> None:
        """Fetch it here and now, unless that was done before."""
        if name not in self._jobs:
            future = self._jobs[name] = Future()
            _answer(job, future)

    def get(self, name: Hashable, job: Callable[[], Any], waiting: str, *, usually_seconds: float = 0.0) -> Any:
        """The fact, or the GeosError that took its place. Says `waiting` when it takes a while."""
        self.start(name, job)
        future = self._jobs[name]
        if future.done():
            return future.result()
        with self._ui.waiting(waiting, usually_seconds=usually_seconds):
            return future.result()

    def done(self, name: Hashable) -> Any:
        """The fact if it is there already, else None."""
        future = self._jobs.get(name)
        return future.result() if future is not None and future.done() else None

    def forget(self, name: Hashable) -> None:
        """Fetch again when it is asked for again."""
        self._jobs.pop(name, None)


def _answer(job: Callable[[], Any], future: Future[Any]) -> None:
    try:
        future.set_result(job())
    except GeosError as e:
        future.set_result(e)
    except BaseException as e:  # a fault of ours is raised where the fact is wanted, with its traceback
        future.set_exception(e)
