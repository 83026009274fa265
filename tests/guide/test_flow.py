"""The guided set-up from first question to last, with answers from a list and facts from values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from fakes.parts import ANA, REVIEW, FakeAws, FakeParts
from fakes.ui import BACK, CTRL_C, TAKE, ScriptedUi, as_text

from geos.wizard.errors import (
    BadAnswers,
    Cancelled,
    Exit,
    ExpiredCredentials,
    MissingAnswers,
    NeedsConfirmation,
    NoNetwork,
)
from geos.wizard.facts import AccountPlan, Target
from geos.wizard.guide import Context, Ready, run
from geos.wizard.guide.ending import INCREASE
from geos.wizard.guide.parts import Choices, Profile
from geos.wizard.guide.state import AGREED, WAY
from geos.wizard.systems.answers import Answers, Given, Schema
from geos.wizard.ui import Option

GEOS_CHEM = "geos-chem"


@dataclass
class Run:
    """A set-up with everything that it does written down."""

    folder: Path
    ui: ScriptedUi
    parts: FakeParts = field(default_factory=FakeParts)
    given: Mapping[str, Any] = field(default_factory=dict)
    deployed: list[Ready] = field(default_factory=list)
    rendered: list[Ready] = field(default_factory=list)
    options: dict[str, Any] = field(default_factory=dict)

    def context(self) -> Context:
        def layers(schema: Schema) -> list[Answers]:
            given = {key: Given(raw, f"--{key}") for key, raw in self.given.items()}
            return [Answers("flags", given)]

        def deploy(ready: Ready) -> Exit:
            self.deployed.append(ready)
            return Exit.OK

        def write_files(ready: Ready) -> list[Path]:
            self.rendered.append(ready)
            return [self.folder / "geos-out" / "tiny-dev" / "base.json"]

        return Context(
            ui=self.ui,
            make_aws=lambda target: FakeAws(target),  # type: ignore[arg-type,return-value]
            sandbox_target=lambda region: Target(region, endpoint="http://127.0.0.1:1", sandbox=True),
            layers=layers,
            deploy=deploy,
            write_files=write_files,
            parts=self.parts,
            answers_file=self.folder / "geos.yaml",
            out=self.folder / "geos-out",
            unfinished=self.folder / "unfinished.yaml",
            **self.options,
        )

    def go(self) -> Exit:
        return run(self.context())

    @property
    def keys(self) -> list[str]:
        return [question.key for question in self.ui.asked]

    @property
    def values(self) -> Mapping[str, Any]:
        return self.deployed[-1].settled.values


Make = Callable[..., Run]


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))

    def made(
        answers: Any = (), *, interactive: bool = True, given: Mapping[str, Any] | None = None, **more: Any
    ) -> Run:
        parts = more.pop("parts", FakeParts())
        return Run(tmp_path, ScriptedUi(answers, interactive), parts, given or {}, options=more)

    return made


def test_enter_all_the_way_leads_to_a_deployment(make: Make) -> None:
    run = make({}, parts=FakeParts(folder=GEOS_CHEM))
    assert run.go() is Exit.OK
    assert run.keys[:4] == [WAY, "system", "environment", "owner"]
    assert run.keys[-1] == "_end"
    assert run.values["owner"] == "ana"
    assert run.values["profile"] == "work"
    assert run.values["region"] == "us-east-1"
    assert (run.folder / "geos.yaml").read_text().count("environment: dev") == 1
    assert run.rendered


def test_the_questions_come_in_the_order_of_the_groups(make: Make) -> None:
    run = make({}, parts=FakeParts(folder=GEOS_CHEM))
    run.go()
    places = [run.keys.index(key) for key in ("environment", "region", "instance_types", "vpc_mode", "alert_email")]
    assert places == sorted(places)
    numbers = [(q.step, q.title) for q in run.ui.asked]
    assert numbers == sorted(numbers, key=lambda n: n[0])
    assert {q.steps for q in run.ui.asked} == {10}


def test_every_question_has_help_and_says_how_to_answer_it_beforehand(make: Make) -> None:
    run = make({}, parts=FakeParts(folder=GEOS_CHEM))
    run.go()
    for question in run.ui.asked:
        assert question.help, question.key
        if not question.key.startswith("_") and question.key != "system":
            assert f"--{question.key.replace('_', '-')}" in question.help


def test_what_is_given_is_not_asked(make: Make) -> None:
    run = make({}, given={"profile": "work", "environment": "staging", "region": "eu-north-1"}, system="tiny")
    run.go()
    assert not {WAY, "system", "environment", "region"} & set(run.keys)
    assert (run.values["environment"], run.values["region"]) == ("staging", "eu-north-1")


def test_with_sandbox_there_is_no_question_about_profiles(make: Make) -> None:
    run = make({}, sandbox=True)
    run.go()
    assert WAY not in run.keys
    assert run.deployed[0].aws.target.sandbox
    assert all(q.place == "sandbox: simulated account" for q in run.ui.asked)


def test_back_from_every_question(make: Make) -> None:
    whole = make({}, parts=FakeParts(folder=GEOS_CHEM))
    whole.go()
    for position in range(1, len(whole.keys)):
        script = [TAKE] * position + [BACK, TAKE] + [TAKE] * (len(whole.keys) - position)
        run = make(script, parts=FakeParts(folder=GEOS_CHEM))
        assert run.go() is Exit.OK
        expected = [*whole.keys[: position + 1], whole.keys[position - 1], *whole.keys[position:]]
        assert run.keys == expected, f"back from {whole.keys[position]}"
        assert run.values == whole.values


def test_back_proposes_what_was_answered(make: Make) -> None:
    run = make([TAKE, TAKE, "prod", BACK, TAKE, *[TAKE] * 20])
    run.given = {"alert_email": "ana@example.org"}
    run.go()
    assert [q.default for q in run.ui.asked if q.key == "environment"] == ["dev", "prod"]
    assert run.values["environment"] == "prod"


def test_back_at_the_first_question_asks_it_again(make: Make) -> None:
    run = make([BACK, BACK, *[TAKE] * 20])
    assert run.go() is Exit.OK
    assert run.keys[:3] == [WAY, WAY, WAY]


def test_a_given_answer_can_be_reached_by_going_back(make: Make) -> None:
    """Only answers of this set-up are on the way back; given ones are changed at the end."""
    run = make(
        {"_end": iter_answers("change", "deploy"), "_step": "deployment", "environment": "staging"},
        given={"environment": "dev"},
    )
    run.go()
    assert run.keys.count("environment") == 1
    assert run.values["environment"] == "staging"


def iter_answers(*answers: Any) -> Callable[[Any], Any]:
    left = list(answers)
    return lambda _: left.pop(0)


def test_ctrl_c_at_every_question_keeps_the_answers_and_the_next_start_goes_on(make: Make) -> None:
    whole = make({}, parts=FakeParts(folder=GEOS_CHEM))
    whole.go()
    (whole.folder / "geos.yaml").unlink()
    for position in range(1, len(whole.keys)):
        stopped = make([TAKE] * position + [CTRL_C], parts=FakeParts(folder=GEOS_CHEM))
        with pytest.raises(Cancelled) as e:
            stopped.go()
        assert "kept" in e.value.message
        assert "geos-setup" in e.value.hint
        assert not stopped.deployed
        resumed = make([True, *[TAKE] * (len(whole.keys) - position)], parts=FakeParts(folder=GEOS_CHEM))
        assert resumed.go() is Exit.OK
        assert "was not finished" in resumed.ui.confirmed[0]
        assert resumed.keys == whole.keys[position:], f"stopped at {whole.keys[position]}"
        assert resumed.values == whole.values
        assert not (whole.folder / "unfinished.yaml").exists()
        (whole.folder / "geos.yaml").unlink()


def test_a_set_up_that_goes_on_shows_what_was_answered_and_back_leads_there(make: Make) -> None:
    stopped = make([TAKE, TAKE, "prod", TAKE, CTRL_C], parts=FakeParts(folder=GEOS_CHEM))
    with pytest.raises(Cancelled):
        stopped.go()
    asked = {question.key: question for question in stopped.ui.asked}
    resumed = make([True, BACK, BACK, "staging", CTRL_C], parts=FakeParts(folder=GEOS_CHEM))
    with pytest.raises(Cancelled):
        resumed.go()
    lines = [" ".join(line.split()) for line in resumed.ui.said]
    way, environment = asked[WAY].text.rstrip("?"), asked["environment"].text.rstrip("?")
    shown = [lines.index(line) for line in (f"{way} profile work", f"{environment} prod")]
    assert shown == sorted(shown)
    assert resumed.keys[1:4] == ["owner", "environment", "owner"]
    assert resumed.ui.asked[2].default == "prod", "proposed again"


def test_ctrl_c_at_the_first_question_keeps_nothing_because_there_is_nothing(make: Make) -> None:
    run = make([CTRL_C])
    with pytest.raises(Cancelled):
        run.go()
    assert not (run.folder / "unfinished.yaml").exists()


def test_ctrl_c_between_two_questions_is_one_as_well(make: Make) -> None:
    class Interrupted(FakeParts):
        def review(self, ready: Any, account: Any) -> Any:
            raise KeyboardInterrupt

    run = make({}, parts=Interrupted())
    with pytest.raises(Cancelled) as e:
        run.go()
    assert "kept" in e.value.message
    assert (run.folder / "unfinished.yaml").exists()


def test_one_may_start_anew(make: Make) -> None:
    with pytest.raises(Cancelled):
        make([TAKE, TAKE, "prod", CTRL_C]).go()
    run = make([False, *[TAKE] * 20])
    run.go()
    assert run.values["environment"] == "dev"


def test_back_works_after_going_on_as_well(make: Make) -> None:
    with pytest.raises(Cancelled):
        make([TAKE, TAKE, "staging", CTRL_C]).go()
    run = make([True, BACK, "dev", *[TAKE] * 20])
    run.go()
    assert run.keys[:2] == ["owner", "environment"]
    assert run.values["environment"] == "dev"


# --- accounts --------------------------------------------------------------------------------


def test_without_credentials_there_is_a_menu(make: Make) -> None:
    run = make({WAY: "sandbox"}, parts=FakeParts(known_profiles=()))
    run.go()
    menu = run.ui.asked[0]
    assert [o.value for o in menu.options] == ["sandbox", "sso", "paste", "how"]
    assert "No AWS credentials were found" in str(menu.intro)
    assert run.deployed[0].aws.target.sandbox


def test_credentials_that_fail_cost_no_answer(make: Make) -> None:
    parts = FakeParts(
        known_profiles=(Profile("old", "access key"), Profile("work", "access key")),
        accounts={"old": ExpiredCredentials("the session of this profile is over.", hint="aws sso login")},
    )
    run = make({WAY: iter_answers("profile:old", "profile:work")}, parts=parts)
    assert run.go() is Exit.OK
    again = [q for q in run.ui.asked if q.key == WAY][1]
    assert "the session of this profile is over." in str(again.intro)
    assert "aws sso login" in str(again.intro)
    assert run.deployed[0].aws.target.profile == "work"


def test_credentials_of_a_flag_that_fail_lead_to_the_menu(make: Make) -> None:
    parts = FakeParts(accounts={"old": ExpiredCredentials("over.")})
    run = make({WAY: "profile:work"}, parts=parts, given={"profile": "old"})
    assert run.go() is Exit.OK
    assert run.values["profile"] == "work"


def test_a_key_is_pasted_into_a_profile(make: Make) -> None:
    parts = FakeParts(known_profiles=())
    key, mistyped = "AKIA1234567890123457", "AKIA1234567890123456"
    run = make(["paste", mistyped, BACK, key, "s" * 40, TAKE, "eu-north-1", *[TAKE] * 20], parts=parts)
    run.go()
    assert parts.stored == [("default", "eu-north-1", key, "s" * 40)]
    assert run.deployed[0].aws.target.profile == "default"
    assert not any("s" * 40 in text for text in (run.ui.words, (run.folder / "geos.yaml").read_text()))


def test_back_from_a_pasted_key_leads_to_the_menu(make: Make) -> None:
    run = make(["paste", BACK, "sandbox", *[TAKE] * 20], parts=FakeParts(known_profiles=()))
    run.go()
    assert run.keys[:3] == [WAY, "access_key_id", WAY]


def test_how_to_get_an_account_is_told(make: Make) -> None:
    run = make(["how", "sandbox", *[TAKE] * 20], parts=FakeParts(known_profiles=()))
    run.go()
    assert "https://portal.aws.amazon.com/billing/signup" in run.ui.words


def test_sso_ends_with_a_profile(make: Make) -> None:
    run = make(["sso", *[TAKE] * 20], parts=FakeParts(known_profiles=(), signed_in=lambda _: "work"))
    run.go()
    assert run.values["profile"] == "work"


@pytest.mark.parametrize(
    ("account", "words"),
    [
        (replace(ANA, plan=AccountPlan("FREE", "ACTIVE")), "no quota increase changes that"),
        (replace(ANA, identity=replace(ANA.identity, arn="arn:aws:iam::123456789012:root", kind="root")), "root user"),
    ],
)
def test_warnings_about_the_account_come_first(make: Make, account: Any, words: str) -> None:
    run = make({AGREED: "go on"}, parts=FakeParts(accounts={"work": account}))
    assert run.go() is Exit.OK
    assert run.keys[:3] == [WAY, AGREED, "system"]
    assert words in " ".join(str(run.ui.asked[1].intro).split())


def test_after_a_warning_another_account_can_be_chosen(make: Make) -> None:
    root = replace(ANA, identity=replace(ANA.identity, arn="arn:aws:iam::123456789012:root", kind="root"))
    run = make(
        {WAY: iter_answers("profile:work", "sandbox"), AGREED: "other"}, parts=FakeParts(accounts={"work": root})
    )
    assert run.go() is Exit.OK
    assert run.keys[:4] == [WAY, AGREED, WAY, "system"]


# --- facts that are missing ------------------------------------------------------------------


def test_regions_that_cannot_be_compared_are_asked_for_plainly(make: Make) -> None:
    parts = FakeParts(regions_found=NoNetwork("no answer from AWS."))
    run = make({"region": "eu-west-1"}, parts=parts)
    assert run.go() is Exit.OK
    asked = next(q for q in run.ui.asked if q.key == "region")
    assert (asked.kind, asked.default) == ("text", "eu-west-1")
    assert "no answer from AWS." in str(asked.intro)


def test_a_region_that_cannot_be_read_stops_nothing(make: Make) -> None:
    run = make({}, parts=FakeParts(facts_found=NoNetwork("no answer.")))
    assert run.go() is Exit.OK
    assert run.ui.words.count("Less than usual is known of us-east-1") == 1


def test_networks_that_cannot_be_listed_are_typed(make: Make) -> None:
    parts = FakeParts(vpcs_found=NoNetwork("no answer."))
    run = make({"vpc_mode": "existing", "vpc_id": "vpc-0a1b2c3d4e5f67890", "subnet_ids": TAKE_FIRST}, parts=parts)
    assert run.go() is Exit.OK
    assert run.values["vpc_id"] == "vpc-0a1b2c3d4e5f67890"


def test_an_existing_network_is_picked_from_what_there_is(make: Make) -> None:
    run = make({"vpc_mode": "existing", "subnet_ids": TAKE_FIRST})
    assert run.go() is Exit.OK
    assert run.values["vpc_id"] == "vpc-0a1b2c3d4e5f67890"
    assert run.values["subnet_ids"] == ["subnet-0a1b2c3d4e5f67890"]
    assert "vpc_id" not in make({}).keys


def test_what_a_flag_said_is_proposed_when_its_step_is_changed(make: Make) -> None:
    run = make(
        {"_end": iter_answers("change", "deploy"), "_step": "deployment", "alert_email": "ana@example.org"},
        given={"environment": "prod"},
    )
    assert run.go() is Exit.OK
    asked = [q for q in run.ui.asked if q.key == "environment"]
    assert [q.default for q in asked] == ["prod"], "asked only when it is to be changed"
    assert run.values["environment"] == "prod"


def test_subnets_of_a_network_taken_back_are_not_proposed_in_another(make: Make) -> None:
    """The second VPC has none that could be proposed, so they are typed, and the reason stands above."""
    other, closed = "vpc-0b1b2c3d4e5f67890", Option("subnet-0b1b2c3d4e5f67890", ("x",), disabled="no way out")

    class TwoNetworks(FakeParts):
        def vpcs(self, aws: Any) -> Choices:
            return replace(super().vpcs(aws), options=(*super().vpcs(aws).options, Option(other, (other,))))

        def subnets(self, aws: Any, vpc_id: str) -> Choices:
            return Choices(("subnet",), (closed,), "None works.") if vpc_id == other else super().subnets(aws, vpc_id)

    vpcs, mails = iter(["vpc-0a1b2c3d4e5f67890", other]), iter([BACK, ""])
    subnets = iter([TAKE_FIRST, lambda _: BACK, lambda _: closed.value])
    run = make(
        {
            "vpc_mode": "existing",
            "vpc_id": lambda _: next(vpcs),
            "subnet_ids": lambda question: next(subnets)(question),
            "alert_email": lambda _: next(mails),
        },
        parts=TwoNetworks(),
    )
    assert run.go() is Exit.OK
    asked = [q for q in run.ui.asked if q.key == "subnet_ids"]
    assert (asked[-1].kind, asked[-1].default, asked[-1].intro) == ("text", "", "None works.")
    assert run.values["subnet_ids"] == [closed.value]


def TAKE_FIRST(question: Any) -> Any:
    return [question.options[0].value]


def test_ways_out_are_priced_beside_each_other(make: Make) -> None:
    run = make({})
    run.go()
    asked = next(q for q in run.ui.asked if q.key == "nat_mode")
    costs = {o.value: o.cells[1] for o in asked.options}
    assert costs == {"none": "0 USD", "single": "36.5 USD", "per-az": "?", "endpoints": "?"}


def test_no_subnet_is_no_answer(make: Make) -> None:
    run = make({"vpc_mode": "existing", "subnet_ids": TAKE_FIRST})
    run.go()
    asked = next(q for q in run.ui.asked if q.key == "subnet_ids")
    assert asked.check("") == "an answer is needed here"


def test_typed_answers_are_checked_on_the_spot(make: Make) -> None:
    run = make({})
    run.go()
    mail = next(q for q in run.ui.asked if q.key == "alert_email")
    assert "an e-mail address was expected" in mail.check("ana at home")
    assert mail.check("ana@example.org") == ""
    owner = next(q for q in run.ui.asked if q.key == "owner")
    assert owner.check("a\tb")


def test_what_is_given_wrongly_is_told_before_any_question(make: Make) -> None:
    run = make({}, given={"project": "p" * 30})
    with pytest.raises(BadAnswers):
        run.go()
    assert run.ui.asked == []


def test_rules_over_several_answers_are_told_on_the_spot(make: Make) -> None:
    run = make({}, parts=FakeParts(folder=GEOS_CHEM))
    run.go()
    asked = next(q for q in run.ui.asked if q.key == "max_vcpus")
    assert "no job could ever start" in asked.check("1")
    assert asked.check("5000") == ""


def test_answers_that_no_longer_go_together_are_asked_again(make: Make) -> None:
    """The architecture is changed afterwards, and the instance types picked before are of the other one."""
    geos_chem = FakeParts(folder=GEOS_CHEM)
    stopped = make({"architectures": "arm64", "_end": CTRL_C}, parts=geos_chem)
    with pytest.raises(Cancelled):
        stopped.go()
    kept = stopped.folder / "unfinished.yaml"
    kept.write_text(kept.read_text().replace('"arm64"', '"x86_64"'))
    resumed = make({"confirm": True}, parts=geos_chem)
    assert resumed.go() is Exit.OK
    assert {"architectures", "instance_types"} <= set(resumed.keys)
    assert "there is no instance type for x86_64" in " ".join(resumed.ui.words.split())
    assert all(name.startswith("c") and not name.startswith("c7g") for name in resumed.values["instance_types"])


# --- the end ---------------------------------------------------------------------------------


SHORT = replace(REVIEW, increases=("x",), increase_words="The quota stops jobs, not the set-up. File it now?")


def test_a_short_quota_is_offered_to_be_raised_and_the_set_up_goes_on(make: Make) -> None:
    run = make({INCREASE: True}, parts=FakeParts(review_found=SHORT))
    assert run.go() is Exit.OK
    assert run.parts.filed == [SHORT]
    assert "stops jobs, not the set-up" in next(q.text for q in run.ui.asked if q.key == INCREASE)
    assert run.deployed


def test_after_an_increase_was_filed_the_review_says_that_it_was_asked_for(make: Make) -> None:
    class Raised(FakeParts):
        def review(self, ready: Any, account: Any) -> Any:
            line = replace(SHORT.lines[0], name="quota", remark="asked for 64")
            return replace(SHORT, increases=(), lines=(line,)) if self.filed else SHORT

    run = make({INCREASE: True}, parts=Raised())
    assert run.go() is Exit.OK
    before, after = (next(q for q in run.ui.asked if q.key == key) for key in (INCREASE, "_end"))
    assert "asked for 64" not in as_text(before.intro)
    assert "asked for 64" in as_text(after.intro)


def test_nothing_is_filed_without_a_yes(make: Make) -> None:
    run = make({INCREASE: False}, parts=FakeParts(review_found=SHORT))
    run.go()
    assert run.parts.filed == []
    assert run.deployed


def test_nothing_is_filed_when_only_files_are_wanted(make: Make) -> None:
    run = make({}, parts=FakeParts(review_found=SHORT), plan_only=True)
    run.go()
    assert INCREASE not in run.keys


def test_an_increase_is_offered_once(make: Make) -> None:
    run = make({INCREASE: False, "_end": iter_answers(BACK, "deploy")}, parts=FakeParts(review_found=SHORT))
    run.go()
    assert run.keys.count(INCREASE) == 1


def test_missing_permissions_are_written_down(make: Make) -> None:
    policies = {"missing-policy.json": "{}\n", "letter.txt": "Dear administrator\n"}
    run = make({}, parts=FakeParts(review_found=replace(REVIEW, policies=policies)))
    run.go()
    assert (run.folder / "geos-out" / "tiny-dev" / "letter.txt").read_text() == "Dear administrator\n"
    assert "letter.txt" in run.ui.words


def test_files_only(make: Make) -> None:
    run = make({"_end": "files"})
    assert run.go() is Exit.OK
    assert not run.deployed
    assert "geos-setup deploy" in run.ui.shown[-1]
    assert (run.folder / "geos.yaml").exists()


def test_plan_only_never_offers_to_deploy(make: Make) -> None:
    run = make({}, plan_only=True)
    assert run.go() is Exit.OK
    assert not run.deployed
    assert "deploy" not in [o.value for o in run.ui.asked[-1].options]


def test_a_review_that_fails_still_writes_the_files(make: Make) -> None:
    run = make({"_end": iter_answers("again", "files")}, parts=FakeParts(review_found=NoNetwork("no answer.")))
    assert run.go() is Exit.OK
    assert "no answer." in str(run.ui.asked[-1].intro)
    assert not run.deployed


def test_a_file_of_the_users_is_not_replaced_without_asking(make: Make) -> None:
    run = make({"confirm": False})
    (run.folder / "geos.yaml").write_text("# mine\n")
    with pytest.raises(Cancelled):
        run.go()
    assert (run.folder / "geos.yaml").read_text() == "# mine\n"
    assert not run.deployed


def test_the_time_it_took_is_noted_on_this_machine(make: Make, tmp_path: Path) -> None:
    make({}).go()
    noted = (tmp_path / "state" / "geos" / "set-ups.jsonl").read_text()
    assert '"exit": 0' in noted
    assert '"questions":' in noted


# --- nobody there ----------------------------------------------------------------------------


def test_without_a_terminal_every_missing_answer_is_named_with_its_flag(make: Make) -> None:
    run = make((), interactive=False, parts=FakeParts(folder=GEOS_CHEM))
    with pytest.raises(MissingAnswers) as e:
        run.go()
    assert e.value.exit == 2
    for flag in ("--system", "--environment", "--owner", "--region", "--instance-types", "--alert-email"):
        assert flag in e.value.message
    assert run.ui.asked == []


def test_yes_takes_the_defaults_and_asks_nothing(make: Make) -> None:
    run = make((), interactive=False, assume_yes=True)
    assert run.go() is Exit.OK
    assert run.deployed
    assert run.ui.asked == run.ui.confirmed == []


def test_yes_names_what_has_no_default(make: Make) -> None:
    run = make((), interactive=False, assume_yes=True, given={"environment": "prod"})
    with pytest.raises(MissingAnswers) as e:
        run.go()
    assert "--alert-email" in e.value.message


def test_nobody_agrees_to_a_deployment_by_not_being_there(make: Make) -> None:
    everything = {"environment": "dev", "owner": "ana", "region": "us-east-1", "budget_monthly_usd": 100}
    everything |= {"vpc_mode": "create", "nat_mode": "none", "alert_email": "", "greeting": "hi"}
    run = make((), interactive=False, given=everything, system="tiny")
    with pytest.raises(NeedsConfirmation):
        run.go()
    run = make((), interactive=False, given=everything, system="tiny", plan_only=True)
    assert run.go() is Exit.OK
    assert not run.deployed


def test_credentials_that_fail_without_a_terminal_are_an_error(make: Make) -> None:
    run = make((), interactive=False, assume_yes=True, parts=FakeParts(accounts={"": ExpiredCredentials("over.")}))
    with pytest.raises(ExpiredCredentials):
        run.go()
