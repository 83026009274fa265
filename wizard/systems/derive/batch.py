"""AWS Batch: what its environments may start, and what one job needs (how many fit now: account.fits).

A short quota stops jobs, not the set-up: an environment of 5,000 vCPUs is created on an account of 5. So
both are told: the most that all environments together may take, and what the smallest step, one job, takes.
Batch may overshoot an environment's maximum by one machine (Batch user guide, allocation strategies); that
is not counted, for MaxvCpus is what the user chose.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from geos.wizard.cfn.resolve import Resource, Unknown, Value
from geos.wizard.facts import InstanceType
from geos.wizard.systems.derive import Scope, StackInRegion, items, mapping, number, scopes, visible
from geos.wizard.systems.derive.claims import Amount, Claim, largest
from geos.wizard.systems.derive.containers import FARGATE
from geos.wizard.systems.derive.fleets import Launch, machine_claims, template_launch, vcpu_claims
from geos.wizard.tables.instances import any_family

USABLE_MEMORY = 0.95
"""Share of a machine's memory that jobs can have; the rest is the system's and the agent's."""
CHOSEN_BY_BATCH = frozenset({"optimal", "default_x86_64", "default_arm64"})
"""Values of InstanceTypes that leave the choice to Batch, among Standard families."""


@dataclass(frozen=True)
class Environment:
    """A managed compute environment, as far as it is known before deployment."""

    logical_id: str
    region: str
    kind: str
    """EC2, SPOT, FARGATE or FARGATE_SPOT."""
    max_vcpus: Amount
    min_vcpus: Amount
    asked_types: tuple[Value, ...]
    """As written: types, families, "optimal"."""
    instance_types: tuple[InstanceType, ...] = ()
    """Every known type that may be started; empty when the choice is Batch's."""

    @property
    def spot(self) -> bool:
        return self.kind.endswith("SPOT")

    @property
    def fargate(self) -> bool:
        return self.kind.startswith("FARGATE")


