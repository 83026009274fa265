"""Is the deployment what its templates say? Reads only; with a test job on request.

Everything is derived from the deployed templates: stack states, drift, outputs, and each resource's critical
settings read back by its type (checks.py), all at the same time. What a manifest asks for besides comes in as
probes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from geos.wizard.aws.stack_facts import Drift, StackResource
from geos.wizard.concurrently import gather
from geos.wizard.deployment import drift as drifts
from geos.wizard.deployment.checks import CHECKS, FAIL, PASS, REMOVED_BY_HAND, WARN, Context, Finding
from geos.wizard.deployment.deployed import DeployedStack, read_deployed
from geos.wizard.deployment.find import none_found
from geos.wizard.deployment.images import BuildLine, build_own
from geos.wizard.deployment.probes import Probe, ask
from geos.wizard.deployment.records import Record, is_stale
from geos.wizard.deployment.states import GOOD, STANDING, is_busy
from geos.wizard.errors import GeosError, NotThere, ValidationFailed

if TYPE_CHECKING:
    from geos.wizard.aws import Aws


@dataclass(frozen=True)
class Validation:
    """The verdict."""

    deployment: str
    region: str
    findings: tuple[Finding, ...]
    resources: int
    simulated: tuple[str, ...] = ()
    """"layer: logical id" of what the endpoint only pretends to have; nothing was read back of these."""

    def of(self, verdict: str) -> tuple[Finding, ...]:
        return tuple(f for f in self.findings if f.verdict == verdict)

    def require(self) -> None:
        """Raise ValidationFailed when something is not as it should be. Warnings are no failure."""
        failed = self.of(FAIL)
        if failed:
            first = failed[0]
            place = f"{first.layer}: {first.subject}" if first.layer else first.subject
            raise ValidationFailed(
                f"{len(failed)} of {len(self.findings)} checks of {self.deployment} failed. {place}: {first.what}.",
                hint=first.fix or "geos-setup deploy puts it right",
            )

    def to_json(self) -> dict[str, Any]:
        return {
            "deployment": self.deployment,
            "region": self.region,
            "passed": len(self.of(PASS)),
            "warnings": len(self.of(WARN)),
            "failed": len(self.of(FAIL)),
            "resources": self.resources,
            "simulated": list(self.simulated),
            "findings": [
                {"verdict": f.verdict, "layer": f.layer, "subject": f.subject, "what": f.what, "fix": f.fix}
                for f in self.findings
            ],
        }


def validate(
    aws: Aws,
    deployment: str,
    *,
    account_id: str,
    record: Record | None = None,
    probes: Sequence[Probe] = (),
    build_line: BuildLine = build_own,
    with_drift: bool = True,
) -> Validation:
    """Check everything that can be read. Raises NoDeployment, and what AWS answered when stacks cannot be read."""
    if record is not None and is_stale(record, aws.target, account_id):
        record = None
    stacks = read_deployed(aws, deployment, record)
    if not stacks and (record is None or not record.stacks):
        raise none_found(deployment)
    outputs = {name: value for s in stacks for name, value in s.fact.outputs.items()}
    findings = [*_missing(stacks, record)]
    for stack in stacks:
        findings += _of_stack(stack)
    if with_drift:
        findings += _of_drift(aws, stacks)
    findings += _of_resources(aws, stacks, account_id, build_line)
    for answer in gather({i: _prober(aws, p, outputs) for i, p in enumerate(probes)}).values():
        findings += [] if isinstance(answer, GeosError) else answer
    return Validation(
        deployment,
        aws.region,
        tuple(_each_once(findings)),
        sum(len(s.resources) for s in stacks),
        tuple(f"{s.layer}: {r.logical_id}" for s in stacks for r in s.simulated),
    )


def _prober(aws: Aws, probe: Probe, outputs: Mapping[str, str]) -> Callable[[], tuple[Finding, ...]]:
    return lambda: ask(aws, probe, outputs)


def _missing(stacks: Sequence[DeployedStack], record: Record | None) -> Iterator[Finding]:
    """Stacks that the local record knows and the account does not."""
    there = {s.fact.name for s in stacks}
    for stack in record.stacks if record else ():
        if stack.stack_name not in there and stack.layer != "bootstrap":
            yield Finding(FAIL, stack.layer, "stack", "does not exist", "geos-setup deploy")


def _of_stack(stack: DeployedStack) -> Iterator[Finding]:
    status, said = stack.fact.status, stack.fact.status.lower().replace("_", " ")
    if status in GOOD:
        yield Finding(PASS, stack.layer, "stack", f"{said}, {len(stack.resources)} resources")
    elif status in STANDING:
        yield Finding(WARN, stack.layer, "stack", f"{said}: the last update was taken back", "geos-setup deploy")
    elif is_busy(status):
        yield Finding(WARN, stack.layer, "stack", f"{said}: CloudFormation is at work", "geos-setup validate, later")
    else:
        yield Finding(FAIL, stack.layer, "stack", f"{said} {stack.fact.reason}".strip(), "geos-setup deploy")
    if stack.resolved is None:
        return
    missing = sorted(stack.resolved.outputs.keys() - stack.fact.outputs.keys())
    if missing and status in STANDING:
        yield Finding(FAIL, stack.layer, "outputs", f"missing: {', '.join(missing)}", "geos-setup deploy")
    elif stack.resolved.outputs:
        yield Finding(PASS, stack.layer, "outputs", f"{len(stack.resolved.outputs)} there")


def _of_drift(aws: Aws, stacks: Sequence[DeployedStack]) -> Iterator[Finding]:
    standing = [s for s in stacks if s.fact.status in STANDING]
    answers = drifts.find_drift(aws, standing)
    for stack in standing:
        answer = answers[stack.fact.name]
        if isinstance(answer, GeosError):
            yield Finding(WARN, stack.layer, "drift", f"could not be told: {answer.message}", answer.hint)
        elif not answer:
            yield Finding(PASS, stack.layer, "drift", "none")
        else:
            yield from (_drifted(stack.layer, d) for d in answer)


def _drifted(layer: str, drift: Drift) -> Finding:
    if drift.kind == "DELETED":
        return Finding(FAIL, layer, drift.logical_id, "was removed by hand", REMOVED_BY_HAND)
    changed = ", ".join(p.strip("/") for p in drift.properties) or "properties"
    return Finding(WARN, layer, drift.logical_id, f"changed by hand: {changed}", "geos-setup deploy, or change it back")


def _of_resources(
    aws: Aws, stacks: Sequence[DeployedStack], account_id: str, build_line: BuildLine
) -> Iterator[Finding]:
    jobs: dict[tuple[str, str], Callable[[], tuple[Finding, ...]]] = {}
    for stack in stacks:
        context = Context(aws.in_region(stack.region), stack.layer, account_id, build_line)
        simulated = {r.logical_id for r in stack.simulated}
        for name, resource in stack.resources.items():
            if name not in simulated and resource.type in CHECKS and resource.physical_id:
                jobs[stack.layer, name] = _checker(context, stack, resource)
    for (layer, name), answer in gather(jobs).items():
        if isinstance(answer, NotThere):
            yield Finding(FAIL, layer, name, "does not exist any more", REMOVED_BY_HAND)
        elif isinstance(answer, GeosError):
            yield Finding(WARN, layer, name, f"could not be read: {answer.message}", answer.hint)
        else:
            yield from answer


def _checker(context: Context, stack: DeployedStack, found: StackResource) -> Callable[[], tuple[Finding, ...]]:
    planned = stack.resolved.resources.get(found.logical_id) if stack.resolved else None

    def check() -> tuple[Finding, ...]:
        if planned is None:
            return ()
        return tuple(CHECKS[found.type](context, planned, found.physical_id))

    return check


def _each_once(findings: Iterable[Finding]) -> Iterator[Finding]:
    """A manifest's probe and a template's check may find the same thing missing."""
    said: set[str] = set()
    for finding in findings:
        if finding.verdict == WARN and finding.what in said:
            continue
        said |= {finding.what} if finding.verdict == WARN else set()
        yield finding
