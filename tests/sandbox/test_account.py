"""What an account has besides its resources: regions, plan, prices, images, tokens, tags known to billing."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from parts.everything import EVERYTHING
from parts.stacks import deploy

if TYPE_CHECKING:
    from parts.emulator import Emulator


def code_of(call: Any, **given: Any) -> str:
    with pytest.raises(ClientError) as e:
        call(**given)
    return str(e.value.response["Error"]["Code"])


def test_the_plan_is_told(emulator: Emulator) -> None:
    state = emulator.client("freetier").get_account_plan_state()
    assert (state["accountPlanType"], state["accountPlanStatus"]) == ("PAID", "ACTIVE")
    emulator.seed(plan="FREE")
    assert emulator.client("freetier").get_account_plan_state()["accountPlanType"] == "FREE"


def test_opt_in_regions_are_off_until_switched_on(emulator: Emulator) -> None:
    ec2 = emulator.client("ec2")
    on = {r["RegionName"] for r in ec2.describe_regions()["Regions"]}
    rows = {r["RegionName"]: r["OptInStatus"] for r in ec2.describe_regions(AllRegions=True)["Regions"]}
    assert rows["us-east-1"] == "opt-in-not-required"
    assert rows["eu-south-1"] == "not-opted-in"
    assert on == {name for name, status in rows.items() if status != "not-opted-in"}
    account = emulator.client("account")
    assert account.get_region_opt_status(RegionName="eu-south-1")["RegionOptStatus"] == "DISABLED"
    emulator.seed(opted_in=["eu-south-1"])
    assert account.get_region_opt_status(RegionName="eu-south-1")["RegionOptStatus"] == "ENABLED"
    listed = [r for p in account.get_paginator("list_regions").paginate() for r in p["Regions"]]
    assert {r["RegionName"] for r in listed} == set(rows)
    assert "eu-south-1" in {r["RegionName"] for r in ec2.describe_regions()["Regions"]}


def test_a_region_that_is_off_refuses_the_key(emulator: Emulator) -> None:
    """The codes that a real one gives, which look like a wrong key."""
    for service, call, code in (
        ("ec2", "describe_vpcs", "AuthFailure"),
        ("sts", "get_caller_identity", "InvalidClientTokenId"),
        ("batch", "describe_job_queues", "UnrecognizedClientException"),
        ("service-quotas", "list_services", "UnrecognizedClientException"),
    ):
        assert code_of(getattr(emulator.client(service, "eu-south-1"), call)) == code
    emulator.seed(opted_in=["eu-south-1"])
    assert emulator.client("ec2", "eu-south-1").describe_vpcs()["Vpcs"]


def test_every_region_has_a_default_vpc_with_a_way_out(emulator: Emulator) -> None:
    for region in ("us-east-1", "eu-west-1"):
        ec2 = emulator.client("ec2", region)
        (vpc,) = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"]
        tables = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc["VpcId"]]}])["RouteTables"]
        routes = {r["DestinationCidrBlock"]: r["GatewayId"] for t in tables for r in t["Routes"]}
        assert routes["0.0.0.0/0"].startswith("igw-")


def test_spot_prices_are_those_of_the_shipped_table(emulator: Emulator) -> None:
    from geos.wizard.sandbox.shipped import prices

    known = prices("us-east-1")["c7g.4xlarge"].spot_usd_per_hour
    ec2 = emulator.client("ec2")
    ask = {"InstanceTypes": ["c7g.4xlarge"], "ProductDescriptions": ["Linux/UNIX"]}
    now = datetime.now(UTC)
    rows = ec2.describe_spot_price_history(**ask, StartTime=now)["SpotPriceHistory"]
    assert len({r["AvailabilityZone"] for r in rows}) == len(rows) == 6
    assert all(float(r["SpotPrice"]) == pytest.approx(known, rel=0.06) for r in rows)
    assert rows == ec2.describe_spot_price_history(**ask, StartTime=now)["SpotPriceHistory"], "always the same"
    earlier = ec2.describe_spot_price_history(**ask, StartTime=now - timedelta(days=1), AvailabilityZone="us-east-1a")
    assert len(earlier["SpotPriceHistory"]) > 3
    assert ec2.describe_spot_price_history(InstanceTypes=["hpc7g.16xlarge"])["SpotPriceHistory"] == []


def test_list_prices_have_the_form_of_the_real_ones(emulator: Emulator) -> None:
    fields = {
        "instanceType": "c7g.4xlarge",
        "regionCode": "eu-west-1",
        "operatingSystem": "Linux",
        "tenancy": "Shared",
        "preInstalledSw": "NA",
        "capacitystatus": "Used",
    }
    filters = [{"Type": "TERM_MATCH", "Field": k, "Value": v} for k, v in fields.items()]
    (text,) = emulator.client("pricing").get_products(ServiceCode="AmazonEC2", Filters=filters)["PriceList"]
    (term,) = json.loads(text)["terms"]["OnDemand"].values()
    (dimension,) = term["priceDimensions"].values()
    from geos.wizard.sandbox.shipped import prices

    known = prices("eu-west-1")["c7g.4xlarge"].on_demand_usd_per_hour
    assert float(dimension["pricePerUnit"]["USD"]) == pytest.approx(known)
    filters[2]["Value"] = "Windows"
    assert emulator.client("pricing").get_products(ServiceCode="AmazonEC2", Filters=filters)["PriceList"] == []


def test_rocky_linux_has_images_and_so_has_amazon(emulator: Emulator) -> None:
    ec2 = emulator.client("ec2")
    for architecture in ("x86_64", "arm64"):
        images = ec2.describe_images(
            Owners=["792107900819"],
            IncludeDeprecated=True,
            Filters=[
                {"Name": "name", "Values": ["Rocky-9-EC2-Base-9.*"]},
                {"Name": "architecture", "Values": [architecture]},
            ],
        )["Images"]
        assert len(images) == 4
        assert sorted(i["CreationDate"] for i in images)[-1].startswith("2025")
    assert ec2.describe_images(Owners=["amazon"])["Images"]


def test_instance_types_are_those_of_the_region_in_pages(emulator: Emulator) -> None:
    here, there = emulator.client("ec2"), emulator.client("ec2", "eu-north-1")
    assert here.describe_instance_types(InstanceTypes=["hpc7g.16xlarge"])["InstanceTypes"]
    assert code_of(there.describe_instance_types, InstanceTypes=["hpc7g.16xlarge"]) == "InvalidInstanceType"
    assert code_of(here.describe_instance_types, InstanceTypes=["zz9.bogus"]) == "InvalidInstanceType"
    pages = list(here.get_paginator("describe_instance_types").paginate())
    assert len(pages) > 5
    assert all(len(p["InstanceTypes"]) <= 100 for p in pages)
    arm = here.describe_instance_types(
        Filters=[
            {"Name": "instance-type", "Values": ["c7g.*"]},
            {"Name": "processor-info.supported-architecture", "Values": ["arm64"]},
        ]
    )["InstanceTypes"]
    assert {t["InstanceType"].split(".")[0] for t in arm} == {"c7g"}


def test_placement_groups_come_and_go(emulator: Emulator) -> None:
    ec2 = emulator.client("ec2")
    ec2.create_placement_group(GroupName="g", Strategy="cluster")
    assert code_of(ec2.create_placement_group, GroupName="g") == "InvalidPlacementGroup.Duplicate"
    assert [g["GroupName"] for g in ec2.describe_placement_groups()["PlacementGroups"]] == ["g"]
    ec2.delete_placement_group(GroupName="g")
    assert code_of(ec2.describe_placement_groups, GroupNames=["g"]) == "InvalidPlacementGroup.Unknown"


def test_registry_tokens_are_good_for_hours(emulator: Emulator) -> None:
    token = emulator.client("ecr").get_authorization_token()["authorizationData"][0]
    assert token["expiresAt"] > datetime.now(UTC) + timedelta(hours=11)


def test_billing_learns_tags_late(emulator: Emulator) -> None:
    ce = emulator.client("ce")
    ask = {"CostAllocationTagsStatus": [{"TagKey": "Project", "Status": "Active"}]}
    assert ce.update_cost_allocation_tags_status(**ask)["Errors"][0]["TagKey"] == "Project"
    assert ce.list_cost_allocation_tags()["CostAllocationTags"] == []
    emulator.seed(billing_knows_tags=True)
    assert ce.update_cost_allocation_tags_status(**ask)["Errors"] == []
    rows = ce.list_cost_allocation_tags(Status="Active")["CostAllocationTags"]
    assert [r["TagKey"] for r in rows] == ["Project"]


def test_the_tag_search_finds_what_a_deployment_makes(emulator: Emulator) -> None:
    deploy(emulator, "x", EVERYTHING, Tags=[{"Key": "ManagedBy", "Value": "geos"}])
    search = emulator.client("resourcegroupstaggingapi")
    wanted = [{"Key": "ManagedBy", "Values": ["geos"]}]
    pages = search.get_paginator("get_resources").paginate(TagFilters=wanted)
    arns = [r["ResourceARN"] for page in pages for r in page["ResourceTagMappingList"]]
    services = {arn.split(":")[2] for arn in arns}
    assert services >= {"ec2", "s3", "kms", "ecr", "batch", "logs", "sns", "dynamodb", "cloudwatch", "events", "ssm"}
    only = search.get_resources(TagFilters=wanted, ResourceTypeFilters=["batch"])["ResourceTagMappingList"]
    assert {r["ResourceARN"].split(":")[2] for r in only} == {"batch"}
    assert search.get_resources(TagFilters=[{"Key": "ManagedBy", "Values": ["x"]}])["ResourceTagMappingList"] == []


def test_a_call_that_is_not_simulated_is_refused_and_not_invented(emulator: Emulator) -> None:
    capacity = emulator.client("ec2").describe_capacity_block_offerings
    assert code_of(capacity, CapacityDurationHours=24) == "InvalidAction"
    assert code_of(emulator.client("compute-optimizer").get_enrollment_status) != ""
    assert code_of(emulator.client("service-quotas").list_tags_for_resource, ResourceARN="arn:aws:x") == (
        "UnknownOperationException"
    )


@pytest.mark.parametrize(
    ("service", "call"), [("pcs", "list_clusters"), ("imagebuilder", "list_components"), ("grafana", "list_workspaces")]
)
def test_a_service_that_is_not_simulated_says_so_at_once(emulator: Emulator, service: str, call: str) -> None:
    assert code_of(getattr(emulator.client(service), call)) == "UnknownOperationException"


def test_limits_and_use_in_one_call(emulator: Emulator) -> None:
    limit = emulator.client("lambda").get_account_settings()["AccountLimit"]
    assert (limit["ConcurrentExecutions"], limit["UnreservedConcurrentExecutions"]) == (10, 10)
    rows = emulator.client("rds").describe_account_attributes()["AccountQuotas"]
    assert {r["AccountQuotaName"]: r["Used"] for r in rows}["DBInstances"] == 0


def test_a_seed_with_a_wrong_word_is_refused(emulator: Emulator) -> None:
    with pytest.raises(RuntimeError, match="an account has no 'quotes'"):
        emulator.seed(quotes={})
    with pytest.raises(RuntimeError, match="there is no account of kind"):
        emulator.reset("ancient")


def test_one_unreadable_service_does_not_stop_the_others(emulator: Emulator) -> None:
    emulator.seed(unreadable=["fsx", "ec2:DescribeInstances"])
    assert code_of(emulator.client("fsx").describe_file_systems) == "AccessDeniedException"
    assert code_of(emulator.client("ec2").describe_instances) == "UnauthorizedOperation"
    assert emulator.client("ec2").describe_vpcs()["Vpcs"]
