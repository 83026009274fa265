"""Carries out what a change set says: make, change, replace, remove, and go back when something fails.

One operation is one thread. The order is the templates' own dependencies; each step goes into the stack's
history as AWS writes it.
"""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from geos.wizard.cfn.load import Template
from geos.wizard.cfn.resolve import Evaluator, Resolved, Unknown, unknowns
from geos.wizard.errors import BadTemplate
from geos.wizard.sandbox.handlers.base import Made, Place, Refused
from geos.wizard.sandbox.handlers.registry import handler_for, is_simulated
from geos.wizard.sandbox.handlers.simulated import attribute as simulated_attribute
from geos.wizard.sandbox.stacks import reasons
from geos.wizard.sandbox.stacks.changes import custom_name, needs_replacement, same
from geos.wizard.sandbox.stacks.evaluation import Scope
from geos.wizard.sandbox.stacks.store import Operation, Stack, StackResource, now
from geos.wizard.sandbox.wire import ApiError
from geos.wizard.sandbox.world import World

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Target:
    """What a stack is to become."""

    template: Template
    template_text: str
    parameters: Mapping[str, str]
    tags: Mapping[str, str]
    capabilities: tuple[str, ...] = ()
    on_failure: str = "ROLLBACK"
    """ROLLBACK, DO_NOTHING or DELETE."""


class Stopped(Exception):
    """A resource could not be made or changed, or the operation was called off."""

    def __init__(self, failed: StackResource | None, doing: str) -> None:
        super().__init__(doing)
        self.failed = failed
        self.doing = doing


@dataclass
class Step:
    """One thing done during an update, to be undone if a later one fails."""

    kind: str
    logical_id: str
    before: StackResource | None = None


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


def importers(world: World, region: str, export: str) -> list[Stack]:
    """The living stacks whose templates import an export."""
    found = []
    for stack in world.stacks.in_region(region):
        if stack.gone or stack.template is None or not stack.resources:
            continue
        scope = Scope(world, region, stack.name, stack.id, stack.template, stack.parameters)
        if export in scope.imported():
            found.append(stack)
    return found


