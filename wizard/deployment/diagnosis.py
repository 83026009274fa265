"""From a stack's events to the one resource that failed first, and why, in plain words. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from geos.wizard.aws.stack_facts import StackEvent, ValidationFault
from geos.wizard.deployment.causes import CANCELLED, cause_of

_TAIL = re.compile(r"\s*\((RequestToken|Service|Request ID|SDK Attempt Count)[^()]*\)\s*$")
_WRAPPED = re.compile(r'^Resource handler returned message: "(?P<said>.*?)"?\s*(\(RequestToken.*)?$', re.DOTALL)


@dataclass(frozen=True)
class Diagnosis:
    """Why a stack operation failed."""

    code: str
    title: str
    layer: str
    stack_name: str
    logical_id: str
    type: str
    aws_says: str
    why: str
    fix: str
    aws_code: str = ""
    others: tuple[str, ...] = ()
    """Further resources that failed by themselves, in time order."""
    again: bool = False
    """Worth one more try without any change."""

    @property
    def what(self) -> str:
        """The failed thing as the screens call it: ComputeEnvironment x86-spot."""
        kind = self.type.rsplit("::", 1)[-1]
        return f"{kind} {self.logical_id}" if kind else self.logical_id


def first_failures(events: Iterable[StackEvent], stack_name: str) -> list[StackEvent]:
    """Resources that failed by themselves, first one first; each once. The stack's own line only when alone."""
    failed = sorted(
        (e for e in events if e.status.endswith("_FAILED") and not CANCELLED.search(e.reason)), key=lambda e: e.at
    )
    own = [e for e in failed if e.type != "AWS::CloudFormation::Stack" or e.logical_id != stack_name]
    seen: dict[str, StackEvent] = {}
    for event in own or failed:
        seen.setdefault(event.logical_id, event)
    return list(seen.values())


def diagnose(events: Sequence[StackEvent], *, layer: str, stack_name: str, region: str, reason: str = "") -> Diagnosis:
    """The diagnosis of a failed stack operation. `reason`: the stack's own, for when no event says more."""
    failures = first_failures(events, stack_name)
    if not failures:
        said = reason or _last_reason(events)
        return told(said, layer=layer, stack_name=stack_name, region=region)
    first = failures[0]
    found = told(
        first.reason,
        layer=layer,
        stack_name=stack_name,
        region=region,
        logical_id=first.logical_id,
        type_name=first.type,
    )
    others = tuple(f"{e.logical_id}: {plain(e.reason)}" for e in failures[1:])
    return replace(found, others=others)


def told(
    said: str,
    *,
    layer: str,
    stack_name: str,
    region: str,
    logical_id: str = "",
    type_name: str = "",
    aws_code: str = "",
) -> Diagnosis:
    """The diagnosis for one reason of AWS, wherever it came from."""
    cause = cause_of(said, aws_code)
    return Diagnosis(
        cause.code,
        cause.title,
        layer,
        stack_name,
        logical_id or stack_name,
        type_name,
        plain(said) or "AWS gave no reason",
        _filled(cause.why, logical_id or stack_name, region),
        cause.fix,
        aws_code,
        again=cause.again,
    )


def refused_before(faults: Sequence[ValidationFault], *, layer: str, stack_name: str, region: str) -> Diagnosis | None:
    """The diagnosis for CloudFormation's validation before deployment; None when nothing blocks."""
    blocking = [f for f in faults if f.blocking]
    if not blocking:
        return None
    first = blocking[0]
    found = told(first.reason, layer=layer, stack_name=stack_name, region=region, logical_id=first.logical_id)
    return replace(found, others=tuple(f"{f.logical_id}: {plain(f.reason)}" for f in blocking[1:]))


def plain(reason: str) -> str:
    """AWS's reason without the wrapping and the request ids, which help nobody who reads it."""
    wrapped = _WRAPPED.match(reason.strip())
    said = wrapped.group("said") if wrapped else reason.strip()
    while (shorter := _TAIL.sub("", said)) != said:
        said = shorter
    return said.strip().strip('"')


def _filled(words: str, name: str, region: str) -> str:
    return words.replace("{name}", name).replace("{region}", region)


def _last_reason(events: Sequence[StackEvent]) -> str:
    told_why = [e.reason for e in sorted(events, key=lambda e: e.at) if e.reason and e.status.endswith("_FAILED")]
    return told_why[0] if told_why else ""
