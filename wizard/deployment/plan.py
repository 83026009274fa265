"""The plan: which stacks will be created, changed or left alone, as data that can be shown, saved and compared.

    standing = look(aws, rendered)             # reads only, all at the same time
    plan = make_plan(..., rendered, standing)  # pure

What an update changes is foretold here (compare.py); the change sets of the deployment have the last word.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from geos.wizard.aws.stack_facts import ADDED, ResourceChange, StackFact
from geos.wizard.cfn.load import Template
from geos.wizard.cfn.resolve import Pseudo, Resolved, resolve
from geos.wizard.deployment.compare import foretell
from geos.wizard.deployment.service_roles import ServiceRole, needed_roles
from geos.wizard.deployment.states import STANDING, Next, next_step
from geos.wizard.errors import BadTemplate, GeosError

if TYPE_CHECKING:
    from geos.wizard.aws import Aws
    from geos.wizard.facts import Target
    from geos.wizard.systems.render import RenderedStack

CREATE, UPDATE, LEAVE, REPAIR = "create", "update", "leave", "repair"
"""What happens to a stack. Repair: an earlier failure is cleared away first."""


@dataclass(frozen=True)
class Standing:
    """What exists before the deployment, keyed by stack name."""

    stacks: Mapping[str, StackFact] = field(default_factory=dict)
    templates: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    roles: frozenset[str] = frozenset()


@dataclass(frozen=True)
class StackPlan:
    """One stack as it shall be."""

    layer: str
    stack_name: str
    region: str
    text: str = field(repr=False)
    body: Mapping[str, Any] = field(repr=False)
    parameters: Mapping[str, str] = field(default_factory=dict)
    """Values that are known now."""
    inputs: Mapping[str, str] = field(default_factory=dict)
    """Parameter -> name of the earlier stack's output that it takes, where there is one of that name."""
    tags: Mapping[str, str] = field(default_factory=dict)
    capabilities: tuple[str, ...] = ()
    protect: bool = False
    action: str = CREATE
    changes: tuple[ResourceChange, ...] = ()
    depends_on_outputs: tuple[str, ...] = ()
    """Layers whose changes may change this stack's parameters further."""

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def resource_types(self) -> dict[str, str]:
        """Logical id -> type of everything in the template, conditional things included."""
        return {name: str(r["Type"]) for name, r in self.body.get("Resources", {}).items()}

    def parameters_with(self, outputs: Mapping[str, str]) -> dict[str, str]:
        """The parameters once the outputs of earlier stacks are there; an output wins over an answer."""
        found: dict[str, str] = {}
        for name in self.body.get("Parameters", {}):
            source = self.inputs.get(name, name)
            if source in outputs:
                found[name] = outputs[source]
            elif name in self.parameters:
                found[name] = self.parameters[name]
        return found

    def to_json(self) -> dict[str, Any]:
        return {
            "layer": self.layer,
            "stack_name": self.stack_name,
            "region": self.region,
            "action": self.action,
            "template_sha256": self.digest,
            "template_bytes": len(self.text.encode()),
            "parameters": dict(self.parameters),
            "inputs": dict(self.inputs),
            "tags": dict(self.tags),
            "capabilities": list(self.capabilities),
            "termination_protection": self.protect,
            "changes": [
                {"logical_id": c.logical_id, "type": c.type, "kind": c.kind, "properties": list(c.properties)}
                for c in self.changes
            ],
        }


