"""How the use of each quota is counted: one row per quota, naming the call, the list in its answer, the measure.

Which call counts what: the services' quota pages, and `count_method` of the shipped table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Item = Any
Quota = tuple[str, str]
"""(service, code); for limits without a code (service, name)."""
Places = Callable[[Item], tuple[str, ...]]


def _one(_: Item) -> float:
    return 1.0


@dataclass(frozen=True)
class Row:
    """How one quota is counted."""

    quota: Quota
    call: str
    """client.operation, as boto3 names them."""
    items: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    measure: Callable[[Item], float] = _one
    """How much an item counts; 0 when it does not."""
    container: Places | None = None
    """For limits per VPC, zone, role …: which one an item is in."""

    @property
    def source(self) -> tuple[str, str]:
        """Rows with the same source share one call."""
        return self.call, repr(sorted(self.arguments.items()))


def _key(name: str) -> Places:
    return lambda item: (str(item.get(name, "")),)


def _if(condition: Callable[[Item], bool], amount: Callable[[Item], float] = _one) -> Callable[[Item], float]:
    return lambda item: amount(item) if condition(item) else 0.0


def _is(name: str, *values: str) -> Callable[[Item], bool]:
    return lambda item: item.get(name) in values


def _tib(item: Item) -> float:
    return float(item.get("Size", 0)) / 1024


def _iops(item: Item) -> float:
    return float(item.get("Iops", 0))


def _gib(item: Item) -> float:
    return float(item.get("StorageCapacity", 0))


def _lustre(item: Item) -> str:
    return str((item.get("LustreConfiguration") or {}).get("DeploymentType", ""))


def _scratch(item: Item) -> bool:
    return _lustre(item).startswith("SCRATCH")


def _persistent(generation: int) -> Callable[[Item], bool]:
    return lambda item: _lustre(item) == f"PERSISTENT_{generation}"


def _amazons(address: Item) -> bool:
    """Addresses that somebody brought along do not count (BYOIP, customer-owned pools)."""
    return address.get("PublicIpv4Pool", "amazon") == "amazon" and not address.get("CustomerOwnedIp")


def _rule_places(rule: Item) -> tuple[str, ...]:
    """Rules are counted per group, direction and version of IP; one that names a group or a list counts as both."""
    group = f"{rule.get('GroupId', '')} {'outbound' if rule.get('IsEgress') else 'inbound'}"
    if rule.get("CidrIpv4"):
        return (f"{group} IPv4",)
    return (f"{group} IPv6",) if rule.get("CidrIpv6") else (f"{group} IPv4", f"{group} IPv6")


def _filter(name: str, *values: str) -> dict[str, Any]:
    return {"Filters": [{"Name": name, "Values": list(values)}]}


_LIVE_STACKS = {
    "StackStatusFilter": [
        *("CREATE_IN_PROGRESS", "CREATE_FAILED", "CREATE_COMPLETE", "ROLLBACK_IN_PROGRESS", "ROLLBACK_FAILED"),
        *("ROLLBACK_COMPLETE", "DELETE_IN_PROGRESS", "DELETE_FAILED", "UPDATE_IN_PROGRESS", "UPDATE_FAILED"),
        *("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_IN_PROGRESS"),
        *("UPDATE_ROLLBACK_FAILED", "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE"),
        *("REVIEW_IN_PROGRESS", "IMPORT_IN_PROGRESS", "IMPORT_COMPLETE", "IMPORT_ROLLBACK_IN_PROGRESS"),
        *("IMPORT_ROLLBACK_FAILED", "IMPORT_ROLLBACK_COMPLETE"),
    ]
}
"""All but DELETE_COMPLETE, which AWS lists for another 90 days."""

_VPC = _key("VpcId")
_LUSTRE = ("fsx.describe_file_systems", "FileSystems")
_VOLUMES = ("ec2.describe_volumes", "Volumes")
_ENDPOINTS = ("ec2.describe_vpc_endpoints", "VpcEndpoints")
_TABLES = ("ec2.describe_route_tables", "RouteTables")

ROWS: tuple[Row, ...] = (
    Row(("ec2", "L-0263D0A3"), "ec2.describe_addresses", "Addresses", _filter("domain", "vpc"), _if(_amazons)),
    Row(("ec2", "L-FB451C26"), "ec2.describe_launch_templates", "LaunchTemplates"),
    Row(("ec2", "L-B665C33B"), "ec2.describe_images", "Images", {"Owners": ["self"]}),
    Row(("ec2", "Placement groups per Region"), "ec2.describe_placement_groups", "PlacementGroups"),
    Row(("vpc", "L-F678F1CE"), "ec2.describe_vpcs", "Vpcs"),
    Row(
        ("vpc", "L-83CA0A9D"),
        "ec2.describe_vpcs",
        "Vpcs",
        measure=lambda v: float(len(v.get("CidrBlockAssociationSet") or (1,))),
        container=_VPC,
    ),
    Row(("vpc", "L-A4707A72"), "ec2.describe_internet_gateways", "InternetGateways"),
    Row(("vpc", "L-E79EC296"), "ec2.describe_security_groups", "SecurityGroups"),
    Row(("vpc", "L-DF5E4CA3"), "ec2.describe_network_interfaces", "NetworkInterfaces"),
    Row(("vpc", "L-407747CB"), "ec2.describe_subnets", "Subnets", container=_VPC),
    Row(("vpc", "L-589F43AA"), *_TABLES, container=_VPC),
    Row(
        ("vpc", "L-93826ACB"),
        *_TABLES,
        measure=lambda t: float(len(t.get("Routes", ()))),
        container=_key("RouteTableId"),
    ),
    Row(("vpc", "L-0EA8095F"), "ec2.describe_security_group_rules", "SecurityGroupRules", container=_rule_places),
    Row(("vpc", "L-1B52E74A"), *_ENDPOINTS, measure=_if(_is("VpcEndpointType", "Gateway"))),
    Row(("vpc", "L-29B6F2EB"), *_ENDPOINTS, measure=_if(_is("VpcEndpointType", "Interface")), container=_VPC),
    Row(("ebs", "L-7A658B76"), *_VOLUMES, measure=_if(_is("VolumeType", "gp3"), _tib)),
    Row(("ebs", "L-D18FCD1D"), *_VOLUMES, measure=_if(_is("VolumeType", "gp2"), _tib)),
    Row(("ebs", "L-09BD8365"), *_VOLUMES, measure=_if(_is("VolumeType", "io2"), _tib)),
    Row(("ebs", "L-8D977E7E"), *_VOLUMES, measure=_if(_is("VolumeType", "io2"), _iops)),
    Row(("ebs", "L-B3A130E6"), *_VOLUMES, measure=_if(_is("VolumeType", "io1"), _iops)),
    Row(("ebs", "L-309BACF6"), "ec2.describe_snapshots", "Snapshots", {"OwnerIds": ["self"]}),
    Row(("batch", "L-144F0CA5"), "batch.describe_compute_environments", "computeEnvironments"),
    Row(("batch", "L-4CEA37AD"), "batch.describe_job_queues", "jobQueues"),
    Row(("ecs", "L-21C621EB"), "ecs.list_clusters", "clusterArns"),
    Row(("ecr", "L-CFEB8E8D"), "ecr.describe_repositories", "repositories"),
    Row(("s3", "L-DC2B2D3D"), "s3.list_buckets", "Buckets"),
    Row(("cloudformation", "L-0485CB21"), "cloudformation.list_stacks", "StackSummaries", _LIVE_STACKS),
    Row(("fsx", "L-C48231E5"), *_LUSTRE, measure=_if(_scratch)),
    Row(("fsx", "L-AD2FC696"), *_LUSTRE, measure=_if(_scratch, _gib)),
    Row(("fsx", "L-9AFA1F09"), *_LUSTRE, measure=_if(_persistent(1))),
    Row(("fsx", "L-C8640C82"), *_LUSTRE, measure=_if(_persistent(1), _gib)),
    Row(("fsx", "L-FD6F2F22"), *_LUSTRE, measure=_if(_persistent(2))),
    Row(("fsx", "L-8F1B9C74"), *_LUSTRE, measure=_if(_persistent(2), _gib)),
    Row(("elasticfilesystem", "L-848C634D"), "efs.describe_file_systems", "FileSystems"),
    Row(("elasticloadbalancing", "L-53DA6B97"), "elbv2.describe_load_balancers", "LoadBalancers",
        measure=_if(_is("Type", "application"))),
    Row(("elasticloadbalancing", "L-B22855CB"), "elbv2.describe_target_groups", "TargetGroups"),
    Row(("cloudfront", "L-24B04930"), "cloudfront.list_distributions", "DistributionList.Items"),
    Row(("acm", "L-F141DD1D"), "acm.list_certificates", "CertificateSummaryList"),
    Row(("apigateway", "L-AA0FF27B"), "apigateway.get_rest_apis", "items",
        measure=_if(lambda a: "EDGE" not in (a.get("endpointConfiguration") or {}).get("types", ()))),
    Row(("apigateway", "L-B97207D0"), "apigateway.get_rest_apis", "items",
        measure=_if(lambda a: "EDGE" in (a.get("endpointConfiguration") or {}).get("types", ()))),
    Row(("apigateway", "L-A93447B8"), "apigateway.get_domain_names", "items"),
    Row(("dynamodb", "L-F98FE922"), "dynamodb.list_tables", "TableNames"),
    Row(("sns", "L-61103206"), "sns.list_topics", "Topics"),
    Row(("states", "L-B66B0F91"), "stepfunctions.list_state_machines", "stateMachines"),
    Row(("cognito-idp", "L-66E6DF30"), "cognito-idp.list_user_pools", "UserPools", {"MaxResults": 60}),
    Row(("cognito-identity", "L-8692CE1C"), "cognito-identity.list_identity_pools", "IdentityPools",
        {"MaxResults": 60}),
    Row(("wafv2", "L-2EC3DE7B"), "wafv2.list_web_acls", "WebACLs", {"Scope": "REGIONAL", "Limit": 100}),
    Row(("wafv2", "L-24189897"), "wafv2.list_web_acls", "WebACLs", {"Scope": "CLOUDFRONT", "Limit": 100}),
    Row(("wafv2", "L-D6DA96AE"), "wafv2.list_ip_sets", "IPSets", {"Scope": "REGIONAL", "Limit": 100}),
    Row(("logs", "L-C7B9AAAB"), "logs.describe_log_groups", "logGroups"),
    Row(("events", "L-244521F2"), "events.list_rules", "Rules",
        container=lambda rule: (rule.get("EventBusName") or "default",)),
    Row(("route53", "L-4EA4796A"), "route53.list_hosted_zones", "HostedZones"),
    Row(("kms", "L-C2F1777E"), "kms.list_keys", "Keys"),
    Row(("secretsmanager", "L-2F66C23C"), "secretsmanager.list_secrets", "SecretList"),
    Row(("ssm", "L-C3B871CB"), "ssm.describe_parameters", "Parameters",
        {"ParameterFilters": [{"Key": "Tier", "Values": ["Standard"]}]}),
    Row(("grafana", "L-2C2D5119"), "grafana.list_workspaces", "workspaces"),
    Row(("aps", "L-8873DB23"), "amp.list_workspaces", "workspaces"),
    Row(("pcs", "L-0ADE95E3"), "pcs.list_clusters", "clusters"),
    Row(("imagebuilder", "L-BA4D191B"), "imagebuilder.list_images", "imageVersionList"),
    Row(("cloudwatch", "Alarms per Region"), "cloudwatch.describe_alarms", "MetricAlarms"),
)  # fmt: skip
