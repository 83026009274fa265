"""The review: every finding becomes a line with the right word."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from fakes.parts import ANA
from fakes.ui import as_text

from geos.wizard.account.advice import Advice
from geos.wizard.account.permissions import Answer, Permissions
from geos.wizard.account.requests import Filed, Request
from geos.wizard.account.verdicts import QuotaKey, Verdict
from geos.wizard.errors import NoNetwork
from geos.wizard.facts import AccountPlan
from geos.wizard.guide.look_over import Looked, filed_words, review_of
from geos.wizard.guide.parts import Review, ReviewLine
from geos.wizard.study import Study
from geos.wizard.systems.answers import settle
from geos.wizard.systems.answers_files import as_given
from geos.wizard.systems.design import design
from geos.wizard.systems.expressions import shipped_facts
from geos.wizard.systems.manifest import load_system
from geos.wizard.ui.views.review import review


def study(region: str = "us-east-1", **answers: Any) -> Study:
    system, facts = load_system("geos-chem"), shipped_facts(region)
    settled = settle(system.schema, [as_given({**answers, "region": region}, "test")], facts).require()
    return Study(design(system, settled, facts))


HERE = study()
ALLOWED = Permissions(tuple(Answer(g, "allowed") for g in HERE.grants))


def verdict(word: Any, **more: Any) -> Verdict:
    told: dict[str, Any] = {
        "service": "ec2", "quota_code": "L-34B43A08", "name": "All Standard (A, C) Spot Instance Requests",
        "region": "us-east-1", "required": 64.0, "used": 0.0, "applied": 5.0, "value_is": "applied", "free": 5.0,
        "pending_request": None, "verdict": word, "short_by": 59.0 if word == "short" else None,
        "reason": "AWS answered AccessDenied", "adjustable": True,
    }  # fmt: skip
    return Verdict(**{**told, **more})


def looked(*verdicts: Verdict, **more: Any) -> Review:
    told: dict[str, Any] = {
        "study": HERE, "account": ANA, "advice": Advice("us-east-1", verdicts), "permissions": ALLOWED
    }  # fmt: skip
    return review_of(Looked(**{**told, **more}))


def line(found: Review, name: str) -> ReviewLine:
    return next(one for one in found.lines if one.name == name)


def test_all_well() -> None:
    found = looked(verdict("enough"))
    assert line(found, "identity") == ReviewLine("ok", "identity", "user/ana, paid plan")
    assert line(found, "permissions").text.endswith("actions allowed")
    assert line(found, "quotas").text == "1 quota enough"
    assert line(found, "region").word == "ok"
    assert (found.increases, found.policies, found.blocked) == ((), {}, "")


def test_a_short_quota_is_offered_with_its_figure() -> None:
    found = looked(verdict("short"))
    assert line(found, "quota") == ReviewLine("short", "quota", "Standard Spot vCPUs: needs 64, 5 free", "short by 59")
    assert found.increase_words == (
        "The quota stops jobs, not the set-up. Ask AWS to raise Standard Spot vCPUs to 64 now?"
    )
    assert [i.desired for i in found.increases] == [64.0]
    assert found.blocked == "", "a short quota stops no deployment"


def test_what_was_asked_for_already_is_not_offered_again() -> None:
    asked = Request(QuotaKey("ec2", "L-34B43A08", "us-east-1"), 64, "PENDING")
    found = looked(verdict("short", pending_request=asked))
    assert found.increases == ()
    assert line(found, "quota").remark == "asked for 64"


def test_what_could_not_be_read_is_never_a_yes() -> None:
    found = looked(verdict("unknown", applied=None, free=None))
    assert line(found, "quota").word == "unknown"
    assert "AccessDenied" in line(found, "quota").text
    failed = looked(advice=NoNetwork("no answer."), permissions=NoNetwork("no answer."))
    assert line(failed, "quotas").word == "unknown"
    assert line(failed, "permissions").word == "unknown"


def test_denied_actions_become_policies_and_a_letter() -> None:
    denied = [g for g in HERE.grants if g.action == "iam:CreateRole"]
    rest = tuple(Answer(g, "allowed") for g in HERE.grants if g.action != "iam:CreateRole")
    found = looked(permissions=Permissions((*(Answer(g, "denied", "no policy allows it") for g in denied), *rest)))
    assert line(found, "permissions").word == "short"
    assert line(found, "permissions").text == "missing: iam:CreateRole"
    policy = json.loads(found.policies["missing-permissions.json"])
    assert [s["Action"] for s in policy["Statement"]] == [["iam:CreateRole"]]
    assert "arn:aws:iam::123456789012:user/ana" in found.policies["letter-to-administrator.txt"]


def test_a_simulation_that_is_refused_is_not_taken_for_a_yes() -> None:
    answers = tuple(Answer(g, "not-told", "simulation was refused: AccessDenied") for g in HERE.grants)
    found = looked(permissions=Permissions(answers))
    assert line(found, "permissions").word == "unknown"
    assert "letter-to-administrator.txt" in found.policies


def test_root_and_free_plan_are_no_ok() -> None:
    root = replace(ANA, identity=replace(ANA.identity, arn="arn:aws:iam::123456789012:root", kind="root"))
    assert line(looked(account=root), "identity").word == "short"
    free = replace(ANA, plan=AccountPlan("FREE"))
    assert line(looked(account=free), "identity").text == "user/ana, free plan: jobs cannot run"


def test_the_budget_is_held_against_the_month() -> None:
    low = looked(study=study(budget_monthly_usd=1))
    assert line(low, "budget").word == "short"
    assert line(low, "budget").remark == "over it"


def test_what_is_there_already_is_not_created_again() -> None:
    told = as_text(review(looked(there_already=True)))
    assert "is there already; will bring it up to date" in " ".join(told.split())
    assert "Will create" not in told


def test_the_review_is_drawn_within_the_margin() -> None:
    told = as_text(review(looked(verdict("short"), verdict("unknown"))))
    assert all(len(row.rstrip()) <= 80 for row in told.splitlines())
    assert "Will create" in told


def test_what_became_of_an_increase() -> None:
    one = looked(verdict("short")).increases[0]
    request = Request(QuotaKey("ec2", "L-34B43A08", "us-east-1"), 64, "PENDING")
    assert filed_words(Filed(one, request)) == "  ✓ asked AWS to raise Standard Spot vCPUs from 5 to 64"
    assert "by hand: https://" in filed_words(Filed(one, None, "AWS said no"))
    assert filed_words(Filed(one, request, "open already")).startswith("  ! ")
