"""The permissions a set of templates and geos's own commands need, read off the resource types in use.

AWS publishes for each type which IAM actions its handlers call (cfn_types.csv). To that come CloudFormation's
own, those of the commands that follow, and iam:PassRole for exactly the roles that are handed to a service.
Everything is narrowed to the deployment's names where the action can be.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from geos.wizard.cfn.resolve import Resource, Unknown, Value, unknowns
from geos.wizard.systems.derive import Scope, StackInRegion, items, mapping, scopes, visible
from geos.wizard.systems.derive.arns import ALSO_ON, ARNS, BELONGS_TO, Names, arns_of
from geos.wizard.systems.derive.counting_calls import counting_actions
from geos.wizard.systems.derive.needs import needs
from geos.wizard.systems.derive.own_calls import LINKED_ROLES, OWN_CALLS
from geos.wizard.systems.derive.unpublished import UNPUBLISHED
from geos.wizard.tables.types import resource_type

ALL_COMMANDS = tuple(OWN_CALLS)
COUNTS = "quotas"
"""The command that counts what is used of each quota in the plan."""


@dataclass(frozen=True)
class Grant:
    """One action on one pattern of resources."""

    action: str
    resource_pattern: str
    why: tuple[str, ...]
    """Resource types, and commands of geos."""
    passed_to: tuple[str, ...] = ()
    """For iam:PassRole: the services that may be given the role."""
    region: str = ""
    """The region asked in, where nothing else can narrow the action."""
    published: bool = True
    """False: AWS does not say what this type needs; taken from the service's own actions."""

    @property
    def service(self) -> str:
        return self.action.split(":", 1)[0]


_Key = tuple[str, str, tuple[str, ...], str, bool]
"""The fields of a Grant but `why`."""
_Want = tuple[_Key, str]
"""What is wanted, and by whom."""

ONLY_WITH: dict[tuple[str, str], tuple[str, ...]] = {
    # (type, service or action): properties without which the handler does not call it
    ("AWS::Batch::ComputeEnvironment", "eks"): ("EksConfiguration",),
    ("AWS::DynamoDB::Table", "iam"): ("KinesisStreamSpecification",),
    ("AWS::DynamoDB::Table", "kinesis"): ("KinesisStreamSpecification",),
    ("AWS::DynamoDB::Table", "kms"): ("SSESpecification",),
    ("AWS::DynamoDB::Table", "logs"): ("ImportSourceSpecification",),
    ("AWS::DynamoDB::Table", "s3"): ("ImportSourceSpecification",),
    ("AWS::EC2::FlowLog", "autoscaling"): (),
    ("AWS::EC2::FlowLog", "s3"): ("LogDestination",),
    ("AWS::EC2::Instance", "ssm"): ("SsmAssociations",),
    ("AWS::EC2::VPCGatewayAttachment", "ec2:AttachVpnGateway"): ("VpnGatewayId",),
    ("AWS::EC2::VPCGatewayAttachment", "ec2:DescribeVpnGateways"): ("VpnGatewayId",),
    ("AWS::EC2::VPCGatewayAttachment", "ec2:DetachVpnGateway"): ("VpnGatewayId",),
    ("AWS::EC2::VPCEndpoint", "vpc-lattice"): ("ServiceNetworkArn", "ResourceConfigurationArn"),
    ("AWS::EC2::VPCEndpoint", "vpce"): ("ServiceRegion",),
    ("AWS::ECR::Repository", "kms"): ("EncryptionConfiguration",),
    ("AWS::IAM::ManagedPolicy", "iam:AttachGroupPolicy"): ("Groups",),
    ("AWS::IAM::ManagedPolicy", "iam:AttachRolePolicy"): ("Roles",),
    ("AWS::IAM::ManagedPolicy", "iam:AttachUserPolicy"): ("Users",),
    ("AWS::IAM::ManagedPolicy", "iam:DetachGroupPolicy"): ("Groups",),
    ("AWS::IAM::ManagedPolicy", "iam:DetachRolePolicy"): ("Roles",),
    ("AWS::IAM::ManagedPolicy", "iam:DetachUserPolicy"): ("Users",),
    ("AWS::Lambda::Function", "ec2"): ("VpcConfig",),
    ("AWS::Lambda::Function", "elasticfilesystem"): ("FileSystemConfigs",),
    ("AWS::Lambda::Function", "kms"): ("KmsKeyArn",),
    ("AWS::Lambda::Function", "s3files"): ("FileSystemConfigs",),
    ("AWS::Logs::LogGroup", "firehose"): ("LogGroupClass",),
    ("AWS::S3::Bucket", "s3tables"): ("MetadataTableConfiguration", "MetadataConfiguration"),
    ("AWS::SNS::Subscription", "iam"): ("SubscriptionRoleArn",),
    ("AWS::SNS::Topic", "iam"): ("DeliveryStatusLogging",),
}
NOT_NARROWED = frozenset(
    {
        "cognito-idp:CreateUserPool",
        "ecr:GetAuthorizationToken",
        "elasticfilesystem:CreateFileSystem",
        "kms:CreateKey",
        "logs:CreateLogDelivery",
        "logs:DeleteLogDelivery",
        "logs:DeleteResourcePolicy",
        "logs:PutResourcePolicy",
        "sns:GetSubscriptionAttributes",
        "sns:SetSubscriptionAttributes",
        "sns:Unsubscribe",
    }
)
"""Actions without a resource level (service authorization reference); Describe… and List… are left wide too."""
WORLDWIDE = frozenset({"budgets", "ce", "cloudfront", "freetier", "iam", "organizations", "route53", "sts", "support"})
"""Services that answer in one region, whatever region the deployment is in."""

