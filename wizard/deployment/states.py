"""What a stack's state asks for next. One table, so that no state is forgotten.

Every state that CloudFormation knows is in it; a test compares with botocore's list.
"""

from __future__ import annotations

from enum import Enum

ABSENT = ""
"""No such stack, or one that was deleted."""


class Next(Enum):
    """What must happen before a stack can be created or updated."""

    CREATE = "create"
    UPDATE = "update"
    WAIT = "wait"
    CLEAR = "clear"
    """The stack holds nothing worth keeping (its creation failed): delete it, then create."""
    CONTINUE_ROLLBACK = "continue rollback"


_NEXT: dict[str, Next] = {
    ABSENT: Next.CREATE,
    "DELETE_COMPLETE": Next.CREATE,
    "REVIEW_IN_PROGRESS": Next.CREATE,
    "CREATE_COMPLETE": Next.UPDATE,
    "UPDATE_COMPLETE": Next.UPDATE,
    "UPDATE_ROLLBACK_COMPLETE": Next.UPDATE,
    "IMPORT_COMPLETE": Next.UPDATE,
    "IMPORT_ROLLBACK_COMPLETE": Next.UPDATE,
    "UPDATE_FAILED": Next.UPDATE,
    "CREATE_FAILED": Next.CLEAR,
    "ROLLBACK_COMPLETE": Next.CLEAR,
    "ROLLBACK_FAILED": Next.CLEAR,
    "DELETE_FAILED": Next.CLEAR,
    "UPDATE_ROLLBACK_FAILED": Next.CONTINUE_ROLLBACK,
    "IMPORT_ROLLBACK_FAILED": Next.CONTINUE_ROLLBACK,
    "CREATE_IN_PROGRESS": Next.WAIT,
    "ROLLBACK_IN_PROGRESS": Next.WAIT,
    "UPDATE_IN_PROGRESS": Next.WAIT,
    "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS": Next.WAIT,
    "UPDATE_ROLLBACK_IN_PROGRESS": Next.WAIT,
    "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS": Next.WAIT,
    "IMPORT_IN_PROGRESS": Next.WAIT,
    "IMPORT_ROLLBACK_IN_PROGRESS": Next.WAIT,
    "DELETE_IN_PROGRESS": Next.WAIT,
}

GOOD = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE"})
"""The stack is what its template says."""

STANDING = GOOD | {"UPDATE_ROLLBACK_COMPLETE", "IMPORT_ROLLBACK_COMPLETE"}
"""The stack works, though perhaps with an older template."""


def next_step(status: str) -> Next:
    """What `status` asks for. A state that is new to geos is never deleted: CloudFormation judges the update."""
    found = _NEXT.get(status)
    if found is not None:
        return found
    return Next.WAIT if status.endswith("_IN_PROGRESS") else Next.UPDATE


def is_there(status: str) -> bool:
    """Whether the stack holds, or may hold, resources."""
    return status not in (ABSENT, "DELETE_COMPLETE", "REVIEW_IN_PROGRESS")


def is_busy(status: str) -> bool:
    return next_step(status) is Next.WAIT


def known_states() -> frozenset[str]:
    return frozenset(_NEXT) - {ABSENT}
