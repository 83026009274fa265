"""Validate, status and outputs, against a simulated account."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from parts.account import ACCOUNT, Case, Recorder, changed, put_image
from parts.emulator import Emulator

from geos.builder import recipe
from geos.wizard.aws.lock import LockItem
from geos.wizard.aws.sns import Subscription
from geos.wizard.cfn.resolve import Resource
from geos.wizard.cli.verbs.validate import build_line, has_recipe
from geos.wizard.deployment.checks import FAIL, PASS, WARN, Context, topic
from geos.wizard.deployment.deployed import read_deployed
from geos.wizard.deployment.images import parse_image
from geos.wizard.deployment.lock import owner_here
from geos.wizard.deployment.outputs import outputs
from geos.wizard.deployment.probes import Probe, ask, probes_of
from geos.wizard.deployment.records import Run
from geos.wizard.deployment.status import status
from geos.wizard.deployment.trial import run_trials
from geos.wizard.deployment.validate import Validation, validate
from geos.wizard.errors import Exit, NoDeployment, ValidationFailed

BUCKET: dict[str, Any] = {
    "Type": "AWS::S3::Bucket",
    "Properties": {
        "BucketName": "tiny-dev-data",
        "VersioningConfiguration": {"Status": "Enabled"},
        "PublicAccessBlockConfiguration": {
            "BlockPublicAcls": True,
            "BlockPublicPolicy": True,
            "IgnorePublicAcls": True,
            "RestrictPublicBuckets": True,
        },
        "BucketEncryption": {
            "ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
        },
    },
}
KEY = {"Type": "AWS::KMS::Key", "Properties": {"EnableKeyRotation": True}}
REPOSITORY = {
    "Type": "AWS::ECR::Repository",
    "Properties": {"RepositoryName": "tiny-dev", "ImageScanningConfiguration": {"ScanOnPush": True}},
}
OWN_BUILD = "geos-build --context DIR --repository geos-chem-dev --arch arm64"
MORE = {"Bucket": BUCKET, "Key": KEY, "Repository": REPOSITORY}


def found(case: Case, **options: Any) -> Validation:
    return validate(case.aws, case.deployment, account_id=ACCOUNT, record=case.records.read(case.deployment), **options)


def lines(validation: Validation, verdict: str) -> list[str]:
    return [f"{f.layer}: {f.subject}: {f.what}" for f in validation.of(verdict)]


def test_a_fresh_deployment_passes_and_nothing_is_changed(tiny: Case, emulator: Emulator) -> None:
    tiny.deploy(changed(tiny.rendered(), "base", **MORE))
    emulator.clear()
    verdict = found(tiny)
    assert lines(verdict, FAIL) == []
    verdict.require()
    passed = lines(verdict, PASS)
    assert "base: Bucket: private, encrypted, versioned" in passed
    assert "base: Key: enabled, rotates" in passed
    assert "base: Logs: kept 30 days" in passed
    assert "words: drift: none" in passed
    assert emulator.calls(mutating=True) == []


def _public(emulator: Emulator) -> None:
    emulator.client("s3").delete_public_access_block(Bucket="tiny-dev-data")


def _unversioned(emulator: Emulator) -> None:
    emulator.client("s3").put_bucket_versioning(Bucket="tiny-dev-data", VersioningConfiguration={"Status": "Suspended"})


def _not_rotating(emulator: Emulator) -> None:
    kms = emulator.client("kms")
    for key in kms.list_keys()["Keys"]:
        kms.disable_key_rotation(KeyId=key["KeyId"])


def _unscanned(emulator: Emulator) -> None:
    emulator.client("ecr").put_image_scanning_configuration(
        repositoryName="tiny-dev", imageScanningConfiguration={"scanOnPush": False}
    )


def _shorter(emulator: Emulator) -> None:
    emulator.client("logs").put_retention_policy(logGroupName="/tiny/dev", retentionInDays=1)


def _no_topic(emulator: Emulator) -> None:
    emulator.client("sns").delete_topic(TopicArn=f"arn:aws:sns:us-east-1:{ACCOUNT}:tiny-dev-news")


def _other_words(emulator: Emulator) -> None:
    emulator.client("ssm").put_parameter(Name="/tiny/dev/greeting", Value="hacked", Overwrite=True)


FAULTS = [
    (_public, "base: Bucket: public access is not blocked"),
    (_unversioned, "base: Bucket: versioning is Suspended, the template says Enabled"),
    (_not_rotating, "base: Key: rotation is False, the template says True"),
    (_unscanned, "base: Repository: scan on push is False, the template says True"),
    (_shorter, "base: Logs: retention is 1, the template says 30"),
    (_no_topic, "base: Topic: does not exist any more"),
]


def test_each_thing_that_was_changed_by_hand_is_found(tiny: Case, emulator: Emulator) -> None:
    tiny.deploy(changed(tiny.rendered(), "base", **MORE))
    for spoil, _ in FAULTS:
        spoil(emulator)
    _other_words(emulator)
    verdict = found(tiny, with_drift=False)
    failed = lines(verdict, FAIL)
    for _, line in FAULTS:
        assert line in failed
    assert any(line.startswith("words: Words: value is hacked") for line in failed)
    with pytest.raises(ValidationFailed) as raised:
        verdict.require()
    assert raised.value.exit == Exit.FAILED


def test_drift_is_told(tiny: Case, emulator: Emulator) -> None:
    tiny.deploy()
    _shorter(emulator)
    _no_topic(emulator)
    verdict = found(tiny)
    assert "base: Topic: was removed by hand" in lines(verdict, FAIL)
    assert "base: Logs: changed by hand: RetentionInDays" in lines(verdict, WARN)


def test_a_missing_stack_and_a_rolled_back_one_are_told(tiny: Case) -> None:
    tiny.deploy()
    fact = tiny.aws.stacks.describe("tiny-dev-words")
    assert fact is not None
    tiny.aws.stacks.delete(fact.stack_id, token="x")
    for _ in range(100):
        if "tiny-dev-words" not in tiny.states():
            break
    assert "words: stack: does not exist" in lines(found(tiny), FAIL)


class PendingTopics:
    """SNS with a mail that nobody answered; the simulated account confirms every receiver at once."""

    def subscriptions(self, topic_arn: str) -> tuple[Subscription, ...]:
        return (Subscription("email", "ana@example.org", pending=True), Subscription("sqs", "arn:x", pending=False))


def test_a_receiver_who_has_not_confirmed_is_a_warning() -> None:
    context = Context(SimpleNamespace(sns=PendingTopics()), "base", ACCOUNT)  # type: ignore[arg-type]
    findings = list(topic(context, Resource("Topic", "AWS::SNS::Topic", {}), "arn:x"))
    assert [f.verdict for f in findings] == [PASS, WARN]
    assert findings[0].what == "1 of 2 receivers confirmed"
    assert "ana@example.org has not confirmed" in findings[1].what


def test_what_cannot_be_read_is_a_warning_and_not_a_pass(tiny: Case, emulator: Emulator) -> None:
    tiny.deploy()
    emulator.fail("denied", n=0, service="logs", action="DescribeLogGroups")
    verdict = found(tiny)
    assert [f.subject for f in verdict.of(WARN)] == ["Logs"]
    assert "could not be read" in verdict.of(WARN)[0].what
    assert not any(f.subject == "Logs" for f in verdict.of(PASS))


def test_there_is_nothing_to_validate(tiny: Case) -> None:
    with pytest.raises(NoDeployment):
        found(tiny)


# --- what a manifest asks for ----------------------------------------------------------------


def test_probes_are_put_into_values() -> None:
    checks = [
        {"id": "IMG", "kind": "image", "output": "Repo", "tags": "{{ archs }}", "hint": "geos-build {{ archs[0] }}"},
        {"id": "NO", "kind": "image", "output": "Repo", "tag": "x", "when": "{{ false }}"},
        {
            "id": "R",
            "kind": "role",
            "output": "Role",
            "actions": ["s3:PutObject"],
            "resource": "${B}/*",
            "allowed": False,
        },
    ]
    probes = probes_of(checks, {"archs": ["arm64-latest", "x86_64-latest"]})
    assert [(p.probe_id, p.tags, p.hint) for p in probes] == [
        ("IMG", ("arm64-latest", "x86_64-latest"), "geos-build arm64-latest"),
        ("R", (), ""),
    ]


def test_a_missing_image_is_a_warning_with_the_build_line(tiny: Case) -> None:
    stacks = changed(tiny.rendered(), "base", Repository=REPOSITORY)
    tiny.deploy(stacks)
    probe = Probe("I", "image", "image", "LogGroupName", ("arm64-latest",), hint="geos-build arm64")
    verdict = found(tiny, probes=[replace(probe, output="Nothing"), probe])
    warned = {(f.what, f.fix) for f in verdict.of(WARN)}
    assert ("there is no output Nothing", "geos-setup deploy") in warned
    assert ("the image /tiny/dev:arm64-latest does not exist yet", "geos-build arm64") in warned


def test_the_reach_of_a_role_is_asked(tiny: Case, emulator: Emulator) -> None:
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"},
        ],
    }
    allowed = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::b/results/*"}],
    }
    arn = emulator.client("iam").create_role(RoleName="job", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    emulator.client("iam").put_role_policy(RoleName="job", PolicyName="p", PolicyDocument=json.dumps(allowed))
    values = {"Role": arn, "B": "arn:aws:s3:::b"}
    probe = Probe("R", "role", "job role", "Role", actions=("s3:PutObject",), resource="${B}/results/x")
    assert [f.verdict for f in ask(tiny.aws, probe, values)] == [PASS]
    assert [f.verdict for f in ask(tiny.aws, replace(probe, resource="${B}/input/x"), values)] == [FAIL]
    assert [f.verdict for f in ask(tiny.aws, replace(probe, resource="${B}/input/x", allowed=False), values)] == [PASS]


@pytest.mark.parametrize(
    ("name", "repository", "tag", "digest"),
    [
        ("123456789012.dkr.ecr.us-east-1.amazonaws.com/geos-chem:arm64-latest", "geos-chem", "arm64-latest", ""),
        ("123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/a/b", "a/b", "latest", ""),
        (
            "123456789012.dkr.ecr.us-east-1.amazonaws.com/a@sha256:" + "0" * 64,
            "a",
            "latest",
            "sha256:" + "0" * 64,
        ),
    ],
)
def test_image_names(name: str, repository: str, tag: str, digest: str) -> None:
    place = parse_image(name)
    assert place is not None
    assert (place.repository, place.tag, place.digest) == (repository, tag, digest)
    assert parse_image("docker.io/library/debian:12") is None


# --- status and outputs ----------------------------------------------------------------------


def test_no_deployment_is_an_empty_list(tiny: Case) -> None:
    assert status(tiny.aws, tiny.records, account_id=ACCOUNT).to_json()["deployments"] == []


def test_status_tells_states_locks_and_interruptions(emulator: Emulator, tmp_path: Path) -> None:
    dev, staging = (Case(emulator.endpoint, tmp_path / "out", environment=e) for e in ("dev", "staging"))
    dev.deploy()
    staging.deploy()
    record = staging.records.read("tiny-staging")
    assert record is not None
    staging.records.write(replace(record, run=Run("t", "deploy", "2026-11-20T12:00:00+00:00")))
    (dev.records.out_dir / "tiny-dev" / "deployment.json").write_text("{cut")
    state = status(dev.aws, dev.records, account_id=ACCOUNT, with_drift=True)
    one, two = state.deployments
    assert (one.deployment, one.state, [s.layer for s in one.stacks]) == ("tiny-dev", "ready", ["base", "words"])
    assert "cannot be used" in one.record
    assert one.stacks[0].drift == ()
    assert (two.deployment, two.interrupted) == ("tiny-staging", "deploy")
    assert [d.deployment for d in status(dev.aws, dev.records, account_id=ACCOUNT, named="tiny-dev").deployments] == [
        "tiny-dev"
    ]
    json.dumps(state.to_json())


def test_a_run_that_was_killed_is_cut_off_and_not_at_work(tiny: Case) -> None:
    tiny.deploy()
    record = tiny.records.read("tiny-dev")
    assert record is not None
    tiny.records.write(replace(record, run=Run("t", "deploy", "2026-11-20T12:00:00+00:00")))
    died = subprocess.Popen(["true"])
    died.wait()
    who = re.sub(r"\d+$", str(died.pid), owner_here())
    assert tiny.aws.lock.take(LockItem("tiny-dev", who, "t", "deploy", "2026-11-20", tiny.aws.lock.now() + 60))
    found = status(tiny.aws, tiny.records, account_id=ACCOUNT).deployments[0]
    assert (found.locked_by, found.interrupted) == (who, "")  # of another folder, for all that is known
    tiny.records.begin("tiny-dev", "t")
    found = status(tiny.aws, tiny.records, account_id=ACCOUNT).deployments[0]
    assert (found.locked_by, found.interrupted) == ("", "deploy")


def test_a_deployment_that_is_gone_but_recorded_is_told(tiny: Case) -> None:
    tiny.deploy()
    record = tiny.records.read("tiny-dev")
    assert record is not None
    tiny.destroy()
    tiny.records.write(record)
    assert [(d.deployment, d.state) for d in status(tiny.aws, tiny.records, account_id=ACCOUNT).deployments] == [
        ("tiny-dev", "gone")
    ]


def test_cost_tags_are_switched_on_once_billing_knows_them(tiny: Case, emulator: Emulator) -> None:
    tiny.deploy()
    waiting = status(tiny.aws, tiny.records, account_id=ACCOUNT).cost_tags
    assert set(waiting.values()) == {"waiting until billing has seen it"}
    emulator.seed(billing_knows_tags=True)
    assert set(status(tiny.aws, tiny.records, account_id=ACCOUNT).cost_tags.values()) == {"active"}
    emulator.clear()
    assert set(status(tiny.aws, tiny.records, account_id=ACCOUNT).cost_tags.values()) == {"active"}
    assert emulator.calls("ce") == []  # each question to billing costs a cent
    tiny.deploy(greeting="other")
    assert set(status(tiny.aws, tiny.records, account_id=ACCOUNT).cost_tags.values()) == {"active"}
    assert emulator.calls("ce") == []


def test_cost_tags_that_may_not_be_read_do_not_stop_status(tiny: Case, emulator: Emulator) -> None:
    tiny.deploy()
    emulator.fail("denied", n=0, service="ce")
    found = status(tiny.aws, tiny.records, account_id=ACCOUNT)
    assert all(v.startswith("not known") for v in found.cost_tags.values())
    assert found.deployments[0].state == "ready"


def test_outputs_by_layer(tiny: Case) -> None:
    tiny.deploy()
    given = outputs(tiny.aws, "tiny-dev")
    assert given.layers["words"] == {"ParameterName": "/tiny/dev/greeting"}
    assert given.to_json()["outputs"]["LogGroupName"] == "/tiny/dev"
    with pytest.raises(NoDeployment):
        outputs(tiny.aws, "tiny-prod")


def test_the_line_for_a_missing_image_is_one_that_this_copy_can_carry_out() -> None:
    system = SimpleNamespace(jobs={"build": "geos-build --arch {{ architectures }}"})
    place = parse_image(f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/geos-chem-dev:x86_64-latest")
    assert place is not None
    lines_of = {
        with_recipe: build_line(system, {"architectures": "both"}, with_recipe=with_recipe)(place)  # type: ignore[arg-type]
        for with_recipe in (True, False)
    }
    assert lines_of[True] == "geos-build --arch both"
    assert lines_of[False] == "geos-build --context DIR --repository geos-chem-dev --arch x86_64"
    assert build_line(SimpleNamespace(jobs={}), {}, with_recipe=True)(place) == lines_of[False]  # type: ignore[arg-type]
    assert has_recipe() == recipe.shipped(), "the builder's own word"


# --- a whole system --------------------------------------------------------------------------


def test_the_shipped_system_from_deploy_to_nothing(emulator: Emulator, tmp_path: Path) -> None:
    """Deploy, validate, test job, destroy: once, because a real system takes its time."""
    emulator.reset("established")
    before = emulator.inventory()
    answers = {"alert_email": "ana@example.org", "architectures": "arm64", "fair_share": True}
    case = Case(emulator.endpoint, tmp_path / "out", "geos-chem", **answers)
    done = case.deploy()
    assert {r.name for r in case.plan().roles} == set()
    assert done.roles_made == ("AWSServiceRoleForECS",)
    assert not case.deploy().changed
    verdict = found(case)
    assert lines(verdict, FAIL) == []
    assert any("does not exist yet" in f.what and f.fix == OWN_BUILD for f in verdict.of(WARN))
    assert not [f for f in verdict.of(WARN) if "by hand" in f.what]
    assert len(verdict.simulated) == done.simulated
    stacks = read_deployed(case.aws, case.deployment)
    options = {"account_id": ACCOUNT, "longest_seconds": 30.0}
    (trial,) = run_trials(case.aws, stacks, ["echo", "geos"], Recorder(), **options)  # type: ignore[arg-type]
    assert (trial.verdict, trial.lacks, trial.fix) == (FAIL, "geos-chem-dev:arm64-latest", OWN_BUILD)
    put_image(emulator, "geos-chem-dev", "arm64-latest")
    (trial,) = run_trials(case.aws, stacks, ["echo", "geos"], Recorder(), **options)  # type: ignore[arg-type]
    assert (trial.verdict, trial.what) == (PASS, "succeeded")
    gone = case.destroy()
    gone.require()
    assert gone.keys
    after = emulator.inventory()
    assert _without_roles(after) == _without_roles(before)


def _without_roles(inventory: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Service-linked roles are kept, and a key that is scheduled for deletion still shows."""
    return {
        kind: {a: f for a, f in things.items() if "aws-service-role" not in a and "PendingDeletion" not in str(f)}
        for kind, things in inventory.items()
    }
