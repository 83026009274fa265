"""Updates: in place, by replacement, and back again when something fails."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from geos.wizard.sandbox.handlers.base import Made
from geos.wizard.sandbox.handlers.registry import handler_for
from geos.wizard.sandbox.stacks.changes import custom_name, needs_replacement, same
from geos.wizard.sandbox.stacks.hands import Stopped, Target
from geos.wizard.sandbox.stacks.removing import Removing, dependency_order
from geos.wizard.sandbox.stacks.store import StackResource


@dataclass
class Step:
    """One thing done during an update, to be undone if a later one fails."""

    kind: str
    logical_id: str
    before: StackResource | None = None


class Updating(Removing):
    """Brings a stack to a new template."""

    def update(self, target: Target) -> None:
        stack = self.stack
        before = (stack.template, stack.template_text, stack.parameters, stack.tags, stack.outputs, stack.capabilities)
        steps: list[Step] = []
        self._adopt(target)
        try:
            evaluator = self._evaluator(target)
            order = self._order(target, evaluator)
            for logical_id in order:
                self._bring(self._new(target, evaluator, logical_id), steps)
            self._set_outputs(evaluator, target)
        except Stopped as e:
            why = f"The following resource(s) failed to {e.doing}: [{e.failed.logical_id}]. " if e.failed else e.doing
            if target.on_failure == "DO_NOTHING":
                self._record("UPDATE_FAILED", why)
                return
            self._record("UPDATE_ROLLBACK_IN_PROGRESS", why)
            old = before[:2]
            stack.template, stack.template_text = old
            stack.parameters, stack.tags, stack.outputs, stack.capabilities = before[2:]
            self.tags = stack.tags
            self._undo(steps)
            return
        self._record("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
        gone = [r for i, r in list(stack.resources.items()) if i not in order]
        replaced = [s.before for s in steps if s.kind == "replaced" and s.before is not None]
        self._clean_up(gone, replaced)
        self._record("UPDATE_COMPLETE")

    def _bring(self, new: StackResource, steps: list[Step]) -> None:
        """One resource to what the new template says."""
        old = self.stack.resources.get(new.logical_id)
        if old is None:
            steps.append(Step("created", new.logical_id))
            self._make(new)
        elif old.type != new.type or needs_replacement(new.type, old.properties, new.properties):
            steps.append(Step("replaced", new.logical_id, old))
            self._replace(old, new)
        elif self._unchanged(old, new):
            old.depends_on, old.deletion_policy, old.replace_policy = (
                new.depends_on,
                new.deletion_policy,
                new.replace_policy,
            )
        else:
            steps.append(Step("updated", new.logical_id, replace(old)))
            self._change(old, new)

    def _unchanged(self, old: StackResource, new: StackResource) -> bool:
        tags_same = self._tags_before == dict(self.stack.tags) or not _has_tags(new.type)
        return tags_same and same(old.properties, new.properties) and same(_policies(old), _policies(new))

    def _replace(self, old: StackResource, new: StackResource) -> None:
        name = custom_name(new.type, old.properties, new.properties)
        if name and old.type == new.type:
            reason = (
                "CloudFormation cannot update a stack when a custom-named resource requires replacing. "
                f"Rename {name} and update the stack again."
            )
            self.stack.record("UPDATE_FAILED", of=old, reason=reason, operation=self.operation)
            raise Stopped(old, "update")
        self.stack.record(
            "UPDATE_IN_PROGRESS",
            of=old,
            reason="Requested update requires the creation of a new physical resource; hence creating one.",
            operation=self.operation,
        )
        self.stack.resources[new.logical_id] = new
        self._build(new, "UPDATE", "update")

    def _change(self, old: StackResource, new: StackResource) -> None:
        self.stack.record("UPDATE_IN_PROGRESS", of=old, operation=self.operation)
        old_properties = old.properties
        old.extras = new.extras
        made = self._try(
            old,
            "UPDATE",
            "update",
            lambda: handler_for(old.type).update(
                self.place(old), Made(old.physical_id, dict(old.attributes)), old_properties, new.properties
            ),
        )
        old.properties, old.depends_on = new.properties, new.depends_on
        old.deletion_policy, old.replace_policy = new.deletion_policy, new.replace_policy
        old.physical_id, old.attributes = made.physical_id, made.attributes
        self.stack.record("UPDATE_COMPLETE", of=old, operation=self.operation)

    def _undo(self, steps: list[Step]) -> None:
        """Back to what was, the last step first."""
        stack, leftovers = self.stack, []
        broken: list[StackResource] = []
        for step in reversed(steps):
            there = stack.resources[step.logical_id]
            if step.kind == "created":
                leftovers.append(there)
            elif step.kind == "replaced" and step.before is not None:
                if there is not step.before:
                    leftovers.append(there)
                    stack.resources[step.logical_id] = step.before
                stack.record("UPDATE_COMPLETE", of=step.before, operation=self.operation)
            elif step.before is not None:
                broken += self._change_back(there, step.before)
        stack.leftovers = leftovers
        self._finish_rollback(broken)

    def continue_rollback(self, skipped: frozenset[str]) -> None:
        """Once more after UPDATE_ROLLBACK_FAILED, leaving out what the caller has given up."""
        broken: list[StackResource] = []
        for before in self.stack.not_rolled_back:
            if before.logical_id in skipped:
                there = self.stack.resources[before.logical_id]
                self.stack.record("UPDATE_COMPLETE", of=there, reason="Resource skipped", operation=self.operation)
            else:
                broken += self._change_back(self.stack.resources[before.logical_id], before)
        self._finish_rollback(broken)

    def _finish_rollback(self, broken: list[StackResource]) -> None:
        stack = self.stack
        stack.not_rolled_back = broken
        if broken:
            names = ", ".join(r.logical_id for r in broken)
            self._record("UPDATE_ROLLBACK_FAILED", f"The following resource(s) failed to update: [{names}]. ")
            return
        self._record("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS")
        leftovers, stack.leftovers = stack.leftovers, []
        for resource in leftovers:
            if stack.resources.get(resource.logical_id) is resource:
                del stack.resources[resource.logical_id]
            if resource.physical_id:
                self.remove(resource)
        stack.resources = {i: r for i, r in stack.resources.items() if r.physical_id}
        self._record("UPDATE_ROLLBACK_COMPLETE")

    def _change_back(self, there: StackResource, before: StackResource) -> list[StackResource]:
        """What could not be changed back: `before`, or nothing."""
        try:
            self._change(there, replace(before))
        except Stopped:
            return [before]
        return []

    def _clean_up(self, gone: list[StackResource], replaced: list[StackResource]) -> None:
        """After the new is in place. What cannot be removed stays behind, as with AWS."""
        for resource in [*replaced, *reversed(dependency_order(gone))]:
            policy = resource.replace_policy if resource in replaced else resource.deletion_policy
            if policy == "Retain":
                self.stack.record("DELETE_SKIPPED", of=resource, operation=self.operation)
            else:
                self.remove(resource)
            if self.stack.resources.get(resource.logical_id) is resource:
                del self.stack.resources[resource.logical_id]


def _policies(resource: StackResource) -> dict[str, Any]:
    return {k: v for k, v in resource.extras.items() if k not in ("Metadata", "UpdateReplacePolicy")}


def _has_tags(type_name: str) -> bool:
    from geos.wizard.tables.types import resource_type

    known = resource_type(type_name)
    return bool(known and known.tagging and "Tags" not in known.create_only)
