"""Carries out what a change set says, each operation in a thread of its own so that clients can watch."""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Callable

from geos.wizard.sandbox.stacks.hands import Stopped, Target, importers
from geos.wizard.sandbox.stacks.removing import failed_to_delete
from geos.wizard.sandbox.stacks.store import Operation, Stack, now
from geos.wizard.sandbox.stacks.updating import Updating
from geos.wizard.sandbox.world import World

log = logging.getLogger(__name__)


def begin(world: World, stack: Stack, kind: str, work: Callable[[Engine], None], token: str = "") -> Operation:
    """Start an operation in its own thread, after whatever is still running on this stack."""
    operation = Operation(str(uuid.uuid4()), kind, token)
    earlier = [o.thread for o in stack.operations if o.thread is not None]
    stack.operations.append(operation)

    def run() -> None:
        for thread in earlier:
            thread.join()
        try:
            work(Engine(world, stack, operation))
        except Exception:
            # A stack that hangs in progress for ever would hang every client that waits for it.
            log.exception("%s of %s broke off", kind, stack.name)
            word = kind.removesuffix("_STACK")
            stack.record(f"{word}_FAILED", reason="Internal Failure", operation=operation)
        finally:
            operation.ended_at = now()
            operation.status = "FAILED" if "FAILED" in stack.status or "ROLLBACK" in stack.status else "SUCCEEDED"

    operation.thread = threading.Thread(target=run, name=f"{kind} {stack.name}", daemon=True)
    operation.thread.start()
    return operation


class Engine(Updating):
    """Creates, updates and deletes one stack."""

    def create(self, target: Target) -> None:
        self._adopt(target)
        try:
            evaluator = self._evaluator(target)
            for logical_id in self._order(target, evaluator):
                self._make(self._new(target, evaluator, logical_id))
            self._set_outputs(evaluator, target)
        except Stopped as e:
            self._creation_failed(target, e)
            return
        self._record("CREATE_COMPLETE")

    def _creation_failed(self, target: Target, e: Stopped) -> None:
        if self.operation.cancelled.is_set():
            return
        stack = self.stack
        why = f"The following resource(s) failed to create: [{e.failed.logical_id}]. " if e.failed else f"{e.doing} "
        if target.on_failure == "DO_NOTHING":
            self._record("CREATE_FAILED", why.strip())
            return
        ending = "DELETE" if target.on_failure == "DELETE" else "ROLLBACK"
        self._record(f"{ending}_IN_PROGRESS", f"{why}Rollback requested by user.")
        failed = self.remove_all(rolling_back=True)
        if failed:
            self._record(f"{ending}_FAILED", failed_to_delete(failed))
        else:
            stack.outputs = []
            self.finish_delete() if ending == "DELETE" else self._record("ROLLBACK_COMPLETE")


__all__ = ["Engine", "Stopped", "Target", "begin", "importers"]