@dataclass(frozen=True)
class Plan:
    """Everything that a deployment will do."""

    deployment: str
    system: str
    account_id: str
    region: str
    endpoint: str
    sandbox: bool
    answers_digest: str
    roles: tuple[ServiceRole, ...]
    """Service-linked roles to be made first; they stay when the deployment is removed."""
    stacks: tuple[StackPlan, ...]
    gone: tuple[str, ...] = ()
    """Stacks of the deployment that the answers no longer ask for; removed last."""

    @property
    def changes_nothing(self) -> bool:
        return not self.roles and not self.gone and all(s.action == LEAVE for s in self.stacks)

    @property
    def new_resources(self) -> int:
        return sum(c.kind == ADDED for s in self.stacks for c in s.changes)

    def to_json(self) -> dict[str, Any]:
        return {
            "deployment": self.deployment,
            "system": self.system,
            "account_id": self.account_id,
            "region": self.region,
            "endpoint": self.endpoint,
            "sandbox": self.sandbox,
            "answers_digest": self.answers_digest,
            "service_linked_roles": [{"name": r.name, "service": r.service, "why": r.why} for r in self.roles],
            "stacks": [s.to_json() for s in self.stacks],
            "stacks_to_remove": list(self.gone),
        }


def digest_of(answers: Mapping[str, Any]) -> str:
    """A short name for a set of answers."""
    canonical = json.dumps(answers, sort_keys=True, default=str, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]


def look(aws: Aws, stacks: Sequence[RenderedStack], deployment: str = "") -> Standing:
    """Read what exists of the planned stacks, and of others of the deployment, all at the same time."""
    from geos.wizard.concurrently import gather
    from geos.wizard.deployment.find import deployment_of

    roles = needed_roles((s.layer, s.body) for s in stacks)
    names = {(s.region or aws.region): () for s in stacks}
    answers = gather(
        {
            **{("all", region): aws.in_region(region).stacks.all for region in names},
            **{("role", r.name): _asker(aws, r.name) for r in roles},
        }
    )
    planned = {s.stack_name for s in stacks}
    found: dict[str, StackFact] = {}
    there: set[str] = set()
    for (kind, name), answer in answers.items():
        if isinstance(answer, GeosError):
            raise answer
        if kind == "role" and answer:
            there.add(name)
        if kind == "all" and not isinstance(answer, bool):
            mine = (s for s in answer if s.name in planned or (deployment and deployment_of(s.tags) == deployment))
            found |= {s.name: s for s in mine}
    return Standing(found, _templates(aws, stacks, found), frozenset(there))


def _asker(aws: Aws, role: str) -> Any:
    return lambda: aws.service_linked.exists(role)


def _templates(
    aws: Aws, stacks: Sequence[RenderedStack], found: Mapping[str, StackFact]
) -> dict[str, Mapping[str, Any]]:
    from geos.wizard.concurrently import gather

    def reader(stack: RenderedStack) -> Any:
        return lambda: aws.in_region(stack.region or aws.region).stacks.template(found[stack.stack_name].stack_id)

    wanted = {s.stack_name: reader(s) for s in stacks if s.stack_name in found and _readable(found[s.stack_name])}
    templates: dict[str, Mapping[str, Any]] = {}
    for name, answer in gather(wanted).items():
        if isinstance(answer, GeosError):
            raise answer
        if isinstance(answer, Mapping):
            templates[name] = answer
    return templates


def _readable(fact: StackFact) -> bool:
    return fact.status in STANDING or next_step(fact.status) in (Next.UPDATE, Next.WAIT)


def make_plan(
    rendered: Sequence[RenderedStack],
    standing: Standing,
    *,
    deployment: str,
    system: str,
    target: Target,
    account_id: str,
    answers_digest: str = "",
    protect: bool = False,
) -> Plan:
    """Put the plan together. `rendered`: in order of deployment, the bootstrap stack first. Pure."""
    from geos.wizard.deployment.find import BOOTSTRAP_STACK

    outputs: dict[str, str] = {}
    changing: list[str] = []
    stacks: list[StackPlan] = []
    for stack in rendered:
        shared = stack.stack_name == BOOTSTRAP_STACK
        plan = _stack_plan(stack, target.region, protect and not shared)
        plan = _foretold(plan, standing, outputs, changing, account_id, shared=shared)
        fact = standing.stacks.get(plan.stack_name)
        outputs |= dict(fact.outputs) if fact else {}
        if plan.action != LEAVE:
            changing.append(plan.layer)
        stacks.append(plan)
    planned = {s.stack_name for s in stacks}
    roles = tuple(r for r in needed_roles((s.layer, s.body) for s in rendered) if r.name not in standing.roles)
    gone = tuple(name for name in standing.stacks if name not in planned)
    return Plan(
        deployment,
        system,
        account_id,
        target.region,
        target.endpoint,
        target.sandbox,
        answers_digest,
        roles,
        tuple(stacks),
        gone,
    )


