"""Checks that a system's manifest asks for, because no template can tell them: an image, a role's reach.

The manifest writes them with expressions and output names; here they are put into values, then asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from geos.wizard.aws.iam_facts import Simulation
from geos.wizard.deployment.checks import FAIL, PASS, WARN, Finding
from geos.wizard.errors import GeosError, NotThere

if TYPE_CHECKING:
    from geos.wizard.aws import Aws

IMAGE, ROLE, JOB = "image", "role", "job"

_OUTPUT = re.compile(r"\$\{(\w+)\}")


@dataclass(frozen=True)
class Probe:
    """One check, with all values put in but the outputs."""

    probe_id: str
    kind: str
    title: str
    output: str
    tags: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    resource: str = ""
    allowed: bool = True
    hint: str = ""


def probes_of(checks: Iterable[Mapping[str, Any]], context: Mapping[str, Any]) -> tuple[Probe, ...]:
    """The manifest's checks for these answers. `context`: what its expressions may name."""
    from geos.wizard.systems.expressions import evaluate, fill, value_of

    found = []
    for check in checks:
        if check.get("when") and not evaluate(check["when"], context):
            continue
        tags = value_of(check["tags"], context) if "tags" in check else fill(check.get("tag", ""), context)
        found.append(
            Probe(
                check["id"],
                check["kind"],
                check.get("title", check["id"]),
                check.get("output", ""),
                tuple(str(t) for t in tags) if isinstance(tags, list | tuple) else ((str(tags),) if tags else ()),
                tuple(check.get("actions", ())),
                check.get("resource", ""),
                bool(check.get("allowed", True)),
                fill(check.get("hint", ""), context),
            )
        )
    return tuple(found)


def ask(aws: Aws, probe: Probe, outputs: Mapping[str, str]) -> tuple[Finding, ...]:
    """The findings of one probe; what cannot be asked is a warning, never a pass."""
    value = outputs.get(probe.output, "")
    if probe.kind == JOB:
        return ()
    if not value:
        return (Finding(WARN, "", probe.title, f"there is no output {probe.output}", "geos-setup deploy"),)
    try:
        return tuple(_image(aws, probe, value) if probe.kind == IMAGE else _role(aws, probe, value, outputs))
    except GeosError as e:
        return (Finding(WARN, "", probe.title, f"could not be asked: {e.message}", e.hint),)


def _image(aws: Aws, probe: Probe, repository: str) -> Iterator[Finding]:
    name = repository.rsplit(".amazonaws.com/", 1)[-1].split("repository/", 1)[-1]
    try:
        there = aws.ecr.tags(name)
    except NotThere:
        there = frozenset()
    for tag in probe.tags:
        if tag in there:
            yield Finding(PASS, "", probe.title, f"the image {name}:{tag} is there")
        else:
            yield Finding(WARN, "", probe.title, f"the image {name}:{tag} does not exist yet", probe.hint)


def _role(aws: Aws, probe: Probe, role: str, outputs: Mapping[str, str]) -> Iterator[Finding]:
    resource = _OUTPUT.sub(lambda m: outputs.get(m.group(1), ""), probe.resource) or "*"
    may = "may" if probe.allowed else "may not"
    for answer in aws.iam.simulate(Simulation(role, probe.actions, (resource,), {"aws:RequestedRegion": aws.region})):
        right = (answer.decision == "allowed") == probe.allowed
        said = f"{answer.action} on {resource}"
        if right:
            yield Finding(PASS, "", probe.title, f"{may} {said}")
        else:
            yield Finding(FAIL, "", probe.title, f"should be: {may} {said}", probe.hint or "geos-setup deploy")
