"""The local record: whole or not at all, and never believed when it was tampered with."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from geos.wizard.deployment.records import Record, Records, Run, StackRecord, check_target, is_stale
from geos.wizard.errors import BadRecord, DiskRefused, Exit, WrongTarget
from geos.wizard.facts import Target

RECORD = Record(
    "geos-chem-dev",
    "geos-chem",
    "111122223333",
    "us-east-1",
    "",
    False,
    "abc",
    (StackRecord("core", "geos-chem-dev-core", "us-east-1", "arn:x"),),
    Run("t1", "deploy", "2026-11-20T12:00:00+00:00"),
)
HERE = Target("us-east-1")


def test_what_is_written_is_read(tmp_path: Path) -> None:
    records = Records(tmp_path)
    records.write(RECORD)
    assert records.read("geos-chem-dev") == RECORD
    assert records.names() == ("geos-chem-dev",)
    assert records.path("geos-chem-dev").stat().st_mode & 0o777 == 0o600


def test_none_is_none(tmp_path: Path) -> None:
    assert Records(tmp_path / "nowhere").names() == ()
    assert Records(tmp_path).read("x") is None


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.99])
def test_a_record_that_was_cut_off_says_what_to_do(tmp_path: Path, share: float) -> None:
    records = Records(tmp_path)
    records.write(RECORD)
    path = records.path("geos-chem-dev")
    text = path.read_text()
    path.write_text(text[: int(len(text) * share)])
    with pytest.raises(BadRecord, match=r"deployment\.json cannot be used") as raised:
        records.read("geos-chem-dev")
    assert raised.value.exit == Exit.USAGE
    assert "mv " in raised.value.hint


@pytest.mark.parametrize(
    "edit",
    [
        lambda b: {**b, "account_id": "123456789012"},
        lambda b: {**b, "stacks": [{**b["stacks"][0], "stack_name": "payroll"}]},
        lambda b: {**b, "format": 2},
        lambda b: {k: v for k, v in b.items() if k != "stacks"},
        lambda b: [],
        lambda b: "x",
    ],
)
def test_a_record_edited_by_hand_is_not_acted_on(tmp_path: Path, edit) -> None:  # type: ignore[no-untyped-def]
    records = Records(tmp_path)
    records.write(RECORD)
    path = records.path("geos-chem-dev")
    path.write_text(json.dumps(edit(json.loads(path.read_text()))))
    with pytest.raises(BadRecord):
        records.read("geos-chem-dev")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_disk_leaves_the_old_record(tmp_path: Path) -> None:
    records = Records(tmp_path)
    records.write(RECORD)
    folder = records.path("geos-chem-dev").parent
    blocked = Records(tmp_path / "blocked")
    (tmp_path / "blocked").mkdir()
    (tmp_path / "blocked" / "geos-chem-dev").write_text("a file where the folder should be")
    with pytest.raises(DiskRefused):
        blocked.write(RECORD)
    assert records.read("geos-chem-dev") == RECORD
    assert [p.name for p in folder.iterdir()] == ["deployment.json"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(DiskRefused):
        Records(tmp_path).write(RECORD)


@pytest.mark.parametrize(
    ("target", "account", "word"),
    [
        (Target("us-east-1", sandbox=True, endpoint="http://127.0.0.1:1"), "111122223333", "in a real account"),
        (Target("us-east-1"), "123456789012", "account"),
        (Target("eu-west-1"), "111122223333", "us-east-1, not eu-west-1"),
        (Target("us-east-1", endpoint="http://127.0.0.1:9"), "111122223333", "at AWS, not http"),
    ],
)
def test_another_target_than_the_records_is_refused(target: Target, account: str, word: str) -> None:
    with pytest.raises(WrongTarget) as raised:
        check_target(RECORD, target, account)
    assert raised.value.exit == Exit.USAGE
    assert word in raised.value.message
    assert "--region us-east-1" in raised.value.hint


def test_the_same_target_is_fine() -> None:
    check_target(RECORD, HERE, "111122223333")


def test_a_sandbox_at_another_address_makes_the_record_stale_not_wrong() -> None:
    old = Record("a-b", "a", "123456789012", "us-east-1", "http://127.0.0.1:1", True)
    new = Target("us-east-1", endpoint="http://127.0.0.1:2", sandbox=True)
    check_target(old, new, "123456789012")
    assert is_stale(old, new, "123456789012")
    assert not is_stale(RECORD, HERE, "111122223333")


def test_stacks_are_put_in_and_taken_out() -> None:
    more = RECORD.with_stack(StackRecord("batch", "geos-chem-dev-batch", "us-east-1"))
    named = more.with_stack(StackRecord("batch", "geos-chem-dev-batch", "us-east-1", "arn:y"))
    assert [s.stack_id for s in named.stacks] == ["arn:x", "arn:y"]
    assert named.without_stack("geos-chem-dev-core").stacks == named.stacks[1:]