def _stack_plan(stack: RenderedStack, region: str, protect: bool) -> StackPlan:
    return StackPlan(
        stack.layer,
        stack.stack_name,
        stack.region or region,
        stack.text,
        stack.body,
        dict(stack.answers),
        {name: stack.inputs.get(name, name) for name in stack.body.get("Parameters", {})},
        dict(stack.tags),
        tuple(stack.capabilities),
        protect,
    )


def _foretold(
    plan: StackPlan,
    standing: Standing,
    outputs: Mapping[str, str],
    changing: Sequence[str],
    account_id: str,
    *,
    shared: bool,
) -> StackPlan:
    """The plan with what it will do filled in."""
    fact = standing.stacks.get(plan.stack_name)
    after = _resolved(plan.stack_name, plan.body, plan.parameters_with(outputs), plan.region, account_id)
    deployed = standing.templates.get(plan.stack_name)
    if fact is None or deployed is None or next_step(fact.status) in (Next.CREATE, Next.CLEAR):
        repair = fact is not None and next_step(fact.status) is Next.CLEAR
        return replace(plan, action=REPAIR if repair else CREATE, changes=foretell(None, after))
    if shared and fact.status in STANDING:
        # One stack serves all deployments of the region; an older one still does.
        return replace(plan, action=LEAVE)
    if is_unchanged(plan, fact, deployed, plan.parameters_with(outputs)) and fact.status in STANDING:
        return replace(plan, action=LEAVE, depends_on_outputs=tuple(changing))
    try:
        before = _resolved(plan.stack_name, deployed, fact.parameters, plan.region, account_id)
    except BadTemplate:
        before = None  # written by something else; the change set will tell
    changes = foretell(before, after) if before else ()
    return replace(plan, action=UPDATE, changes=changes, depends_on_outputs=tuple(changing))


def _resolved(
    name: str, body: Mapping[str, Any], parameters: Mapping[str, Any], region: str, account_id: str
) -> Resolved:
    pseudo = Pseudo(account_id=account_id, region=region, stack_name=name)
    return resolve(Template(name, dict(body)), parameters, pseudo)


def resolved(stack: StackPlan, account_id: str) -> Resolved:
    """The stack's template with the parameters that are known now."""
    return _resolved(stack.stack_name, stack.body, stack.parameters, stack.region, account_id)


def is_unchanged(plan: StackPlan, fact: StackFact, deployed: Mapping[str, Any], parameters: Mapping[str, str]) -> bool:
    """Whether a change set could only say "no changes".

    True needs certainty: values that CloudFormation looks up anew at every update, and those it hides, make
    the answer no, and a change set is asked.
    """
    if deployed != plan.body or dict(fact.tags) != dict(plan.tags) or fact.protected != plan.protect:
        return False
    if "{{resolve:" in plan.text or "Transform" in plan.body:
        return False
    return all(
        _same_value(spec, parameters.get(name), fact.parameters.get(name))
        for name, spec in plan.body.get("Parameters", {}).items()
    )


def _same_value(spec: Mapping[str, Any], wanted: str | None, deployed: str | None) -> bool:
    if str(spec.get("Type", "")).startswith("AWS::SSM::Parameter") or str(spec.get("NoEcho", "")).lower() == "true":
        return False
    default = spec.get("Default")
    if wanted is None and default is not None:
        wanted = ("true" if default else "false") if isinstance(default, bool) else str(default)
    return wanted == deployed
