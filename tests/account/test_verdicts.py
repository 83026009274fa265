"""Verdicts: what may be said, and what must never be said, from any mix of known and unknown figures."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geos.wizard.account.verdicts import (
    BADNESS,
    Demand,
    Found,
    Limit,
    QuotaKey,
    Request,
    Use,
    Verdict,
    demands,
    judge,
    judge_all,
)
from geos.wizard.systems.derive.needs import Need

KEY = QuotaKey("ec2", "L-1216C47A", "us-east-1")
amounts = st.integers(0, 5000).map(float)
steps = st.integers(1, 500).map(float)
uses = st.builds(Use, st.one_of(st.none(), amounts), own=amounts, unread=st.just("AccessDenied"))
limits = st.builds(
    Limit,
    st.just(KEY),
    st.one_of(st.none(), amounts),
    st.sampled_from(["applied", "default-assumed"]),
    unread=st.sampled_from(["", "AccessDeniedException"]),
)
wanted = st.builds(Demand, st.just(KEY), amounts, st.sampled_from([(), ("parameter Nodes has no value",)]))


def verdict_of(demand: Demand, limit: Limit, use: Use, *requests: Request) -> Verdict:
    return judge(demand, Found({KEY: limit}, {KEY: use}, requests))


def simple(need: float, limit: float, used: float | None, **more: object) -> Verdict:
    return verdict_of(Demand(KEY, need), Limit(KEY, limit, **more), Use(used, unread="AccessDenied"))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("need", "limit", "used", "word", "short_by", "free"),
    [
        (64, 640, 0, "enough", None, 640),
        (64, 64, 0, "enough", None, 64),
        (64, 64, 1, "short", 1, 63),
        (64, 5, 0, "short", 59, 5),
        (1, 0, 0, "short", 1, 0),
        (0, 0, 12, "enough", None, -12),
        (4, 8, 12, "short", 8, -4),
        (64, 5, None, "short", 59, None),
        (64, 640, None, "unknown", None, None),
    ],
)
def test_figures(need: float, limit: float, used: float | None, word: str, short_by: float | None, free: float) -> None:
    found = simple(float(need), float(limit), None if used is None else float(used))
    assert (found.verdict, found.short_by, found.free) == (word, short_by, free)


@given(wanted, limits, uses)
def test_free_is_exactly_what_is_applied_less_what_is_used(demand: Demand, limit: Limit, use: Use) -> None:
    found = verdict_of(demand, limit, use)
    if found.applied is None or found.used is None:
        assert found.free is None
    else:
        assert found.free == found.applied - found.used


@given(wanted, limits, uses)
def test_nothing_unknown_becomes_a_yes(demand: Demand, limit: Limit, use: Use) -> None:
    known = limit.value is not None and not limit.unread and use.amount is not None and not demand.unknown
    nothing_needed = demand.amount == 0 and not demand.unknown
    if not known and not nothing_needed:
        assert verdict_of(demand, limit, use).verdict != "enough"


@given(wanted, limits, uses)
def test_an_unread_limit_is_neither_a_yes_nor_a_no(demand: Demand, limit: Limit, use: Use) -> None:
    found = verdict_of(demand, replace(limit, unread="AccessDeniedException"), use)
    assert found.verdict == ("enough" if demand.amount == 0 and not demand.unknown else "unknown")


@given(wanted, limits, uses, steps)
def test_more_need_never_makes_it_better(demand: Demand, limit: Limit, use: Use, more: float) -> None:
    before = verdict_of(demand, limit, use)
    after = verdict_of(replace(demand, amount=demand.amount + more), limit, use)
    assert BADNESS[after.verdict] >= BADNESS[before.verdict]
    assert (after.short_by or 0) >= (before.short_by or 0)


@given(wanted, limits, uses, steps)
def test_more_use_by_others_never_makes_it_better(demand: Demand, limit: Limit, use: Use, more: float) -> None:
    if use.amount is not None:
        own = min(use.own, use.amount)
        before = verdict_of(demand, limit, replace(use, own=own))
        after = verdict_of(demand, limit, replace(use, own=own, amount=use.amount + more))
        assert BADNESS[after.verdict] >= BADNESS[before.verdict]


@given(wanted, limits, uses, steps)
def test_a_larger_limit_never_makes_it_worse(demand: Demand, limit: Limit, use: Use, more: float) -> None:
    if limit.value is not None:
        before = verdict_of(demand, limit, use)
        after = verdict_of(demand, replace(limit, value=limit.value + more), use)
        assert BADNESS[after.verdict] <= BADNESS[before.verdict]


@given(wanted, limits, uses)
def test_losing_an_answer_never_makes_it_better(demand: Demand, limit: Limit, use: Use) -> None:
    before = verdict_of(demand, limit, use)
    for after in (
        verdict_of(demand, limit, Use(None, unread="AccessDenied")),
        verdict_of(demand, Limit(KEY, None, unread="AccessDenied"), use),
        verdict_of(replace(demand, unknown=("not known",)), limit, use),
    ):
        assert after.verdict != "enough" or before.verdict == "enough"


@given(wanted, limits, uses)
def test_short_by_is_what_would_make_it_fit(demand: Demand, limit: Limit, use: Use) -> None:
    found = verdict_of(demand, limit, use)
    assert (found.short_by is not None) == (found.verdict == "short")
    if found.short_by is not None:
        assert found.short_by > 0
        assert limit.value is not None
        enlarged = replace(limit, value=limit.value + found.short_by)
        assert verdict_of(demand, enlarged, use).verdict != "short"
        assert verdict_of(demand, replace(enlarged, value=limit.value + found.short_by - 1), use).verdict == "short"


@given(wanted, limits, uses)
def test_every_verdict_gives_a_reason_and_is_json(demand: Demand, limit: Limit, use: Use) -> None:
    found = verdict_of(demand, limit, use)
    assert found.reason
    told = json.loads(json.dumps(found.to_json()))
    assert list(told) == [
        "service",
        "quota_code",
        "name",
        "region",
        "required",
        "used",
        "applied",
        "value_is",
        "free",
        "pending_request",
        "verdict",
        "short_by",
        "reason",
    ]


def test_what_the_deployment_runs_already_is_not_asked_for_twice() -> None:
    mine = Use(48.0, "counted", own=40.0)
    again = verdict_of(Demand(KEY, 64.0), Limit(KEY, 72.0), mine)
    assert again.verdict == "enough"
    assert "40 of them run already" in again.reason
    assert verdict_of(Demand(KEY, 64.0), Limit(KEY, 71.0), mine).short_by == 1


def test_a_default_that_no_applied_value_replaced_is_said_to_be_assumed() -> None:
    found = simple(64.0, 5.0, 0.0, value_is="default-assumed")
    assert (found.verdict, found.short_by, found.value_is) == ("short", 59, "default-assumed")
    assert "default, assumed" in found.reason


def test_an_unread_limit_keeps_the_default_visible_and_the_code_of_the_refusal() -> None:
    limit = Limit(KEY, 5.0, "default-assumed", unread="AccessDeniedException", aws_code="AccessDeniedException")
    found = verdict_of(Demand(KEY, 64.0), limit, Use(0.0))
    assert (found.verdict, found.applied, found.aws_code) == ("unknown", 5.0, "AccessDeniedException")
    assert "documented default 5" in found.reason


def test_a_quota_that_was_not_read_at_all_is_unknown() -> None:
    found = judge(Demand(KEY, 1.0), Found())
    assert (found.verdict, found.applied, found.used) == ("unknown", None, None)


def test_an_open_request_is_shown_and_changes_no_verdict() -> None:
    asked = Request(KEY, 64.0, "CASE_OPENED", "2026-11-20T10:00:00Z", "r1", "c1")
    other = Request(replace(KEY, region="eu-west-1"), 640.0, "PENDING")
    found = verdict_of(Demand(KEY, 64.0), Limit(KEY, 5.0), Use(0.0), asked, other)
    assert (found.verdict, found.pending_request) == ("short", asked)
    assert found.to_json()["pending_request"]["requested"] == 64


def test_a_partial_grant_is_told() -> None:
    old = Request(KEY, 16.0, "APPROVED", "2026-01-01T00:00:00Z")
    new = Request(KEY, 640.0, "CASE_CLOSED", "2026-11-01T00:00:00Z")
    found = verdict_of(Demand(KEY, 64.0), Limit(KEY, 32.0), Use(0.0), old, new)
    assert found.partly_granted == new
    assert found.short_by == 32
    assert "640 was asked for on 2026-11-01 and 32 granted" in found.reason
    whole = verdict_of(Demand(KEY, 64.0), Limit(KEY, 640.0), Use(0.0), old, new)
    assert whole.partly_granted is None


VPC = "vpc-1"


def test_a_new_container_holds_nothing_whatever_the_others_hold() -> None:
    new = Demand(KEY, 6.0, container="Vpc")
    assert verdict_of(new, Limit(KEY, 10.0), Use(None)).verdict == "enough"
    assert verdict_of(new, Limit(KEY, 5.0), Use(None)).short_by == 1


@pytest.mark.parametrize(("held", "word"), [(4.0, "enough"), (5.0, "short")])
def test_an_existing_container_counts_with_what_it_holds(held: float, word: str) -> None:
    there = Demand(KEY, 6.0, container=VPC, container_exists=True)
    use = Use(90.0, "counted", by_container={VPC: held, "vpc-2": 90.0})
    assert verdict_of(there, Limit(KEY, 10.0), use).verdict == word


def test_an_existing_container_that_was_not_read_is_unknown() -> None:
    there = Demand(KEY, 6.0, container=VPC, container_exists=True)
    assert verdict_of(there, Limit(KEY, 10.0), Use(1.0, "counted")).verdict == "unknown"
    empty = Use(1.0, "counted", by_container={"vpc-2": 1.0})
    assert verdict_of(there, Limit(KEY, 10.0), empty).verdict == "enough"


# --- adding up -------------------------------------------------------------------------------


def need_of(amount: float | None, **more: Any) -> Need:
    told: dict[str, Any] = {
        "service": "ec2",
        "quota_code": "L-1216C47A",
        "name": "",
        "unit": "vCPU",
        "region": "us-east-1",
        "why": (),
        "at_least": amount or 0.0,
    }
    return Need(amount=amount, **(told | more))


def test_needs_on_one_quota_are_added_up() -> None:
    (found,) = demands([need_of(64.0, why=("Standard",)), need_of(16.0, why=("Login",))])
    assert (found.amount, found.why) == (80.0, ("Standard", "Login"))


def test_an_unknown_part_keeps_the_known_part_and_its_reason() -> None:
    (found,) = demands([need_of(64.0), need_of(None, unknown="parameter Max has no value")])
    assert (found.amount, found.unknown) == (64.0, ("parameter Max has no value",))
    assert judge(found, Found({KEY: Limit(KEY, 5.0)}, {KEY: Use(0.0)})).verdict == "short"
    assert judge(found, Found({KEY: Limit(KEY, 500.0)}, {KEY: Use(0.0)})).verdict == "unknown"


def test_every_container_is_judged_by_itself() -> None:
    found = demands([need_of(4.0, container="vpc-1"), need_of(7.0, container="Vpc"), need_of(1.0, container="vpc-1")])
    assert [(d.container, d.amount) for d in found] == [("vpc-1", 5.0), ("Vpc", 7.0)]


def test_limits_without_a_code_are_told_apart_by_name() -> None:
    found = demands([need_of(4.0, quota_code="", name="Alarms"), need_of(1.0, quota_code="", name="Groups")])
    assert [d.key.name for d in found] == ["Alarms", "Groups"]


def test_the_known_part_of_an_unknown_need_can_be_short_already() -> None:
    (found,) = demands([need_of(None, at_least=64.0, unknown="Spare: parameter Max has no value")])
    assert judge(found, Found({KEY: Limit(KEY, 5.0)}, {KEY: Use(0.0)})).short_by == 59


@given(st.lists(st.one_of(st.none(), amounts), min_size=1, max_size=6), limits, uses)
def test_an_added_need_never_makes_it_better(parts: list[float | None], limit: Limit, use: Use) -> None:
    (fewer, *_), (all_of_them,) = demands([need_of(p) for p in parts[:1]]), demands([need_of(p) for p in parts])
    before, after = verdict_of(fewer, limit, use), verdict_of(all_of_them, limit, use)
    assert BADNESS[after.verdict] >= BADNESS[before.verdict]


def test_the_worst_comes_first() -> None:
    keys = [replace(KEY, code=c) for c in ("a", "b", "c")]
    found = Found(
        {keys[0]: Limit(keys[0], 9.0), keys[1]: Limit(keys[1], None, unread="x"), keys[2]: Limit(keys[2], 1.0)},
        {k: Use(0.0) for k in keys},
    )
    words = [v.verdict for v in judge_all([Demand(k, 5.0) for k in keys], found)]
    assert words == ["short", "unknown", "enough"]
