"""CloudFormation: stacks, change sets, events, drift."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from geos.wizard.aws.stack_facts import (
    ADDED,
    CHANGED,
    PERHAPS_REPLACED,
    REMOVED,
    REPLACED,
    ChangeSet,
    Drift,
    ResourceChange,
    StackEvent,
    StackFact,
    StackResource,
    ValidationFault,
)
from geos.wizard.errors import AccessDenied, AwsRefused, NotAnswered, NotThere

if TYPE_CHECKING:
    from geos.wizard.aws.door import Door

NO_SUCH_STACK = "ValidationError"
"""DescribeStacks and its kin have no code of their own for a stack that does not exist; with a well-formed
name this is the only cause of it."""


@dataclass(frozen=True)
class ChangeSetRequest:
    """Everything CreateChangeSet is told."""

    stack_name: str
    name: str
    create: bool
    parameters: Mapping[str, str]
    tags: Mapping[str, str]
    capabilities: tuple[str, ...]
    body: str = field(default="", repr=False)
    previous: tuple[str, ...] = ()
    """Parameters that keep the value they have, hidden ones too."""
    url: str = ""
    """Set instead of `body` for a template above 51,200 bytes."""
    description: str = ""


class Stacks:
    """The stacks of one account and region."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._tells_validation = True

    @property
    def _client(self) -> Any:
        return self._door.client("cloudformation")

    # --- reading -----------------------------------------------------------------------------

    def describe(self, name_or_id: str) -> StackFact | None:
        """The stack, or None. A deleted stack is found by its id only."""
        try:
            with self._door.asking(f"read stack {_short(name_or_id)}"):
                answer = self._client.describe_stacks(StackName=name_or_id)
        except NotThere:
            return None
        except AwsRefused as e:
            if e.aws_code == NO_SUCH_STACK:
                return None
            raise
        return next((_stack(raw) for raw in answer["Stacks"]), None)

    def all(self) -> tuple[StackFact, ...]:
        """Every stack that exists, deleted ones left out."""
        with self._door.asking("list the stacks"):
            pages = self._client.get_paginator("describe_stacks").paginate()
            found = [_stack(raw) for page in pages for raw in page["Stacks"]]
        return tuple(s for s in found if s.status != "DELETE_COMPLETE")

    def resources(self, name_or_id: str) -> tuple[StackResource, ...]:
        """What the stack holds or held."""
        with self._door.asking(f"list the resources of stack {_short(name_or_id)}"):
            pages = self._client.get_paginator("list_stack_resources").paginate(StackName=name_or_id)
            return tuple(_resource(raw) for page in pages for raw in page["StackResourceSummaries"])

    def template(self, name_or_id: str) -> Any:
        """The template as it was given: parsed where it is JSON, else text."""
        with self._door.asking(f"read the template of stack {_short(name_or_id)}"):
            return self._client.get_template(StackName=name_or_id, TemplateStage="Original")["TemplateBody"]

    def events(self, name_or_id: str, *, after: str = "") -> list[StackEvent]:
        """Events in time order, those after the event with id `after` only; without it, all there are."""
        found: list[StackEvent] = []
        with self._door.asking(f"read the events of stack {_short(name_or_id)}"):
            pages = self._client.get_paginator("describe_stack_events").paginate(StackName=name_or_id)
            for raw in _newest_first(pages):
                if raw["EventId"] == after:
                    break
                found.append(_event(raw))
        found.reverse()
        return found

    def newest_event(self, name_or_id: str) -> str:
        """The id of the newest event; empty when there is none."""
        with self._door.asking(f"read the events of stack {_short(name_or_id)}"):
            raw = self._client.describe_stack_events(StackName=name_or_id)["StackEvents"]
        return str(raw[0]["EventId"]) if raw else ""

    # --- change sets -------------------------------------------------------------------------

    def create_change_set(self, request: ChangeSetRequest) -> tuple[str, str]:
        """(ARN of the change set, id of the stack). The name is also the token, so a repeated call is one call."""
        template = {"TemplateURL": request.url} if request.url else {"TemplateBody": request.body}
        with self._door.asking(f"create a change set for stack {request.stack_name}"):
            answer = self._client.create_change_set(
                StackName=request.stack_name,
                ChangeSetName=request.name,
                ClientToken=request.name,
                ChangeSetType="CREATE" if request.create else "UPDATE",
                Description=request.description or "made by geos",
                Parameters=[
                    *({"ParameterKey": k, "ParameterValue": v} for k, v in sorted(request.parameters.items())),
                    *({"ParameterKey": k, "UsePreviousValue": True} for k in request.previous),
                ],
                Tags=[{"Key": k, "Value": v} for k, v in sorted(request.tags.items())],
                Capabilities=list(request.capabilities),
                **template,
            )
        return answer["Id"], answer["StackId"]

    def change_set(self, arn: str, stack_id: str) -> ChangeSet:
        """The change set with all its pages."""
        changes: list[ResourceChange] = []
        token: dict[str, str] = {}
        while True:
            with self._door.asking("read a change set"):
                answer = self._client.describe_change_set(ChangeSetName=arn, StackName=stack_id, **token)
            changes.extend(
                _change(raw["ResourceChange"]) for raw in answer.get("Changes", ()) if "ResourceChange" in raw
            )
            if not answer.get("NextToken"):
                break
            token = {"NextToken": answer["NextToken"]}
        return ChangeSet(
            answer.get("ChangeSetId", arn),
            answer["ChangeSetName"],
            answer.get("StackId", stack_id),
            answer["StackName"],
            answer["Status"],
            answer.get("ExecutionStatus", ""),
            answer.get("StatusReason", ""),
            tuple(changes),
        )

    def validation_faults(self, change_set_arn: str, stack_id: str) -> tuple[ValidationFault, ...]:
        """What CloudFormation's validation before deployment found; nothing where the endpoint does not tell."""
        if not self._tells_validation:
            return ()
        try:
            with self._door.asking("read the validation of a change set"):
                pages = self._client.get_paginator("describe_events").paginate(
                    ChangeSetName=change_set_arn, StackName=stack_id
                )
                raw = [e for page in pages for e in page.get("OperationEvents", ())]
        except (NotAnswered, AwsRefused, AccessDenied):
            # Newer than many endpoints; the change set's own state still says whether it may run.
            self._tells_validation = False
            return ()
        return tuple(_fault(e) for e in raw if e.get("EventType") == "VALIDATION_ERROR")

    def change_sets(self, stack_id: str) -> dict[str, str]:
        """ARN -> name of every change set of a stack that was not executed."""
        return {s["ChangeSetId"]: s["ChangeSetName"] for s in self._summaries(stack_id)}

    def descriptions(self, stack_id: str) -> tuple[str, ...]:
        """What the change sets that were not executed say of themselves."""
        return tuple(s.get("Description", "") for s in self._summaries(stack_id))

    def _summaries(self, stack_id: str) -> list[Mapping[str, Any]]:
        try:
            with self._door.asking(f"list the change sets of stack {_short(stack_id)}"):
                pages = self._client.get_paginator("list_change_sets").paginate(StackName=stack_id)
                raw = [s for page in pages for s in page.get("Summaries", ())]
        except AwsRefused as e:
            if e.aws_code == NO_SUCH_STACK:
                return []
            raise
        # Some endpoints list those of every stack.
        own = (s for s in raw if stack_id in (s.get("StackId"), s.get("StackName")))
        return [s for s in own if s.get("ExecutionStatus") != "EXECUTE_COMPLETE"]

    def execute(self, change_set_arn: str, stack_id: str, *, token: str, keep_failed: bool) -> None:
        """Carry out this very change set."""
        options: dict[str, Any] = {"DisableRollback": True} if keep_failed else {"RetainExceptOnCreate": True}
        with self._door.asking("execute a change set"):
            self._client.execute_change_set(
                ChangeSetName=change_set_arn, StackName=stack_id, ClientRequestToken=token, **options
            )

    def delete_change_set(self, change_set_arn: str, stack_id: str) -> None:
        """Remove a change set that will not be executed; one that is gone already is fine."""
        try:
            with self._door.asking("remove a change set"):
                self._client.delete_change_set(ChangeSetName=change_set_arn, StackName=stack_id)
        except NotThere:
            return
        except AwsRefused as e:
            if e.aws_code not in (NO_SUCH_STACK, "InvalidChangeSetStatus"):
                raise

    # --- changing stacks ---------------------------------------------------------------------

    def delete(self, stack_id: str, *, token: str, retain: Sequence[str] = ()) -> None:
        """Start to delete. `retain` (logical ids) is allowed for a stack in DELETE_FAILED only."""
        options: dict[str, Any] = {"RetainResources": list(retain)} if retain else {}
        with self._door.asking(f"delete stack {_short(stack_id)}"):
            self._client.delete_stack(StackName=stack_id, ClientRequestToken=token, **options)

    def protect(self, stack_name: str, on: bool) -> None:
        """Switch termination protection."""
        with self._door.asking(f"switch the termination protection of stack {_short(stack_name)}"):
            self._client.update_termination_protection(StackName=stack_name, EnableTerminationProtection=on)

    def continue_rollback(self, stack_name: str, *, token: str, skip: Sequence[str] = ()) -> None:
        """Try once more to go back; `skip` (logical ids): what is given up stays as it is."""
        options: dict[str, Any] = {"ResourcesToSkip": list(skip)} if skip else {}
        with self._door.asking(f"continue the roll-back of stack {_short(stack_name)}"):
            self._client.continue_update_rollback(StackName=stack_name, ClientRequestToken=token, **options)

    # --- drift -------------------------------------------------------------------------------

    def detect_drift(self, stack_name: str) -> str:
        """Start a detection; its id."""
        with self._door.asking(f"start drift detection of stack {_short(stack_name)}"):
            return str(self._client.detect_stack_drift(StackName=stack_name)["StackDriftDetectionId"])

    def drift_state(self, detection_id: str) -> tuple[str, str]:
        """(DETECTION_IN_PROGRESS | DETECTION_COMPLETE | DETECTION_FAILED, IN_SYNC | DRIFTED | …)."""
        with self._door.asking("read a drift detection"):
            answer = self._client.describe_stack_drift_detection_status(StackDriftDetectionId=detection_id)
        return answer["DetectionStatus"], answer.get("StackDriftStatus", "")

    def drifts(self, stack_name: str) -> tuple[Drift, ...]:
        """Resources that differ from the template, by the last detection."""
        found: list[Drift] = []
        token: dict[str, str] = {}
        while True:  # botocore has no paginator for this call
            with self._door.asking(f"read the drift of stack {_short(stack_name)}"):
                answer = self._client.describe_stack_resource_drifts(
                    StackName=stack_name, StackResourceDriftStatusFilters=["MODIFIED", "DELETED"], **token
                )
            found.extend(_drift(raw) for raw in answer["StackResourceDrifts"])
            if not answer.get("NextToken"):
                return tuple(found)
            token = {"NextToken": answer["NextToken"]}