_ACTION = re.compile(r"[a-z0-9-]+:[A-Za-z0-9]+")
_ROLE_ARN = re.compile(r"arn:[a-z-]+:iam::\d*:role/\S+")


def required_actions(
    stacks: Sequence[StackInRegion], names: Names, commands: Sequence[str] = ALL_COMMANDS
) -> tuple[Grant, ...]:
    """Sorted by action and resource; each grant says which types or commands want it."""
    found: dict[_Key, dict[str, None]] = {}
    counting = counting_actions(needs(stacks)) if COUNTS in commands else ()
    own = (((action, "*", (), "", True), f"geos-setup {COUNTS}") for action in counting)
    for key, why in (*_of_stacks(stacks, names), *_of_commands(names, commands), *own):
        found.setdefault(key, {})[why] = None
    grants = [Grant(a, r, tuple(why), p, g, ok) for (a, r, p, g, ok), why in found.items()]
    return tuple(sorted(grants, key=lambda g: (g.action, g.resource_pattern, g.passed_to)))


def unlisted_types(stacks: Sequence[StackInRegion]) -> tuple[str, ...]:
    """Types in use of which neither AWS nor geos says what they need."""
    used = {r.type for s in stacks for r in s.resolved.resources.values()}
    return tuple(sorted(t for t in used if t not in UNPUBLISHED and not _published(t)))


def _published(type_name: str) -> bool:
    fact = resource_type(type_name)
    return fact is not None and fact.handlers


def _of_commands(names: Names, commands: Sequence[str]) -> Iterator[_Want]:
    for command in commands:
        for pattern, actions in OWN_CALLS[command].items():
            resource = names.fill(pattern)
            yield from (((action, resource, (), "", True), f"geos-setup {command}") for action in actions)


# --- resource types --------------------------------------------------------------------------


def _of_stacks(stacks: Sequence[StackInRegion], names: Names) -> Iterator[_Want]:
    for scope in scopes(stacks):
        here = replace(names, region=scope.region, partition=scope.stack.partition)
        own_name = scope.stack.resolved.name
        stack_name = own_name if own_name.startswith(f"{names.deployment}-") else names.deployment
        for resource in map(visible, scope.stack.resolved.resources.values()):
            yield from _of_resource(resource, scope, here, stack_name)
            yield from _passed(resource, scope, here, stack_name)


@dataclass(frozen=True)
class _Call:
    """One action of a type, and what is always so of it."""

    action: str
    service: str
    narrow: bool
    """Whether it can be narrowed to a resource."""
    regional: bool
    """Whether it should be narrowed to the region where nothing else narrows it."""


@functools.cache
def _calls_of(type_name: str) -> tuple[_Call, ...]:
    """What the handlers call; roles are handed over in another way, and what is no IAM action is left out."""
    fact = resource_type(type_name)
    if fact is not None and fact.handlers:
        actions = {*fact.create, *fact.read, *fact.update, *fact.delete}
    else:
        actions = set(UNPUBLISHED.get(type_name, ()))
    return tuple(_call(a) for a in sorted(actions) if a != "iam:PassRole" and _ACTION.fullmatch(a))


