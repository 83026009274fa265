"""What every operation on a stack does: evaluate, make one resource, write the history.

The order is the template's own dependencies; each step goes into the stack's history as AWS writes it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from geos.wizard.cfn.load import Template
from geos.wizard.cfn.resolve import Evaluator, Resolved, Unknown, unknowns
from geos.wizard.errors import BadTemplate
from geos.wizard.sandbox.handlers.base import Place, Refused
from geos.wizard.sandbox.handlers.registry import handler_for, is_simulated
from geos.wizard.sandbox.handlers.simulated import attribute as simulated_attribute
from geos.wizard.sandbox.stacks import reasons
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


class Hands:
    """One operation on one stack."""

    def __init__(self, world: World, stack: Stack, operation: Operation) -> None:
        self.world = world
        self.stack = stack
        self.operation = operation
        self.tags: Mapping[str, str] = stack.tags

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
        """The stack's own status. An operation that a later one has called off has no more say in it."""
        if self.operation.cancelled.is_set():
            return
        self.stack.updated_at = now()
        self.stack.record(status, reason=reason, operation=self.operation)


def _output_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)
