"""What a deployment tells while it works, and what it asks. Nothing here prints: the command passes a Watcher in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from geos.wizard.aws.stack_facts import REMOVED, REPLACED, ResourceChange, ValidationFault
from geos.wizard.deployment.diagnosis import Diagnosis
from geos.wizard.deployment.progress import Progress


@dataclass(frozen=True)
class StackChanges:
    """A change set as it will be executed."""

    layer: str
    stack_name: str
    arn: str
    creates: bool
    """The stack does not exist yet, so everything is added."""
    changes: tuple[ResourceChange, ...]
    warnings: tuple[ValidationFault, ...] = ()
    """What CloudFormation's validation found without refusing."""

    @property
    def loses(self) -> tuple[ResourceChange, ...]:
        """Resources that go, or are made anew under another id."""
        return tuple(c for c in self.changes if c.kind in (REMOVED, REPLACED))


class Watcher(Protocol):
    """Gets told; answers one kind of question."""

    def note(self, text: str) -> None:
        """Something worth a line: a role was made, an old failure was cleared away."""

    def waiting(self, what: str, usually_seconds: float | None = None) -> None:
        """What is waited for from now on, until the next call of anything here."""

    def changes(self, changes: StackChanges) -> None:
        """A change set is ready."""

    def agree(self, changes: StackChanges) -> bool:
        """Whether this very change set may be executed."""

    def progress(self, progress: Progress) -> None:
        """How far all stacks are."""

    def failed(self, diagnosis: Diagnosis, undone: Sequence[str]) -> None:
        """A stack failed; `undone` says what was put back, in sentences."""


class Quiet:
    """Says nothing and agrees to everything, for commands that show only the result."""

    def note(self, text: str) -> None:
        return

    def waiting(self, what: str, usually_seconds: float | None = None) -> None:
        return

    def changes(self, changes: StackChanges) -> None:
        return

    def agree(self, changes: StackChanges) -> bool:
        return True

    def progress(self, progress: Progress) -> None:
        return

    def failed(self, diagnosis: Diagnosis, undone: Sequence[str]) -> None:
        return
