"""The quota needs of any set of templates, with every reason why one is not known.

Required is the most that the plan could use at once, at the top of its scaling. What cannot be known stays
visible: such a Need has no amount, says why, and still tells how much is needed at least.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from geos.wizard.cfn.resolve import Resource, Unknown
from geos.wizard.facts import InstanceType, QuotaDefault
from geos.wizard.systems.derive import Scope, StackInRegion, clusters, scopes, visible
from geos.wizard.systems.derive.batch import environment_claims
from geos.wizard.systems.derive.claims import Amount, Claim, Rule
from geos.wizard.systems.derive.containers import LEFT_UNRESERVED, function_claims, service_claims
from geos.wizard.systems.derive.counting import ONE_EACH, ONE_IN, RULES, UNCODED_EACH, counted
from geos.wizard.systems.derive.fleets import (
    fleet_claims,
    group_claims,
    instance_claims,
    node_group_claims,
    spot_fleet_claims,
)
from geos.wizard.tables.quotas import quota_default, uncoded_limit

GLOBAL_REGION = {"aws": "us-east-1", "aws-us-gov": "us-gov-west-1", "aws-cn": "cn-northwest-1"}
"""Where account-wide quotas are asked and raised."""

FLEETS: dict[str, Rule] = {
    "AWS::EC2::CapacityReservation": clusters.reservation_claims,
    "AWS::EMR::Cluster": clusters.emr_claims,
    "AWS::PCS::ComputeNodeGroup": clusters.node_group_claims,
    "AWS::AutoScaling::AutoScalingGroup": group_claims,
    "AWS::Batch::ComputeEnvironment": environment_claims,
    "AWS::EC2::EC2Fleet": fleet_claims,
    "AWS::EC2::Instance": instance_claims,
    "AWS::EC2::SpotFleet": spot_fleet_claims,
    "AWS::ECS::Service": service_claims,
    "AWS::EKS::Nodegroup": node_group_claims,
    "AWS::Lambda::Function": function_claims,
}
NEEDS_NOTHING = frozenset({"AWS::AutoScaling::LaunchConfiguration", "AWS::ECS::TaskDefinition"})
"""Types that only describe what others start."""
MORE = {("lambda", "L-B99A9384"): LEFT_UNRESERVED}
"""What a quota must hold beyond the sum, as soon as there is a sum."""


@dataclass(frozen=True)
class Need:
    """What the plan may take of one quota in one region."""

    service: str
    quota_code: str
    """Empty for limits that Service Quotas does not list; `name` then tells which."""
    name: str
    amount: float | None
    """The most that could be used at once; None: not known, see `unknown`."""
    unit: str
    region: str
    why: tuple[str, ...]
    """Logical ids, those that take most first."""
    unknown: str = ""
    at_least: float = 0.0
    """The part that is known; equals `amount` where that is known."""
    at_creation: float | None = 0.0
    """Taken as soon as the stacks stand. Where this is less, a short quota stops work, not the set-up."""
    container: str = ""
    """For limits per VPC, zone, role …: which one. Only use inside it counts."""
    container_exists: bool = False
    """The container was there before, so that its present use counts too."""

    @property
    def stops_only_work(self) -> bool:
        """Whether the stacks can be created although the quota is short."""
        return self.at_creation == 0


_Key = tuple[str, str, str, str, str]


def needs(stacks: Sequence[StackInRegion], machines: Mapping[str, InstanceType] | None = None) -> tuple[Need, ...]:
    """Sorted by service, code and region. Limits per container give the fullest new one and each existing one.

    `machines` are instance types read live, for those the shipped table lacks (`derive.regions.types_used`).
    """
    sums: dict[_Key, list[tuple[str, Claim]]] = {}
    for scope in scopes(stacks, machines):
        for logical_id, claim in _claims(scope):
            key = (claim.service, claim.code, claim.name, _region_of(claim, scope.stack), claim.container)
            sums.setdefault(key, []).append((logical_id, claim))
    found = (_need(key, claims) for key, claims in sums.items())
    return tuple(sorted(_fullest(n for n in found if n.amount != 0), key=_order))


def _claims(scope: Scope) -> Iterator[tuple[str, Claim]]:
    name = scope.stack.resolved.name
    resources = scope.stack.resolved.resources
    yield name, Claim("cloudformation", "L-0485CB21", 1.0)
    size = float(len(resources))
    yield name, Claim("cloudformation", "", size, container=name, name="Resources per template")
    for resource in map(visible, resources.values()):
        for claim in _of(resource, scope):
            yield resource.logical_id, claim


def _of(resource: Resource, scope: Scope) -> Iterator[Claim]:
    rules = [counted, FLEETS[resource.type]] if resource.type in FLEETS else [counted]
    for rule in rules:
        for claim in rule(resource, scope):
            yield _if_it_exists(claim, resource)


def _if_it_exists(claim: Claim, resource: Resource) -> Claim:
    if not resource.condition_unknown or claim.amount == 0:
        return claim
    doubt = Unknown(f"whether {resource.logical_id} will exist is not known: {resource.condition_unknown}")
    return Claim(claim.service, claim.code, doubt, doubt, claim.container, claim.container_exists, claim.name)


def _region_of(claim: Claim, stack: StackInRegion) -> str:
    fact = _fact(claim.service, claim.code, claim.name)
    if fact is not None and fact.scope == "account":
        return GLOBAL_REGION.get(stack.partition, stack.region)
    return stack.region


def _fact(service: str, code: str, name: str) -> QuotaDefault | None:
    return quota_default(service, code) or uncoded_limit(service, name)


# --- adding up -------------------------------------------------------------------------------


def _need(key: _Key, claims: list[tuple[str, Claim]]) -> Need:
    service, code, name, region, container = key
    fact = _fact(service, code, name)
    known = sum(c.amount for _, c in claims if not isinstance(c.amount, Unknown))
    more = MORE.get((service, code), 0.0) if known else 0.0
    doubts = dict.fromkeys(f"{who}: {c.amount.why}" for who, c in claims if isinstance(c.amount, Unknown))
    at_creation = _at_creation([c for _, c in claims])
    return Need(
        service=service,
        quota_code=code,
        name=fact.name if fact else name,
        amount=None if doubts else known + more,
        unit=fact.unit if fact else "",
        region=region,
        why=_largest_first(claims),
        unknown="; ".join(doubts),
        at_least=known + more,
        at_creation=None if at_creation is None else at_creation + (more if at_creation else 0.0),
        container=container,
        container_exists=any(c.container_exists for _, c in claims),
    )


def _at_creation(claims: list[Claim]) -> float | None:
    found = 0.0
    for claim in claims:
        now = claim.amount if claim.at_creation is None else claim.at_creation
        if isinstance(now, Unknown):
            return None
        found += now
    return found


def _largest_first(claims: list[tuple[str, Claim]]) -> tuple[str, ...]:
    def size(amount: Amount) -> float:
        return float("inf") if isinstance(amount, Unknown) else amount

    ranked = sorted((c for c in claims if c[1].amount != 0), key=lambda c: -size(c[1].amount))
    return tuple(dict.fromkeys(who for who, _ in ranked))


def _fullest(found: Iterator[Need]) -> Iterator[Need]:
    """Of new containers only the fullest matters, and any that is not known."""
    best: dict[tuple[str, str, str, str], Need] = {}
    for need in found:
        if not need.container or need.container_exists or need.amount is None:
            yield need
            continue
        key = (need.service, need.quota_code, need.name, need.region)
        if key not in best or need.at_least > best[key].at_least:
            best[key] = need
    yield from best.values()


def _order(need: Need) -> tuple[str, str, str, str, str]:
    return need.service, need.quota_code, need.name, need.region, need.container


# --- what was not looked at ------------------------------------------------------------------


def blind_spots(stacks: Sequence[StackInRegion]) -> tuple[str, ...]:
    """What may use quotas and cannot be seen: nested templates, macros, types that geos has no rule for."""
    found: dict[str, None] = {}
    for stack in stacks:
        for resource in stack.resolved.resources.values():
            if resource.type in ("AWS::CloudFormation::Stack", "AWS::CloudFormation::StackSet"):
                found[f"{resource.logical_id}: the resources of the nested template are not looked into"] = None
            elif resource.type.startswith(("Custom::", "AWS::CloudFormation::CustomResource")):
                found[f"{resource.logical_id}: what a custom resource creates is not known"] = None
            elif resource.type.startswith("AWS::Serverless::"):
                found[f"{resource.logical_id}: {resource.type} is expanded by AWS only"] = None
    return tuple(found)


def uncounted_types(stacks: Sequence[StackInRegion]) -> tuple[str, ...]:
    """Resource types in use for which no quota is counted."""
    ruled = {*ONE_EACH, *ONE_IN, *RULES, *UNCODED_EACH, *FLEETS, *NEEDS_NOTHING}
    used = {r.type for stack in stacks for r in stack.resolved.resources.values()}
    return tuple(sorted(used - ruled))
