"""Increases: what is asked for, why, and never twice."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from geos.wizard.account.requests import MOST_OPEN, Purpose, console_url, file, increases, refused
from geos.wizard.account.verdicts import Demand, Found, Limit, QuotaKey, Request, Use, Verdict, judge
from geos.wizard.errors import IncreaseRefused
from tests.account.test_advice import ON_DEMAND, SPOT, advise, need

if TYPE_CHECKING:
    from geos.wizard.aws import Aws
    from tests.parts.emulator import Emulator

KEY = QuotaKey("ec2", ON_DEMAND, "us-east-1")
PURPOSE = Purpose("tiny-dev", "GEOS-Chem Classic on AWS Batch", "16 vCPUs a job, 4 at once", 61.0)


def short(key: QuotaKey = KEY, *requests: Request, used: float | None = 3.0, adjustable: bool | None = True) -> Verdict:
    limit = Limit(key, 5.0, name="Running On-Demand Standard", unit="vCPU", adjustable=adjustable)
    return judge(Demand(key, 64.0), Found({key: limit}, {key: Use(used)}, requests))


def test_what_is_asked_for_is_what_is_used_and_what_is_needed() -> None:
    (found,) = increases([short()], (), PURPOSE)
    assert (found.desired, found.current, found.state) == (67.0, 5.0, "to-file")


def test_the_justification_says_what_a_reviewer_asks() -> None:
    (found,) = increases([short()], (), PURPOSE)
    for part in (
        "tiny-dev",
        "GEOS-Chem Classic",
        "us-east-1",
        "64 vCPU",
        "16 vCPUs a job",
        "in use: 3",
        "67",
        "61 USD",
    ):
        assert part in found.justification


def test_only_short_quotas_are_asked_for() -> None:
    enough = judge(Demand(KEY, 1.0), Found({KEY: Limit(KEY, 5.0)}, {KEY: Use(0.0)}))
    unknown = judge(Demand(KEY, 64.0), Found())
    assert increases([enough, unknown], (), PURPOSE) == ()


def test_an_open_request_is_shown_and_not_filed_again() -> None:
    asked = Request(KEY, 32.0, "PENDING", "2026-11-20T00:00:00Z")
    (found,) = increases([short(KEY, asked)], (asked,), PURPOSE)
    assert (found.state, found.open_request) == ("open", asked)
    assert "open since 2026-11-20" in found.reason
    assert "the plan needs 67" in found.reason


def test_without_the_list_of_open_requests_nothing_is_filed() -> None:
    (found,) = increases([short()], (), PURPOSE, told=False)
    assert found.state == "not-told"


def test_a_fixed_quota_is_not_asked_for() -> None:
    assert increases([short(adjustable=False)], (), PURPOSE)[0].state == "not-adjustable"


def test_no_more_than_an_account_may_have_open() -> None:
    others = tuple(Request(replace(KEY, code=f"L-{n}"), 9.0, "PENDING") for n in range(MOST_OPEN - 1))
    wanted = [short(replace(KEY, code=c)) for c in ("L-A", "L-B")]
    assert [i.state for i in increases(wanted, others, PURPOSE)] == ["to-file", "too-many-open"]


def test_opt_in_regions_take_two() -> None:
    wanted = [short(QuotaKey("ec2", c, "af-south-1")) for c in ("L-A", "L-B", "L-C")]
    assert [i.state for i in increases(wanted, (), PURPOSE)] == ["to-file", "to-file", "too-many-open"]


def test_every_quota_has_its_page_in_the_console() -> None:
    expected = "https://us-east-1.console.aws.amazon.com/servicequotas/home/services/ec2/quotas/L-1216C47A"
    assert console_url(KEY).startswith(expected)


# --- filing ----------------------------------------------------------------------------------


def test_filing_asks_once_however_often_it_is_run(emulator: Emulator, aws: Aws) -> None:
    advice = advise(aws, [need(ON_DEMAND), need(SPOT)])
    planned = increases(advice.verdicts, advice.requests, PURPOSE, told=advice.requests_told)
    first, again = file(aws, planned), file(aws, planned)
    assert {f.request.requested for f in first if f.request} == {64.0}
    assert [f.error for f in first] == ["", ""]
    assert all("open already" in f.error for f in again)
    assert len(emulator.calls("service-quotas", "RequestServiceQuotaIncrease")) == 2
    assert refused(again) is None
    later = advise(aws, [need(ON_DEMAND)])
    assert increases(later.verdicts, later.requests, PURPOSE)[0].state == "open"


def test_a_refusal_is_told_with_the_way_by_hand(emulator: Emulator, aws: Aws) -> None:
    advice = advise(aws, [need(ON_DEMAND)])
    planned = increases(advice.verdicts, advice.requests, PURPOSE)
    emulator.seed(unreadable=["servicequotas:RequestServiceQuotaIncrease"])
    told = refused(file(aws, planned))
    assert isinstance(told, IncreaseRefused)
    assert told.aws_code == "AccessDeniedException"
    assert "servicequotas/home/services/ec2" in told.hint
