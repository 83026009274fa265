"""A build that is taken up again ends as it would have ended: same tags, and an index over all or none."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from parts.commands import Geos
from parts.emulator import Emulator

from geos.builder.build import Build, Part
from geos.builder.doing import carry_out
from geos.builder.plan import BuildPlan
from geos.builder.progress import Board
from geos.builder.records import Records
from geos.wizard.errors import Exit

from .test_records import BUILD
from .test_whole import came_to, start

REPOSITORY = "backend"


@pytest.fixture
def project(geos: Geos, tmp_path: Path) -> Path:
    root = tmp_path / "project"
    root.mkdir()
    (root / "Dockerfile").write_text("FROM scratch\nCOPY Dockerfile /\n")
    return root


@pytest.fixture
def both(geos: Geos, project: Path, emulator: Emulator) -> str:
    """A build that was killed when both images were there, before the index over them was written."""
    words = ["--arch", "both", "--context", str(project), "--repository", REPOSITORY, "--tag", "1.0"]
    assert geos(*words, "--yes").code == Exit.OK
    emulator.client("ecr").batch_delete_image(repositoryName=REPOSITORY, imageIds=[{"imageTag": "1.0"}])
    assert "1.0" not in tags(emulator)
    (own,) = Records().names()
    return own


def tags(emulator: Emulator) -> set[str]:
    found = emulator.client("ecr").describe_images(repositoryName=REPOSITORY)["imageDetails"]
    return {tag for image in found for tag in image.get("imageTags", ())}


def ended(own: str, **states: str) -> None:
    records = Records()
    for part in records.parts(own):
        if part.architecture in states:
            records.write_part(own, replace(part, state=states[part.architecture], error="it broke."))


def test_the_tags_are_those_that_were_shown_at_first(geos: Geos, project: Path, emulator: Emulator) -> None:
    process = start(project)
    assert came_to("host ready", process)
    process.kill()
    process.wait()
    records = Records()
    (own,) = records.names()
    build = records.read(own)
    assert isinstance(build, Build)
    records.write(replace(build, started="2026-01-02T03:04:05Z"))
    assert geos("attach", "--yes").code == Exit.OK
    assert tags(emulator) == {"x86_64-20260102-030405", "x86_64-latest"}


def test_an_index_that_was_not_written_yet_is(geos: Geos, both: str, emulator: Emulator) -> None:
    done = geos("attach", "-o", "json")
    assert done.code == Exit.OK
    assert [part["state"] for part in done.data["parts"]] == ["done", "done"]
    (raw,) = emulator.client("ecr").batch_get_image(repositoryName=REPOSITORY, imageIds=[{"imageTag": "1.0"}])["images"]
    children = {child["digest"] for child in json.loads(raw["imageManifest"])["manifests"]}
    assert children == {part.image_digest for part in Records().parts(both)}
    assert geos("attach", "-o", "json").error["code"] == "GEOS-B081"


def test_no_index_over_some(geos: Geos, both: str, emulator: Emulator) -> None:
    ended(both, arm64="failed")
    done = geos("attach", "-o", "json")
    assert done.code == Exit.USAGE
    assert "arm64 failed, x86_64 done" in done.error["message"]
    assert "1.0" not in tags(emulator)


class _Nobody:
    """A running.Screen that nobody looks at."""

    def draw(self, board: Board) -> None:
        return

    def say(self, text: str) -> None:
        return


@pytest.mark.parametrize("state", ["failed", "cancelled"])
def test_what_ended_badly_before_counts_as_failed(tmp_path: Path, state: str) -> None:
    known = (
        Part("arm64", state=state, error="it broke.", began="2026-11-25T04:00:00Z", ended="2026-11-25T04:02:00Z"),
        Part("x86_64", state="done", image_digest="sha256:" + "a" * 64),
    )
    plan = BuildPlan(BUILD, (), "1.0", ())
    found = carry_out(plan, None, Records(tmp_path), _Nobody(), headline="", known=known)
    assert (found.index, [part.part.architecture for part in found.failed]) == ("", ["arm64"])
    assert found.failed[0].seconds == 120
    assert "it broke" in str(found.failed[0].error)


def test_another_region_is_told_with_the_line_that_leads_there(geos: Geos, both: str) -> None:
    ended(both, arm64="lost")
    done = geos("attach", "--region", "eu-west-1", "-o", "json")
    assert done.code == Exit.USAGE
    assert "in us-east-1" in done.error["message"]
    assert f"--region us-east-1 attach {both}" in done.error["hint"]
