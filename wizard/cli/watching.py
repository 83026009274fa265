"""What a deployment tells, put on the screen: one live region, everything else above it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import TYPE_CHECKING

from geos.wizard.aws.stack_facts import ResourceChange
from geos.wizard.errors import GeosError
from geos.wizard.ui import Live, Ui
from geos.wizard.ui.views.changes import changes as change_view
from geos.wizard.ui.views.progress import failure, progress, progress_lines
from geos.wizard.ui.views.words import indented

if TYPE_CHECKING:
    from geos.wizard.deployment.diagnosis import Diagnosis
    from geos.wizard.deployment.progress import Progress
    from geos.wizard.deployment.watcher import StackChanges


class ScreenWatcher:
    """A Watcher. Used as a context, so that the live region ends whatever happens.

    Change sets that only do what the user agreed to beforehand are shown in passing; one that replaces or
    removes something else is asked about.
    """

    def __init__(
        self, ui: Ui, *, agreed: Iterable[ResourceChange] = (), log: str = "", region: str = "", flags: str = ""
    ) -> None:
        self._ui = ui
        self._agreed = {(c.logical_id, c.type) for c in agreed}
        self._log = log
        self._region = region
        self._flags = flags
        self._told = False
        """The failure that ends the run was shown in full."""
        self._last: Progress | None = None
        self._live: Live | None = None
        self._open = ExitStack()
        self._waiting = ExitStack()

    def __enter__(self) -> ScreenWatcher:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, GeosError):
            error.shown = self._told
        self._quiet()

    def note(self, text: str) -> None:
        self._waiting.close()
        self._ui.say(indented(text))  # above the live region, which stays

    def waiting(self, what: str, usually_seconds: float | None = None) -> None:
        self._waiting.close()
        self._waiting.enter_context(self._ui.waiting(what, usually_seconds=usually_seconds or 0.0))

    def changes(self, changes: StackChanges) -> None:
        if self._unexpected(changes):
            self._quiet()
            shown = change_view({changes.layer: changes.changes}, deployment=changes.stack_name, region=self._region)
            self._ui.say(shown)

    def agree(self, changes: StackChanges) -> bool:
        losses = self._unexpected(changes)
        if not losses:
            return True
        self._quiet()
        names = ", ".join(c.logical_id for c in losses)
        return self._ui.confirm(f"{changes.stack_name}: this replaces or removes {names}. Go ahead?")

    def _unexpected(self, changes: StackChanges) -> list[ResourceChange]:
        return [c for c in changes.loses if (c.logical_id, c.type) not in self._agreed]

    def progress(self, progress_now: Progress) -> None:
        self._waiting.close()
        if self._live is None:
            self._live = self._open.enter_context(self._ui.live())
        lines = progress_lines(self._last, progress_now)
        self._live.show(progress(progress_now), line="\n".join(lines))
        self._last = progress_now

    def failed(self, diagnosis: Diagnosis, undone: Sequence[str]) -> None:
        self._quiet()
        commands = (f"geos-setup {self._flags}deploy",)
        self._ui.say(failure(diagnosis, undone="; ".join(undone), next_commands=commands, log=self._log))
        self._told = True

    def _quiet(self) -> None:
        """End what is being redrawn, so that a line or a question can follow."""
        self._waiting.close()
        self._open.close()
        self._live = None
