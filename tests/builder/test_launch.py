"""A build's host, from nothing to ready to gone: real calls to the emulated account, and a machine that starts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from parts import hosts
from parts.hosts import Bench, account, bench

from geos.builder.commands import command
from geos.builder.errors import (
    BootFailed,
    HostGone,
    HostKeyWrong,
    HostQuotaShort,
    LaunchRefused,
    LoginRefused,
    NoCapacity,
    NoHostProfile,
    StillThere,
)
from geos.builder.host_permissions import host_grants, host_key_grant
from geos.builder.host_plan import HostPlan
from geos.builder.keys import keep_private, new_key
from geos.builder.leftovers import find_leftovers, remove_leftovers
from geos.builder.steps.ready import console_keys
from geos.wizard.errors import AwsRefused, GeosError
from geos.wizard.waiting import until

if TYPE_CHECKING:
    from parts.emulator import Emulator

MUTATING = ("CreateSecurityGroup", "AuthorizeSecurityGroupIngress", "RunInstances", "TerminateInstances",
            "DeleteSecurityGroup")  # fmt: skip
READING = ("DescribeInstances", "GetConsoleOutput")


def nothing_left(emulator: Emulator) -> bool:
    return not find_leftovers(account(emulator.endpoint))


def instances(emulator: Emulator) -> list[dict[str, object]]:
    found = emulator.client("ec2").describe_instances()["Reservations"]
    return [i for r in found for i in r["Instances"]]


# --- the whole way -----------------------------------------------------------------------------


def test_a_host_is_launched_prepared_used_and_gone(emulator: Emulator, tmp_path: Path) -> None:
    one = bench(emulator.endpoint, tmp_path)
    with one.up() as host:
        assert host.run(command("pwd")).text.strip().endswith("/home")
        assert one.job.facts["engine"]
        assert one.job.facts["image"].startswith("ami-")
        place = {"region": "us-east-1", "account_id": hosts.ACCOUNT}
        asked = (*host_grants(one.job.build.wish, **place), host_key_grant(**place))
        allowed = {grant.action for grant in asked}
        made = {f"{c['service'].replace('service-quotas', 'servicequotas')}:{c['action']}" for c in emulator.calls()}
        assert made - allowed == {"freetier:GetAccountPlanState"}  # asked, and done without where it is refused
        assert one.job.key.stat().st_mode & 0o777 == 0o600
        left = find_leftovers(account(emulator.endpoint))
        assert sorted(x.kind for x in left) == ["instance", "network-interface", "security-group", "volume"]
        assert {x.build_id for x in left} == {one.job.build.build_id}
        assert all(x.remain.tags["ManagedBy"] == "geos" and x.expires == one.job.build.expires for x in left)
    assert nothing_left(emulator)
    assert not one.job.key.exists()
    assert any("console agrees" in remark for remark in one.remarks)
    assert [i["State"]["Name"] for i in instances(emulator)] == ["terminated"]  # type: ignore[index]


def test_the_machine_is_locked_down(emulator: Emulator, tmp_path: Path) -> None:
    one = bench(emulator.endpoint, tmp_path)
    ec2 = emulator.client("ec2")
    with one.up():
        (instance,) = instances(emulator)
        options = instance["MetadataOptions"]
        assert (options["HttpTokens"], options["HttpPutResponseHopLimit"]) == ("required", 1)  # type: ignore[index]
        assert "KeyName" not in instance
        assert "IamInstanceProfile" not in instance
        behaviour = ec2.describe_instance_attribute(
            InstanceId=instance["InstanceId"], Attribute="instanceInitiatedShutdownBehavior"
        )
        assert behaviour["InstanceInitiatedShutdownBehavior"]["Value"] == "terminate"
        (volume,) = ec2.describe_volumes()["Volumes"]
        assert (volume["Encrypted"], volume["VolumeType"], volume["Size"]) == (True, "gp3", 60)
        (group,) = [g for g in ec2.describe_security_groups()["SecurityGroups"] if g["GroupName"] != "default"]
        (rule,) = group["IpPermissions"]
        assert (rule["FromPort"], rule["ToPort"]) == (one.plan.port, one.plan.port)
        assert [r["CidrIp"] for r in rule["IpRanges"]] == ["127.0.0.1/32"]


def test_two_hosts_live_side_by_side(emulator: Emulator, tmp_path: Path) -> None:
    one = bench(emulator.endpoint, tmp_path, instance_types=("c7g.large",))
    two = bench(emulator.endpoint, tmp_path, architecture="x86_64", build_id=one.job.build.build_id)
    two.plan = replace(two.plan, types=two.plan.types[:1])
    emulator.seed(quotas={"ec2/L-1216C47A": 64})
    with one.up() as first, two.up() as second:
        assert first.run(command("pwd")).text != second.run(command("pwd")).text
    assert nothing_left(emulator)


# --- what a crash leaves -----------------------------------------------------------------------


def test_the_token_is_on_disk_before_the_launch(emulator: Emulator, tmp_path: Path) -> None:
    emulator.fail("hold", service="ec2", action="RunInstances", when="before")
    process = start_elsewhere(emulator, tmp_path)
    assert emulator.held(20)
    (place,) = tmp_path.glob("builds/*/arm64/part.json")
    part = json.loads(place.read_text())
    process.kill()
    process.wait()
    emulator.release()
    assert part["client_token"].startswith("geos-b-")
    assert part["host_key"].startswith("ssh-ed25519 ")
    assert part["group_id"].startswith("sg-")
    clean(emulator)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("action", MUTATING)
def test_a_build_killed_at_any_call_leaves_nothing_that_clean_does_not_find(
    emulator: Emulator, tmp_path: Path, action: str, when: str
) -> None:
    emulator.fail("hold", service="ec2", action=action, when=when)
    process = start_elsewhere(emulator, tmp_path)
    assert emulator.held(20)
    process.kill()
    process.wait()
    emulator.release()
    # A call that was held before it was carried out is carried out now; the server waits for nobody.
    until(lambda: settled(emulator, action), at_most_seconds=5)
    clean(emulator)


def start_elsewhere(emulator: Emulator, folder: Path) -> subprocess.Popen[bytes]:
    path = os.pathsep.join([str(Path(hosts.__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    words = [sys.executable, hosts.__file__, emulator.endpoint, str(folder)]
    return subprocess.Popen(words, env={**os.environ, "PYTHONPATH": path})


def settled(emulator: Emulator, action: str) -> bool | None:
    calls = emulator.calls("ec2", action)
    return True if calls and all(c["end"] for c in calls) else None


def clean(emulator: Emulator) -> None:
    aws = account(emulator.endpoint)
    removal = remove_leftovers(aws, find_leftovers(aws), at_most_seconds=20)
    assert not removal.left
    assert nothing_left(emulator)


@pytest.mark.parametrize("kind", ["denied", "expired"])
@pytest.mark.parametrize("action", [*MUTATING, *READING])
def test_a_call_that_fails_for_good_is_told_and_clean_leaves_nothing(
    emulator: Emulator, tmp_path: Path, action: str, kind: str
) -> None:
    one = bench(emulator.endpoint, tmp_path)
    emulator.fail(kind, n=0, service="ec2", action=action)
    if action in ("TerminateInstances", "DeleteSecurityGroup"):
        one.run()  # a build that is done does not become a failed one because of what is left
        assert any(line.startswith("undo failed") for line in one.told.lines)
    elif action == "GetConsoleOutput":
        one.run()  # a second opinion only
    else:
        with pytest.raises(GeosError) as raised:
            one.run()
        assert raised.value.message
    emulator.clear()
    clean(emulator)


@pytest.mark.parametrize("kind", ["error", "cut"])
@pytest.mark.parametrize("action", [*MUTATING, *READING])
def test_a_call_that_fails_once_stops_nothing(emulator: Emulator, tmp_path: Path, action: str, kind: str) -> None:
    one = bench(emulator.endpoint, tmp_path)
    emulator.fail(kind, service="ec2", action=action)
    one.run()
    assert nothing_left(emulator)
    assert len(instances(emulator)) == 1


def test_a_launch_whose_answer_is_lost_is_the_same_machine_when_repeated(emulator: Emulator, tmp_path: Path) -> None:
    emulator.fail("cut", service="ec2", action="RunInstances", when="after")
    one = bench(emulator.endpoint, tmp_path)
    with one.up():
        assert len(instances(emulator)) == 1
        assert len(emulator.calls("ec2", "RunInstances")) == 2
    assert nothing_left(emulator)


# --- no room -----------------------------------------------------------------------------------


def test_without_capacity_the_next_type_is_taken(emulator: Emulator, tmp_path: Path) -> None:
    emulator.seed(no_capacity=["c7g.xlarge"])
    one = bench(emulator.endpoint, tmp_path)
    with one.up():
        assert one.job.part.instance_type == "c6g.xlarge"
        assert any("no c7g.xlarge in" in remark for remark in one.remarks)


def narrow(plan: HostPlan) -> HostPlan:
    """Two types, one zone: boto3 itself repeats each refused launch, as AWS sends them with status 500."""
    return replace(plan, types=plan.types[:2], places=plan.places[:1])


def test_then_the_next_zone(emulator: Emulator, tmp_path: Path) -> None:
    one = bench(emulator.endpoint, tmp_path, change=lambda plan: replace(plan, types=plan.types[:1]))
    first = one.plan.places[0].zone
    emulator.seed(no_capacity=[f"{t.name}/{first}" for t in one.plan.types])
    with one.up():
        assert one.job.part.instance_type == "c7g.xlarge"
        assert one.job.part.zone == one.plan.places[1].zone != first


def test_then_on_demand_where_spot_was_wished(emulator: Emulator, tmp_path: Path) -> None:
    one = bench(emulator.endpoint, tmp_path, change=narrow, spot=True)
    emulator.seed(no_capacity=[f"spot:{t.name}" for t in one.plan.types])
    with one.up():
        assert one.job.part.market == "on-demand"


def test_a_spot_host_is_one(emulator: Emulator, tmp_path: Path) -> None:
    one = bench(emulator.endpoint, tmp_path, spot=True)
    with one.up():
        assert [i["InstanceLifecycle"] for i in instances(emulator)] == ["spot"]
        spot = one.job.part.usd_per_hour
    assert spot is not None
    assert one.plan.cost.worst_usd is not None
    assert spot * 3 < one.plan.cost.worst_usd


def test_a_spot_quota_that_is_full_leads_to_on_demand_at_once(emulator: Emulator, tmp_path: Path) -> None:
    one = bench(emulator.endpoint, tmp_path, spot=True)
    emulator.seed(quotas={"ec2/L-34B43A08": 0})
    with one.up():
        assert one.job.part.market == "on-demand"
    assert len(emulator.calls("ec2", "RunInstances")) == 2


def test_with_no_capacity_anywhere_it_says_so_and_leaves_nothing(emulator: Emulator, tmp_path: Path) -> None:
    one = bench(emulator.endpoint, tmp_path, change=narrow)
    emulator.seed(no_capacity=[t.name for t in one.plan.types])
    with pytest.raises(NoCapacity) as raised:
        one.run()
    assert raised.value.exit == 3
    assert "c7g.xlarge" in raised.value.message
    assert nothing_left(emulator)
    assert one.job.part.client_token == ""


@pytest.mark.parametrize(
    ("fault", "kind", "words"),
    [
        ("no-vcpus", HostQuotaShort, "leave no room"),
        ("unverified", LaunchRefused, "verified"),
        ("marketplace", LaunchRefused, "Marketplace"),
    ],
)
def test_what_no_other_place_would_change_is_not_tried_again(
    emulator: Emulator, tmp_path: Path, fault: str, kind: type[GeosError], words: str
) -> None:
    one = bench(emulator.endpoint, tmp_path)
    emulator.fail(fault, n=0, service="ec2", action="RunInstances")
    with pytest.raises(kind) as raised:
        one.run()
    assert words in raised.value.message
    assert raised.value.hint
    assert len(emulator.calls("ec2", "RunInstances")) == 1
    assert nothing_left(emulator)


def test_the_free_plan_is_known_beforehand_and_explained_when_it_is_not(emulator: Emulator, tmp_path: Path) -> None:
    one = bench(emulator.endpoint, tmp_path)
    emulator.seed(plan="FREE")
    with pytest.raises(LaunchRefused, match="Free") as raised:
        one.run()
    assert "Paid plan" in raised.value.hint
    free = bench(emulator.endpoint, tmp_path)
    assert [t.name for t in free.plan.types] == ["t4g.small"]
    free.run()
    assert nothing_left(emulator)


# --- Session Manager ---------------------------------------------------------------------------


def test_session_manager_needs_the_deployments_profile(emulator: Emulator, tmp_path: Path) -> None:
    for name in ("", "dev"):
        with pytest.raises(NoHostProfile) as raised:
            bench(emulator.endpoint, tmp_path, transport="ssm", deployment=name)
        assert "--transport ssh" in raised.value.hint


def test_for_session_manager_nothing_is_open_and_a_late_profile_is_waited_for(
    emulator: Emulator, tmp_path: Path
) -> None:
    iam = emulator.client("iam")
    iam.create_instance_profile(InstanceProfileName="dev-build-us-east-1")
    one = bench(emulator.endpoint, tmp_path, transport="ssm", deployment="dev")
    emulator.fail("no-profile", n=1, times=2, service="ec2", action="RunInstances")
    group, launch, _ = one.steps
    group.run(one.job)
    launch.run(one.job)
    assert len(emulator.calls("ec2", "RunInstances")) == 3
    (instance,) = instances(emulator)
    assert str(instance["IamInstanceProfile"]["Arn"]).endswith("/dev-build-us-east-1")  # type: ignore[index]
    (own,) = [g for g in emulator.client("ec2").describe_security_groups()["SecurityGroups"]
              if g["GroupId"] == one.job.part.group_id]  # fmt: skip
    assert own["IpPermissions"] == []
    launch.cleanup(one.job)
    group.cleanup(one.job)
    assert nothing_left(emulator)


# --- what ends badly ---------------------------------------------------------------------------


def test_termination_that_is_refused_is_told_and_left_to_clean(emulator: Emulator, tmp_path: Path) -> None:
    one = bench(emulator.endpoint, tmp_path)
    emulator.fail("kept", n=0, service="ec2", action="TerminateInstances")
    one.run()
    assert any(line.startswith("undo failed host: could not terminate") for line in one.told.lines)
    assert any("still held" in line for line in one.told.lines)
    assert not nothing_left(emulator)
    emulator.clear()
    clean(emulator)


def test_a_group_that_is_held_is_left_to_clean(emulator: Emulator, tmp_path: Path) -> None:
    one = bench(emulator.endpoint, tmp_path)
    group, launch, ready = one.steps
    for step in (group, launch, ready):
        step.run(one.job)
    with pytest.raises(StillThere):
        group.cleanup(one.job)
    assert one.job.part.leftovers == (one.job.part.group_id,)
    ready.cleanup(one.job)
    launch.cleanup(one.job)
    clean(emulator)


def test_a_boot_that_fails_names_the_step_and_shows_the_end_of_its_log(emulator: Emulator, tmp_path: Path) -> None:
    emulator.seed(boot_fails=["docker"])
    one = bench(emulator.endpoint, tmp_path)
    with pytest.raises(BootFailed) as raised:
        one.run()
    assert "start the container engine failed" in raised.value.message
    assert "attempt 3 failed: docker info" in raised.value.message
    assert nothing_left(emulator)


def test_a_host_that_is_gone_early_is_told_as_such(emulator: Emulator, tmp_path: Path) -> None:
    one = bench(emulator.endpoint, tmp_path)
    group, launch, ready = one.steps
    group.run(one.job)
    launch.run(one.job)
    emulator.client("ec2").terminate_instances(InstanceIds=[one.job.part.instance_id])
    with pytest.raises(HostGone, match="ended before the build did"):
        ready.run(one.job)
    launch.cleanup(one.job)
    group.cleanup(one.job)
    assert nothing_left(emulator)


def test_cleanups_can_be_called_again_and_without_a_run(emulator: Emulator, tmp_path: Path) -> None:
    one = bench(emulator.endpoint, tmp_path)
    for _ in range(2):
        for step in reversed(one.steps):
            step.cleanup(one.job)
    with one.up():
        pass
    for step in reversed(one.steps):
        step.cleanup(one.job)


# --- strangers ---------------------------------------------------------------------------------


def test_a_strangers_key_does_not_open_the_host(emulator: Emulator, tmp_path: Path) -> None:
    one = bench(emulator.endpoint, tmp_path)
    with one.up():
        keep_private(new_key("stranger"), one.job.key)
        with pytest.raises(LoginRefused):
            hosts.connect(one.job)


def test_a_host_with_another_key_is_refused(emulator: Emulator, tmp_path: Path) -> None:
    one = bench(emulator.endpoint, tmp_path)
    with one.up():
        one.job.note(host_key=new_key("another machine").public)
        with pytest.raises(HostKeyWrong):
            hosts.connect(one.job)


def test_a_console_that_names_another_key_ends_the_build(emulator: Emulator, tmp_path: Path) -> None:
    one = bench(emulator.endpoint, tmp_path)
    with one.up() as host:
        host.close()
        right = one.job.part.host_key

        def connect_anyway(job: object, at_most_seconds: float) -> hosts.Host:
            one.job.note(host_key=right)
            found = hosts.connect(one.job)
            one.job.note(host_key=new_key("another").public)
            return found

        with pytest.raises(HostKeyWrong, match="console"):
            hosts.HostReady(connect_anyway).run(one.job)
        one.job.note(host_key=right)


def test_only_whole_blocks_of_the_console_count() -> None:
    begin, end = "-----BEGIN SSH HOST KEY KEYS-----", "-----END SSH HOST KEY KEYS-----"
    assert console_keys("") == ()
    assert console_keys(f"{begin}\nssh-ed25519 AAAA") == ()
    assert console_keys(f"x\r\n{begin}\r\nssh-ed25519 AAAA\r\n{end}\r\n") == ("ssh-ed25519 AAAA",)
    assert console_keys(f"{begin}\nold\n{end}\n{begin}\nssh-ed25519 NEW\n{end}") == ("ssh-ed25519 NEW",)


def test_no_secret_is_in_records_tags_or_what_was_said(emulator: Emulator, tmp_path: Path) -> None:
    one = bench(emulator.endpoint, tmp_path)
    with one.up():
        private = one.job.key.read_text()
        body = "".join(private.split("\n")[1:-2])[60:100]
        kept = [p for p in tmp_path.rglob("*") if p.is_file() and p != one.job.key]
        assert kept
        assert not any("PRIVATE" in p.read_text() or body in p.read_text() for p in kept)
        assert "PRIVATE" not in " ".join(one.remarks)
        (instance,) = instances(emulator)
        assert "PRIVATE" not in json.dumps(instance, default=str)
        data = emulator.client("ec2").describe_instance_attribute(
            InstanceId=instance["InstanceId"], Attribute="userData"
        )["UserData"]["Value"]
        import base64

        text = base64.b64decode(data).decode()
        assert text.count("BEGIN OPENSSH PRIVATE KEY") == 1  # the host's own, which lives as long as the host
        assert body not in text


def test_an_image_of_another_architecture_is_refused_by_the_account(emulator: Emulator, tmp_path: Path) -> None:
    x86 = bench(emulator.endpoint, tmp_path, architecture="x86_64").plan.image
    one = bench(emulator.endpoint, tmp_path, change=lambda plan: replace(plan, image=x86))
    with pytest.raises(AwsRefused, match="architecture"):
        one.run()
    assert nothing_left(emulator)


def test_who_takes_a_build_up_again_from_elsewhere_is_let_in(emulator: Emulator, tmp_path: Path) -> None:
    one = bench(emulator.endpoint, tmp_path)
    with one.up():
        again = Bench(one.job, replace(one.plan, admin_cidr="203.0.113.7/32"))
        for step in again.steps:
            step.run(one.job)
        (group,) = [g for g in emulator.client("ec2").describe_security_groups()["SecurityGroups"]
                    if g["GroupId"] == one.job.part.group_id]  # fmt: skip
        let_in = [r["CidrIp"] for rule in group["IpPermissions"] for r in rule["IpRanges"]]
        assert sorted(let_in) == ["127.0.0.1/32", "203.0.113.7/32"]
        assert len(instances(emulator)) == 1
    assert nothing_left(emulator)


def test_a_launch_that_was_never_heard_of_is_taken_up(emulator: Emulator, tmp_path: Path) -> None:
    one = bench(emulator.endpoint, tmp_path)
    with one.up():
        one.job.note(instance_id="")
        one.steps[1].run(one.job)
        assert [i["InstanceId"] for i in instances(emulator)] == [one.job.part.instance_id]
    assert nothing_left(emulator)
