"""PROOF-3: what the specification's items say, read off the rendered templates; each test names its items."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from email import message_from_string
from typing import Any

import pytest

from geos.wizard.cfn.resolve import Resolved, Resource, Unknown
from geos.wizard.systems.expressions import shipped_facts
from geos.wizard.systems.render import RenderedStack, render_bootstrap
from geos.wizard.tables.instances import instances
from geos.wizard.tables.types import resource_type

Stacks = Callable[..., Mapping[str, RenderedStack]]
Resolveds = Callable[..., Mapping[str, Resolved]]

GRAVITON = {
    "c7g.4xlarge", "c7g.8xlarge", "c7g.12xlarge", "c7g.16xlarge", "c8g.8xlarge", "c8g.12xlarge", "c8g.16xlarge",
    "c8g.24xlarge", "c8g.48xlarge",
}  # fmt: skip
X86 = {
    "c5.4xlarge", "c5.9xlarge", "c5.12xlarge", "c5.18xlarge", "c5.24xlarge", "c6i.8xlarge", "c6i.12xlarge",
    "c6i.16xlarge", "c6i.24xlarge", "c6i.32xlarge", "c6a.8xlarge", "c6a.12xlarge", "c6a.16xlarge", "c6a.24xlarge",
    "c6a.32xlarge", "c6a.48xlarge",
}  # fmt: skip


def properties(stack: Resolved, logical_id: str) -> dict[str, Any]:
    return stack.resources[logical_id].properties


def of_type(stacks: Mapping[str, Resolved], *types: str) -> Iterator[Resource]:
    return (r for stack in stacks.values() for r in stack.resources.values() if r.type in types)


# --- names and tags --------------------------------------------------------------------------


def test_COM_S_3_every_taggable_resource_is_tagged(rendered: Stacks, example: str) -> None:
    wanted = {"Project", "Environment", "Owner", "ManagedBy"}
    for stack in (*rendered(example).values(), render_bootstrap(shipped_facts("us-east-1"))):
        for logical_id, resource in stack.body["Resources"].items():
            known = resource_type(resource["Type"])
            assert known is not None, resource["Type"]
            if known.tagging:
                assert wanted <= _tag_keys(resource["Properties"]), f"{stack.layer}: {logical_id}"


def _tag_keys(raw: Mapping[str, Any]) -> set[str]:
    tags = raw.get("Tags") or raw.get("ResourceTags") or raw.get("TagSpecifications", [{}])[0].get("Tags", [])
    return set(tags) if isinstance(tags, dict) else {t["Key"] for t in tags}


def test_COM_S_3_jobs_instances_and_volumes_carry_the_tags(resolved: Resolveds) -> None:
    batch = resolved()["batch"]
    wanted = {"Project": "geos-chem", "Environment": "dev", "Owner": "air-quality-group", "ManagedBy": "geos"}
    assert properties(batch, "DefinitionGraviton")["PropagateTags"] is True
    assert wanted.items() <= properties(batch, "DefinitionGraviton")["Tags"].items()
    assert wanted.items() <= properties(batch, "GravitonSpot")["ComputeResources"]["Tags"].items()
    specifications = properties(batch, "LaunchTemplate")["LaunchTemplateData"]["TagSpecifications"]
    assert {s["ResourceType"] for s in specifications} == {"instance", "volume"}
    assert all(wanted.items() <= {t["Key"]: t["Value"] for t in s["Tags"]}.items() for s in specifications)


LONGEST = {"project": "x" * 17, "environment": "staging", "region": "ap-southeast-1"}  # 17 + 1 + 7 = 25
LIMITS = {
    ("AWS::S3::Bucket", "BucketName"): 63,
    ("AWS::IAM::Role", "RoleName"): 64,
    ("AWS::IAM::InstanceProfile", "InstanceProfileName"): 128,
    ("AWS::IAM::ManagedPolicy", "ManagedPolicyName"): 128,
    ("AWS::Batch::ComputeEnvironment", "ComputeEnvironmentName"): 128,
    ("AWS::Batch::JobQueue", "JobQueueName"): 128,
    ("AWS::Batch::JobDefinition", "JobDefinitionName"): 128,
    ("AWS::KMS::Alias", "AliasName"): 256,
    ("AWS::Lambda::Function", "FunctionName"): 64,
    ("AWS::Events::Rule", "Name"): 64,
    ("AWS::EC2::LaunchTemplate", "LaunchTemplateName"): 128,
    ("AWS::Budgets::Budget", "Budget"): 100,
}


def test_COM_S_9_the_longest_allowed_deployment_has_no_name_too_long(resolved: Resolveds) -> None:
    stacks = resolved("geos-chem-prod", LONGEST["region"], project=LONGEST["project"], environment="staging")
    seen = set()
    for (kind, key), limit in LIMITS.items():
        for resource in of_type(stacks, kind):
            name = resource.properties[key]
            name = name["BudgetName"] if isinstance(name, dict) else name
            seen.add((kind, key))
            assert len(name) <= limit, name
    assert seen == LIMITS.keys()


def test_COM_S_9_bucket_names_end_in_the_account_id(resolved: Resolveds) -> None:
    names = [b.properties["BucketName"] for b in of_type(resolved(), "AWS::S3::Bucket")]
    assert names == [f"geos-chem-dev-{part}-us-east-1-123456789012" for part in ("logging", "user-data", "system")]


def test_COM_S_9_names_that_are_the_accounts_carry_the_region(resolved: Resolveds) -> None:
    """Two regions side by side must not want the same role, budget or dashboard."""
    here, there = resolved(region="us-east-1", dashboard=True), resolved(region="eu-west-1", dashboard=True)
    for kind, key in (("AWS::IAM::Role", "RoleName"), ("AWS::IAM::ManagedPolicy", "ManagedPolicyName"),
                      ("AWS::IAM::InstanceProfile", "InstanceProfileName"),
                      ("AWS::CloudWatch::Dashboard", "DashboardName")):  # fmt: skip
        first = {r.properties[key] for r in of_type(here, kind)}
        assert first
        assert not first & {r.properties[key] for r in of_type(there, kind)}


def test_a_changed_tag_gives_a_compute_environment_a_new_name(resolved: Resolveds) -> None:
    """Tags can only be changed by replacement, and a custom name would stand in its way."""
    before = properties(resolved()["batch"], "GravitonSpot")["ComputeEnvironmentName"]
    after = properties(resolved(owner="someone")["batch"], "GravitonSpot")["ComputeEnvironmentName"]
    more = properties(resolved(max_vcpus=64)["batch"], "GravitonSpot")["ComputeEnvironmentName"]
    assert before != after
    assert before == more


# --- network ---------------------------------------------------------------------------------


def counts(stack: Resolved) -> dict[str, int]:
    kinds = ("Subnet", "NatGateway", "EIP", "InternetGateway", "VPC", "VPCEndpoint", "FlowLog")
    return {kind: sum(1 for _ in stack.of_type(f"AWS::EC2::{kind}")) for kind in kinds}


@pytest.mark.parametrize(
    ("mode", "nat", "endpoints", "public_ip"),
    [("none", 0, 2, True), ("single", 1, 2, False), ("per-az", 2, 2, False), ("endpoints", 0, 11, False)],
    ids=["COM-P-5-none", "COM-P-5-single", "COM-P-5-per-az", "COM-N-2-endpoints"],
)
def test_COM_N_1_the_network(resolved: Resolveds, mode: str, nat: int, endpoints: int, public_ip: bool) -> None:
    core = resolved(nat_mode=mode)["core"]
    assert counts(core) == {"Subnet": 4, "NatGateway": nat, "EIP": nat, "InternetGateway": 1, "VPC": 1,
                            "VPCEndpoint": endpoints, "FlowLog": 0}  # fmt: skip
    vpc = properties(core, "Vpc")
    assert vpc["EnableDnsSupport"] is vpc["EnableDnsHostnames"] is True
    given_out = {properties(core, f"PublicSubnet{i}")["MapPublicIpOnLaunch"] for i in (1, 2)}
    assert given_out == {public_ip}, "public addresses only where there is no other way out"
    assert "MapPublicIpOnLaunch" not in properties(core, "PrivateSubnet1")


def test_COM_N_1_gateway_endpoints_are_in_every_private_route_table(rendered: Stacks) -> None:
    body = rendered("geos-chem-prod")["core"].body["Resources"]
    tables = {i for i, r in body.items() if r["Type"] == "AWS::EC2::RouteTable"}
    assert len([t for t in tables if t.startswith("Private")]) == 3
    for endpoint in ("S3Endpoint", "DynamoDbEndpoint"):
        assert {r["Ref"] for r in body[endpoint]["Properties"]["RouteTableIds"]} == tables


def test_COM_N_2_hosts_without_internet_reach_ecs_ecr_and_logs(resolved: Resolveds) -> None:
    core = resolved(nat_mode="endpoints")["core"]
    interface = [e for e in core.of_type("AWS::EC2::VPCEndpoint") if e.properties["VpcEndpointType"] == "Interface"]
    services = {e.properties["ServiceName"].removeprefix("com.amazonaws.us-east-1.") for e in interface}
    assert {"ecs", "ecs-agent", "ecs-telemetry", "ecr.api", "ecr.dkr", "logs", "ssm", "sts"} <= services
    assert all(e.properties["PrivateDnsEnabled"] is True for e in interface)


def test_COM_N_1_subnets_do_not_overlap(resolved: Resolveds) -> None:
    import ipaddress

    for cidr in ("10.20.0.0/16", "192.168.0.0/24"):
        core = resolved("geos-chem-prod", vpc_cidr=cidr)["core"]
        parts = [ipaddress.ip_network(s.properties["CidrBlock"]) for s in core.of_type("AWS::EC2::Subnet")]
        assert len(parts) == 6
        assert not any(a.overlaps(b) for i, a in enumerate(parts) for b in parts[i + 1 :])
        assert all(p.subnet_of(ipaddress.ip_network(cidr)) for p in parts)  # type: ignore[arg-type]


def test_GCP_NET_1_instances_live_in_private_subnets_of_all_zones_unless_there_is_no_nat(rendered: Stacks) -> None:
    def subnets(**more: Any) -> Any:
        return rendered("geos-chem-prod", **more)["core"].body["Outputs"]["InstanceSubnetIds"]["Value"]

    assert subnets() == {"Fn::Join": [",", [{"Ref": f"PrivateSubnet{i}"} for i in (1, 2, 3)]]}
    assert subnets(nat_mode="none") == {"Fn::Join": [",", [{"Ref": f"PublicSubnet{i}"} for i in (1, 2, 3)]]}


def test_COM_P_5_an_existing_network_is_taken_as_it_is(resolved: Resolveds) -> None:
    core = resolved(vpc_mode="existing", vpc_id="vpc-0a1b2c3d", subnet_ids="subnet-0a1b2c3d,subnet-1a1b2c3d")["core"]
    assert not any(counts(core).values())
    assert core.outputs["InstanceSubnetIds"] == "subnet-0a1b2c3d,subnet-1a1b2c3d"
    assert properties(core, "BatchSecurityGroup")["VpcId"] == "vpc-0a1b2c3d"


def test_COM_P_6_flow_logs_and_boundary(resolved: Resolveds) -> None:
    boundary = "arn:aws:iam::123456789012:policy/site-boundary"
    prod = resolved("geos-chem-prod", permissions_boundary_arn=boundary)
    assert counts(prod["core"])["FlowLog"] == 1
    roles = list(of_type(prod, "AWS::IAM::Role"))
    assert len(roles) == 5
    assert {r.properties["PermissionsBoundary"] for r in roles} == {boundary}
    assert not any("PermissionsBoundary" in r.properties for r in of_type(resolved(), "AWS::IAM::Role"))


def test_GCP_SG_1_COM_N_3_nothing_reaches_the_instances(resolved: Resolveds) -> None:
    core = resolved()["core"]
    assert "SecurityGroupIngress" not in properties(core, "BatchSecurityGroup")
    assert [r["IpProtocol"] for r in properties(core, "BatchSecurityGroup")["SecurityGroupEgress"]] == ["-1"]
    assert "SecurityGroupIngress" not in properties(core, "BuildSecurityGroup")
    (ssh,) = properties(resolved(admin_cidr="203.0.113.4/32")["core"], "BuildSecurityGroup")["SecurityGroupIngress"]
    assert (ssh["FromPort"], ssh["ToPort"], ssh["CidrIp"]) == (22, 22, "203.0.113.4/32")


def test_COM_P_7_site_overrides_are_merged(resolved: Resolveds) -> None:
    core = resolved(
        security_group_rules='[{"Direction": "ingress", "IpProtocol": "tcp", "FromPort": 1, "ToPort": 2, "CidrIp": '
        '"198.51.100.0/24"}, {"Direction": "egress", "IpProtocol": "udp", "CidrIp": "198.51.100.0/24"}]',
        bucket_policy_statements='[{"Sid": "Audit", "Effect": "Deny", "Principal": "*", "Action": "s3:DeleteBucket"}]',
    )["core"]
    group = properties(core, "BatchSecurityGroup")
    assert group["SecurityGroupIngress"] == [
        {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 2, "CidrIp": "198.51.100.0/24"}
    ]
    assert group["SecurityGroupEgress"][1] == {"IpProtocol": "udp", "CidrIp": "198.51.100.0/24"}
    for policy in core.of_type("AWS::S3::BucketPolicy"):
        statement = policy.properties["PolicyDocument"]["Statement"][-1]
        assert statement["Sid"] == "Audit"
        assert len(statement["Resource"]) == 2


# --- buckets ---------------------------------------------------------------------------------


def test_COM_X_1_every_bucket_is_private_encrypted_and_tls_only(rendered: Stacks, example: str) -> None:
    stacks = (*rendered(example).values(), render_bootstrap(shipped_facts("us-east-1")))
    for stack in stacks:
        body = stack.body["Resources"]
        policies = {r["Properties"]["Bucket"]["Ref"]: r for r in body.values() if r["Type"] == "AWS::S3::BucketPolicy"}
        for logical_id, bucket in ((i, r["Properties"]) for i, r in body.items() if r["Type"] == "AWS::S3::Bucket"):
            assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
            assert len(bucket["PublicAccessBlockConfiguration"]) == 4
            assert bucket["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
            (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
            assert rule["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
            uploads = [r for r in bucket["LifecycleConfiguration"]["Rules"] if "AbortIncompleteMultipartUpload" in r]
            assert uploads[0]["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 7}
            tls = policies[logical_id]["Properties"]["PolicyDocument"]["Statement"][0]
            assert (tls["Effect"], tls["Principal"], tls["Action"]) == ("Deny", "*", "s3:*")
            assert tls["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
            assert len(tls["Resource"]) == 2


def test_COM_X_2_versioned_buckets_end_old_versions(resolved: Resolveds) -> None:
    buckets = [b for b in of_type(resolved(), "AWS::S3::Bucket") if "VersioningConfiguration" in b.properties]
    assert {b.logical_id for b in buckets} == {"UserDataBucket", "SystemBucket"}
    for bucket in buckets:
        rules = bucket.properties["LifecycleConfiguration"]["Rules"]
        assert any(r.get("NoncurrentVersionExpiration") == {"NoncurrentDays": 30} for r in rules)


def test_GCP_S3_1_GCR_S3_4_user_data_is_sorted_by_tag_not_by_prefix(resolved: Resolveds) -> None:
    rules = {r["Id"]: r for r in properties(resolved()["core"], "UserDataBucket")["LifecycleConfiguration"]["Rules"]}
    assert rules["temporary"]["TagFilters"] == [{"Key": "geos:class", "Value": "temporary"}]
    assert rules["temporary"]["ExpirationInDays"] == 7
    assert rules["results"]["TagFilters"] == [{"Key": "geos:class", "Value": "result"}]
    assert rules["results"]["Transitions"] == [{"StorageClass": "INTELLIGENT_TIERING", "TransitionInDays": 30}]
    assert not any("Prefix" in r for r in rules.values())


def test_GCR_S3_1_cors_and_acceleration_are_options(resolved: Resolveds) -> None:
    plain = properties(resolved()["core"], "UserDataBucket")
    assert "CorsConfiguration" not in plain
    assert "AccelerateConfiguration" not in plain
    core = resolved(cors_origins="https://www.example.org", transfer_acceleration=True)["core"]
    full = properties(core, "UserDataBucket")
    assert full["CorsConfiguration"]["CorsRules"][0]["AllowedOrigins"] == ["https://www.example.org"]
    assert full["AccelerateConfiguration"] == {"AccelerationStatus": "Enabled"}


def test_GCR_S3_3_the_logging_bucket_takes_logs_of_services_and_forgets_them(resolved: Resolveds) -> None:
    core = resolved()["core"]
    statements = properties(core, "LoggingBucketPolicy")["PolicyDocument"]["Statement"]
    writers = {s["Principal"]["Service"] for s in statements if s["Effect"] == "Allow"}
    assert writers == {"logging.s3.amazonaws.com", "cloudtrail.amazonaws.com"}
    rules = properties(core, "LoggingBucket")["LifecycleConfiguration"]["Rules"]
    assert [r["ExpirationInDays"] for r in rules if r["Id"] == "expire"] == [365]
    for bucket in ("UserDataBucket", "SystemBucket"):
        logging = properties(core, bucket)["LoggingConfiguration"]
        assert logging["DestinationBucketName"] == Unknown(
            "LoggingBucket exists only after deployment", "LoggingBucket"
        )
        assert logging["LogFilePrefix"].startswith("access-logs/")


def test_COM_S_4_COM_S_5_the_bootstrap_stack() -> None:
    stack = render_bootstrap(shipped_facts("eu-west-1"))
    resources = stack.body["Resources"]
    bucket, table = resources["StateBucket"]["Properties"], resources["LockTable"]["Properties"]
    assert stack.stack_name == "geos-bootstrap"
    assert bucket["BucketName"] == {"Fn::Sub": "geos-state-${AWS::AccountId}-${AWS::Region}"}
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert table["TableName"] == "geos-deploy-lock"
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["KeySchema"] == [{"AttributeName": "LockID", "KeyType": "HASH"}]
    assert table["AttributeDefinitions"] == [{"AttributeName": "LockID", "AttributeType": "S"}]


# --- key and roles ---------------------------------------------------------------------------


def test_GCP_KMS_1_the_key_serves_auto_scaling_and_spot(resolved: Resolveds) -> None:
    key = properties(resolved()["core"], "Key")
    assert key["EnableKeyRotation"] is True
    statements = {s["Sid"]: s for s in key["KeyPolicy"]["Statement"]}
    roles = {
        "arn:aws:iam::123456789012:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling",
        "arn:aws:iam::123456789012:role/aws-service-role/spot.amazonaws.com/AWSServiceRoleForEC2Spot",
    }
    grant = statements["GrantsForInstances"]
    assert set(grant["Principal"]["AWS"]) == roles
    assert grant["Action"] == "kms:CreateGrant"
    assert grant["Condition"] == {"Bool": {"kms:GrantIsForAWSResource": "true"}}
    assert set(statements["VolumesOfInstances"]["Principal"]["AWS"]) == roles


def role_policy(stack: Resolved, name: str) -> dict[str, dict[str, Any]]:
    (policy,) = properties(stack, name)["Policies"]
    return {s["Sid"]: s for s in policy["PolicyDocument"]["Statement"]}


def test_GCP_IAM_1_the_instance_role(resolved: Resolveds) -> None:
    role = properties(resolved()["core"], "InstanceRole")
    names = {arn.rsplit("/", 1)[-1] for arn in role["ManagedPolicyArns"]}
    assert names == {"AmazonEC2ContainerServiceforEC2Role", "AmazonSSMManagedInstanceCore"}
    assert "InstanceProfile" in resolved()["core"].resources


def test_GCP_IAM_2_the_job_role_writes_results_only_and_pulls_nothing(rendered: Stacks, resolved: Resolveds) -> None:
    raw = rendered()["core"].body["Resources"]["JobRole"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]
    writing = [s for s in raw if any("Put" in a and a.startswith("s3:") for a in _actions(s))]
    assert [s["Resource"] for s in writing] == [{"Fn::Sub": "${UserDataBucket.Arn}/*/results/*"}]
    assert not any(action.startswith("ecr:") for s in raw for action in _actions(s))
    policy = role_policy(resolved()["core"], "JobRole")
    assert policy["ReadParameters"]["Resource"].endswith(":parameter/geos-chem/dev/*")
    assert policy["WriteLogs"]["Resource"].endswith(":log-group:/aws/batch/geos-chem-dev:*")
    assert any("arn:aws:s3:::geos-chem/*" in str(r) for r in policy["ReadInputs"]["Resource"])


def _actions(statement: Mapping[str, Any]) -> list[str]:
    found = statement["Action"]
    return found if isinstance(found, list) else [found]


def test_GCP_IAM_3_the_build_role_pushes_to_this_repository_only(resolved: Resolveds) -> None:
    policy = role_policy(resolved()["core"], "BuildRole")
    assert policy["Push"]["Resource"] == "arn:aws:ecr:us-east-1:123456789012:repository/geos-chem-dev"
    assert "ecr:PutImage" in policy["Push"]["Action"]
    assert policy["WriteLogs"]["Resource"].endswith(":log-group:/aws/build/geos-chem-dev:*")


def test_GCP_IAM_4_users_submit_to_this_deployment_only(rendered: Stacks) -> None:
    body = rendered()["batch"].body["Resources"]
    statements = {s["Sid"]: s for s in body["SubmitPolicy"]["Properties"]["PolicyDocument"]["Statement"]}
    named = statements["Submit"]["Resource"]
    queues = {i for i, r in body.items() if r["Type"] == "AWS::Batch::JobQueue"}
    assert {r["Ref"] for r in named if "Ref" in r} == queues
    definitions = {r["Fn::Sub"].split("job-definition/")[1] for r in named if "Fn::Sub" in r}
    assert definitions == {f"geos-chem-classic-{a}-dev{end}" for a in ("arm64", "x86_64") for end in ("", ":*")}
    assert statements["CancelOwn"]["Condition"]["StringEquals"]["aws:ResourceTag/Project"] == "geos-chem"
    assert statements["CancelOwn"]["Action"] == ["batch:CancelJob", "batch:TerminateJob"]
    # Without the right to tag the job itself a submission with tags is refused, and nobody could cancel it.
    tagging = statements["TagOwn"]
    assert tagging["Resource"]["Fn::Sub"].endswith(":job/*")
    assert tagging["Condition"]["StringEquals"]["aws:RequestTag/Environment"] == "dev"


def test_GCP_IAM_4_batch_uses_its_service_linked_role(resolved: Resolveds) -> None:
    assert not any("ServiceRole" in e.properties for e in of_type(resolved(), "AWS::Batch::ComputeEnvironment"))


# --- registry --------------------------------------------------------------------------------


def test_GCP_ECR_1_GCP_ECR_2_the_repository(resolved: Resolveds) -> None:
    repository = properties(resolved()["registry"], "Repository")
    assert repository["ImageScanningConfiguration"] == {"ScanOnPush": True}
    assert repository["EncryptionConfiguration"] == {"EncryptionType": "AES256"}
    assert repository["ImageTagMutability"] == "IMMUTABLE_WITH_EXCLUSION"
    (left_out,) = repository["ImageTagMutabilityExclusionFilters"]
    assert left_out["ImageTagMutabilityExclusionFilterValue"] == "*-latest"
    assert repository["EmptyOnDelete"] is True
    rules = json.loads(repository["LifecyclePolicy"]["LifecyclePolicyText"])["rules"]
    assert [(r["selection"].get("tagPrefixList"), r["selection"]["countNumber"]) for r in rules] == [
        (None, 7), (["arm64-"], 10), (["x86_64-"], 10),
    ]  # fmt: skip


# --- Batch -----------------------------------------------------------------------------------


def test_GCP_LT_1_COM_X_4_the_launch_template(rendered: Stacks, resolved: Resolveds) -> None:
    data = properties(resolved()["batch"], "LaunchTemplate")["LaunchTemplateData"]
    (disk,) = data["BlockDeviceMappings"]
    assert disk["Ebs"]["VolumeType"] == "gp3"
    assert disk["Ebs"]["VolumeSize"] == "200"
    assert disk["Ebs"]["Encrypted"] is True
    assert data["MetadataOptions"]["HttpTokens"] == "required"
    assert data["MetadataOptions"]["HttpPutResponseHopLimit"] == 2
    raw = rendered()["batch"].body["Resources"]["LaunchTemplate"]["Properties"]["LaunchTemplateData"]
    assert raw["BlockDeviceMappings"][0]["Ebs"]["KmsKeyId"] == {"Ref": "KeyArn"}
    script = message_from_string(raw["UserData"]["Fn::Base64"])
    (part,) = script.get_payload()
    assert part.get_content_type() == "text/x-shellscript"
    assert part.get_payload().splitlines() == ["#!/bin/sh", "install -d -m 1777 /var/tmp/scratch"]


@pytest.mark.parametrize(
    ("logical_id", "kind", "strategy", "types"),
    [
        pytest.param("GravitonSpot", "SPOT", "SPOT_CAPACITY_OPTIMIZED", GRAVITON, id="GCP-CE-1"),
        pytest.param("GravitonOndemand", "EC2", "BEST_FIT_PROGRESSIVE", GRAVITON, id="GCP-CE-2"),
        pytest.param("X86Spot", "SPOT", "SPOT_CAPACITY_OPTIMIZED", X86, id="GCP-CE-4"),
        pytest.param("X86Ondemand", "EC2", "BEST_FIT_PROGRESSIVE", X86, id="GCP-CE-5"),
    ],
)
def test_compute_environments(resolved: Resolveds, logical_id: str, kind: str, strategy: str, types: set[str]) -> None:
    environment = properties(resolved()["batch"], logical_id)
    resources = environment["ComputeResources"]
    assert resources["Type"] == kind
    assert resources["AllocationStrategy"] == strategy
    assert set(resources["InstanceTypes"]) == types
    assert (resources["MinvCpus"], resources["MaxvCpus"]) == ("0", "256")
    assert resources["Ec2Configuration"] == [{"ImageType": "ECS_AL2023"}]
    assert environment["State"] == "ENABLED"


def test_GCP_CE_6_environments_are_updated_in_place_and_never_mix_architectures(resolved: Resolveds) -> None:
    for environment in of_type(resolved(), "AWS::Batch::ComputeEnvironment"):
        assert environment.properties["ReplaceComputeEnvironment"] is False
        assert environment.properties["UpdatePolicy"]["TerminateJobsOnUpdate"] is False
        assert environment.properties["ComputeResources"]["UpdateToLatestImageVersion"] is True
        types = environment.properties["ComputeResources"]["InstanceTypes"]
        assert len({instances()[t].architecture for t in types}) == 1
        assert {"Environment", "Project", "Owner"} <= environment.properties["Tags"].keys()


def test_GCP_CE_6_only_types_that_the_region_offers_are_rendered(resolved: Resolveds) -> None:
    from geos.wizard.tables.instances import offered

    region = next(r for r in ("eu-south-2", "ap-south-2", "il-central-1") if not offered(r) >= X86)
    for environment in of_type(resolved(region=region), "AWS::Batch::ComputeEnvironment"):
        assert set(environment.properties["ComputeResources"]["InstanceTypes"]) <= offered(region)


def test_GCP_P_1_one_architecture_makes_one_set_of_queues(resolved: Resolveds) -> None:
    batch = resolved("geos-chem-starter")["batch"]
    assert sorted(r.logical_id for r in batch.of_type("AWS::Batch::ComputeEnvironment")) == [
        "GravitonOndemand", "GravitonSpot",
    ]  # fmt: skip
    strategy = resolved("geos-chem-starter", allocation_strategy="SPOT_PRICE_CAPACITY_OPTIMIZED")["batch"]
    resources = properties(strategy, "GravitonSpot")["ComputeResources"]
    assert resources["AllocationStrategy"] == "SPOT_PRICE_CAPACITY_OPTIMIZED"
    assert "BidPercentage" not in resources
    bid = resolved("geos-chem-starter", spot_max_price_percent=60)["batch"]
    assert properties(bid, "GravitonSpot")["ComputeResources"]["BidPercentage"] == 60


@pytest.mark.parametrize(
    ("preset", "vcpus", "mib"),
    [("starter", "4", "28000"), ("standard", "16", "28000"), ("large", "32", "60000"), ("highmem", "16", "64000")],
    ids=["GCP-P-2-starter", "GCP-P-2-standard", "GCP-P-2-large", "GCP-P-2-highmem"],
)
def test_job_presets(resolved: Resolveds, preset: str, vcpus: str, mib: str) -> None:
    batch = resolved(job_preset=preset)["batch"]
    container = properties(batch, "DefinitionX86")["ContainerProperties"]
    assert container["ResourceRequirements"] == [
        {"Type": "VCPU", "Value": vcpus}, {"Type": "MEMORY", "Value": mib},
    ]  # fmt: skip
    types = set(properties(batch, "X86Spot")["ComputeResources"]["InstanceTypes"])
    assert types == ({"r6i.xlarge"} if preset == "starter" else X86)


@pytest.mark.parametrize(
    ("queue", "priority", "order"),
    [
        ("High", 100, ["GravitonOndemand", "GravitonSpot"]),
        ("Standard", 50, ["GravitonSpot", "GravitonOndemand"]),
        ("Low", 10, ["GravitonSpot"]),
    ],
    ids=["GCP-JQ-1-high", "GCP-JQ-1-standard", "GCP-JQ-1-low"],
)
def test_queues(rendered: Stacks, queue: str, priority: int, order: list[str]) -> None:
    raw = rendered()["batch"].body["Resources"][f"QueueGraviton{queue}"]["Properties"]
    assert raw["JobQueueName"] == f"geos-chem-dev-arm64-{queue.lower()}"
    assert raw["Priority"] == priority
    assert [(c["Order"], c["ComputeEnvironment"]["Ref"]) for c in raw["ComputeEnvironmentOrder"]] == list(
        enumerate(order, 1)
    )
    assert len(order) <= 3


def test_GCP_P_1_without_fallback_the_standard_queue_is_spot_only(rendered: Stacks) -> None:
    raw = rendered(on_demand_fallback=False)["batch"].body["Resources"]["QueueX86Standard"]["Properties"]
    assert [c["ComputeEnvironment"]["Ref"] for c in raw["ComputeEnvironmentOrder"]] == ["X86Spot"]


def test_GCP_JQ_2_a_job_that_cannot_fit_is_cancelled(resolved: Resolveds) -> None:
    for queue in of_type(resolved(), "AWS::Batch::JobQueue"):
        (action,) = queue.properties["JobStateTimeLimitActions"]
        assert action == {
            "Action": "CANCEL", "MaxTimeSeconds": 600, "Reason": "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT",
            "State": "RUNNABLE",
        }  # fmt: skip


def test_GCP_JQ_3_fair_share_is_an_option(resolved: Resolveds) -> None:
    assert "SchedulingPolicy" not in resolved()["batch"].resources
    batch = resolved("geos-chem-prod")["batch"]
    assert "SchedulingPolicy" in batch.resources
    assert all("SchedulingPolicyArn" in q.properties for q in batch.of_type("AWS::Batch::JobQueue"))


@pytest.mark.parametrize("arch", ["arm64", "x86_64"])
def test_GCP_JD_1_GCP_JD_2_GCP_JD_3_GCP_JD_4_job_definitions(rendered: Stacks, arch: str) -> None:
    resources = rendered()["batch"].body["Resources"]
    raw = resources["DefinitionGraviton" if arch == "arm64" else "DefinitionX86"]["Properties"]
    container = raw["ContainerProperties"]
    assert raw["JobDefinitionName"] == f"geos-chem-classic-{arch}-dev"
    assert container["Command"] == ["/app/entrypoint.sh", "Ref::inputPath", "Ref::outputPath", "Ref::configFile"]
    assert not {"Vcpus", "Memory"} & container.keys()
    assert set(raw["Parameters"].values()) == {"UNSET"}
    assert container["Volumes"] == [{"Name": "scratch", "Host": {"SourcePath": "/var/tmp/scratch"}}]
    assert container["MountPoints"][0]["ContainerPath"] == "/scratch"
    environment = {e["Name"]: e["Value"] for e in container["Environment"]}
    assert environment == {"AWS_REGION": {"Ref": "AWS::Region"}, "OMP_NUM_THREADS": "16", "OMP_STACKSIZE": "500m"}
    assert container["LogConfiguration"]["LogDriver"] == "awslogs"
    assert resources["JobLogGroup"]["Properties"]["LogGroupName"] == "/aws/batch/geos-chem-dev"
    assert container["JobRoleArn"] == {"Ref": "JobRoleArn"}
    assert raw["Timeout"] == {"AttemptDurationSeconds": {"Ref": "JobTimeoutSeconds"}}


def test_GCP_JD_6_each_image_variant_has_its_definition(rendered: Stacks) -> None:
    digest, other = "sha256:" + "a" * 64, "sha256:" + "b" * 64
    variants = [f"arm64-gcc12-openmpi4:14.7.1@{digest}", f"x86_64-gchp-intel-intelmpi:14.6.0@{other}"]
    body = rendered(image_variants=",".join(variants))["batch"].body
    found = {
        r["Properties"]["JobDefinitionName"]: r["Properties"]
        for r in body["Resources"].values()
        if r["Type"] == "AWS::Batch::JobDefinition"
    }
    usual = found["geos-chem-classic-arm64-dev"]
    arm, gchp = found["geos-chem-arm64-gcc12-openmpi4-dev"], found["geos-chem-x86_64-gchp-intel-intelmpi-dev"]
    assert len(found) == 4
    assert arm["ContainerProperties"]["Image"] == {"Fn::Sub": "${RepositoryUri}@" + digest}
    assert gchp["ContainerProperties"]["Image"] == {"Fn::Sub": "${RepositoryUri}@" + other}
    assert (arm["Tags"]["Version"], gchp["Tags"]["Version"]) == ("14.7.1", "14.6.0")
    same = ("RetryStrategy", "Parameters", "Timeout")
    assert [arm[name] for name in same] == [usual[name] for name in same]
    assert "VariantArm64Gcc12Openmpi4Arn" in body["Outputs"]
    paths = {r["Properties"]["Name"] for r in body["Resources"].values() if r["Type"] == "AWS::SSM::Parameter"}
    assert "/geos-chem/dev/batch/definitions/arm64-gcc12-openmpi4" in paths
    allowed = json.dumps(body["Resources"]["SubmitPolicy"]["Properties"]["PolicyDocument"])
    assert "job-definition/geos-chem-x86_64-gchp-intel-intelmpi-dev:*" in allowed


def test_GCP_JD_6_variants_of_an_architecture_that_is_not_used_are_left_out(rendered: Stacks) -> None:
    variants = [f"x86_64-gcc12-openmpi4:14.7.1@sha256:{'a' * 64}"]
    text = rendered(architectures="arm64", image_variants=",".join(variants))["batch"].text
    assert "x86_64" not in text


def test_GCP_JD_5_hosts_are_tried_again_models_are_not(resolved: Resolveds) -> None:
    retry = properties(resolved()["batch"], "DefinitionGraviton")["RetryStrategy"]
    assert retry["Attempts"] == 3
    assert [(c["Action"], c.get("OnStatusReason") or c.get("OnReason")) for c in retry["EvaluateOnExit"]] == [
        ("RETRY", "Host EC2*"), ("RETRY", "CannotPullContainer*"), ("EXIT", "OutOfMemoryError*"), ("EXIT", "*"),
    ]  # fmt: skip


def test_GCP_P_3_the_image_is_a_tag_until_its_digest_is_known(rendered: Stacks) -> None:
    def image(**more: Any) -> Any:
        raw = rendered(**more)["batch"].body["Resources"]["DefinitionGraviton"]["Properties"]
        return raw["ContainerProperties"]["Image"]

    digest = "sha256:" + "a" * 64
    assert image() == {"Fn::Sub": "${RepositoryUri}:arm64-latest"}
    assert image(image_tag="14.7.1") == {"Fn::Sub": "${RepositoryUri}:14.7.1"}
    assert image(image_digest_arm64=digest) == {"Fn::Sub": "${RepositoryUri}@" + digest}


def test_GCP_SCL_1_idle_compute_is_zero(resolved: Resolveds) -> None:
    batch = resolved()["batch"]
    assert {
        e.properties["ComputeResources"]["MinvCpus"] for e in of_type({"b": batch}, "AWS::Batch::ComputeEnvironment")
    } == {"0"}


# --- logs, alarms, budget --------------------------------------------------------------------


def test_COM_O_2_every_log_group_has_a_retention(resolved: Resolveds, example: str) -> None:
    groups = list(of_type(resolved(example), "AWS::Logs::LogGroup"))
    assert len(groups) >= 4
    kept = {g.properties["RetentionInDays"] for g in groups}
    assert kept == ({"90"} if example == "geos-chem-prod" else {"30"})


def test_COM_O_3_outcomes_of_jobs_are_logged_counted_and_told(rendered: Stacks, resolved: Resolveds) -> None:
    batch = rendered()["batch"].body["Resources"]
    rule = batch["JobEventRule"]["Properties"]
    queues = {i for i, r in batch.items() if r["Type"] == "AWS::Batch::JobQueue"}
    assert rule["EventPattern"]["detail-type"] == ["Batch Job State Change"]
    assert {r["Ref"] for r in rule["EventPattern"]["detail"]["jobQueue"]} == queues
    filters = {f.properties["MetricTransformations"][0]["MetricName"]: f for f in
               of_type(resolved(), "AWS::Logs::MetricFilter")}  # fmt: skip
    assert {"JobsSucceeded", "JobsFailed"} <= filters.keys()
    # The environment is part of the namespace, or failures in dev would ring the alarm of prod.
    spaces = {f.properties["MetricTransformations"][0]["MetricNamespace"] for f in filters.values()}
    assert spaces == {"Geos/geos-chem/dev"}
    told = rendered()["monitoring"].body["Resources"]["JobFailedRule"]["Properties"]
    assert told["EventPattern"]["detail"]["status"] == ["FAILED"]
    assert told["Targets"][0]["Arn"] == {"Ref": "AlertTopic"}


ALARMS = [
    pytest.param("JobsFailedAlarm", "JobsFailed", 1, 300, id="GCP-ALM-1"),
    pytest.param("OldestWaitingAlarm", "OldestWaitingMinutes", 60, 900, id="GCP-ALM-3"),
    pytest.param("SpotReclaimsAlarm", "SpotReclaims", 5, 3600, id="GCP-ALM-4"),
]


@pytest.mark.parametrize(("logical_id", "metric", "threshold", "period"), ALARMS)
def test_alarms(resolved: Resolveds, logical_id: str, metric: str, threshold: int, period: int) -> None:
    alarm = properties(resolved()["monitoring"], logical_id)
    assert (alarm["MetricName"], alarm["Threshold"], alarm["Period"]) == (metric, threshold, period)
    assert alarm["Namespace"] == "Geos/geos-chem/dev"


def test_GCP_ALM_2_the_failure_rate_is_of_one_hour(resolved: Resolveds) -> None:
    alarm = properties(resolved()["monitoring"], "FailureRateAlarm")
    assert alarm["Threshold"] == 10
    assert {m["MetricStat"]["Period"] for m in alarm["Metrics"] if "MetricStat" in m} == {3600}
    assert [m["Id"] for m in alarm["Metrics"] if m["ReturnData"]] == ["rate"]


def test_COM_O_1_every_alarm_tells_when_it_rings_and_when_it_is_over(rendered: Stacks) -> None:
    resources = rendered()["monitoring"].body["Resources"]
    alarms = [r["Properties"] for r in resources.values() if r["Type"] == "AWS::CloudWatch::Alarm"]
    assert len(alarms) == 4
    for alarm in alarms:
        assert alarm["AlarmActions"] == alarm["OKActions"] == [{"Ref": "AlertTopic"}]
    assert resources["AlertTopic"]["Properties"]["TopicName"] == "geos-chem-dev-alerts"
    assert resources["AlertSubscription"]["Properties"]["Protocol"] == "email"


def test_COM_X_3_alarms_can_publish_to_the_encrypted_topic(rendered: Stacks) -> None:
    """Under AWS's own key for SNS they could not, and nobody would hear an alarm."""
    assert rendered()["monitoring"].body["Resources"]["AlertTopic"]["Properties"]["KmsMasterKeyId"] == {"Ref": "KeyArn"}
    statements = rendered()["core"].body["Resources"]["Key"]["Properties"]["KeyPolicy"]["Statement"]
    by_name = {s["Sid"]: s for s in statements}
    alarms, events = by_name["AlarmsAndBudgetsOfThisAccount"], by_name["JobFailuresToTheAlertTopic"]
    assert alarms["Principal"] == {"Service": ["cloudwatch.amazonaws.com", "budgets.amazonaws.com"]}
    assert events["Principal"] == {"Service": "events.amazonaws.com"}
    # EventBridge names no source to KMS: with such a condition nothing would arrive, and nothing would say so.
    assert list(events["Condition"]["StringEquals"]) == ["kms:EncryptionContext:aws:sns:topicArn"]
    policy = rendered()["monitoring"].body["Resources"]["AlertTopicPolicy"]["Properties"]["PolicyDocument"]
    by_name = {s["Sid"]: s for s in policy["Statement"]}
    assert "Condition" not in by_name["JobFailures"]