@dataclass(frozen=True)
class JobNeed:
    """What one job of a definition asks for; a multi-node job is the sum of its nodes."""

    logical_id: str
    name: str
    vcpus: Amount
    memory_mib: Amount
    nodes: float = 1.0
    fargate: bool = False

    def fits(self, machine: InstanceType) -> float:
        """How many of these jobs run on one machine at the same time; 0: it does not fit."""
        if isinstance(self.vcpus, Unknown) or isinstance(self.memory_mib, Unknown) or not self.vcpus:
            return 0.0
        by_memory = machine.memory_gib * 1024 * USABLE_MEMORY / self.memory_mib if self.memory_mib else math.inf
        return float(min(machine.vcpus // self.vcpus, math.floor(by_memory)))


# --- environments ----------------------------------------------------------------------------


def environments(stacks: Sequence[StackInRegion]) -> tuple[Environment, ...]:
    """Unmanaged environments are left out: their machines are whatever the user starts."""
    return tuple(
        environment_of(r, scope)
        for scope in scopes(stacks)
        for r in map(visible, scope.stack.resolved.of_type("AWS::Batch::ComputeEnvironment"))
        if r.properties.get("ComputeResources")
    )


def environment_of(resource: Resource, scope: Scope) -> Environment:
    p = mapping(resource.properties.get("ComputeResources"))
    asked = tuple(items(p.get("InstanceTypes")))
    return Environment(
        resource.logical_id,
        scope.region,
        str(p.get("Type", "EC2")),
        number(p.get("MaxvCpus")),
        number(p.get("MinvCpus", p.get("DesiredvCpus")), 0),
        asked,
        tuple({i.name: i for name in asked for i in _sizes(name, scope)}.values()),
    )


def _sizes(asked: Value, scope: Scope) -> tuple[InstanceType, ...]:
    if not isinstance(asked, str):
        return ()
    one = scope.machine(asked)
    return (one,) if one else any_family(asked)


def environment_claims(resource: Resource, scope: Scope) -> Iterable[Claim]:
    env = environment_of(resource, scope)
    p = mapping(resource.properties.get("ComputeResources"))
    if not p:
        return
    if isinstance(p.get("Type"), Unknown):
        for code in (*FARGATE.values(), "L-1216C47A", "L-34B43A08"):
            yield Claim("ec2" if code not in FARGATE.values() else "fargate", code, p["Type"], 0.0)
        return
    if env.fargate:
        yield Claim("fargate", FARGATE[env.spot], env.max_vcpus, 0.0)
        return
    types = [_as_type(t) for t in env.asked_types]
    yield from vcpu_claims(types, spot=env.spot, most=lambda _: env.max_vcpus, now=lambda _: env.min_vcpus)
    yield Claim("autoscaling", "L-CDE20ADC", 1.0)
    launch = template_launch(p.get("LaunchTemplate"), scope)
    yield from machine_claims(_without_types(launch), _most_machines(env, scope), 0.0)


def _without_types(launch: Launch) -> Launch:
    return Launch(disks=launch.disks, interfaces=launch.interfaces)


def _as_type(asked: Value) -> Value:
    """A family stands for its types, and for their quota; what Batch chooses itself is Standard."""
    if not isinstance(asked, str) or "." in asked:
        return asked
    return "m5.large" if asked in CHOSEN_BY_BATCH else f"{asked}.large"


def _most_machines(env: Environment, scope: Scope) -> Amount:
    """All vCPUs on the smallest machine that some job of these stacks fits."""
    wanted = [job.vcpus for job in _jobs_in(scope) if not job.fargate]
    smallest_job = min((v for v in wanted if not isinstance(v, Unknown)), default=1.0)
    sizes = [i.vcpus for i in env.instance_types if i.vcpus >= smallest_job]
    smallest = min(sizes, default=max(2.0, smallest_job))
    return env.max_vcpus if isinstance(env.max_vcpus, Unknown) else float(math.ceil(env.max_vcpus / smallest))


@dataclass(frozen=True)
class Queue:
    """A job queue with its environments in the order in which Batch fills them.

    A later environment is a fallback: when its quota is short the queue still works, with less room.
    """

    logical_id: str
    name: str
    environments: tuple[Environment, ...]
    unseen: int = 0
    """Environments that belong to another deployment."""
    fair_share: bool = False


def queues(stacks: Sequence[StackInRegion]) -> tuple[Queue, ...]:
    return tuple(
        _queue(visible(r), scope)
        for scope in scopes(stacks)
        for r in scope.stack.resolved.of_type("AWS::Batch::JobQueue")
    )


def _queue(resource: Resource, scope: Scope) -> Queue:
    order = [mapping(o) for o in items(resource.properties.get("ComputeEnvironmentOrder"))]
    found = [
        scope.find(
            o.get("ComputeEnvironment"), "AWS::Batch::ComputeEnvironment", name_property="ComputeEnvironmentName"
        )
        for o in sorted(order, key=lambda o: str(o.get("Order", "")).zfill(9))
    ]
    return Queue(
        resource.logical_id,
        str(resource.properties.get("JobQueueName", resource.logical_id)),
        tuple(environment_of(r, scope) for r in found if r is not None),
        found.count(None),
        bool(resource.properties.get("SchedulingPolicyArn")),
    )


# --- jobs ------------------------------------------------------------------------------------


def job_needs(stacks: Sequence[StackInRegion]) -> tuple[JobNeed, ...]:
    return tuple(job_of(visible(r)) for stack in stacks for r in stack.resolved.of_type("AWS::Batch::JobDefinition"))


def _jobs_in(scope: Scope) -> Iterator[JobNeed]:
    return (job_of(r) for r in scope.resources("AWS::Batch::JobDefinition"))


def job_of(resource: Resource) -> JobNeed:
    p = resource.properties
    nodes = mapping(p.get("NodeProperties"))
    name = str(p.get("JobDefinitionName", resource.logical_id))
    fargate = "FARGATE" in items(p.get("PlatformCapabilities"))
    if nodes:
        how_many = number(nodes.get("NumNodes"))
        ranges = [mapping(mapping(r).get("Container")) for r in items(nodes.get("NodeRangeProperties"))]
        asked = [_asked(c) for c in ranges] or [(Unknown("no node is described"), Unknown("no node is described"))]
        each = largest(v for v, _ in asked), largest(m for _, m in asked)
        return JobNeed(resource.logical_id, name, *each, nodes=how_many if isinstance(how_many, float) else 1.0)
    return JobNeed(resource.logical_id, name, *_asked(mapping(p.get("ContainerProperties"))), fargate=fargate)


def _asked(container: Mapping[str, Value]) -> tuple[Amount, Amount]:
    """(vCPUs, MiB), from ResourceRequirements or the older properties."""
    listed = {mapping(r).get("Type"): mapping(r).get("Value") for r in items(container.get("ResourceRequirements"))}
    return (
        number(listed.get("VCPU", container.get("Vcpus"))),
        number(listed.get("MEMORY", container.get("Memory"))),
    )


def vcpus_for_one_job(job: JobNeed, machines: Iterable[InstanceType]) -> float | None:
    """vCPUs of quota that the first job takes: the smallest machine it fits, times its nodes; None: fits none."""
    if job.fargate:
        return None if isinstance(job.vcpus, Unknown) else float(job.vcpus)
    sizes = [i.vcpus for i in machines if job.fits(i)]
    return min(sizes) * job.nodes if sizes else None
