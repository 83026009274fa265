"""What resources cost just by being there, as quantities of priced items; prices are put in by the estimate.

What is paid by use alone (requests, gigabytes stored, traffic) is listed by `paid_by_use`, so that an estimate
can say what it leaves out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from geos.wizard.cfn.resolve import Resource, Unknown, Value
from geos.wizard.systems.derive import Scope, StackInRegion, count, items, mapping, number, scopes, visible
from geos.wizard.systems.derive.batch import environment_of
from geos.wizard.systems.derive.claims import Amount, product
from geos.wizard.systems.derive.fleets import Override, group_launch

HOURS_PER_MONTH = 730.0


@dataclass(frozen=True)
class Priced:
    """So much of an item a month, for as long as the resource exists."""

    what: str
    """In words: "NAT gateway"."""
    service: str
    """Column `service` of the price table, or "instance" for EC2 hours."""
    item: str
    """Column `item` of the price table; for "instance" the type."""
    quantity: Amount
    unit: str
    region: str
    logical_id: str
    most: Amount | None = None
    """Where the quantity may be larger at the same set-up; None: it may not."""


CostRule = Callable[[Resource, Scope], Iterable[Priced]]


def standing_costs(stacks: Sequence[StackInRegion]) -> tuple[Priced, ...]:
    return tuple(
        priced
        for scope in scopes(stacks)
        for resource in map(visible, scope.stack.resolved.resources.values())
        for priced in _of(resource, scope)
    )


def _of(resource: Resource, scope: Scope) -> Iterator[Priced]:
    if resource.type in EACH:
        what, service, item, quantity, unit = EACH[resource.type]
        yield _priced(resource, scope, what, service, item, quantity, unit)
    if resource.type in RULES:
        yield from RULES[resource.type](resource, scope)


def _priced(
    resource: Resource, scope: Scope, what: str, service: str, item: str, quantity: Amount, unit: str
) -> Priced:
    if resource.condition_unknown:
        quantity = Unknown(resource.condition_unknown)
    return Priced(what, service, item, quantity, unit, scope.region, resource.logical_id)


EACH: dict[str, tuple[str, str, str, float, str]] = {
    # type: (words, service, item, quantity a month, unit)
    "AWS::Budgets::Budget": ("budget", "budgets", "cost budget without actions", 30.0, "days"),
    "AWS::CloudWatch::Dashboard": ("dashboard", "cloudwatch", "dashboard", 1.0, "dashboard"),
    "AWS::EC2::EIP": ("public IPv4 address", "vpc", "public ipv4 address in use or idle", HOURS_PER_MONTH, "h"),
    "AWS::EC2::NatGateway": ("NAT gateway", "vpc", "nat gateway", HOURS_PER_MONTH, "h"),
    "AWS::KMS::Key": ("encryption key", "kms", "customer managed key", 1.0, "key"),
    "AWS::KMS::ReplicaKey": ("encryption key", "kms", "customer managed key", 1.0, "key"),
    "AWS::Route53::HostedZone": ("DNS zone", "route53", "hosted zone", 1.0, "zone"),
    "AWS::SecretsManager::Secret": ("secret", "secretsmanager", "secret", 1.0, "secret"),
    "AWS::WAFv2::WebACL": ("web ACL", "wafv2", "web acl", 1.0, "ACL"),
}


# --- rules of single types -------------------------------------------------------------------


def _alarm(resource: Resource, scope: Scope) -> Iterable[Priced]:
    period = number(resource.properties.get("Period"), 60)
    quick = not isinstance(period, Unknown) and period < 60
    item = f"alarm {'high' if quick else 'standard'} resolution"
    # Each metric that an alarm looks at is charged, not the alarm.
    looked_at = [m for m in items(resource.properties.get("Metrics")) if "MetricStat" in mapping(m)]
    yield _priced(resource, scope, "alarm", "cloudwatch", item, float(len(looked_at) or 1), "metric")


def _composite_alarm(resource: Resource, scope: Scope) -> Iterable[Priced]:
    yield _priced(resource, scope, "composite alarm", "cloudwatch", "composite alarm", 1.0, "alarm")


def _metric(resource: Resource, scope: Scope) -> Iterable[Priced]:
    """Charged for months in which something is counted, so nothing when idle."""
    metrics = count(resource.properties.get("MetricTransformations"))
    yield Priced(
        "custom metric",
        "cloudwatch",
        "custom metric first 10000",
        0.0,
        "metric",
        scope.region,
        resource.logical_id,
        metrics,
    )


def _endpoint(resource: Resource, scope: Scope) -> Iterable[Priced]:
    kind = resource.properties.get("VpcEndpointType", "Gateway")
    if isinstance(kind, Unknown) or kind == "Gateway":
        return
    hours = product(count(resource.properties.get("SubnetIds")), HOURS_PER_MONTH)
    yield _priced(resource, scope, "interface endpoint", "vpc", "interface endpoint per AZ", hours, "h")


def _load_balancer(resource: Resource, scope: Scope) -> Iterable[Priced]:
    kind = resource.properties.get("Type", "application")
    if kind == "network":
        yield _priced(resource, scope, "load balancer", "nlb", "network load balancer", HOURS_PER_MONTH, "h")
    elif kind == "application":
        yield _priced(resource, scope, "load balancer", "alb", "application load balancer", HOURS_PER_MONTH, "h")


def _volume(resource: Resource, scope: Scope) -> Iterable[Priced]:
    if resource.properties.get("VolumeType") == "gp3":
        size = number(resource.properties.get("Size"))
        yield _priced(resource, scope, "volume", "ebs", "gp3 storage", size, "GB")


def _file_system(resource: Resource, scope: Scope) -> Iterable[Priced]:
    p, lustre = resource.properties, mapping(resource.properties.get("LustreConfiguration"))
    kind = str(lustre.get("DeploymentType", "SCRATCH_1")).lower()
    disk = str(p.get("StorageType", "SSD")).lower()
    rate = lustre.get("PerUnitStorageThroughput", 125)
    item = "scratch ssd" if kind.startswith("scratch") else f"{kind} {disk} {rate} MB/s per TiB"
    size = number(p.get("StorageCapacity"))
    yield _priced(resource, scope, "Lustre file system", "fsx-lustre", item, size, "GB")


_ENGINES = {"postgres": "postgresql", "mysql": "mysql", "mariadb": "mysql"}


def _database(resource: Resource, scope: Scope) -> Iterable[Priced]:
    p = resource.properties
    copies = 2.0 if str(p.get("MultiAZ", "false")).lower() == "true" else 1.0
    named = str(p.get("Engine", "")).lower()
    engine = _ENGINES.get(named, named)
    item = f"{p.get('DBInstanceClass')} {engine} single-AZ"
    yield _priced(resource, scope, "database", "rds", item, copies * HOURS_PER_MONTH, "h")
    size = product(number(p.get("AllocatedStorage"), 0), copies)
    if size == 0:
        return  # a member of a cluster; the cluster is paid by what is stored
    yield _priced(resource, scope, "database storage", "rds", "gp2 or gp3 storage single-AZ", size, "GB")


def _table(resource: Resource, scope: Scope) -> Iterable[Priced]:
    units = mapping(resource.properties.get("ProvisionedThroughput"))
    for key, item in (("ReadCapacityUnits", "provisioned read"), ("WriteCapacityUnits", "provisioned write")):
        hours = product(number(units.get(key), 0), HOURS_PER_MONTH)
        if hours:
            yield _priced(resource, scope, "table throughput", "dynamodb", item, hours, "unit-h")


# --- machines that run all the time ----------------------------------------------------------


def _machines(resource: Resource, scope: Scope, types: Sequence[Value], how_many: Amount) -> Iterator[Priced]:
    if how_many == 0 or not types:
        return
    hours = product(how_many, HOURS_PER_MONTH)
    yield _priced(resource, scope, "machines always on", "instance", str(types[0]), hours, "h")


def _instance(resource: Resource, scope: Scope) -> Iterable[Priced]:
    kind = resource.properties.get("InstanceType")
    yield from _machines(resource, scope, [kind] if kind else [], 1.0)


def _group(resource: Resource, scope: Scope) -> Iterable[Priced]:
    p = resource.properties
    _, overrides = group_launch(p, mapping(p.get("MixedInstancesPolicy")), scope)
    types: list[Value] = [o.type for o in overrides if isinstance(o, Override)]
    yield from _machines(resource, scope, types, number(p.get("DesiredCapacity", p.get("MinSize")), 0))


def _environment(resource: Resource, scope: Scope) -> Iterable[Priced]:
    """MinvCpus are kept running; on the smallest of the types."""
    env = environment_of(resource, scope)
    sizes = sorted(env.instance_types, key=lambda i: (i.vcpus, i.name))
    if env.min_vcpus == 0 or env.fargate or not sizes:
        return
    yield from _machines(resource, scope, [sizes[0].name], product(env.min_vcpus, 1 / sizes[0].vcpus))


def _service(resource: Resource, scope: Scope) -> Iterable[Priced]:
    p = resource.properties
    providers = {str(mapping(c).get("CapacityProvider")) for c in items(p.get("CapacityProviderStrategy"))}
    if p.get("LaunchType") != "FARGATE" and not providers & {"FARGATE", "FARGATE_SPOT"}:
        return
    task = scope.find(p.get("TaskDefinition"), "AWS::ECS::TaskDefinition", name_property="Family")
    properties = task.properties if task else {}
    chip = "arm" if mapping(properties.get("RuntimePlatform")).get("CpuArchitecture") == "ARM64" else "x86"
    hours = product(number(p.get("DesiredCount"), 1), HOURS_PER_MONTH)
    for item, key in (("vcpu", "Cpu"), ("memory", "Memory")):
        each = product(number(properties.get(key)), 1 / 1024)
        yield _priced(
            resource, scope, f"Fargate {item}", "fargate", f"linux {chip} {item}", product(hours, each), f"{item}-h"
        )


RULES: dict[str, CostRule] = {
    "AWS::AutoScaling::AutoScalingGroup": _group,
    "AWS::Batch::ComputeEnvironment": _environment,
    "AWS::CloudWatch::Alarm": _alarm,
    "AWS::CloudWatch::CompositeAlarm": _composite_alarm,
    "AWS::DynamoDB::Table": _table,
    "AWS::EC2::Instance": _instance,
    "AWS::EC2::VPCEndpoint": _endpoint,
    "AWS::EC2::Volume": _volume,
    "AWS::ECS::Service": _service,
    "AWS::ElasticLoadBalancingV2::LoadBalancer": _load_balancer,
    "AWS::FSx::FileSystem": _file_system,
    "AWS::Logs::MetricFilter": _metric,
    "AWS::RDS::DBInstance": _database,
}

BY_USE: dict[str, tuple[str, str]] = {
    # type: (what is paid for, service of the price table)
    "AWS::ApiGateway::RestApi": ("API requests", "apigateway"),
    "AWS::CloudFront::Distribution": ("traffic and requests", "cloudfront"),
    "AWS::Cognito::UserPool": ("active users", "cognito"),
    "AWS::DynamoDB::Table": ("requests and stored data", "dynamodb"),
    "AWS::EC2::NatGateway": ("data through NAT gateways", "vpc"),
    "AWS::ECR::Repository": ("stored images", "ecr"),
    "AWS::EFS::FileSystem": ("stored data", "efs"),
    "AWS::Lambda::Function": ("function calls", "lambda"),
    "AWS::Logs::LogGroup": ("log lines", "cloudwatch"),
    "AWS::S3::Bucket": ("stored data and requests", "s3"),
    "AWS::SNS::Topic": ("messages beyond the free ones", "sns"),
    "AWS::SQS::Queue": ("messages beyond the free ones", "sqs"),
    "AWS::StepFunctions::StateMachine": ("steps", "states"),
}


def paid_by_use(stacks: Sequence[StackInRegion]) -> dict[str, str]:
    """Service of the price table -> what is paid for by use; nothing of it when idle and empty."""
    used = {r.type for stack in stacks for r in stack.resolved.resources.values()}
    return {BY_USE[t][1]: BY_USE[t][0] for t in sorted(used) if t in BY_USE}


def has_public_machines(stacks: Sequence[StackInRegion]) -> bool:
    """Whether machines get a public address while they run, which is paid by the hour."""
    return any(
        str(r.properties.get("MapPublicIpOnLaunch", "false")).lower() == "true"
        for stack in stacks
        for r in map(visible, stack.resolved.of_type("AWS::EC2::Subnet"))
    ) and not any(True for stack in stacks for _ in stack.resolved.of_type("AWS::EC2::NatGateway"))


def has_nat(stacks: Sequence[StackInRegion]) -> bool:
    return any(True for stack in stacks for _ in stack.resolved.of_type("AWS::EC2::NatGateway"))