def test_GCP_DSH_1_the_dashboard(resolved: Resolveds) -> None:
    assert "Dashboard" not in resolved()["monitoring"].resources, "in dev it would be most of the idle cost"
    board = properties(resolved(dashboard=True)["monitoring"], "Dashboard")
    body = json.loads(board["DashboardBody"])
    shown = json.dumps(body)
    assert board["DashboardName"] == "geos-chem-dev-us-east-1"
    for word in ("JobsWaiting", "JobsRunning", "DesiredVcpus", "JobsFailed", "SpotReclaims", "Cost so far"):
        assert word in shown
    assert {w["properties"].get("region", "us-east-1") for w in body["widgets"]} == {"us-east-1"}


def test_COM_B_1_GCP_BUD_1_the_budget(rendered: Stacks) -> None:
    raw = rendered()["monitoring"].body["Resources"]["Budget"]["Properties"]
    assert raw["Budget"]["CostFilters"] == {"TagKeyValue": ["user:Project$geos-chem"]}
    assert raw["Budget"]["BudgetLimit"]["Amount"] == {"Ref": "BudgetMonthlyUsd"}
    told = [
        (n["Notification"]["NotificationType"], n["Notification"]["Threshold"])
        for n in raw["NotificationsWithSubscribers"]
    ]
    assert told == [("ACTUAL", 80), ("ACTUAL", 100), ("FORECASTED", 100)]
    assert all(
        [s["SubscriptionType"] for s in n["Subscribers"]] == ["SNS", "EMAIL"]
        for n in raw["NotificationsWithSubscribers"]
    )


