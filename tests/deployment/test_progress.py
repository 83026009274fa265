"""Events become what a view shows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from geos.wizard.aws.stack_facts import StackEvent
from geos.wizard.deployment.history import KEPT, History, read_history, write_history
from geos.wizard.deployment.progress import Progress, StackProgress, stack_progress, state_of, times

START = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
NAME = "tiny-dev-core"


def event(seconds: float, logical_id: str, status: str, reason: str = "") -> StackEvent:
    kind = "AWS::CloudFormation::Stack" if logical_id == NAME else "AWS::S3::Bucket"
    return StackEvent(
        f"{seconds}{logical_id}", START + timedelta(seconds=seconds), logical_id, "", kind, status, reason
    )


def folded(
    events: list[StackEvent], verb: str = "create", after: float = 60, history: History | None = None
) -> StackProgress:
    return stack_progress(
        events,
        layer="core",
        stack_name=NAME,
        verb=verb,
        expected={"Bucket": "AWS::S3::Bucket", "Role": "AWS::IAM::Role"},
        now=START + timedelta(seconds=after),
        history=history or History(),
    )


def test_half_way() -> None:
    history = History({"create core": (100.0, 120.0, 80.0), "create core/Role": (50.0,)})
    found = folded(
        [
            event(0, NAME, "CREATE_IN_PROGRESS"),
            event(1, "Bucket", "CREATE_IN_PROGRESS"),
            event(21, "Bucket", "CREATE_COMPLETE"),
            event(22, "Role", "CREATE_IN_PROGRESS"),
        ],
        history=history,
    )
    assert (found.state, found.done, found.total, found.seconds) == ("working", 1, 2, 60.0)
    assert found.usually_seconds == 100.0
    bucket, role = found.resources
    assert (bucket.state, bucket.seconds) == ("done", 20.0)
    assert (role.state, role.seconds, role.usually_seconds) == ("working", 38.0, 50.0)
    assert found.working == (role,)


def test_the_end_stops_the_clock_and_is_remembered() -> None:
    found = folded(
        [event(0, NAME, "CREATE_IN_PROGRESS"), event(3, "Bucket", "CREATE_COMPLETE"), event(9, NAME, "CREATE_COMPLETE")]
    )
    assert (found.state, found.seconds) == ("done", 9.0)
    assert times([found])["create core"] == 9.0
    assert "create core/Role" not in times([found])


def test_failures_are_not_remembered() -> None:
    found = folded([event(0, NAME, "CREATE_IN_PROGRESS"), event(4, NAME, "ROLLBACK_COMPLETE")])
    assert found.state == "failed"
    assert times([found]) == {}


def test_a_deletion_counts_what_is_gone() -> None:
    found = folded([event(0, "Bucket", "DELETE_COMPLETE"), event(0, NAME, "DELETE_IN_PROGRESS")], verb="delete")
    assert (found.done, found.state) == (1, "undoing")


def test_simulated_resources_are_counted() -> None:
    found = folded([event(0, "Bucket", "CREATE_COMPLETE", "simulated by the geos sandbox")])
    assert found.simulated == 1


def test_a_clock_that_is_behind_gives_no_negative_times() -> None:
    assert folded([event(5, "Bucket", "CREATE_IN_PROGRESS")], after=0).resources[0].seconds == 0.0


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("", "waiting"),
        ("CREATE_IN_PROGRESS", "working"),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "working"),
        ("UPDATE_ROLLBACK_IN_PROGRESS", "undoing"),
        ("ROLLBACK_COMPLETE", "failed"),
        ("UPDATE_ROLLBACK_COMPLETE", "failed"),
        ("UPDATE_COMPLETE", "done"),
        ("DELETE_COMPLETE", "gone"),
        ("DELETE_FAILED", "failed"),
        ("DELETE_SKIPPED", "kept"),
    ],
)
def test_states(status: str, state: str) -> None:
    assert state_of(status) == state


def test_stacks_keep_their_place() -> None:
    one, two = (StackProgress(n, n, "", "waiting", 1) for n in ("core", "batch"))
    picture = Progress("tiny-dev", "us-east-1", (one, two)).with_stack(
        StackProgress("core", "core", "create", "done", 1)
    )
    assert [(s.layer, s.state) for s in picture.stacks] == [("core", "done"), ("batch", "waiting")]
    assert picture.finished == 1


def test_the_history_keeps_the_last_few_and_survives_rubbish(tmp_path: Path) -> None:
    history = History()
    for n in range(KEPT + 3):
        history = history.adding({"create core": float(n)})
    write_history(tmp_path, history)
    assert read_history(tmp_path).seconds["create core"] == tuple(float(n) for n in range(3, KEPT + 3))
    (tmp_path / "history.json").write_text('["rubbish"')
    assert read_history(tmp_path) == History()
    (tmp_path / "history.json").write_text('{"a": "b"}')
    assert read_history(tmp_path) == History()
