"""Removal: what depends on others first; what is retained, and what will not go."""

from __future__ import annotations

from typing import Any

from geos.wizard.sandbox.handlers.registry import handler_for
from geos.wizard.sandbox.stacks.hands import Hands, Stopped, importers
from geos.wizard.sandbox.stacks.store import StackResource, now


class Removing(Hands):
    """Deletes stacks, and takes back what a failed creation made."""

    def delete(self, retained: frozenset[str] = frozenset(), *, force: bool = False) -> None:
        users = self._users_of_exports()
        if users:
            self._record("DELETE_FAILED", users)
            return
        failed = self.remove_all(retained, force=force)
        if failed:
            self._record("DELETE_FAILED", failed_to_delete(failed))
        else:
            self.finish_delete()

    def finish_delete(self) -> None:
        self.stack.deleted_at = now()
        self._record("DELETE_COMPLETE")

    def _users_of_exports(self) -> str:
        for export in self.stack.exports():
            for user in importers(self.world, self.stack.region, export):
                if user is not self.stack:
                    return f"Export {export} cannot be deleted as it is in use by {user.name}"
        return ""

    def remove_all(
        self, retained: frozenset[str] = frozenset(), *, rolling_back: bool = False, force: bool = False
    ) -> list[str]:
        """Every resource, what depends on others first. Answers the logical ids that would not go."""
        failed: list[str] = []
        blocked: set[str] = set()
        for resource in reversed(dependency_order(self.stack.resources.values())):
            if resource.logical_id in blocked:
                blocked |= resource.depends_on
                continue
            keep = resource.deletion_policy == "Retain" or (
                resource.deletion_policy == "RetainExceptOnCreate" and not rolling_back
            )
            if resource.status == "DELETE_COMPLETE":
                continue
            if not resource.physical_id:
                if resource.status:
                    self.stack.record("DELETE_COMPLETE", of=resource, operation=self.operation)
            elif keep or resource.logical_id in retained:
                self.stack.record("DELETE_SKIPPED", of=resource, operation=self.operation)
            elif not self.remove(resource):
                if force:
                    self.stack.record("DELETE_SKIPPED", of=resource, operation=self.operation)
                    continue
                failed.append(resource.logical_id)
                blocked |= resource.depends_on
        return failed

    def remove(self, resource: StackResource) -> bool:
        self.stack.record("DELETE_IN_PROGRESS", of=resource, operation=self.operation)
        try:
            self._try(
                resource,
                "DELETE",
                "delete",
                lambda: handler_for(resource.type).delete(
                    self.place(resource), resource.physical_id, resource.properties
                ),
            )
        except Stopped:
            return False
        self.stack.record("DELETE_COMPLETE", of=resource, operation=self.operation)
        return True


def failed_to_delete(failed: list[str]) -> str:
    return f"The following resource(s) failed to delete: [{', '.join(failed)}]. "


def dependency_order(resources: Any) -> list[StackResource]:
    """What others need first."""
    waiting = {r.logical_id: r for r in resources}
    done: list[StackResource] = []
    while waiting:
        ready = [i for i, r in waiting.items() if not (r.depends_on & waiting.keys()) - {i}] or list(waiting)
        done += [waiting.pop(i) for i in ready]
    return done