def test_where_CloudFormation_has_no_budgets_none_is_made(rendered: Stacks) -> None:
    body = rendered(region="eu-north-1")["monitoring"].body
    assert "Budget" not in body["Resources"]
    assert "BudgetName" not in body["Outputs"]


def test_without_an_address_the_topic_alone_is_told(rendered: Stacks) -> None:
    resources = rendered("geos-chem-starter")["monitoring"].body["Resources"]
    assert "AlertSubscription" not in resources
    notifications = resources["Budget"]["Properties"]["NotificationsWithSubscribers"]
    assert all([s["SubscriptionType"] for s in n["Subscribers"]] == ["SNS"] for n in notifications)


def test_GCP_OUT_1_GCR_SSM_1_outputs_are_in_the_parameter_tree_too(resolved: Resolveds) -> None:
    names = {p.properties["Name"] for p in of_type(resolved(), "AWS::SSM::Parameter")}
    assert {
        "/geos-chem/dev/network/vpc-id",
        "/geos-chem/dev/batch/default-queue",
        "/geos-chem/dev/batch/queues/arm64-high",
        "/geos-chem/dev/batch/definitions/x86_64",
        "/geos-chem/dev/batch/log-group",
        "/geos-chem/dev/image/repository-uri",
        "/geos-chem/dev/config/user-data-bucket",
        "/geos-chem/dev/config/key-arn",
    } <= names
    outputs = {name for stack in resolved().values() for name in stack.outputs}
    assert {
        "DefaultQueueArn", "DefaultDefinitionArn", "GravitonSpotArn", "UserDataBucketName", "RepositoryUri", "KeyArn",
        "JobLogGroupName", "QueuesUrl",
    } <= outputs  # fmt: skip


@pytest.mark.parametrize(("option", "queue"), [("spot", "Standard"), ("on-demand", "High")])
def test_the_purchase_option_decides_the_default_queue(rendered: Stacks, option: str, queue: str) -> None:
    outputs = rendered(purchase_option=option)["batch"].body["Outputs"]
    assert outputs["DefaultQueueArn"]["Value"] == {"Ref": f"QueueGraviton{queue}"}


def test_GCP_TEAR_1_removal_goes_monitoring_batch_registry_core(rendered: Stacks) -> None:
    assert list(reversed(rendered())) == ["monitoring", "batch", "registry", "core"]
    body = rendered()["batch"].body["Resources"]
    for queue in (r for r in body.values() if r["Type"] == "AWS::Batch::JobQueue"):
        referred = {c["ComputeEnvironment"]["Ref"] for c in queue["Properties"]["ComputeEnvironmentOrder"]}
        assert all(body[name]["Type"] == "AWS::Batch::ComputeEnvironment" for name in referred)
