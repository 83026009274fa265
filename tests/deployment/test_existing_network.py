"""A network that is not as the answers say is told before anything is made."""

from __future__ import annotations

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
        ("vpc-1", ["subnet-z"], ["subnet_ids: subnet-z lies in vpc-2, not in vpc-1; there: subnet-a, subnet-b."]),
        ("vpc-2", ["subnet-z", "subnet-q"], ["subnet_ids: subnet-q is not in us-east-1; there: subnet-z."]),
        ("vpc-3", ["subnet-a"], ["vpc_id: vpc-3 is not in us-east-1; there: vpc-1, vpc-2."]),
    ],
)
def test_each_wrong_id_is_told_with_the_right_ones(vpc_id: str, subnet_ids: list[str], told: list[str]) -> None:
    assert network_faults(vpc_id, subnet_ids, [MINE, OTHER], SUBNETS, "us-east-1") == told


def test_the_account_is_asked_and_doubt_stops_nothing(tiny: Case, emulator: Emulator) -> None:
    here = tiny.aws.ec2.subnets()
    refuse_wrong_network(tiny.aws, {"vpc_id": here[0].vpc_id, "subnet_ids": [here[0].id]})
    wrong = {"vpc_id": here[0].vpc_id, "subnet_ids": ["subnet-0123456789abcdef0"]}
    with pytest.raises(BadAnswers, match="subnet-0123456789abcdef0 is not in us-east-1"):
        refuse_wrong_network(tiny.aws, wrong)
    refuse_wrong_network(tiny.aws, {"vpc_id": "", "subnet_ids": []})
    emulator.fail("denied", n=0, service="ec2")
    refuse_wrong_network(tiny.aws, wrong)
