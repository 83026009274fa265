"""The whole advisor against seeded accounts: no verdict wrong, nothing unknown turned into a yes."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pytest

from geos.wizard.account import advice as advisor
from geos.wizard.account.fits import JobShape
from geos.wizard.account.read_facts import read_facts, short_name
from geos.wizard.account.verdicts import Verdict
from geos.wizard.aws import Aws
from geos.wizard.cfn.load import load_template
from geos.wizard.cfn.resolve import resolve
from geos.wizard.errors import Exit
from geos.wizard.systems.derive import StackInRegion
from geos.wizard.systems.derive.needs import Need, needs
from tests.parts.emulator import most_per_second

if TYPE_CHECKING:
    from tests.parts.emulator import Emulator

ON_DEMAND, SPOT, HPC, GPU, EIP = "L-1216C47A", "L-34B43A08", "L-F7808C92", "L-DB2E81BA", "L-0263D0A3"
JOB = JobShape(16, 30_000, ("c7i.4xlarge", "c7g.4xlarge"), max_vcpus=64)


def advise(aws: Aws, *arguments: Any, **more: Any) -> advisor.Advice:
    """Through the same door, but with nothing remembered from the last time."""
    return advisor.advise(Aws(aws.target, door=aws.door), *arguments, **more)


def need(code: str, amount: float | None = 64.0, service: str = "ec2", **more: Any) -> Need:
    told: dict[str, Any] = {"name": "", "unit": "vCPU", "region": "us-east-1", "why": (), "at_least": amount or 0.0}
    return Need(service, code, amount=amount, **(told | more))


def plan() -> list[Need]:
    """About what a Batch system with its own network asks for."""
    return [
        need(ON_DEMAND),
        need(SPOT),
        need(EIP, 1.0),
        need("L-FB451C26", 2.0),
        need("L-F678F1CE", 1.0, "vpc"),
        need("L-A4707A72", 1.0, "vpc"),
        need("L-E79EC296", 3.0, "vpc"),
        need("L-FE5A380F", 1.0, "vpc", container="us-east-1a", container_exists=True),
        need("L-93826ACB", 3.0, "vpc", container="Routes"),
        need("L-144F0CA5", 2.0, "batch"),
        need("L-4CEA37AD", 2.0, "batch"),
        need("L-21C621EB", 2.0, "ecs"),
        need("L-CFEB8E8D", 1.0, "ecr"),
        need("L-DC2B2D3D", 2.0, "s3"),
        need("L-FE177D64", 5.0, "iam"),
        need("L-6E65F664", 1.0, "iam"),
        need("L-0485CB21", 4.0, "cloudformation"),
        need("L-C7B9AAAB", 3.0, "logs"),
        need("L-61103206", 1.0, "sns"),
        need("L-7A658B76", 1.5, "ebs"),
    ]


def by_code(verdicts: Iterable[Verdict]) -> dict[str, Verdict]:
    return {v.quota_code: v for v in verdicts}


def test_a_new_account_is_short_of_vcpus_and_of_nothing_else(aws: Aws) -> None:
    advice = advise(aws, plan(), job=JOB)
    assert {v.quota_code: v.short_by for v in advice.short} == {ON_DEMAND: 59, SPOT: 59}
    assert [v.reason for v in advice.unknown] == []
    assert advice.exit is Exit.SAID_NO
    assert {v.value_is for v in advice.verdicts} == {"applied"}
    assert advice.fits_now[0].jobs == 0
    assert "0 jobs of 16 vCPUs" in advice.fit_words[0]


# Region: (instances, reservations, use by quota). The figures are worked out by hand from EC2's own pages, not
# looked up: the test must not share the code's table. One region each, so that one account holds them all.
FLEETS: dict[str, tuple[list[tuple[Any, ...]], list[tuple[str, int, int]], dict[str, int]]] = {
    "us-east-1": (
        [("c5.9xlarge", 3), ("inf1.xlarge", 1), ("trn1.2xlarge", 1), ("hpc7g.16xlarge", 1)],
        [],
        {ON_DEMAND: 108, "L-1945791B": 4, "L-2C3B7624": 8, HPC: 64},
    ),
    "us-east-2": ([("c5.9xlarge", 1, "stopped"), ("m5.large", 1)], [], {ON_DEMAND: 2}),
    "us-west-1": ([("m5.large", 3, "pending"), ("m5.large", 1)], [], {ON_DEMAND: 2}),
    "us-west-2": ([("c7g.4xlarge", 2, "running", True), ("m5.large", 1)], [], {ON_DEMAND: 2, SPOT: 32}),
    "ap-northeast-1": ([("hpc7g.16xlarge", 2)], [], {HPC: 128, ON_DEMAND: 0}),
    "ap-south-1": (
        [("g5.xlarge", 2), ("p4d.24xlarge", 1), ("x1e.xlarge", 1)],
        [],
        {GPU: 8, "L-417A185B": 96, "L-7295265B": 4, ON_DEMAND: 0},
    ),
    "ap-southeast-1": ([("z1d.large", 1), ("d3.xlarge", 1), ("i4i.large", 1), ("t3.micro", 1)], [], {ON_DEMAND: 10}),
    "eu-west-1": ([], [("c5.9xlarge", 3, 0)], {ON_DEMAND: 108}),
    "eu-west-2": ([("c5.9xlarge", 1)], [("c5.9xlarge", 3, 1)], {ON_DEMAND: 108}),
    "eu-central-1": ([("c7g.4xlarge", 4, "running", True)], [("m5.large", 5, 0)], {ON_DEMAND: 10, SPOT: 64}),
}


def test_what_is_used_is_counted_as_ec2_counts(emulator: Emulator, aws: Aws) -> None:
    names = ("type", "count", "state", "spot")
    emulator.seed(
        quotas={f"ec2/{code}": 200 for _, _, used in FLEETS.values() for code in used},
        instances=[
            {"region": region, **dict(zip(names, i, strict=False))}
            for region, (instances, _, _) in FLEETS.items()
            for i in instances
        ],
        capacity_reservations=[
            {"type": t, "count": n, "used": u, "zone": f"{region}a"}
            for region, (_, reservations, _) in FLEETS.items()
            for t, n, u in reservations
        ],
    )
    wanted = [need(code, 100.0, region=region) for region, (_, _, used) in FLEETS.items() for code in used]
    found = {(v.region, v.quota_code): v for v in advise(aws, wanted).verdicts}
    truth = {(region, code): n for region, (_, _, used) in FLEETS.items() for code, n in used.items()}
    assert {key: v.used for key, v in found.items()} == truth
    for key, v in found.items():
        assert v.free == 200 - truth[key]
        assert (v.verdict, v.short_by) == (("enough", None) if truth[key] <= 100 else ("short", truth[key] - 100))
        assert v.used_source == "counted"


def test_a_type_that_nobody_can_size_leaves_its_quota_unknown(emulator: Emulator, aws: Aws) -> None:
    inf = "L-1945791B"
    emulator.seed(
        quotas={f"ec2/{inf}": 900},
        instances=[{"type": "inf1.xlarge"}],
        report="refused",
        unreadable=["ec2:DescribeInstanceTypes"],
    )
    found = by_code(advise(aws, [need(inf), need(ON_DEMAND, 1.0)]).verdicts)
    assert (found[inf].verdict, found[ON_DEMAND].verdict) == ("unknown", "enough")
    assert "inf1.xlarge" in found[inf].reason


def test_a_value_for_one_region_is_asked_in_that_region(emulator: Emulator, aws: Aws) -> None:
    emulator.seed(quotas={f"eu-north-1/ec2/{ON_DEMAND}": 640})
    found = advise(aws, [need(ON_DEMAND), need(ON_DEMAND, region="eu-north-1")]).verdicts
    assert {v.region: v.verdict for v in found} == {"us-east-1": "short", "eu-north-1": "enough"}


def test_global_quotas_are_asked_in_their_home_region(emulator: Emulator, aws: Aws) -> None:
    far = aws.in_region("eu-north-1")
    found = advise(far, [need("L-FE177D64", 5.0, "iam"), need("L-DC2B2D3D", 1.0, "s3")]).verdicts
    assert [v.verdict for v in found] == ["enough", "enough"]
    assert {c["region"] for c in emulator.calls("service-quotas")} == {"us-east-1"}


def test_without_an_applied_value_the_default_is_said_to_be_assumed(emulator: Emulator, aws: Aws) -> None:
    emulator.seed(not_applied=[f"ec2/{SPOT}", "vpc/L-F678F1CE"])
    found = by_code(advise(aws, [need(SPOT), need("L-F678F1CE", 1.0, "vpc")]).verdicts)
    assert (found[SPOT].applied, found[SPOT].value_is, found[SPOT].verdict) == (5, "default-assumed", "short")
    assert found["L-F678F1CE"].value_is == "default-assumed"
    assert "default, assumed" in found["L-F678F1CE"].reason


def test_pending_requests_are_shown(emulator: Emulator, aws: Aws) -> None:
    emulator.seed(
        increase_requests=[
            {"service": "ec2", "code": ON_DEMAND, "desired": 64, "status": "CASE_OPENED"},
            {"service": "ec2", "code": SPOT, "desired": 640, "status": "PENDING", "region": "eu-west-1"},
        ]
    )
    found = by_code(advise(aws, [need(ON_DEMAND), need(SPOT)]).verdicts)
    asked = found[ON_DEMAND].pending_request
    assert asked is not None
    assert (asked.requested, asked.status) == (64, "CASE_OPENED")
    assert found[SPOT].pending_request is None
    assert found[ON_DEMAND].verdict == "short"


def test_a_partial_grant_is_told(emulator: Emulator, aws: Aws) -> None:
    emulator.seed(
        quotas={f"ec2/{ON_DEMAND}": 32},
        increase_requests=[{"service": "ec2", "code": ON_DEMAND, "desired": 640, "status": "APPROVED"}],
    )
    (found,) = advise(aws, [need(ON_DEMAND)]).verdicts
    assert (found.verdict, found.short_by) == ("short", 32)
    assert "640 was asked for" in found.reason


# --- what cannot be read ---------------------------------------------------------------------

GENEROUS = {f"{n.service}/{n.quota_code}": 1_000_000 for n in plan() if n.quota_code}
UNREADABLE = [
    "servicequotas:ListServiceQuotas",
    "servicequotas:GetServiceQuota",
    "servicequotas:ListRequestedServiceQuotaChangeHistory",
    "ec2:DescribeInstances",
    "ec2:DescribeCapacityReservations",
    "ec2:DescribeSpotInstanceRequests",
    "ec2:DescribeVpcs",
    "ec2",
    "batch",
    "iam",
    "s3",
    "ecr",
    "cloudwatch",
    "service-quotas",
]
ONLY_UNKNOWN = {
    "batch": {"L-144F0CA5", "L-4CEA37AD"},
    "ec2:DescribeInstances": {ON_DEMAND, SPOT},
    "ec2:DescribeCapacityReservations": {ON_DEMAND},
    "ec2:DescribeSpotInstanceRequests": {SPOT},
    "ec2:DescribeVpcs": {"L-F678F1CE"},
    "iam": {"L-FE177D64", "L-6E65F664"},
    "ecr": {"L-CFEB8E8D"},
    "cloudwatch": set(),
    "servicequotas:ListRequestedServiceQuotaChangeHistory": set(),
    "servicequotas:ListServiceQuotas": set(),
    "servicequotas:GetServiceQuota": set(),
}


def test_one_unreadable_service_stops_none_of_the_others(emulator: Emulator, aws: Aws) -> None:
    wanted = plan()
    for what in UNREADABLE:
        emulator.seed(quotas=GENEROUS, report="refused", unreadable=[what])
        verdicts = advise(aws, wanted).verdicts
        assert len(verdicts) == len(wanted)
        for v in verdicts:
            if v.verdict == "enough":
                assert v.applied is not None
                assert v.used is not None
            else:
                assert v.verdict == "unknown"
                assert "Denied" in v.aws_code or "Unauthorized" in v.aws_code, (what, v)
                assert v.aws_code in v.reason
        unknown = {v.quota_code for v in verdicts if v.verdict == "unknown"}
        assert unknown == ONLY_UNKNOWN.get(what, unknown), what


def test_nothing_at_all_may_be_read(emulator: Emulator, aws: Aws) -> None:
    emulator.seed(permissions={"Version": "2012-10-17", "Statement": []})
    advice = advise(aws, plan(), job=JOB)
    assert {v.verdict for v in advice.verdicts} == {"unknown"}
    assert advice.exit is Exit.COULD_NOT_CHECK
    assert advice.fits_now[0].jobs is None
    assert not advice.requests_told


def test_where_counting_is_refused_the_report_tells(emulator: Emulator, aws: Aws) -> None:
    emulator.seed(
        quotas={f"ec2/{ON_DEMAND}": 640},
        instances=[{"type": "c5.9xlarge", "count": 2}],
        unreadable=["ec2:DescribeInstances"],
    )
    (found,) = advise(aws, [need(ON_DEMAND)]).verdicts
    assert (found.used, found.used_source, found.verdict) == (72, "report", "enough")


def test_where_report_and_counting_are_refused_the_metric_tells(emulator: Emulator, aws: Aws) -> None:
    emulator.seed(
        quotas={f"ec2/{ON_DEMAND}": 640},
        usage={f"ec2/{ON_DEMAND}": 600},
        report="refused",
        unreadable=["ec2:DescribeInstances"],
    )
    (found,) = advise(aws, [need(ON_DEMAND)]).verdicts
    assert (found.used, found.used_source, found.verdict) == (600, "AWS/Usage", "short")


def test_a_metric_without_points_is_not_zero(emulator: Emulator, aws: Aws) -> None:
    emulator.seed(
        quotas={f"ec2/{ON_DEMAND}": 640},
        usage={f"ec2/{ON_DEMAND}": -1},
        report="refused",
        unreadable=["ec2:DescribeInstances"],
    )
    (found,) = advise(aws, [need(ON_DEMAND)]).verdicts
    assert (found.used, found.verdict) == (None, "unknown")
    assert "UnauthorizedOperation" in found.reason


def test_a_late_report_is_not_waited_for_when_counting_worked(emulator: Emulator, aws: Aws) -> None:
    emulator.seed(report="slow")
    advice = advise(aws, plan())
    assert not advice.unknown
    assert advice.elapsed_seconds < 2.5


def test_the_report_gives_limits_where_listing_is_refused(emulator: Emulator, aws: Aws) -> None:
    emulator.seed(
        quotas={f"ec2/{ON_DEMAND}": 640},
        unreadable=["servicequotas:ListServiceQuotas", "servicequotas:GetServiceQuota"],
    )
    (found,) = advise(aws, [need(ON_DEMAND)]).verdicts
    assert (found.applied, found.value_is, found.verdict) == (640, "applied", "enough")


def test_where_one_way_to_limits_is_not_allowed_the_other_tells_the_same_and_that_is_said(
    emulator: Emulator, aws: Aws
) -> None:
    emulator.seed(report="refused", quota_rates=True)
    calm = by_code(advise(aws, plan()).verdicts)
    for refused, said in (("ListServiceQuotas", "asked one by one"), ("GetServiceQuota", "listed instead")):
        emulator.seed(report="refused", quota_rates=True, unreadable=[f"servicequotas:{refused}"])
        emulator.clear()
        advice = advise(aws, plan())
        assert by_code(advice.verdicts) == calm
        (note,) = advice.notes
        assert note.startswith(f"servicequotas:{refused} is not allowed")
        assert said in note
        assert {c["status"] for c in emulator.calls("service-quotas", "GetServiceQuota")} <= {200, 400}
        assert most_per_second(emulator.calls("service-quotas", "GetServiceQuota")) <= 10, "5 and a burst of 5"


def test_where_both_ways_are_refused_one_call_of_each_service_tells_so(emulator: Emulator, aws: Aws) -> None:
    emulator.seed(report="refused", unreadable=["servicequotas:ListServiceQuotas", "servicequotas:GetServiceQuota"])
    emulator.clear()
    advice = advise(aws, plan())
    assert {v.aws_code for v in advice.verdicts} == {"AccessDeniedException"}
    assert advice.notes == ()
    assert len(emulator.calls("service-quotas", "GetServiceQuota")) <= len({n.service for n in plan()})


def test_answers_defaults_rest_on_quotas_however_they_may_be_read(emulator: Emulator, aws: Aws) -> None:
    for refused in ([], ["servicequotas:ListServiceQuotas"], ["servicequotas:GetServiceQuota"]):
        emulator.seed(quotas={f"ec2/{ON_DEMAND}": 640}, unreadable=refused)
        facts = read_facts(Aws(aws.target, door=aws.door))
        assert (facts.vcpu_quota_on_demand, facts.vcpu_quota_spot) == (640, 5)


# --- rates and faults ------------------------------------------------------------------------


def test_what_is_read_ahead_is_asked_once_and_changes_nothing(emulator: Emulator, aws: Aws) -> None:
    emulator.seed(quotas={f"ec2/{ON_DEMAND}": 640}, quota_rates=True)
    calm = by_code(advise(aws, plan()).verdicts)
    emulator.clear()
    early = Aws(aws.target, door=aws.door)
    early.quotas.read_ahead(["ec2", "vpc", "batch", "logs"])
    found = by_code(advisor.advise(early, plan()).verdicts)
    assert {c: (v.verdict, v.applied, v.used) for c, v in found.items()} == {
        c: (v.verdict, v.applied, v.used) for c, v in calm.items()
    }
    assert len(emulator.calls("service-quotas", "ListRequestedServiceQuotaChangeHistory")) == 1
    assert len(emulator.calls("service-quotas", "ListServiceQuotas")) <= 10


def test_what_fails_ahead_of_need_is_unknown_like_any_other(emulator: Emulator, aws: Aws) -> None:
    emulator.seed(unreadable=["service-quotas"])
    early = Aws(aws.target, door=aws.door)
    early.quotas.read_ahead(["ec2"])
    assert {v.verdict for v in advisor.advise(early, [need(ON_DEMAND)]).verdicts} == {"unknown"}


def test_the_rate_budget_is_kept(emulator: Emulator, aws: Aws) -> None:
    emulator.seed(quota_rates=True)
    advice = advise(aws, plan(), job=JOB)
    assert not advice.unknown
    calls = emulator.calls("service-quotas")
    assert all(c["status"] == 200 for c in calls), "none was throttled"
    assert most_per_second([c for c in calls if c["action"].startswith("List")]) <= 20


def test_throttled_all_the_same_it_comes_to_the_same_verdicts(emulator: Emulator, aws: Aws) -> None:
    calm = {(v.service, v.quota_code): (v.verdict, v.used, v.applied) for v in advise(aws, plan()).verdicts}
    emulator.fail("throttle", n=0, service="service-quotas", action="GetQuotaUtilizationReport")
    emulator.fail("throttle", n=1, times=6, service="service-quotas", action="ListServiceQuotas")
    emulator.fail("throttle", n=1, times=2, service="ec2")
    found = {(v.service, v.quota_code): (v.verdict, v.used, v.applied) for v in advise(aws, plan()).verdicts}
    assert found == calm


def test_a_failing_call_never_makes_a_verdict_better(emulator: Emulator, aws: Aws) -> None:
    emulator.seed(report="refused")
    calm = by_code(advise(aws, plan()).verdicts)
    for kind in ("error", "cut", "denied"):
        for n in (1, 4, 9, 16):
            emulator.clear()
            emulator.fail(kind, n=n)
            for code, v in by_code(advise(aws, plan()).verdicts).items():
                assert v.verdict in (calm[code].verdict, "unknown"), (kind, n, v)


def test_it_makes_no_mutating_call(emulator: Emulator, aws: Aws) -> None:
    advise(aws, plan(), job=JOB)
    assert emulator.calls(mutating=True) == []


# --- a second run ----------------------------------------------------------------------------


def test_what_runs_already_is_not_asked_for_twice(emulator: Emulator, aws: Aws) -> None:
    emulator.seed(quotas={f"ec2/{ON_DEMAND}": 72}, instances=[{"type": "c5.9xlarge", "count": 1}])
    ids = [i["InstanceId"] for r in emulator.client("ec2").describe_instances()["Reservations"] for i in r["Instances"]]
    assert advise(aws, [need(ON_DEMAND, 72.0)]).verdicts[0].short_by == 36
    tags = {"Project": "tiny", "Environment": "dev", "ManagedBy": "geos"}
    emulator.client("ec2").create_tags(Resources=ids, Tags=[{"Key": k, "Value": v} for k, v in tags.items()])
    (found,) = advise(aws, [need(ON_DEMAND, 72.0)], own_tags=tags).verdicts
    assert found.verdict == "enough"


TEMPLATE = {"Resources": {
    "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.9.0.0/16"}},
    "Topic": {"Type": "AWS::SNS::Topic"},
    "Other": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.8.0.0/16"}},
}}  # fmt: skip


def planned(*left_out: str) -> StackInRegion:
    body = {"Resources": {k: v for k, v in TEMPLATE["Resources"].items() if k not in left_out}}
    return StackInRegion(resolve(load_template(json.dumps(body), "tiny-dev-core")), "us-east-1")


def test_what_the_stacks_hold_already_is_not_asked_for_twice(emulator: Emulator, aws: Aws) -> None:
    emulator.seed(quotas={"vpc/L-F678F1CE": 2})
    before = advise(aws, needs([planned("Other")]), stacks=[planned("Other")])
    assert by_code(before.verdicts)["L-F678F1CE"].verdict == "enough"
    assert before.notes == ()
    body = json.dumps({"Resources": {k: v for k, v in TEMPLATE["Resources"].items() if k != "Other"}})
    cloudformation = emulator.client("cloudformation")
    cloudformation.create_stack(StackName="tiny-dev-core", TemplateBody=body)
    cloudformation.get_waiter("stack_create_complete").wait(
        StackName="tiny-dev-core", WaiterConfig={"Delay": 1, "MaxAttempts": 20}
    )
    same, more = [planned("Other")], [planned()]
    blind = by_code(advise(aws, needs(same)).verdicts)
    again = by_code(advise(aws, needs(same), stacks=same).verdicts)
    larger = by_code(advise(aws, needs(more), stacks=more).verdicts)
    assert blind["L-F678F1CE"].verdict == "short"
    assert again["L-F678F1CE"].verdict == "enough"
    assert (larger["L-F678F1CE"].verdict, larger["L-F678F1CE"].short_by) == ("short", 1)


def test_stacks_that_cannot_be_read_count_as_nothing_and_that_is_said(emulator: Emulator, aws: Aws) -> None:
    emulator.seed(unreadable=["cloudformation"])
    same = [planned("Other")]
    advice = advise(aws, needs(same), stacks=same)
    assert "tiny-dev-core" in advice.notes[0]


@pytest.mark.parametrize(
    ("arn", "name"),
    [
        ("arn:aws:iam::123456789012:user/people/ana", "ana"),
        ("arn:aws:iam::123456789012:root", "root"),
        ("arn:aws:sts::123456789012:assumed-role/Modellers/botocore-session-1764060000", "Modellers"),
        (
            "arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Admin_0123456789abcdef/ana@example.org",
            "ana@example.org",
        ),
    ],
)
def test_the_proposed_owner_is_the_same_at_the_next_run(arn: str, name: str) -> None:
    """A new owner is a new tag on everything, and that would replace what jobs run on."""
    assert short_name(arn) == name
