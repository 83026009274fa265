"""Builds on disk: they read back as they were written, and a broken one is refused in words."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geos.builder.build import Build, Part, new_build_id
from geos.builder.errors import BadBuildRecord
from geos.builder.records import Records
from geos.builder.request import HostWish, Request
from geos.wizard.errors import DiskRefused

BUILD = Build(
    build_id="b-7f3a10",
    request=Request(("arm64", "x86_64"), models=("gcclassic",)),
    wish=HostWish(instance_types=("c7g.2xlarge",), time_limit_seconds=600),
    account_id="000000000000",
    region="us-east-1",
    endpoint="http://127.0.0.1:5000",
    sandbox=True,
    profile="",
    repository="geos-chem-dev",
    started="2026-11-25T04:00:00Z",
    expires="2026-11-25T07:00:00Z",
    project_tags=(("Project", "geos-chem"),),
)
TEXT = st.text(max_size=20)


def test_a_build_reads_back_as_it_was_written(tmp_path: Path) -> None:
    records = Records(tmp_path)
    records.write(BUILD)
    assert records.read("b-7f3a10") == BUILD
    assert records.names() == ("b-7f3a10",)
    assert records.read("b-000000") is None


@given(instance_id=TEXT, error=TEXT, finished=st.lists(TEXT, max_size=4), price=st.none() | st.floats(0, 100))
def test_a_part_reads_back_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, instance_id: str, error: str, finished: list[str], price: float | None
) -> None:
    records = Records(tmp_path_factory.mktemp("builds"))
    part = Part("arm64", instance_id=instance_id, error=error, finished=tuple(finished), usd_per_hour=price)
    records.write_part("b-1", part)
    assert records.parts("b-1") == (part,)


@pytest.mark.parametrize("cut", [0, 1, 40, -20])
def test_a_record_that_was_cut_off_is_refused_with_the_way_out(tmp_path: Path, cut: int) -> None:
    records = Records(tmp_path)
    records.write(BUILD)
    path = tmp_path / "b-7f3a10" / "build.json"
    path.write_text(path.read_text()[:cut])
    with pytest.raises(BadBuildRecord) as caught:
        records.read("b-7f3a10")
    assert "geos-build clean" in caught.value.hint


@pytest.mark.parametrize(
    "change", [('"region"', '"regoin"'), ('"format": 1', '"format": 9'), ('"request"', '"reqest"')]
)
def test_a_record_that_was_edited_by_hand_is_refused(tmp_path: Path, change: tuple[str, str]) -> None:
    records = Records(tmp_path)
    records.write(BUILD)
    path = tmp_path / "b-7f3a10" / "build.json"
    path.write_text(path.read_text().replace(*change))
    with pytest.raises(BadBuildRecord):
        records.read("b-7f3a10")


def test_logs_come_in_the_order_of_what_they_tell(tmp_path: Path) -> None:
    records = Records(tmp_path)
    folder = records.of("b-1") / "arm64"
    folder.mkdir(parents=True)
    for moment, name in enumerate(("inventory", "image", "steps")):
        (folder / f"{name}.log").write_text(name)
        os.utime(folder / f"{name}.log", (moment, moment))
    assert [path.stem for path in records.logs("b-1", "arm64")] == ["steps", "inventory", "image"]


def test_a_disk_that_refuses_is_told(tmp_path: Path) -> None:
    (tmp_path / "builds").write_text("a file where the folder should be")
    with pytest.raises(DiskRefused):
        Records(tmp_path / "builds").write(BUILD)


def test_ids_do_not_repeat() -> None:
    assert len({new_build_id() for _ in range(200)}) > 190


def test_everything_that_is_created_can_be_found_again() -> None:
    assert BUILD.tags == {
        "Project": "geos-chem",
        "geos:build": "b-7f3a10",
        "geos:expires": "2026-11-25T07:00:00Z",
        "ManagedBy": "geos",
    }