# --- from AWS's shapes to ours ---------------------------------------------------------------


def _short(name_or_id: str) -> str:
    return name_or_id.split("/")[1] if name_or_id.startswith("arn:") and "/" in name_or_id else name_or_id


def _stack(raw: Mapping[str, Any]) -> StackFact:
    return StackFact(
        raw["StackName"],
        raw["StackId"],
        raw["StackStatus"],
        raw.get("StackStatusReason", ""),
        {o["OutputKey"]: o.get("OutputValue", "") for o in raw.get("Outputs", ())},
        {p["ParameterKey"]: p.get("ParameterValue", "") for p in raw.get("Parameters", ())},
        {t["Key"]: t["Value"] for t in raw.get("Tags", ())},
        raw.get("CreationTime"),
        raw.get("LastUpdatedTime"),
        bool(raw.get("EnableTerminationProtection", False)),
        raw.get("DriftInformation", {}).get("StackDriftStatus", "NOT_CHECKED"),
    )


def _resource(raw: Mapping[str, Any]) -> StackResource:
    return StackResource(
        raw["LogicalResourceId"],
        raw.get("PhysicalResourceId") or "",
        raw["ResourceType"],
        raw["ResourceStatus"],
        raw.get("ResourceStatusReason") or "",
        raw.get("DriftInformation", {}).get("StackResourceDriftStatus", "NOT_CHECKED"),
    )


