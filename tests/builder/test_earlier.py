"""How long a build took before is told of the very same thing only; and a build knows its files from anywhere."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from parts.commands import Geos

from geos.builder.build import Build, Part
from geos.builder.cli.asked import request_of, wish_of
from geos.builder.cli.words import parse
from geos.builder.earlier import Earlier, last_time
from geos.builder.records import Records
from geos.builder.request import HostWish, Request

from .test_records import BUILD

BACKEND = replace(BUILD, request=Request(("arm64",), models=(), context="/home/ana/backend"))
DONE = Part("arm64", state="done", began="2026-11-25T04:00:00+00:00", ended="2026-11-25T04:06:20+00:00")


@pytest.fixture
def records(tmp_path: Path) -> Records:
    found = Records(tmp_path / "builds")
    for moment, (name, part) in enumerate({"b-000001": DONE, "b-000002": replace(DONE, state="failed")}.items()):
        found.write(replace(BACKEND, build_id=name))
        found.write_part(name, part)
        os.utime(found.of(name) / "build.json", (moment, moment))
    return found


def test_the_newest_good_end_counts(records: Records) -> None:
    assert last_time(records, BACKEND, "arm64") == Earlier(380.0, "2026-11-25")
    records.write(replace(BACKEND, build_id="b-000003"))
    records.write_part("b-000003", replace(DONE, ended="2026-11-25T04:01:00+00:00"))
    assert last_time(records, BACKEND, "arm64") == Earlier(60.0, "2026-11-25")


@pytest.mark.parametrize(
    "other",
    [
        replace(BACKEND, sandbox=False),
        replace(BACKEND, request=replace(BACKEND.request, context="/home/ana/frontend")),
        replace(BACKEND, request=replace(BACKEND.request, dockerfile="other/Dockerfile")),
        replace(BACKEND, wish=HostWish(address="ssh://ana@build.example.org")),
    ],
)
def test_what_is_not_the_same_is_not_compared(records: Records, other: Build) -> None:
    assert last_time(records, other, "arm64") is None
    assert last_time(records, BACKEND, "x86_64") is None


def test_broken_records_and_old_ones_tell_nothing(records: Records) -> None:
    (records.of("b-000002") / "build.json").write_text("{")
    records.write_part("b-000001", replace(DONE, began=""))
    assert last_time(records, BACKEND, "arm64") is None


def test_a_plan_says_how_long_it_took(geos: Geos, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY Dockerfile /\n")
    words = ["--arch", "x86_64", "--context", ".", "--repository", "backend"]
    assert "not known" in geos(*words, "--plan").out
    assert geos(*words, "--yes").code == 0
    (part,) = Records().parts(Records().names()[0])
    assert f"when it was last built here, on {part.began[:10]}" in geos(*words, "--plan").out
    assert geos(*words, "--plan", "-o", "json").data["parts"][0]["earlier"]["date"] == part.began[:10]


def test_a_build_knows_its_files_from_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("Dockerfile", "host.pub", "id"):
        Path(name).write_text("")
    words = "--arch x86_64 --context . --host ssh://ana@build.example.org --host-key host.pub --identity ./id"
    flags, _ = parse(words.split())
    request, wish = request_of(flags), wish_of(flags)
    assert request.context == str(tmp_path)
    assert (wish.host_key_file, wish.identity_file) == (str(tmp_path / "host.pub"), str(tmp_path / "id"))
