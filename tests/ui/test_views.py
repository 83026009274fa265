"""Every screen at 80 and at 50 columns, with and without colour: nothing is lost, nothing is broken."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from fakes.parts import REVIEW
from fakes.ui import as_text

from geos.wizard.account.fits import Fit, JobShape
from geos.wizard.account.regions import Comparison, RegionFit
from geos.wizard.account.requests import Filed, Increase
from geos.wizard.account.verdicts import QuotaKey, Request, Verdict, Word
from geos.wizard.aws.batch import Job
from geos.wizard.aws.stack_facts import Drift, ResourceChange, StackResource
from geos.wizard.deployment.apply import Deployed
from geos.wizard.deployment.bring_up import StackResult
from geos.wizard.deployment.checks import Finding
from geos.wizard.deployment.destroy import Destroyed, DestroyPlan, StackToGo
from geos.wizard.deployment.diagnosis import Diagnosis
from geos.wizard.deployment.leftovers import Leftover
from geos.wizard.deployment.outputs import Outputs
from geos.wizard.deployment.progress import Progress, ResourceProgress, StackProgress
from geos.wizard.deployment.removal import Removed
from geos.wizard.deployment.status import DeploymentStatus, StackStatus, Status
from geos.wizard.deployment.validate import Validation
from geos.wizard.errors import BadAnswers, NoCredentials
from geos.wizard.guide.parts import Review, ReviewLine
from geos.wizard.study import Study
from geos.wizard.systems.answers import Answers, Given, settle
from geos.wizard.systems.design import design
from geos.wizard.systems.expressions import Facts, shipped_facts
from geos.wizard.systems.leftover_costs import monthly_cost_of_leftover
from geos.wizard.systems.manifest import load_system
from geos.wizard.ui import light
from geos.wizard.ui.views import (
    changes,
    config,
    deployed,
    destroy,
    errors,
    estimate,
    increases,
    progress,
    quotas,
    regions,
    review,
    standing,
)
from geos.wizard.ui.views.words import band, duration, next_step, usd

ESCAPE = re.compile(r"\x1b\[[0-9;]*m")


def verdict(name: str, word: Word, **more: Any) -> Verdict:
    told: dict[str, Any] = {
        "service": "ec2", "quota_code": "L-1216C47A", "name": name, "region": "us-east-1", "required": 64.0,
        "used": 0.0, "applied": 5.0, "value_is": "applied", "free": 5.0, "pending_request": None, "verdict": word,
        "short_by": 59.0 if word == "short" else None, "reason": "needs 64, 5 free of 5", "adjustable": True,
    }  # fmt: skip
    return Verdict(**{**told, **more})


ON_DEMAND = verdict("Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances", "short", why=("Spot", "Ce"))
SPOT = verdict(
    "All Standard (A, C, D, H, I, M, R, T, Z) Spot Instance Requests", "short", value_is="default-assumed",
    pending_request=Request(QuotaKey("ec2", "x", "us-east-1"), 64, "PENDING", "2026-11-20T08:00:00Z"),
)  # fmt: skip
UNREAD = verdict("Compute environments", "unknown", used=None, free=None, aws_code="AccessDenied")
FINE = [verdict(f"Elastic IPs {i}", "enough", used=2.0, required=1.0, free=3.0) for i in range(11)]
ALL = [ON_DEMAND, SPOT, UNREAD, *FINE]

CHANGES = {
    "core": [
        ResourceChange("Vpc", "AWS::EC2::VPC", "added"),
        ResourceChange("Bucket", "AWS::S3::Bucket", "changed", properties=("Tags", "VersioningConfiguration")),
    ],
    "batch": [
        ResourceChange("Ce", "AWS::Batch::ComputeEnvironment", "replaced", properties=("Type",)),
        ResourceChange("Old", "AWS::IAM::Role", "removed"),
        *[ResourceChange(f"Queue{i}", "AWS::Batch::JobQueue", "added") for i in range(10)],
    ],
}

RUNNING = Progress(
    "geos-chem-dev",
    "us-east-1",
    (
        StackProgress("core", "geos-chem-dev-core", "create", "done", 14, (), 72.0),
        StackProgress(
            "batch",
            "geos-chem-dev-batch",
            "create",
            "working",
            16,
            (
                ResourceProgress("Role", "AWS::IAM::Role", "done", 3.0, simulated=True),
                ResourceProgress("graviton-spot", "AWS::Batch::ComputeEnvironment", "working", 34.0, 50.0),
            ),
            34.0,
        ),
        StackProgress("registry", "geos-chem-dev-registry", "", "waiting", 2),
    ),
)
FAILED = Diagnosis(
    "GEOS-D107", "Instance type not sold", "batch", "geos-chem-dev-batch", "x86-spot",
    "AWS::Batch::ComputeEnvironment", "instance type c6i.32xlarge is not supported in eu-south-2",
    "the region does not sell it", "leave the type out", others=("Queue: was cancelled",),
)  # fmt: skip
DEPLOYED = Deployed(
    "geos-chem-dev", "us-east-1",
    (StackResult("core", "geos-chem-dev-core", "arn", "us-east-1", "created", {}, 14, 0, 72.0),
     StackResult("batch", "geos-chem-dev-batch", "arn", "us-east-1", "unchanged", {}, 16, 2)),
    roles_made=("AWSServiceRoleForEC2Spot",), seconds=75.0,
)  # fmt: skip
BUCKET = StackResource("Data", "geos-chem-dev-data", "AWS::S3::Bucket", "CREATE_COMPLETE")
TO_GO = DestroyPlan(
    "geos-chem-dev", "123456789012", "us-east-1", {},
    (StackToGo("batch", "geos-chem-dev-batch", "us-east-1", "CREATE_COMPLETE", (BUCKET,), protected=True),),
    jobs=(("arm64-standard", Job("j-1", "july", "RUNNING")),),
    contents=(("geos-chem-dev-data", 120, 3_400_000_000),), with_bootstrap=True,
)  # fmt: skip
LEFT = Leftover("arn:aws:s3:::geos-chem-dev-data", "us-east-1")
GONE = Destroyed(
    "geos-chem-dev", "us-east-1", (Removed("geos-chem-dev-batch", "batch", (BUCKET,), ()),),
    keys=(("1234abcd", datetime(2026, 12, 1, tzinfo=UTC)),), bootstrap_removed=True, seconds=9.0,
)  # fmt: skip
KEY = Leftover("arn:aws:kms:us-east-1:123456789012:key/87fc", "us-east-1")
COSTS = {found.arn: monthly_cost_of_leftover(found.arn, "us-east-1") for found in (LEFT, KEY)}
KEPT = Destroyed("geos-chem-dev", "us-east-1", (), kept=(BUCKET,), staying=(KEY,), leftovers=(LEFT,), seconds=9.0)
LOOKED_AT = Review(
    "geos-chem-dev", "us-east-1", 41, 3.0, (14.0, 19.0, 26.0),
    (
        *REVIEW.lines,
        ReviewLine("short", "quota", "Standard On-Demand vCPUs: needs 64, 5 free", "short by 59"),
        ReviewLine("unknown", "budget", "the prices of this region are not known because the table has none of them"),
    ),
)  # fmt: skip


def settled_tiny() -> Any:
    from fakes.parts import TINY

    schema = load_system(TINY).schema
    return settle(schema, [Answers("geos.yaml", {"owner": Given("ana", "geos.yaml, line 3")})], Facts())


STATUS = Status(
    "123456789012",
    "us-east-1",
    (
        DeploymentStatus(
            "geos-chem-dev",
            "us-east-1",
            "half made",
            (
                StackStatus(
                    "core", "geos-chem-dev-core", "us-east-1", "CREATE_COMPLETE", "", 32, 2, False, "2026-11-21"
                ),
                StackStatus(
                    "batch",
                    "geos-chem-dev-batch",
                    "us-east-1",
                    "UPDATE_ROLLBACK_COMPLETE",
                    "it failed",
                    26,
                    0,
                    False,
                    "2026-11-21",
                    (Drift("Queue", "AWS::Batch::JobQueue", "q", "MODIFIED"),),
                ),
            ),
            ("ana@example.org",),
            "deploy",
        ),
    ),
    {"Project": "waiting until billing has seen it"},
)
VALIDATION = Validation(
    "geos-chem-dev",
    "us-east-1",
    (
        Finding("fail", "batch", "Queue", "is disabled", "geos-setup deploy"),
        Finding("warn", "batch", "Definition", "no image"),
        Finding("pass", "core", "stack", "create complete"),
    ),
    60,
    ("core: KeyAlias",),
)
OUTPUTS = Outputs("geos-chem-dev", "us-east-1", {"core": {"VpcId": "vpc-0a1b2c3d"}, "batch": {}})
JOB = JobShape(16, 28_000, ("c7g.4xlarge",), spot=True)
FIT = Fit(QuotaKey("ec2", "L-34B43A08", "eu-north-1"), "Standard", True, 10, 640.0, True, ("c7g.4xlarge",))
COMPARED = Comparison(
    (
        RegionFit(
            "eu-north-1",
            "Stockholm",
            True,
            (),
            (FIT,),
            10,
            ("c7g.4xlarge",),
            usd_per_job_hour=0.2,
            takes_whole_plan=True,
        ),
        RegionFit("us-east-1", "Virginia", True, offered_types=("c7g.4xlarge",), unread="AccessDenied"),
        RegionFit("ap-east-1", "Hong Kong", False, offered_types=("c7g.4xlarge",)),
        RegionFit("eu-south-2", "Spain", True),
    ),
)
INCREASE = Increase(QuotaKey("ec2", "L-34B43A08", "us-east-1"), SPOT.name, 5, 64, "geos-chem-dev: needs 64.", "to-file")
OPEN = replace(
    INCREASE, state="open", reason="a request for 64 is open since 2026-11-20", open_request=SPOT.pending_request
)


def the_study() -> Study:
    system, facts = load_system("geos-chem"), shipped_facts("us-east-1")
    return Study(design(system, settle(system.schema, [], facts).require(), facts))


WITHIN_OTHERS = ("increases", "progress", "review", "no changes", "changes", "to go")
"""Parts of a longer conversation, which goes on by itself."""

SCREENS: dict[str, Callable[[], Any]] = {
    "quotas": lambda: quotas.quotas(ALL, plan="geos-chem-dev", region="us-east-1", fits=["What fits now: 0 jobs."]),
    "quotas -v": lambda: quotas.quotas(ALL, plan="geos-chem-dev", region="us-east-1", verbose=True),
    "quotas ok": lambda: quotas.quotas(FINE, plan="geos-chem-dev", region="us-east-1"),
    "changes": lambda: changes.changes(CHANGES, deployment="geos-chem-dev", region="us-east-1"),
    "no changes": lambda: changes.changes({}, deployment="geos-chem-dev", region="us-east-1"),
    "progress": lambda: progress.progress(RUNNING),
    "failure": lambda: progress.failure(FAILED, undone="3 resources removed", next_commands=["geos-setup deploy"]),
    "deployed": lambda: deployed.deployed(DEPLOYED, flags="--sandbox "),
    "to go": lambda: destroy.to_go(TO_GO),
    "gone": lambda: destroy.gone(GONE),
    "kept": lambda: destroy.gone(KEPT, costs=COSTS),
    "status": lambda: standing.status(STATUS, flags="--sandbox "),
    "no status": lambda: standing.status(Status("123456789012", "us-east-1")),
    "outputs": lambda: standing.outputs(OUTPUTS),
    "validation": lambda: standing.validation(VALIDATION),
    "validation -v": lambda: standing.validation(VALIDATION, verbose=True),
    "estimate": lambda: estimate.estimate(the_study()),
    "estimate -v": lambda: estimate.estimate(the_study(), verbose=True),
    "regions": lambda: regions.comparison(COMPARED, JOB, "geos-chem-dev"),
    "increases": lambda: increases.planned([INCREASE, OPEN], "us-east-1"),
    "filed": lambda: increases.filed([Filed(INCREASE, SPOT.pending_request), Filed(INCREASE, None, "AWS said no")]),
    "review": lambda: review.review(LOOKED_AT),
    "config": lambda: config.settings(settled_tiny()),
    "error": lambda: errors.error(NoCredentials("no AWS credentials were found.", hint="geos-setup --sandbox")),
    "faults": lambda: errors.error(BadAnswers(["geos.yaml, line 7: max_vcpus is wrong.", "line 3: unknown key."])),
}


@pytest.mark.parametrize("name", SCREENS)
@pytest.mark.parametrize("width", [80, 50])
def test_a_screen_fits_and_reads_the_same_without_colour(name: str, width: int) -> None:
    plain = as_text(SCREENS[name](), width=width)
    coloured = as_text(SCREENS[name](), width=width, colour=True)
    assert ESCAPE.sub("", coloured) == plain
    assert "\x1b" not in plain
    for line in plain.splitlines():
        # Only a command or address to paste may pass the margin, since a broken one is worthless.
        assert len(line.rstrip()) <= width or "geos-setup" in line or "https://" in line, line
    assert not any(line.endswith("…") for line in plain.splitlines() if "geos-setup" in line)


@pytest.mark.parametrize("name", [n for n in SCREENS if n not in WITHIN_OTHERS])
def test_a_screen_ends_with_what_to_do_next(name: str) -> None:
    last = as_text(SCREENS[name]()).strip().splitlines()[-2:]
    assert "geos-setup " in " ".join(last), "a command, or below it what it does"


def test_the_quota_screen_says_the_answer_first() -> None:
    lines = as_text(SCREENS["quotas"]()).splitlines()
    assert lines[0] == "2 of 14 quotas are short for geos-chem-dev in us-east-1; 1 could not be told."
    told = "\n".join(lines)
    assert re.search(r"Standard On-Demand vCPUs +64 +0 +5 +5 +! short by 59", told)
    assert re.search(r"Standard Spot vCPUs +64 +0 +5† +5 +! asked for 64 on 11-20", told)
    assert re.search(r"Compute environments +64 +\? +5 +\? +\? AccessDenied", told)
    assert "… 8 more ok (-v shows them)" in told
    assert "† default, assumed" in told
    # The one that was asked for already is not counted again.
    assert "files 1 increase" in told


def test_all_quotas_are_shown_on_request_with_reasons() -> None:
    told = as_text(SCREENS["quotas -v"]())
    assert "Elastic IPs 10" in told
    assert "needs 64, 5 free of 5" in told
    assert "more ok" not in told


def test_many_unknown_quotas_do_not_bury_the_answer() -> None:
    unknown = [
        replace(
            UNREAD, name=f"Limit {i}", value_is="default-assumed", aws_code="AccessDeniedException", reason="denied"
        )
        for i in range(30)
    ]
    vcpus = replace(UNREAD, name="Running On-Demand Standard (A, C) instances", aws_code="", reason="no data points")
    told = as_text(quotas.quotas([*unknown, vcpus], plan="geos-chem-dev", region="us-east-1"))
    rows = [line for line in told.splitlines() if "?" in line]
    assert "Standard On-Demand vCPUs" in rows[0]
    assert len(rows) < 12
    assert "… 23 more unknown (-v shows them)" in told
    assert "or it could not be read" in told
    assert "? AccessDenied " in told + " "
    assert "no data points" in told  # what no code tells is said
    assert "geos-setup check" in told
    assert len(as_text(quotas.quotas([*unknown, vcpus], plan="p", region="r", verbose=True)).splitlines()) > 60


def test_losses_are_never_summed_up() -> None:
    told = as_text(SCREENS["changes"](), width=100)
    assert "will add 11, change 1, replace 1, remove 1 resources" in told
    assert "Queue0, Queue1, Queue2 and 7 more" in told
    assert re.search(r"! Batch ComputeEnvironment +Ce +replaced: Type", told)
    assert re.search(r"- IAM Role +Old +removed", told)


def test_progress_as_lines_tells_each_change_once() -> None:
    lines = progress.progress_lines(None, RUNNING)
    assert lines == ["✓ core  14 resources  1 m 12 s", "  ✓ batch  Role Role  3 s  simulated"]
    assert progress.progress_lines(RUNNING, RUNNING) == []


def test_a_failure_says_what_why_and_the_fix() -> None:
    told = as_text(SCREENS["failure"]())
    for words in ("✗ failed   batch: ComputeEnvironment x86-spot", "AWS says", "Why", "Fix", "GEOS-D107"):
        assert words in told


def test_simulated_resources_are_counted() -> None:
    assert "~ 2 resources simulated" in as_text(SCREENS["deployed"]())


def test_a_removal_names_everything_somebody_could_regret() -> None:
    told = as_text(SCREENS["to go"]())
    for words in (
        "1 job",
        "120 objects, 3.4 GB: will be emptied",
        "protected against deletion",
        "account 123456789012",
    ):
        assert words in told
    assert "stays" in as_text(destroy.to_go(TO_GO, keep_data=True))


def test_what_is_left_is_named_with_its_cost() -> None:
    told = as_text(SCREENS["kept"]())
    assert "✗ s3 geos-chem-dev-data   0.023 USD per GB stored" in told
    assert "~ kms key/87fc   ≈ 1.00 USD a month" in told
    assert "~ S3 Bucket geos-chem-dev-data" in told
    assert "destroy --deployment geos-chem-dev" in told
    assert "Nothing is left, nothing to pay." in as_text(SCREENS["gone"](), width=100)


def test_the_review_says_what_and_for_how_much() -> None:
    told = as_text(SCREENS["review"](), width=100).splitlines()
    assert (
        told[0].rstrip() == "  Will create 41 resources in us-east-1. Idle 3.00 USD a month; a run ≈ 19 USD (~14–26)."
    )
    assert any(line.endswith("short by 59") for line in told)


def test_status_says_what_waits_for_somebody() -> None:
    told = as_text(SCREENS["status"](), width=100)
    for words in (
        "1 deployment in account 123456789012, us-east-1, 0 ready.", "! half made", "drift: Queue", "2 simulated",
        "deploy was cut off", "ana@example.org has not confirmed", "billing does not know the tags Project yet",
        "geos-setup --sandbox deploy",
    ):  # fmt: skip
        assert words in told
    assert "No deployment in account" in as_text(SCREENS["no status"]())


def test_a_validation_shows_what_is_wrong_and_counts_what_is_fine() -> None:
    told = as_text(SCREENS["validation"]())
    assert told.startswith("1 of 3 checks of geos-chem-dev in us-east-1 failed.")
    assert re.search(r"✗ batch: Queue  is disabled\s+fix  geos-setup deploy", told)
    assert "… 1 more ok" in told
    assert "~ 1 resource simulated" in told
    assert "✓ core: stack" in as_text(SCREENS["validation -v"]())


def test_regions_are_ranked_and_those_out_of_the_question_are_named() -> None:
    told = as_text(SCREENS["regions"]())
    sentence = "1 region could run jobs of 16 vCPUs (Spot) of geos-chem-dev today; most in eu-north-1: 10."
    assert " ".join(told.split()).startswith(sentence)
    assert re.search(r"us-east-1 +\? .*\? AccessDenied", told)
    assert "Not switched on for this account: ap-east-1." in told
    assert "None of the instance types is sold in eu-south-2." in told


def test_an_increase_shows_the_reason_that_is_sent() -> None:
    told = as_text(SCREENS["increases"]())
    assert told.startswith("1 increase to ask AWS for in us-east-1.")
    assert "! Standard Spot vCPUs: from 5 to 64" in told
    assert "geos-chem-dev: needs 64." in told
    assert "a request for 64 is open" in told
    assert "console.aws.amazon.com/servicequotas" in as_text(SCREENS["filed"]())


def test_an_estimate_says_idle_and_run_first_and_where_a_price_is_from() -> None:
    told = as_text(SCREENS["estimate"]())
    assert re.match(r"geos-chem-dev in us-east-1 costs [\d.]+ USD a month idle; ", told)
    assert "@20" in told
    assert "encryption key" in told


def test_settings_show_where_they_come_from() -> None:
    told = as_text(SCREENS["config"]())
    assert re.search(r"owner +ana +geos\.yaml, line 3", told)
    assert re.search(r"environment +dev +default", told)
    assert "vpc_id" not in told  # it makes no sense while a network is created


@pytest.mark.parametrize(
    ("amount", "words"),
    [(None, "?"), (0, "0 USD"), (0.0042, "0.0042 USD"), (0.58, "0.58 USD"), (19.04, "19 USD"), (1234.5, "1,234 USD")],
)
def test_money_has_as_many_digits_as_it_is_worth(amount: float | None, words: str) -> None:
    assert usd(amount) == words


def test_bands_and_times() -> None:
    assert band(3, 3, 3) == "≈ 3.00 USD"
    assert band(14, 19, 26) == "≈ 19 USD (~14–26)"
    assert [duration(s) for s in (0.4, 34, 72, 7500, 300_000)] == ["0 s", "34 s", "1 m 12 s", "2 h 05 m", "3.5 d"]


def test_what_next_commands_do_stands_beside_all_of_them_or_below_all() -> None:
    commands = (("geos-setup validate", "a few words"), ("geos-setup outputs", "w" * 40))
    wide, narrow = (as_text(next_step(*commands), width=width).splitlines() for width in (80, 60))
    assert [len(wide), len(narrow)] == [2, 4]
    assert narrow[0].strip().endswith("validate")
    light_lines = light.screen(light.next_step(*commands)).plain(60).splitlines()
    assert [line.rstrip() for line in light_lines] == [line.rstrip() for line in narrow]


def test_what_lacks_an_image_is_built_and_what_differs_is_deployed() -> None:
    build = "geos-build --sandbox --context DIR --repository geos-chem-dev --arch arm64"
    lacking = Finding("fail", "batch", "test job", "there is no image", build, lacks="geos-chem-dev:arm64-latest")
    without = replace(VALIDATION, findings=(lacking, replace(lacking, verdict="warn")))
    told = as_text(standing.validation(without, flags="--sandbox "), width=120)
    assert "fix  geos-build --sandbox --context DIR --repository geos-chem-dev --arch arm64" in told
    steps = told[told.index("next") :]
    assert steps.count("geos-build --sandbox --context DIR") == 1
    assert "geos-setup --sandbox validate --job" in steps
    assert "deploy" not in steps.replace("geos-chem", "")
    both = replace(VALIDATION, findings=(*VALIDATION.findings, lacking))
    told = as_text(standing.validation(both, flags="--sandbox "), width=120)
    assert told.index("geos-setup --sandbox deploy") < told.rindex("geos-build --sandbox")