def _call(action: str) -> _Call:
    service, name = action.split(":", 1)
    # Describing and listing tell names and settings only; Get… may tell contents, as listing a bucket does.
    reads = name.startswith("Describe") or (name.startswith("List") and service != "s3")
    return _Call(action, service, not reads and action not in NOT_NARROWED, not reads and service not in WORLDWIDE)


def _of_resource(resource: Resource, scope: Scope, names: Names, stack_name: str) -> Iterator[_Want]:
    targets = _targets(resource, scope, names, stack_name)
    published = resource.type not in UNPUBLISHED
    for call in _calls_of(resource.type):
        by_action = ONLY_WITH.get((resource.type, call.action))
        needed = by_action if by_action is not None else ONLY_WITH.get((resource.type, call.service))
        if needed is not None and not any(p in resource.properties for p in needed):
            continue
        for pattern in _patterns(call, targets, names):
            region = names.region if pattern == "*" and call.regional else ""
            yield (call.action, pattern, (), region, published), resource.type


def _targets(resource: Resource, scope: Scope, names: Names, stack_name: str) -> tuple[str, ...]:
    """ARN patterns of the resource, or of the one it belongs to."""
    if resource.type not in BELONGS_TO:
        return arns_of(resource, names, stack_name)
    key, owner_type = BELONGS_TO[resource.type]
    found: dict[str, None] = {}
    for reference in items(resource.properties.get(key)):
        name_property = ARNS[owner_type][0]
        owner = scope.find(reference, owner_type, name_property=name_property)
        if owner is None and isinstance(reference, str):
            owner = Resource(resource.logical_id, owner_type, {name_property: reference})
        if owner is not None:
            found |= dict.fromkeys(arns_of(owner, names, stack_name))
    return tuple(found)


def _patterns(call: _Call, targets: tuple[str, ...], names: Names) -> tuple[str, ...]:
    if call.action == "iam:CreateServiceLinkedRole":
        return (names.fill(LINKED_ROLES),)
    own = tuple(t for t in targets if t.split(":", 3)[2] == call.service) if call.narrow else ()
    if own and call.action in ALSO_ON:
        own = (*own, names.fill(ALSO_ON[call.action]))
    return own or ("*",)


# --- iam:PassRole ----------------------------------------------------------------------------


def _passed(resource: Resource, scope: Scope, names: Names, stack_name: str) -> Iterator[_Want]:
    """The roles this resource hands to a service: those its properties name, if its handler passes roles."""
    fact = resource_type(resource.type)
    if fact is None or "iam:PassRole" not in {*fact.create, *fact.update}:
        return
    for role in _roles_named(resource, scope):
        services = _trusted_services(role)
        for pattern in arns_of(role, names, stack_name):
            yield ("iam:PassRole", pattern, services, "", True), resource.type
    for arn in _role_arns(resource.properties):
        yield ("iam:PassRole", arn, (), "", True), resource.type


def _roles_named(resource: Resource, scope: Scope) -> Iterator[Resource]:
    for reference in {u.logical_id: u for u in unknowns(resource.properties)}.values():
        role = scope.find(reference, "AWS::IAM::Role")
        profile = scope.find(reference, "AWS::IAM::InstanceProfile")
        if role is not None:
            yield role
        elif profile is not None and resource.type != "AWS::IAM::InstanceProfile":
            yield from _roles_named(profile, scope)


def _trusted_services(role: Resource) -> tuple[str, ...]:
    """Who may assume the role, by its own trust policy; empty when that cannot be read."""
    found: dict[str, None] = {}
    for statement in items(mapping(role.properties.get("AssumeRolePolicyDocument")).get("Statement")):
        for service in items(mapping(mapping(statement).get("Principal")).get("Service")):
            if isinstance(service, Unknown):
                return ()
            found[str(service)] = None
    return tuple(sorted(found))


def _role_arns(value: Value) -> Iterator[str]:
    if isinstance(value, str):
        if _ROLE_ARN.fullmatch(value) and ":role/aws-service-role/" not in value:
            yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _role_arns(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _role_arns(inner)