def _newest_first(pages: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for page in pages:
        yield from page["StackEvents"]


def _event(raw: Mapping[str, Any]) -> StackEvent:
    return StackEvent(
        raw["EventId"],
        raw["Timestamp"],
        raw.get("LogicalResourceId", ""),
        raw.get("PhysicalResourceId") or "",
        raw.get("ResourceType", ""),
        raw.get("ResourceStatus", ""),
        raw.get("ResourceStatusReason") or "",
    )


def _change(raw: Mapping[str, Any]) -> ResourceChange:
    names: dict[str, None] = {}
    for detail in raw.get("Details", ()):
        target = detail.get("Target", {})
        with contextlib.suppress(KeyError):
            names[target["Name"] if target["Attribute"] == "Properties" else target["Attribute"]] = None
    return ResourceChange(
        raw["LogicalResourceId"],
        raw["ResourceType"],
        _kind(raw["Action"], raw.get("Replacement", "False")),
        raw.get("PhysicalResourceId") or "",
        tuple(names) or tuple(raw.get("Scope", ())),
    )


def _kind(action: str, replacement: str) -> str:
    if action in ("Add", "Import"):
        return ADDED
    if action == "Remove":
        return REMOVED
    return {"True": REPLACED, "Conditional": PERHAPS_REPLACED}.get(replacement, CHANGED)


def _fault(raw: Mapping[str, Any]) -> ValidationFault:
    return ValidationFault(
        raw.get("LogicalResourceId", ""),
        raw.get("ValidationPath", ""),
        raw.get("ValidationStatusReason") or raw.get("ResourceStatusReason", ""),
        raw.get("ValidationFailureMode", "FAIL") == "FAIL" and raw.get("ValidationStatus") != "SKIPPED",
    )


def _drift(raw: Mapping[str, Any]) -> Drift:
    return Drift(
        raw["LogicalResourceId"],
        raw["ResourceType"],
        raw.get("PhysicalResourceId") or "",
        raw["StackResourceDriftStatus"],
        tuple(d["PropertyPath"] for d in raw.get("PropertyDifferences", ())),
    )
