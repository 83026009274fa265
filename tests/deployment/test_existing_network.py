"""A network that is not as the answers say is told before anything is made."""

from __future__ import annotations

from pathlib import Path

import pytest
from parts.account import Case
from parts.emulator import Emulator

from geos.wizard.aws.ec2_facts import Subnet, Vpc
from geos.wizard.deployment.existing_network import network_faults, refuse_wrong_network
from geos.wizard.errors import BadAnswers

MINE, OTHER = Vpc("vpc-1", "10.0.0.0/16", False), Vpc("vpc-2", "10.1.0.0/16", True)
SUBNETS = [
    Subnet(f"subnet-{name}", vpc, "us-east-1a", "use1-az1", "10.0.0.0/24", 250, True)
    for name, vpc in {"a": "vpc-1", "b": "vpc-1", "z": "vpc-2"}.items()
]


@pytest.mark.parametrize(
    ("vpc_id", "subnet_ids", "told"),
    [
        ("vpc-1", ["subnet-a", "subnet-b"], []),
        ("vpc-1", ["subnet-z"], ["subnet_ids: subnet-z: in another VPC, vpc-2. In vpc-1: subnet-a, subnet-b."]),
        ("vpc-2", ["subnet-z", "subnet-q"], ["subnet_ids: subnet-q: not in us-east-1. In vpc-2: subnet-z."]),
        ("vpc-3", ["subnet-a"], ["vpc_id: vpc-3 is not in us-east-1; there: vpc-1, vpc-2."]),
    ],
)
def test_each_wrong_id_is_told_with_the_right_ones(vpc_id: str, subnet_ids: list[str], told: list[str]) -> None:
    assert network_faults(vpc_id, subnet_ids, [MINE, OTHER], SUBNETS, "us-east-1") == told


def test_the_account_is_asked_and_doubt_stops_nothing(tiny: Case, emulator: Emulator) -> None:
    here = tiny.aws.ec2.subnets()
    refuse_wrong_network(tiny.aws, {"vpc_id": here[0].vpc_id, "subnet_ids": [here[0].id]})
    wrong = {"vpc_id": here[0].vpc_id, "subnet_ids": ["subnet-0123456789abcdef0"]}
    with pytest.raises(BadAnswers, match="subnet-0123456789abcdef0: not in us-east-1"):
        refuse_wrong_network(tiny.aws, wrong)
    refuse_wrong_network(tiny.aws, {"vpc_id": "", "subnet_ids": []})
    emulator.fail("denied", n=0, service="ec2")
    refuse_wrong_network(tiny.aws, wrong)


def test_a_network_of_the_users_own_stays_when_the_deployment_goes(emulator: Emulator, tmp_path: Path) -> None:
    ec2 = emulator.client("ec2")
    before = [
        ec2.describe_vpcs()["Vpcs"],
        ec2.describe_subnets()["Subnets"],
        ec2.describe_route_tables()["RouteTables"],
    ]
    subnets = [s for s in before[1] if s["VpcId"] == before[0][0]["VpcId"]][:2]
    answers = {"vpc_id": before[0][0]["VpcId"], "subnet_ids": ",".join(s["SubnetId"] for s in subnets)}
    case = Case(emulator.endpoint, tmp_path / "out", "geos-chem", vpc_mode="existing", owner="ana", **answers)
    deployed = case.deploy()
    assert not [r for s in deployed.stacks for r in case.aws.stacks.resources(s.stack_id) if r.type.endswith("::VPC")]
    groups = ec2.describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [answers["vpc_id"]]}])["SecurityGroups"]
    assert len(groups) > 1, "the deployment's own lie in the user's network"
    assert case.destroy().leftovers == ()
    after = [ec2.describe_vpcs()["Vpcs"], ec2.describe_subnets()["Subnets"], ec2.describe_route_tables()["RouteTables"]]
    assert after == before
    groups = ec2.describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [answers["vpc_id"]]}])["SecurityGroups"]
    assert [group["GroupName"] for group in groups] == ["default"]
