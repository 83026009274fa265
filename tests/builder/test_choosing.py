"""Which machine, which network, who may come in: pure judgements."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geos.builder import caller, here
from geos.builder.choosing import host_types, volume_gib
from geos.builder.errors import BadAddressRange, CallerUnknown, HostQuotaShort, HostTypeWrong, NoPlaceForHost
from geos.builder.host_cost import cost_of
from geos.builder.host_permissions import host_grants
from geos.builder.networks import places, selling, vpc_for
from geos.builder.request import ARM64, GCCLASSIC, GCHP, X86_64, HostWish, Request
from geos.wizard.aws.ec2_facts import Route, RouteTable, Subnet, Vpc

# --- machine -----------------------------------------------------------------------------------


def first(models: tuple[str, ...], architecture: str, free: float | None, **more: bool) -> str:
    request = Request((architecture,), models)
    return host_types(request, HostWish(), architecture, region="us-east-1", free_vcpus=free, **more)[0].name


@pytest.mark.parametrize(
    ("models", "architecture", "free", "name"),
    [
        ((GCCLASSIC,), ARM64, None, "c7g.2xlarge"),
        ((GCCLASSIC,), X86_64, 640, "c6i.2xlarge"),
        ((GCHP,), ARM64, 64, "c7g.4xlarge"),
        ((GCCLASSIC, GCHP), X86_64, 16, "c6i.4xlarge"),
        ((), X86_64, 8, "c6i.2xlarge"),
        ((GCCLASSIC,), ARM64, 5, "c7g.xlarge"),
        ((GCCLASSIC,), ARM64, 2, "c7g.large"),
        ((GCHP,), ARM64, 5, "c7g.xlarge"),
        ((GCHP,), ARM64, 2, "m7g.large"),  # 8 GiB are needed, and the c family has 4 on two vCPUs
    ],
)
def test_the_smallest_that_fits_model_architecture_and_quota(
    models: tuple[str, ...], architecture: str, free: float | None, name: str
) -> None:
    assert first(models, architecture, free) == name


@given(st.floats(0, 700), st.sampled_from([ARM64, X86_64]), st.sampled_from([(GCCLASSIC,), (GCHP,)]))
def test_no_choice_is_beyond_the_quota_or_of_another_architecture(
    free: float, architecture: str, models: tuple[str, ...]
) -> None:
    try:
        found = host_types(
            Request((architecture,), models), HostWish(), architecture, region="us-east-1", free_vcpus=free
        )
    except HostQuotaShort:
        assert free < 4
        return
    assert all(t.vcpus <= free and t.architecture == architecture for t in found)
    assert len({t.vcpus for t in found}) == 1


def test_without_room_it_says_how_much_is_missing() -> None:
    with pytest.raises(HostQuotaShort, match="leaves 1 vCPUs") as raised:
        first((GCCLASSIC,), ARM64, 1)
    assert "geos-setup quotas" in raised.value.hint


def test_the_free_plan_builds_what_it_can() -> None:
    assert first((GCCLASSIC,), X86_64, 5, free_plan=True) == "m7i-flex.large"
    assert first((GCCLASSIC,), ARM64, 5, free_plan=True) == "t4g.small"
    with pytest.raises(HostTypeWrong, match="Free plan"):
        first((GCHP,), ARM64, 5, free_plan=True)


@pytest.mark.parametrize(
    ("name", "words"),
    [("c6i.2xlarge", "x86_64 machine"), ("c99.huge", "no instance type"), ("hpc7g.4xlarge", "not sold")],
)
def test_a_named_type_that_cannot_be_it_is_refused(name: str, words: str) -> None:
    wish = HostWish(instance_types=(name,))
    with pytest.raises(HostTypeWrong, match=words):
        host_types(Request((ARM64,)), wish, ARM64, region="eu-south-1")


def test_named_types_go_to_the_architecture_they_have() -> None:
    request, wish = Request((ARM64, X86_64)), HostWish(instance_types=("c8g.xlarge", "m6g.xlarge"))
    assert [t.name for t in host_types(request, wish, ARM64, region="us-east-1")] == ["c8g.xlarge", "m6g.xlarge"]
    assert host_types(request, wish, X86_64, region="us-east-1")[0].name == "c6i.2xlarge"


def test_the_volume_grows_with_the_model() -> None:
    assert volume_gib(Request((ARM64,))) == 60
    assert volume_gib(Request((ARM64,), (GCHP,))) == 100


def test_the_worst_case_is_the_dearest_type_on_demand_to_the_end() -> None:
    spot = cost_of(("c7g.2xlarge", "m7g.2xlarge"), "us-east-1", 60, spot=True, time_limit_seconds=7200)
    usual = cost_of(("c7g.2xlarge", "m7g.2xlarge"), "us-east-1", 60, spot=False, time_limit_seconds=7200)
    assert spot.worst_usd == usual.worst_usd
    assert spot.usd_per_hour is not None
    assert usual.usd_per_hour is not None
    assert spot.usd_per_hour < usual.usd_per_hour
    assert usual.worst_usd is not None
    assert usual.worst_usd > 2 * usual.usd_per_hour
    assert usual.date
    assert cost_of(("x99.big",), "us-east-1", 60, spot=False, time_limit_seconds=1).worst_usd is None


# --- network -----------------------------------------------------------------------------------

DEFAULT, OWN = Vpc("vpc-d", "172.31.0.0/16", True), Vpc("vpc-o", "10.0.0.0/16", False, "geos-chem-dev")
OPEN = RouteTable("rtb-1", "vpc-d", True, frozenset(), (Route("0.0.0.0/0", "igw-1"),))


def subnet(name: str, vpc: str = "vpc-d", free: int = 100, zone: str = "a") -> Subnet:
    return Subnet(name, vpc, f"us-east-1{zone}", f"use1-az{zone}", "172.31.0.0/20", free, True)


def test_the_deployments_network_comes_before_the_default_one() -> None:
    assert vpc_for([DEFAULT, OWN], "geos-chem-dev", "us-east-1") == OWN
    assert vpc_for([OWN, DEFAULT], "", "us-east-1") == DEFAULT
    with pytest.raises(NoPlaceForHost) as raised:
        vpc_for([OWN], "", "us-east-1")
    assert "create-default-vpc" in raised.value.hint


def test_only_subnets_with_a_way_out_and_free_addresses() -> None:
    closed = RouteTable("rtb-2", "vpc-d", False, frozenset({"subnet-closed"}), (Route("172.31.0.0/16", "local"),))
    found = places(
        DEFAULT,
        [subnet("subnet-a", free=5), subnet("subnet-b", free=50), subnet("subnet-full", free=0),
         subnet("subnet-closed"), subnet("subnet-other", vpc="vpc-x")],
        [OPEN, closed],
        private=False,
    )  # fmt: skip
    assert [p.subnet_id for p in found] == ["subnet-b", "subnet-a"]


def test_session_manager_prefers_a_side_without_public_addresses() -> None:
    inside = RouteTable("rtb-2", "vpc-d", False, frozenset({"subnet-n"}), (Route("0.0.0.0/0", "nat-1"),))
    subnets = [subnet("subnet-p"), subnet("subnet-n", free=10)]
    assert [p.public for p in places(DEFAULT, subnets, [OPEN, inside], private=True)] == [False, True]
    assert [p.subnet_id for p in places(DEFAULT, subnets, [OPEN, inside], private=False)] == ["subnet-p"]
    with pytest.raises(NoPlaceForHost, match="internet gateway"):
        places(DEFAULT, [subnets[1]], [OPEN, inside], private=False)


def test_zones_that_do_not_sell_a_type_are_left_out() -> None:
    found = places(DEFAULT, [subnet("subnet-a"), subnet("subnet-b", zone="b")], [OPEN], private=False)
    assert [p.zone for p in selling(found, {"c7g.large": frozenset({"use1-azb"})}, "c7g.large")] == ["us-east-1b"]
    assert selling(found, {}, "c7g.large") == found


# --- who may come in ---------------------------------------------------------------------------


@pytest.mark.parametrize(("answer", "found"), [("8.8.8.8", "8.8.8.8/32"), ("2600::1", "2600::1/128")])
def test_only_the_callers_own_address_is_let_in(answer: str, found: str) -> None:
    assert caller.own_range(lambda: answer) == found


@pytest.mark.parametrize("answer", ["0.0.0.0", "10.1.2.3", "127.0.0.1", "::", "fe80::1", "192.168.0.1", "", "<html>"])
def test_an_answer_that_is_no_public_address_lets_nobody_in(answer: str) -> None:
    with pytest.raises(CallerUnknown) as raised:
        caller.own_range(lambda: answer)
    assert "--admin-cidr" in raised.value.hint
    assert raised.value.exit == 4


def test_nobody_who_answers_is_told_in_one_breath() -> None:
    with pytest.raises(CallerUnknown, match="does not tell this machine's public address") as raised:
        caller.ask_aws(f"127.0.0.1:{here.free_port()}")
    assert "--transport ssm" in raised.value.hint


@pytest.mark.parametrize("text", ["0.0.0.0/0", "::/0", "1.2.3.4/0", "everybody", "", "1.2.3.4/33"])
def test_the_whole_internet_is_never_let_in(text: str) -> None:
    with pytest.raises(BadAddressRange):
        caller.checked_range(text)


@given(st.integers(0, 2**32 - 1), st.integers(1, 32))
def test_a_range_is_brought_into_its_plain_form(address: int, length: int) -> None:
    text = f"{ipaddress.IPv4Address(address)}/{length}"
    found = ipaddress.ip_network(caller.checked_range(text))
    assert ipaddress.IPv4Address(address) in found
    assert found.prefixlen == length


@pytest.mark.parametrize(
    ("endpoint", "answer"),
    [
        ("http://127.0.0.1:4566", True),
        ("http://localhost:4566", True),
        ("http://[::1]:4566", True),
        ("https://ec2.us-east-1.amazonaws.com", False),
        ("https://vpce-1.ec2.us-east-1.vpce.amazonaws.com", False),
        ("", False),
    ],
)
def test_machines_are_here_only_where_the_account_is(endpoint: str, answer: bool) -> None:
    assert here.is_here(endpoint) is answer


# --- permissions -------------------------------------------------------------------------------


def test_permissions_are_narrow_and_name_what_they_are_for() -> None:
    grants = host_grants(HostWish(), region="us-east-1", account_id="111122223333")
    writes = [g for g in grants if not g.action.split(":")[1].startswith(("Describe", "Get", "List"))]
    assert {g.action for g in writes} >= {"ec2:RunInstances", "ec2:TerminateInstances", "ec2:CreateTags"}
    assert all(g.resource_pattern == "arn:aws:ec2:us-east-1:111122223333:*" for g in writes)
    assert all(g.why for g in grants)
    assert "iam:PassRole" not in {g.action for g in grants}
    assert "ec2:CancelSpotInstanceRequests" not in {g.action for g in grants}
    with_role = host_grants(
        HostWish(transport="ssm", spot=True), region="us-east-1", account_id="1", profile="dev-build-us-east-1"
    )
    (passed,) = [g for g in with_role if g.action == "iam:PassRole"]
    assert passed.resource_pattern == "arn:aws:iam::1:role/dev-build-us-east-1"
    assert passed.passed_to == ("ec2.amazonaws.com",)