class Engine:
    """The hands: what one operation does to one stack."""

    def __init__(self, world: World, stack: Stack, operation: Operation) -> None:
        self.world = world
        self.stack = stack
        self.operation = operation
        self.tags: Mapping[str, str] = stack.tags

    # --- create --------------------------------------------------------------------------

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
        failed = self._remove_all(rolling_back=True)
        if failed:
            self._record(f"{ending}_FAILED", _failed_to_delete(failed))
        else:
            stack.outputs = []
            self._finish_delete() if ending == "DELETE" else self._record("ROLLBACK_COMPLETE")

    # --- update --------------------------------------------------------------------------

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
        stack, leftovers, broken = self.stack, [], []
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
        if broken:
            self._record(
                "UPDATE_ROLLBACK_FAILED", f"The following resource(s) failed to update: [{', '.join(broken)}]. "
            )
            return
        self._record("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS")
        for resource in leftovers:
            if stack.resources.get(resource.logical_id) is resource:
                del stack.resources[resource.logical_id]
            if resource.physical_id:
                self._remove(resource)
        stack.resources = {i: r for i, r in stack.resources.items() if r.physical_id}
        self._record("UPDATE_ROLLBACK_COMPLETE")

    def _change_back(self, there: StackResource, before: StackResource) -> list[str]:
        wanted = replace(before)
        try:
            self._change(there, wanted)
        except Stopped:
            return [there.logical_id]
        return []

    def _clean_up(self, gone: list[StackResource], replaced: list[StackResource]) -> None:
        """After the new is in place. What cannot be removed stays behind, as with AWS."""
        for resource in [*replaced, *reversed(_dependency_order(gone))]:
            policy = resource.replace_policy if resource in replaced else resource.deletion_policy
            if policy == "Retain":
                self.stack.record("DELETE_SKIPPED", of=resource, operation=self.operation)
            else:
                self._remove(resource)
            if self.stack.resources.get(resource.logical_id) is resource:
                del self.stack.resources[resource.logical_id]

    # --- delete --------------------------------------------------------------------------

    def delete(self, retained: frozenset[str] = frozenset(), *, force: bool = False) -> None:
        users = self._users_of_exports()
        if users:
            self._record("DELETE_FAILED", users)
            return
        failed = self._remove_all(retained, force=force)
        if failed:
            self._record("DELETE_FAILED", _failed_to_delete(failed))
        else:
            self._finish_delete()

    def _finish_delete(self) -> None:
        self.stack.deleted_at = now()
        self._record("DELETE_COMPLETE")

    def _users_of_exports(self) -> str:
        for export in self.stack.exports():
            for user in importers(self.world, self.stack.region, export):
                if user is not self.stack:
                    return f"Export {export} cannot be deleted as it is in use by {user.name}"
        return ""

    def _remove_all(
        self, retained: frozenset[str] = frozenset(), *, rolling_back: bool = False, force: bool = False
    ) -> list[str]:
        """Every resource, what depends on others first. Answers the logical ids that would not go."""
        failed: list[str] = []
        blocked: set[str] = set()
        for resource in reversed(_dependency_order(self.stack.resources.values())):
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
            elif not self._remove(resource):
                if force:
                    self.stack.record("DELETE_SKIPPED", of=resource, operation=self.operation)
                    continue
                failed.append(resource.logical_id)
                blocked |= resource.depends_on
        return failed

    def _remove(self, resource: StackResource) -> bool:
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

    # --- shared --------------------------------------------------------------------------

    def _adopt(self, target: Target) -> None:
        stack = self.stack
        self._tags_before = dict(stack.tags)
        stack.template, stack.template_text = target.template, target.template_text
        stack.parameters, stack.tags = dict(target.parameters), dict(target.tags)
        stack.capabilities = list(target.capabilities)
        self.tags = stack.tags

    def _evaluator(self, target: Target) -> Evaluator:
        self.scope = Scope(
            self.world, self.stack.region, self.stack.name, self.stack.id, target.template, target.parameters
        )
        return self.scope.evaluator(self._lookup)

    def _order(self, target: Target, evaluator: Evaluator) -> list[str]:
        return Resolved("template", self.scope.resources(evaluator), {}, {}, {}).creation_order()

    def _lookup(self, logical_id: str, attribute: str) -> Any:
        there = self.stack.resources.get(logical_id)
        if there is None or not there.physical_id:
            return Unknown(f"{logical_id} does not exist yet", logical_id, attribute)
        if not attribute:
            return there.physical_id
        if attribute in there.attributes:
            return there.attributes[attribute]
        if there.simulated:
            return simulated_attribute(self.place(there), there.physical_id, attribute)
        return Unknown(f"resource {logical_id} does not support attribute type {attribute} in Fn::GetAtt")

    def _new(self, target: Target, evaluator: Evaluator, logical_id: str) -> StackResource:
        """The resource as the template wants it, every value worked out."""
        raw = target.template.section("Resources")[logical_id]
        found = evaluator.resource(logical_id, raw)
        resource = StackResource(
            logical_id,
            found.type,
            found.properties,
            extras=dict(found.attributes),
            depends_on=found.depends_on,
            deletion_policy=found.deletion_policy,
            replace_policy=str(raw.get("UpdateReplacePolicy", "Delete")),
            simulated=is_simulated(found.type),
        )
        missing = next(unknowns(found.properties), None)
        if missing is not None:
            there = self.stack.resources.setdefault(logical_id, resource)
            word = "UPDATE" if there.physical_id else "CREATE"
            reason = f"Template error: {missing.why}"
            self.stack.record(f"{word}_FAILED", of=there, reason=reason, operation=self.operation)
            raise Stopped(there, word.lower())
        resource.properties = self._try(
            resource, "CREATE", "create", lambda: self.scope.resolve_references(found.properties)
        )
        return resource

    def _make(self, resource: StackResource) -> None:
        self.stack.resources[resource.logical_id] = resource
        self.stack.record("CREATE_IN_PROGRESS", of=resource, operation=self.operation)
        self._build(resource, "CREATE", "create")

    def _build(self, resource: StackResource, word: str, doing: str) -> None:
        if self.operation.cancelled.is_set():
            self.stack.record(
                "CREATE_FAILED", of=resource, reason="Resource creation cancelled", operation=self.operation
            )
            raise Stopped(resource, doing)
        place = self.place(resource)
        try:
            made = self._try(
                resource, word, doing, lambda: handler_for(resource.type).create(place, resource.properties)
            )
        except Stopped:
            # Half made is made: the way back has to remove it.
            resource.physical_id = place.begun[-1] if place.begun else ""
            raise
        resource.physical_id, resource.attributes = made.physical_id, made.attributes
        started = "" if resource.simulated else "Resource creation Initiated"
        self.stack.record(f"{word}_IN_PROGRESS", of=resource, reason=started, operation=self.operation)
        self.stack.record(f"{word}_COMPLETE", of=resource, operation=self.operation)

    def _try(self, resource: StackResource, word: str, doing: str, work: Callable[[], Any]) -> Any:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return work()
        except (Refused, ClientError, BotoCoreError, KeyError, ValueError, TypeError) as e:
            if isinstance(e, KeyError | ValueError | TypeError):
                log.exception("%s of %s failed", doing, resource.type)
            self.stack.record(f"{word}_FAILED", of=resource, reason=reasons.of(e, resource), operation=self.operation)
            raise Stopped(resource, doing) from e

    def place(self, resource: StackResource) -> Place:
        own = {
            "aws:cloudformation:stack-name": self.stack.name,
            "aws:cloudformation:stack-id": self.stack.id,
            "aws:cloudformation:logical-id": resource.logical_id,
        }
        return Place(
            self.world,
            self.stack.region,
            self.stack.name,
            self.stack.id,
            resource.logical_id,
            resource.type,
            {**self.tags, **own},
            resource.extras,
        )

    def _set_outputs(self, evaluator: Evaluator, target: Target) -> None:
        try:
            values, _ = evaluator.outputs()
        except (BadTemplate, ApiError) as e:
            raise Stopped(None, f"Template error: {e.message}.") from e
        taken = self.world.stacks.exports(self.stack.region)
        outputs = []
        for name, value in values.items():
            missing = next(unknowns(value), None)
            if missing is not None:
                raise Stopped(None, f"Template error: output {name}: {missing.why}.")
            raw = target.template.section("Outputs")[name]
            output = {"OutputKey": name, "OutputValue": _output_text(value)}
            if raw.get("Description"):
                output["Description"] = str(raw["Description"])
            if "Export" in raw:
                export = str(evaluator.value(raw["Export"]["Name"], f"Outputs.{name}"))
                if export in taken and taken[export][1] is not self.stack:
                    raise Stopped(
                        None, f"Export with name {export} is already exported by stack {taken[export][1].name}."
                    )
                output["ExportName"] = export
            outputs.append(output)
        self._keep_used_exports(outputs)
        self.stack.outputs = outputs

    def _keep_used_exports(self, outputs: list[dict[str, str]]) -> None:
        """What another stack imports may neither go nor change."""
        new = {o["ExportName"]: o["OutputValue"] for o in outputs if "ExportName" in o}
        for export, value in self.stack.exports().items():
            if new.get(export) == value:
                continue
            for user in importers(self.world, self.stack.region, export):
                word = "updated" if export in new else "deleted"
                raise Stopped(None, f"Export {export} cannot be {word} as it is in use by {user.name}")

    def _record(self, status: str, reason: str = "") -> None:
        self.stack.updated_at = now()
        self.stack.record(status, reason=reason, operation=self.operation)


def _output_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def _failed_to_delete(failed: list[str]) -> str:
    return f"The following resource(s) failed to delete: [{', '.join(failed)}]. "


def _policies(resource: StackResource) -> dict[str, Any]:
    return {k: v for k, v in resource.extras.items() if k not in ("Metadata", "UpdateReplacePolicy")}


def _has_tags(type_name: str) -> bool:
    from geos.wizard.tables.types import resource_type

    known = resource_type(type_name)
    return bool(known and known.tagging and "Tags" not in known.create_only)


def _dependency_order(resources: Any) -> list[StackResource]:
    """What others need first."""
    waiting = {r.logical_id: r for r in resources}
    done: list[StackResource] = []
    while waiting:
        ready = [i for i, r in waiting.items() if not (r.depends_on & waiting.keys()) - {i}] or list(waiting)
        done += [waiting.pop(i) for i in ready]
    return done


__all__ = ["Engine", "Target", "begin"]
