"""Quotas that count resources: a table of what one resource of a type takes, and where it takes it.

Codes are those of quotas.csv (a test holds that); per-VPC, per-role … limits name the property that tells
the container.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from geos.wizard.cfn.resolve import Resource, Unknown, unknowns
from geos.wizard.systems.derive import Scope, count, items, mapping, number
from geos.wizard.systems.derive.claims import Amount, Claim, Rule, in_container
from geos.wizard.systems.derive.disks import disk_claims
from geos.wizard.systems.derive.networks import NETWORK_RULES, groups_on_interface

ONE_EACH: dict[str, tuple[tuple[str, str], ...]] = {
    "AWS::ApiGateway::DomainName": (("apigateway", "L-A93447B8"),),
    "AWS::APS::Workspace": (("aps", "L-8873DB23"),),
    "AWS::AutoScaling::AutoScalingGroup": (("autoscaling", "L-CDE20ADC"),),
    "AWS::Batch::ComputeEnvironment": (("batch", "L-144F0CA5"), ("ecs", "L-21C621EB")),
    "AWS::Batch::JobQueue": (("batch", "L-4CEA37AD"),),
    "AWS::CertificateManager::Certificate": (("acm", "L-F141DD1D"),),
    "AWS::CloudFormation::Stack": (("cloudformation", "L-0485CB21"),),
    "AWS::CloudFront::Distribution": (("cloudfront", "L-24B04930"),),
    "AWS::Cognito::IdentityPool": (("cognito-identity", "L-8692CE1C"),),
    "AWS::Cognito::UserPool": (("cognito-idp", "L-66E6DF30"),),
    "AWS::EC2::EIP": (("ec2", "L-0263D0A3"),),
    "AWS::EC2::InternetGateway": (("vpc", "L-A4707A72"),),
    "AWS::EC2::LaunchTemplate": (("ec2", "L-FB451C26"),),
    "AWS::EC2::NetworkInterface": (("vpc", "L-DF5E4CA3"),),
    "AWS::EC2::SecurityGroup": (("vpc", "L-E79EC296"),),
    # A new VPC brings its default security group with it.
    "AWS::EC2::VPC": (("vpc", "L-F678F1CE"), ("vpc", "L-E79EC296")),
    "AWS::ECR::Repository": (("ecr", "L-CFEB8E8D"),),
    "AWS::ECS::Cluster": (("ecs", "L-21C621EB"),),
    "AWS::EFS::FileSystem": (("elasticfilesystem", "L-848C634D"),),
    "AWS::ElasticLoadBalancingV2::TargetGroup": (("elasticloadbalancing", "L-B22855CB"),),
    "AWS::Grafana::Workspace": (("grafana", "L-2C2D5119"),),
    "AWS::IAM::InstanceProfile": (("iam", "L-6E65F664"),),
    "AWS::IAM::ManagedPolicy": (("iam", "L-E95E4862"),),
    "AWS::IAM::Role": (("iam", "L-FE177D64"),),
    "AWS::KMS::Key": (("kms", "L-C2F1777E"),),
    "AWS::KMS::ReplicaKey": (("kms", "L-C2F1777E"),),
    "AWS::Logs::LogGroup": (("logs", "L-C7B9AAAB"),),
    "AWS::PCS::Cluster": (("pcs", "L-0ADE95E3"),),
    "AWS::RDS::DBInstance": (("rds", "L-7B6409FD"),),
    "AWS::RDS::DBParameterGroup": (("rds", "L-DE55804A"),),
    "AWS::RDS::DBSubnetGroup": (("rds", "L-48C6BF61"),),
    "AWS::Route53::HostedZone": (("route53", "L-4EA4796A"),),
    "AWS::S3::Bucket": (("s3", "L-DC2B2D3D"),),
    "AWS::SNS::Topic": (("sns", "L-61103206"),),
    "AWS::SecretsManager::Secret": (("secretsmanager", "L-2F66C23C"),),
    "AWS::StepFunctions::StateMachine": (("states", "L-B66B0F91"),),
}

UNCODED_EACH: dict[str, tuple[str, str]] = {
    "AWS::Budgets::Budget": ("budgets", "Budgets per account"),
    "AWS::CloudWatch::Alarm": ("cloudwatch", "Alarms per Region"),
    "AWS::CloudWatch::CompositeAlarm": ("cloudwatch", "Alarms per Region"),
    "AWS::EC2::PlacementGroup": ("ec2", "Placement groups per Region"),
}
"""Limits that Service Quotas does not list."""

ONE_IN: dict[str, tuple[tuple[str, str, str], ...]] = {
    # type: (service, code, property that names the container)
    "AWS::ApiGateway::Stage": (("apigateway", "L-379E48B0", "RestApiId"),),
    "AWS::Cognito::UserPoolClient": (("cognito-idp", "L-5EAB0605", "UserPoolId"),),
    "AWS::EC2::Route": (("vpc", "L-93826ACB", "RouteTableId"),),
    "AWS::EC2::RouteTable": (("vpc", "L-589F43AA", "VpcId"),),
    "AWS::EC2::Subnet": (("vpc", "L-407747CB", "VpcId"),),
    "AWS::EC2::VPCCidrBlock": (("vpc", "L-83CA0A9D", "VpcId"),),
    "AWS::ECS::Service": (("ecs", "L-9EF96962", "Cluster"),),
    "AWS::ElasticLoadBalancingV2::Listener": (("elasticloadbalancing", "L-B6DF7632", "LoadBalancerArn"),),
}


def counted(resource: Resource, scope: Scope) -> Iterator[Claim]:
    """What the tables above say about one resource."""
    for service, code in ONE_EACH.get(resource.type, ()):
        yield Claim(service, code, 1.0)
    if resource.type in UNCODED_EACH:
        service, name = UNCODED_EACH[resource.type]
        yield Claim(service, "", 1.0, name=name)
    for service, code, where in ONE_IN.get(resource.type, ()):
        yield in_container(service, code, 1.0, resource.properties.get(where))
    if resource.type in RULES:
        yield from RULES[resource.type](resource, scope)
    yield from groups_on_interface(resource)


# --- IAM -------------------------------------------------------------------------------------


def _role(resource: Resource, scope: Scope) -> Iterable[Claim]:
    p = resource.properties
    yield Claim("iam", "L-0DA4ABF3", count(p.get("ManagedPolicyArns")), container=resource.logical_id)
    trust = p.get("AssumeRolePolicyDocument")
    reason = next(unknowns(trust), None)
    length: Amount = reason if reason is not None else float(len(json.dumps(trust, separators=(",", ":"))))
    yield Claim("iam", "L-C07B4B0D", length, container=resource.logical_id)


def _managed_policy(resource: Resource, scope: Scope) -> Iterable[Claim]:
    for role in items(resource.properties.get("Roles")):
        yield in_container("iam", "L-0DA4ABF3", 1.0, role)


# --- Batch, load balancers, API, data --------------------------------------------------------


def _job_queue(resource: Resource, scope: Scope) -> Iterable[Claim]:
    order = resource.properties.get("ComputeEnvironmentOrder")
    yield Claim("batch", "L-F8102809", count(order), container=resource.logical_id)


def _load_balancer(resource: Resource, scope: Scope) -> Iterable[Claim]:
    kind = resource.properties.get("Type", "application")
    subnets = resource.properties.get("Subnets", resource.properties.get("SubnetMappings"))
    yield Claim("vpc", "L-DF5E4CA3", count(subnets))
    if isinstance(kind, Unknown) or kind == "application":
        yield Claim("elasticloadbalancing", "L-53DA6B97", kind if isinstance(kind, Unknown) else 1.0)


def _listener_rule(resource: Resource, scope: Scope) -> Iterable[Claim]:
    where = resource.properties.get("ListenerArn")
    listener = scope.find(where, "AWS::ElasticLoadBalancingV2::Listener")
    if listener is not None:
        where = listener.properties.get("LoadBalancerArn")
    yield in_container("elasticloadbalancing", "L-7EED9B64", 1.0, where)


def _rest_api(resource: Resource, scope: Scope) -> Iterable[Claim]:
    types = mapping(resource.properties.get("EndpointConfiguration")).get("Types", ["EDGE"])
    if isinstance(types, Unknown):
        yield Claim("apigateway", "L-AA0FF27B", types)
        yield Claim("apigateway", "L-B97207D0", types)
        return
    for kind, code in (("REGIONAL", "L-AA0FF27B"), ("EDGE", "L-B97207D0")):
        if kind in items(types):
            yield Claim("apigateway", code, 1.0)


def _rule(resource: Resource, scope: Scope) -> Iterable[Claim]:
    yield in_container("events", "L-244521F2", 1.0, resource.properties.get("EventBusName", "default"))


def _table(resource: Resource, scope: Scope) -> Iterable[Claim]:
    yield Claim("dynamodb", "L-F98FE922", 1.0)
    p = resource.properties
    if p.get("BillingMode") == "PAY_PER_REQUEST":
        return
    for unit, on_table, on_account in (
        ("ReadCapacityUnits", "L-CF0CBE56", "L-34F6A552"),
        ("WriteCapacityUnits", "L-AB614373", "L-34F8CCC8"),
    ):
        for part in (p, *(mapping(i) for i in items(p.get("GlobalSecondaryIndexes")))):
            units = number(mapping(part.get("ProvisionedThroughput")).get(unit), 0)
            yield Claim("dynamodb", on_table, units, container=resource.logical_id)
            yield Claim("dynamodb", on_account, units)


def _scoped(regional: str, worldwide: str) -> Rule:
    def rule(resource: Resource, scope: Scope) -> Iterable[Claim]:
        where = resource.properties.get("Scope")
        for kind, code in (("REGIONAL", regional), ("CLOUDFRONT", worldwide)):
            if code and (isinstance(where, Unknown) or where == kind):
                yield Claim("wafv2", code, where if isinstance(where, Unknown) else 1.0)

    return rule


def _distribution(resource: Resource, scope: Scope) -> Iterable[Claim]:
    config = mapping(resource.properties.get("DistributionConfig"))
    yield Claim("cloudfront", "L-AAD4943E", count(config.get("Aliases")), container=resource.logical_id)


def _parameter(resource: Resource, scope: Scope) -> Iterable[Claim]:
    tier = resource.properties.get("Tier", "Standard")
    if isinstance(tier, Unknown) or tier == "Standard":
        yield Claim("ssm", "L-C3B871CB", tier if isinstance(tier, Unknown) else 1.0)


def _file_system(resource: Resource, scope: Scope) -> Iterable[Claim]:
    p = resource.properties
    family = p.get("FileSystemType", "LUSTRE")
    if not isinstance(family, Unknown) and family != "LUSTRE":
        return
    lustre = mapping(p.get("LustreConfiguration"))
    kind = family if isinstance(family, Unknown) else lustre.get("DeploymentType", "SCRATCH_1")
    size = number(p.get("StorageCapacity"), 0 if p.get("StorageType") == "INTELLIGENT_TIERING" else None)
    for prefix, files, storage in (
        ("SCRATCH_", "L-C48231E5", "L-AD2FC696"),
        ("PERSISTENT_1", "L-9AFA1F09", "L-C8640C82"),
        ("PERSISTENT_2", "L-FD6F2F22", "L-8F1B9C74"),
    ):
        if isinstance(kind, Unknown) or str(kind).startswith(prefix):
            yield Claim("fsx", files, kind if isinstance(kind, Unknown) else 1.0)
            yield Claim("fsx", storage, kind if isinstance(kind, Unknown) else size)
    if p.get("StorageType") == "HDD":
        yield Claim("fsx", "L-736F3D6F", size, container=resource.logical_id)
    if p.get("StorageType") == "INTELLIGENT_TIERING":
        yield Claim("fsx", "L-0CD18A5D", number(lustre.get("ThroughputCapacity")))


def _database(resource: Resource, scope: Scope) -> Iterable[Claim]:
    engine = resource.properties.get("Engine", "")
    of_cluster = "DBClusterIdentifier" in resource.properties
    if of_cluster or (isinstance(engine, str) and engine.startswith("aurora")):
        return  # an Aurora instance's storage belongs to its cluster, which has another limit
    yield Claim("rds", "L-7ADDB58A", number(resource.properties.get("AllocatedStorage")))


def _volume(resource: Resource, scope: Scope) -> Iterable[Claim]:
    yield from disk_claims(resource.properties)


RULES: dict[str, Rule] = {
    **NETWORK_RULES,
    "AWS::ApiGateway::RestApi": _rest_api,
    "AWS::Batch::JobQueue": _job_queue,
    "AWS::CloudFront::Distribution": _distribution,
    "AWS::DynamoDB::Table": _table,
    "AWS::EC2::Volume": _volume,
    "AWS::ElasticLoadBalancingV2::ListenerRule": _listener_rule,
    "AWS::ElasticLoadBalancingV2::LoadBalancer": _load_balancer,
    "AWS::Events::Rule": _rule,
    "AWS::FSx::FileSystem": _file_system,
    "AWS::IAM::ManagedPolicy": _managed_policy,
    "AWS::IAM::Role": _role,
    "AWS::RDS::DBInstance": _database,
    "AWS::SSM::Parameter": _parameter,
    "AWS::WAFv2::IPSet": _scoped("L-D6DA96AE", ""),
    "AWS::WAFv2::WebACL": _scoped("L-2EC3DE7B", "L-24189897"),
}
