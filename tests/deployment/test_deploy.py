"""Deploy, change, fail, go on: the tiny system in a simulated account."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from parts.account import ACCOUNT, QUICK, Case, Recorder, changed
from parts.emulator import Emulator

from geos.wizard.aws.stacks import ChangeSetRequest
from geos.wizard.deployment.apply import Options, deploy
from geos.wizard.deployment.progress import WAITING, Progress
from geos.wizard.deployment.records import Run
from geos.wizard.deployment.watcher import StackChanges
from geos.wizard.errors import Cancelled, DeployFailed, DiskRefused, Locked
from geos.wizard.waiting import pause

BUCKET = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "geos-test-more"}}
BAD = {
    "Type": "AWS::EC2::Subnet",
    "Properties": {"VpcId": "vpc-0123456789abcdef0", "CidrBlock": "10.0.0.0/24"},
    "DependsOn": ["Topic"],
}


def test_the_first_deployment_makes_everything(tiny: Case, emulator: Emulator) -> None:
    done = tiny.deploy()
    assert [(s.layer, s.outcome, s.resources) for s in done.stacks] == [
        ("bootstrap", "created", 3),
        ("base", "created", 2),
        ("words", "created", 1),
    ]
    assert done.outputs["LogGroupName"] == "/tiny/dev"
    assert tiny.aws.ssm.value("/tiny/dev/greeting") == f"hello from {done.outputs['TopicArn']}"
    assert set(tiny.states().values()) == {"CREATE_COMPLETE"}
    assert tiny.watcher.pictures[-1].finished == 3
    record = tiny.records.read("tiny-dev")
    assert record is not None
    assert (record.run, [s.layer for s in record.stacks]) == (None, ["bootstrap", "base", "words"])
    assert all(s.stack_id.startswith("arn:") for s in record.stacks)


def test_everything_made_carries_the_tags(tiny: Case) -> None:
    tiny.deploy()
    found = tiny.aws.tagging.find({"ManagedBy": "geos", "Project": "tiny", "Environment": "dev"})
    assert {t.service for t in found} >= {"logs", "sns", "ssm"}
    for stack in tiny.aws.stacks.all():
        assert stack.tags["ManagedBy"] == "geos"


def test_the_names_are_on_disk_before_anything_is_made(tiny: Case, emulator: Emulator) -> None:
    emulator.fail("expired", n=1, mutating=True)
    with pytest.raises(Exception, match="expired"):
        tiny.deploy()
    record = tiny.records.read("tiny-dev")
    assert record is not None
    assert record.run is not None
    assert [s.stack_name for s in record.stacks] == ["geos-bootstrap", "tiny-dev-base", "tiny-dev-words"]


def test_a_second_run_changes_nothing_within_a_second(tiny: Case, emulator: Emulator) -> None:
    tiny.deploy()
    emulator.clear()
    began = time.monotonic()
    done = tiny.deploy()
    assert time.monotonic() - began < 1.0
    assert not done.changed
    assert emulator.calls(mutating=True) == []
    assert done.outputs["ParameterName"] == "/tiny/dev/greeting"


def test_a_changed_answer_changes_one_thing_and_says_which(tiny: Case) -> None:
    tiny.deploy()
    plan = tiny.plan(greeting="good morning")
    assert [(s.layer, s.action) for s in plan.stacks] == [
        ("bootstrap", "leave"),
        ("base", "leave"),
        ("words", "update"),
    ]
    assert [(c.logical_id, c.kind, c.properties) for c in plan.stacks[2].changes] == [("Words", "changed", ("Value",))]
    done = tiny.deploy(greeting="good morning")
    assert [(s.layer, s.outcome) for s in done.stacks][1:] == [("base", "unchanged"), ("words", "updated")]
    assert [(c.logical_id, c.kind) for c in tiny.watcher.changed("words")] == [("Words", "changed")]
    assert str(tiny.aws.ssm.value("/tiny/dev/greeting")).startswith("good morning")


def test_a_replacement_is_shown_before_it_happens(tiny: Case) -> None:
    tiny.deploy()
    stacks = changed(tiny.rendered(), "base", Topic={"Properties": {"TopicName": "tiny-dev-other"}})
    plan = tiny.plan(stacks)
    assert [(c.logical_id, c.kind) for c in plan.stacks[1].changes] == [("Topic", "replaced")]
    tiny.deploy(stacks)
    (change_set,) = [c for c in tiny.watcher.change_sets if c.layer == "base"]
    assert [c.logical_id for c in change_set.loses] == ["Topic"]
    assert str(tiny.aws.ssm.value("/tiny/dev/greeting")).endswith(":tiny-dev-other")


def test_a_resource_no_longer_wanted_is_removed(tiny: Case) -> None:
    tiny.deploy(changed(tiny.rendered(), "base", More=BUCKET))
    assert tiny.aws.s3.exists("geos-test-more")
    tiny.deploy()
    assert [(c.logical_id, c.kind) for c in tiny.watcher.changed("base")] == [("More", "removed")]
    assert not tiny.aws.s3.exists("geos-test-more")


def test_a_stack_no_longer_wanted_is_removed(tiny: Case) -> None:
    tiny.deploy()
    done = tiny.deploy([s for s in tiny.rendered() if s.layer != "words"])
    assert done.removed == ("tiny-dev-words",)
    assert sorted(tiny.states()) == ["geos-bootstrap", "tiny-dev-base"]


def test_saying_no_leaves_nothing_behind(tiny: Case, emulator: Emulator) -> None:
    before = emulator.inventory()
    tiny.watcher = Recorder(agrees=False)
    with pytest.raises(Cancelled):
        tiny.deploy()
    assert emulator.inventory() == before


def test_saying_no_to_an_update_leaves_no_change_set(tiny: Case) -> None:
    tiny.deploy()
    tiny.watcher = Recorder(agrees=False)
    with pytest.raises(Cancelled):
        tiny.deploy(greeting="other")
    fact = tiny.aws.stacks.describe("tiny-dev-words")
    assert fact is not None
    assert fact.status == "CREATE_COMPLETE"
    assert tiny.aws.stacks.change_sets(fact.stack_id) == {}


# --- failing ---------------------------------------------------------------------------------


def test_a_failed_first_deployment_names_the_cause_and_leaves_nothing(tiny: Case, emulator: Emulator) -> None:
    before = emulator.inventory()
    with pytest.raises(DeployFailed) as raised:
        tiny.deploy(changed(tiny.rendered(), "base", Bad=BAD))
    assert "Subnet Bad" in raised.value.message
    assert raised.value.code.startswith("GEOS-D1")
    ((diagnosis, undone),) = tiny.watcher.failures
    assert (diagnosis.layer, diagnosis.logical_id) == ("base", "Bad")
    assert undone[-1] == "nothing left, nothing to pay"
    assert emulator.inventory() == before
    assert tiny.records.read("tiny-dev") is None


def test_a_failure_in_a_later_stack_takes_the_earlier_ones_of_the_run_with_it(tiny: Case, emulator: Emulator) -> None:
    before = emulator.inventory()
    with pytest.raises(DeployFailed):
        tiny.deploy(changed(tiny.rendered(), "words", Bad={**BAD, "DependsOn": ["Words"]}))
    assert emulator.inventory() == before


def test_a_failed_update_goes_back_and_leaves_the_rest(tiny: Case) -> None:
    tiny.deploy()
    with pytest.raises(DeployFailed):
        tiny.deploy(changed(tiny.rendered(), "base", Bad=BAD))
    ((_, undone),) = tiny.watcher.failures
    assert undone == ("base is as it was before",)
    assert tiny.states()["tiny-dev-base"] == "UPDATE_ROLLBACK_COMPLETE"
    done = tiny.deploy()
    assert not [s for s in done.stacks if s.outcome == "created"]


def test_with_keep_what_failed_stays_and_the_next_run_clears_it(tiny: Case) -> None:
    stacks = changed(tiny.rendered(), "base", Bad=BAD)
    with pytest.raises(DeployFailed):
        tiny.deploy(stacks, keep=True)
    assert tiny.states()["tiny-dev-base"] == "CREATE_FAILED"
    plan = tiny.plan()
    assert [s.action for s in plan.stacks] == ["leave", "repair", "create"]
    done = tiny.deploy()
    assert [s.outcome for s in done.stacks] == ["unchanged", "created", "created"]


def test_a_name_that_is_taken_is_told(tiny: Case, emulator: Emulator) -> None:
    emulator.client("logs").create_log_group(logGroupName="/tiny/dev")
    with pytest.raises(DeployFailed) as raised:
        tiny.deploy()
    assert raised.value.code == "GEOS-D104"
    assert [g.name for g in tiny.aws.logs.groups("/tiny/dev")] == ["/tiny/dev"]


VPC = {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.1.0.0/16"}}
ROLE = {
    "Type": "AWS::IAM::Role",
    "Properties": {
        "AssumeRolePolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"},
            ],
        }
    },
}


@pytest.mark.parametrize(
    ("quota", "resource", "code"),
    [
        ("vpc/L-F678F1CE", VPC, "GEOS-D102"),
        ("ec2/L-0263D0A3", {"Type": "AWS::EC2::EIP", "Properties": {"Domain": "vpc"}}, "GEOS-D103"),
        ("iam/L-FE177D64", ROLE, "GEOS-D101"),
    ],
)
def test_a_quota_lowered_after_the_check_is_named(
    tiny: Case, emulator: Emulator, quota: str, resource: dict[str, object], code: str
) -> None:
    before = emulator.inventory()
    emulator.seed(quotas={quota: 0})
    with pytest.raises(DeployFailed) as raised:
        tiny.deploy(changed(tiny.rendered(), "base", Full=resource))
    assert raised.value.code == code
    assert emulator.inventory() == before


def test_what_was_removed_by_hand_does_not_stop_a_removal(tiny: Case, emulator: Emulator) -> None:
    before = emulator.inventory()
    done = tiny.deploy()
    emulator.client("logs").delete_log_group(logGroupName="/tiny/dev")
    emulator.client("sns").delete_topic(TopicArn=done.outputs["TopicArn"])
    assert not tiny.deploy().changed
    tiny.destroy().require()
    assert emulator.inventory() == before


def test_a_rolled_back_stack_of_an_earlier_time_is_cleared_away(tiny: Case) -> None:
    tiny.deploy()
    body = changed(tiny.rendered(), "base", Bad=BAD)[1]
    stacks = tiny.aws.stacks
    tiny.destroy()
    arn, stack_id = stacks.create_change_set(
        ChangeSetRequest("tiny-dev-base", "by-hand", True, {}, body.tags, (), body=body.text)
    )
    stacks.execute(arn, stack_id, token="by-hand", keep_failed=False)
    _wait_for(tiny, "tiny-dev-base", "ROLLBACK_COMPLETE")
    tiny.deploy()
    assert tiny.states()["tiny-dev-base"] == "CREATE_COMPLETE"


def _wait_for(case: Case, name: str, status: str) -> None:
    for _ in range(200):
        if case.states().get(name) == status:
            return
        pause(0.02)
    raise AssertionError(case.states())


def _without_logs(tiny: Case, emulator: Emulator) -> None:
    """Somebody deletes what an update is to change, so it can be changed neither on nor back."""
    tiny.deploy()
    emulator.client("logs").delete_log_group(logGroupName="/tiny/dev")
    with pytest.raises(DeployFailed) as raised:
        tiny.deploy(log_retention_days=90)
    assert raised.value.code == "GEOS-D118"
    assert tiny.states()["tiny-dev-base"] == "UPDATE_ROLLBACK_FAILED"


def test_a_way_back_that_failed_is_gone_once_it_can_be(tiny: Case, emulator: Emulator) -> None:
    _without_logs(tiny, emulator)
    emulator.client("logs").create_log_group(logGroupName="/tiny/dev")
    tiny.deploy(log_retention_days=90)
    assert tiny.states()["tiny-dev-base"] == "UPDATE_COMPLETE"
    assert [g.retention_days for g in tiny.aws.logs.groups("/tiny/dev")] == [90]


def test_a_way_back_that_cannot_be_gone_is_cut_short(tiny: Case, emulator: Emulator) -> None:
    _without_logs(tiny, emulator)
    assert not [s for s in tiny.deploy().stacks if s.outcome == "created"]
    assert any("leaving out Logs" in note for note in tiny.watcher.notes)
    assert tiny.states()["tiny-dev-base"] == "UPDATE_ROLLBACK_COMPLETE"


def test_a_stack_whose_way_back_failed_can_be_destroyed(tiny: Case, emulator: Emulator) -> None:
    before = emulator.inventory()
    _without_logs(tiny, emulator)
    tiny.destroy().require()
    assert emulator.inventory() == before


# --- going on --------------------------------------------------------------------------------


def test_a_stack_that_is_being_made_is_waited_for(tiny: Case) -> None:
    base = tiny.rendered()[1]
    stacks = tiny.aws.stacks
    arn, stack_id = stacks.create_change_set(
        ChangeSetRequest("tiny-dev-base", "by-hand", True, {}, base.tags, (), body=base.text)
    )
    stacks.execute(arn, stack_id, token="by-hand", keep_failed=False)
    done = tiny.deploy()
    assert [s.outcome for s in done.stacks] == ["created", "unchanged", "created"]


def test_a_change_set_left_by_a_killed_run_is_no_obstacle(tiny: Case) -> None:
    base = tiny.rendered()[1]
    tiny.aws.stacks.create_change_set(
        ChangeSetRequest("tiny-dev-base", "geos-old", True, {}, base.tags, (), body=base.text)
    )
    assert tiny.states() == {"tiny-dev-base": "REVIEW_IN_PROGRESS"}
    tiny.deploy()
    assert set(tiny.states().values()) == {"CREATE_COMPLETE"}


def test_the_service_linked_roles_come_first_and_once(tiny: Case) -> None:
    role = "arn:aws:iam::${AWS::AccountId}:role/aws-service-role/spot.amazonaws.com/AWSServiceRoleForEC2Spot"
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": {"Fn::Sub": role}}, "Action": "kms:*", "Resource": "*"},
        ],
    }
    key = {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": policy}}
    stacks = changed(tiny.rendered(), "base", Key=key)
    done = tiny.deploy(stacks)
    assert done.roles_made == ("AWSServiceRoleForEC2Spot",)
    assert tiny.deploy(stacks).roles_made == ()


def test_a_template_above_the_limit_goes_by_the_bucket(tiny: Case, emulator: Emulator) -> None:
    padding = {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": "x" * 4000}}
    stacks = changed(tiny.rendered(), "words", **{f"P{i}": padding for i in range(14)})
    assert len(stacks[2].text) > 51_200
    done = tiny.deploy(stacks)
    assert done.stacks[2].resources == 15
    assert not tiny.deploy(stacks).changed


def test_templates_and_answers_are_kept_in_the_state_bucket(tiny: Case, emulator: Emulator) -> None:
    tiny.deploy()
    listed = emulator.client("s3").list_objects_v2(Bucket=f"geos-state-{ACCOUNT}-us-east-1")["Contents"]
    keys = [o["Key"] for o in listed]
    assert any(k.startswith("tiny-dev/templates/tiny-dev-base-") for k in keys)
    assert any(k.startswith("tiny-dev/config/") and k.endswith("/geos.yaml") for k in keys)


def test_termination_protection_follows_the_plan(tiny: Case) -> None:
    tiny.deploy(protect=True)
    facts = {s.name: s.protected for s in tiny.aws.stacks.all()}
    assert facts == {"geos-bootstrap": False, "tiny-dev-base": True, "tiny-dev-words": True}
    assert not tiny.deploy(protect=True).changed
    tiny.deploy()
    assert not any(s.protected for s in tiny.aws.stacks.all())


# --- two at once, and the disk ---------------------------------------------------------------


def test_two_at_once_are_stopped_by_the_lock(tiny: Case, emulator: Emulator, tmp_path: Path) -> None:
    tiny.deploy()
    other = Case(emulator.endpoint, tmp_path / "other")
    other.answers = {"greeting": "other"}
    emulator.fail("hold", n=1, service="cloudformation", action="CreateChangeSet")
    thread = threading.Thread(target=lambda: tiny.deploy(greeting="mine"))
    thread.start()
    assert emulator.held(10)
    with pytest.raises(Locked, match="pid"):
        other.deploy()
    emulator.release()
    thread.join(20)
    assert str(tiny.aws.ssm.value("/tiny/dev/greeting")).startswith("mine")
    other.deploy()
    assert str(tiny.aws.ssm.value("/tiny/dev/greeting")).startswith("other")


def test_two_first_deployments_at_once_share_the_bootstrap_stack(emulator: Emulator, tmp_path: Path) -> None:
    cases = [Case(emulator.endpoint, tmp_path / name, environment=name) for name in ("dev", "staging")]
    failures: list[BaseException] = []

    def run(case: Case) -> None:
        try:
            case.deploy()
        except BaseException as e:
            failures.append(e)

    threads = [threading.Thread(target=run, args=(c,)) for c in cases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    states = cases[0].states()
    assert len(states) == 5
    assert set(states.values()) == {"CREATE_COMPLETE"}


def test_a_disk_that_refuses_stops_before_anything_is_made(emulator: Emulator, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file where the folder should be")
    case = Case(emulator.endpoint, tmp_path / "out")
    with pytest.raises(DiskRefused):
        case.deploy()
    assert case.states() == {}


def test_an_interrupted_run_is_finished_even_when_nothing_seems_to_do(tiny: Case) -> None:
    tiny.deploy()
    record = tiny.records.read("tiny-dev")
    assert record is not None
    tiny.records.write(replace(record, run=Run("t", "deploy", "2026-11-20T12:00:00+00:00")))
    tiny.deploy()
    again = tiny.records.read("tiny-dev")
    assert again is not None
    assert again.run is None


class Impatient(Recorder):
    """Presses Ctrl-C once something is being made."""

    def progress(self, progress: Progress) -> None:
        if any(s.layer == "base" and s.state != WAITING for s in progress.stacks):  # it may be made at one look
            raise KeyboardInterrupt


def test_ctrl_c_gives_the_lock_back_and_the_next_run_goes_on(tiny: Case) -> None:
    with pytest.raises(KeyboardInterrupt):
        deploy(tiny.plan(), tiny.aws, Impatient(), tiny.records, Options(pace=QUICK))
    assert tiny.aws.lock.read("tiny-dev") is None
    assert tiny.records.names() == ("tiny-dev",)
    done = tiny.deploy()
    assert [s.layer for s in done.stacks] == ["bootstrap", "base", "words"]
    assert set(tiny.states().values()) == {"CREATE_COMPLETE"}


class AtTheQuestion(Recorder):
    """Presses Ctrl-C when asked."""

    def agree(self, changes: StackChanges) -> bool:
        raise KeyboardInterrupt


def test_ctrl_c_at_the_question_leaves_nothing(tiny: Case, emulator: Emulator) -> None:
    before = emulator.inventory()
    with pytest.raises(KeyboardInterrupt):
        deploy(tiny.plan(), tiny.aws, AtTheQuestion(), tiny.records, Options(pace=QUICK))
    assert emulator.inventory() == before
