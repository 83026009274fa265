"""What a build shows, as it goes and at its end; and that its figures count from when work began."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console, RenderableType

from geos.builder.build import Part
from geos.builder.cli.list import Known, Listing
from geos.builder.doing import Outcome, PartOutcome
from geos.builder.leftovers import Leftover
from geos.builder.plan import BuildPlan
from geos.builder.planning import GRACE, agreed
from geos.builder.progress import DONE, PartProgress, StepProgress
from geos.builder.request import HostWish, Request
from geos.builder.views.leftovers import leftovers
from geos.builder.views.listing import listing
from geos.builder.views.outcome import outcome
from geos.builder.views.progress import progress
from geos.wizard.aws.hosts_facts import Remain

from .test_records import BUILD

DIGEST = "sha256:" + "ab" * 32


def drawn(what: RenderableType, width: int = 80) -> list[str]:
    paper = io.StringIO()
    Console(file=paper, width=width, color_system=None, legacy_windows=False).print(what, crop=False)
    return paper.getvalue().splitlines()


def ended(*parts: PartOutcome, **changes: object) -> Outcome:
    build = replace(BUILD, sandbox=False, repository="hello", request=Request(("arm64", "x86_64"), models=()))
    return Outcome(build, parts, **changes)  # type: ignore[arg-type]


# --- figures ---------------------------------------------------------------------------------


def test_a_host_is_paid_for_while_it_is_there_not_while_somebody_thinks() -> None:
    part = PartOutcome(Part("arm64", usd_per_hour=3.6), None, seconds=900.0, host_seconds=100.0)
    assert part.usd == pytest.approx(0.1)
    assert replace(part, host_seconds=None).usd is None


def test_the_hosts_time_begins_once_it_was_agreed_to() -> None:
    old = BuildPlan(replace(BUILD, wish=HostWish(time_limit_seconds=600)), (), "", ())
    found = agreed(old).build
    away = datetime.fromisoformat(found.expires) - datetime.now(UTC) - GRACE
    assert timedelta(seconds=590) < away <= timedelta(seconds=600)
    assert replace(found, expires=old.build.expires) == old.build, "tags that were shown stay as they are"


# --- screens ---------------------------------------------------------------------------------


@given(
    st.lists(st.tuples(st.text("abc ", min_size=1, max_size=12), st.text("xyz ", max_size=30)), max_size=9),
    st.integers(60, 120),
)
def test_what_is_done_is_shown_whole(steps: list[tuple[str, str]], width: int) -> None:
    done = tuple(StepProgress(title, DONE, seconds=3.0, detail=detail) for title, detail in steps)
    lines = drawn(progress("headline", "", (PartProgress("arm64", done),)), width)
    assert all(len(line) <= width for line in lines)
    assert not any("…" in line for line in lines)
    assert sum(line.count("✓") for line in lines) == len(steps)


def test_digests_can_be_copied_from_a_narrow_terminal() -> None:
    part = PartOutcome(Part("arm64", image_digest=DIGEST), None, 60.0)
    lines = drawn(outcome(ended(part, index=f"hello:1.0  {DIGEST}"), logs="~/logs"), 60)
    assert [line.strip() for line in lines].count(DIGEST) == 2
    assert "hello:1.0" in [line.strip() for line in lines]


def test_another_projects_image_leads_to_no_deployment() -> None:
    part = PartOutcome(Part("arm64", image_digest=DIGEST), None, 60.0)
    text = "\n".join(drawn(outcome(ended(part), logs="~/logs")))
    assert "geos-build images --repository hello" in text
    assert "geos-setup" not in text
    of_geoschem = replace(ended(part), build=replace(BUILD, request=Request(("arm64",))))
    assert "geos-setup deploy" in "\n".join(drawn(outcome(of_geoschem, logs="~/logs")))


@given(
    st.lists(st.sampled_from([None, 0.0, 0.0066, 0.18, 12.34]), min_size=1, max_size=4),
    st.integers(-5, 24 * 60),
)
def test_what_is_left_fits_a_narrow_terminal(prices: list[float | None], minutes: int) -> None:
    now = datetime(2026, 11, 25, 4, tzinfo=UTC)
    tags = {"geos:build": "b-7f3a10", "geos:expires": (now + timedelta(minutes=minutes)).isoformat()}
    found = [Leftover(Remain("network-interface", f"eni-{i:017}", tags), price) for i, price in enumerate(prices)]
    lines = drawn(leftovers(found, found[1:], region="us-east-1", now=now))
    rows = [line for line in lines if "eni-" in line]
    assert all(len(line) <= 80 for line in rows)
    assert ["b-7f3a10" in line for line in rows] == [True] * len(prices)
    assert ["~ network interface" in line for line in rows] == [True, *[False] * len(prices[1:])]
    assert [line.rstrip().endswith("?") for line in rows] == [price is None for price in prices]
    assert all(("over" in line) == (minutes <= 0) for line in rows)


def test_clean_is_proposed_for_what_belongs_to_no_running_build() -> None:
    now = datetime(2026, 11, 25, 4, 10, tzinfo=UTC)
    running = Known(BUILD, (Part("arm64", instance_id="i-1", launched=BUILD.started),))
    own = Leftover(Remain("instance", "i-1", {"geos:build": BUILD.build_id}), 0.1)
    other = replace(own, remain=Remain("instance", "i-2", {"geos:build": "b-000000"}))
    proposed = {
        len(there): "geos-build clean" in "\n".join(drawn(listing(Listing((running,), (), there, ""), now=now)))
        for there in ((own,), (own, other))
    }
    assert proposed == {1: False, 2: True}
