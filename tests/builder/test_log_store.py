"""A build's log beside its image, over HTTP in the simulated account, and read back from another machine."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parts.commands import Geos, typed
from parts.emulator import ACCOUNT, Emulator

from geos.builder.cli import main
from geos.builder.log_store import bucket_name, folder_of, stored_log
from geos.builder.records import Records
from geos.builder.request import ARM64, X86_64, Request
from geos.wizard.errors import Exit

from .test_records import BUILD

DEPLOYMENT = "geos-chem-dev"
BUCKET = f"{DEPLOYMENT}-system-us-east-1-{ACCOUNT}"


@pytest.fixture
def geos(capsys: pytest.CaptureFixture[str]) -> Geos:
    return typed(main, capsys)


@pytest.fixture(autouse=True)
def project(emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A context of two files; commands reach the simulated account."""
    monkeypatch.chdir(tmp_path)
    for name, value in emulator.env().items():
        monkeypatch.setenv(name, value)
    root = tmp_path / "project"
    root.mkdir()
    (root / "Dockerfile").write_text('FROM scratch\nCOPY hello /hello\nCMD ["/hello"]\n')
    (root / "hello").write_text("#!/bin/sh\necho hello\n")
    return root


@pytest.fixture
def bucket(emulator: Emulator) -> str:
    """As the deployment's core stack makes it."""
    emulator.client("s3").create_bucket(Bucket=BUCKET)
    return BUCKET


def build(geos: Geos, *more: str, code: int = Exit.OK) -> dict[str, Any]:
    words = ("--arch", "x86_64", "--context", "project", "--repository", DEPLOYMENT, "--yes", "-o", "json")
    done = geos(*words, *more)
    assert done.code == code, done.out
    found: dict[str, Any] = done.data
    return found


def in_bucket(emulator: Emulator) -> dict[str, bytes]:
    """Name of each log -> its bytes."""
    s3 = emulator.client("s3")
    keys = [found["Key"] for found in s3.list_objects_v2(Bucket=BUCKET).get("Contents", ())]
    return {key: s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in keys}


def on_disk(build_id: str) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in Records().logs(build_id, X86_64)}


# --- where it lies ---------------------------------------------------------------------------


def test_the_log_beside_the_image_is_the_one_on_this_machine(geos: Geos, emulator: Emulator, bucket: str) -> None:
    found = build(geos, "--tag", "1.0")
    own = found["build"]
    part = found["parts"][0]
    assert part["log"] == f"s3://{bucket}/containers/{DEPLOYMENT}/1.0/{own}/"
    there = in_bucket(emulator)
    assert all(key.startswith(f"containers/{DEPLOYMENT}/1.0/{own}/") for key in there)
    assert {key.rsplit("/", 1)[1]: text for key, text in there.items()} == on_disk(own)
    assert b"push" in there[f"containers/{DEPLOYMENT}/1.0/{own}/steps.log"]
    head = emulator.client("s3").head_object(Bucket=BUCKET, Key=next(iter(there)))
    assert head["ContentType"] == "text/plain"
    assert Records().parts(own)[0].log_at == part["log"]


def test_each_architecture_has_its_own(geos: Geos, emulator: Emulator, bucket: str) -> None:
    words = (
        "--arch",
        "both",
        "--context",
        "project",
        "--repository",
        DEPLOYMENT,
        "--tag",
        "1.0",
        "--yes",
        "-o",
        "json",
    )
    found = geos(*words).data
    assert [part["log"].split("/")[5] for part in found["parts"]] == ["arm64-1.0", "x86_64-1.0"]
    assert len(in_bucket(emulator)) == sum(len(Records().logs(found["build"], arch)) for arch in (ARM64, X86_64))


def test_a_build_that_failed_has_its_log_there_too(geos: Geos, emulator: Emulator, bucket: str, project: Path) -> None:
    emulator.fail("denied", n=0, service="ecr", action="GetAuthorizationToken")
    found = build(geos, code=Exit.COULD_NOT_CHECK)
    assert found["parts"][0]["state"] == "failed"
    assert {key.rsplit("/", 1)[1]: text for key, text in in_bucket(emulator).items()} == on_disk(found["build"])


def test_a_log_that_may_not_be_put_there_is_told_and_the_image_is_good(
    geos: Geos, emulator: Emulator, bucket: str
) -> None:
    emulator.fail("denied", n=0, service="s3", action="PutObject")
    found = build(geos, "--tag", "1.0")
    part = found["parts"][0]
    assert (part["state"], part["log"]) == ("done", None)
    assert part["log_error"]["code"] == "GEOS-A008"
    assert in_bucket(emulator) == {}
    emulator.clear()
    emulator.fail("denied", n=0, service="s3", action="PutObject")
    shown = geos("--arch", "x86_64", "--context", "project", "--repository", DEPLOYMENT, "--tag", "2.0", "--yes")
    assert shown.code == Exit.OK
    assert "! x86_64: the log is not beside the image" in shown.out


def test_without_a_deployment_it_stays_here_and_that_is_said(geos: Geos, emulator: Emulator) -> None:
    shown = geos("--arch", "x86_64", "--context", "project", "--repository", "backend", "--yes")
    assert shown.code == Exit.OK
    assert "on this computer only" in shown.out
    assert emulator.calls("s3", "PutObject") == []


def test_what_is_not_pushed_has_no_log_elsewhere(geos: Geos, emulator: Emulator, bucket: str) -> None:
    found = build(geos, "--no-push")
    assert found["parts"][0]["log"] is None
    assert in_bucket(emulator) == {}


def test_a_bucket_that_may_not_be_looked_at_does_not_stop_the_plan(geos: Geos, emulator: Emulator, bucket: str) -> None:
    emulator.fail("denied", n=0, service="s3", action="HeadBucket")
    found = build(geos, "--plan")
    (told,) = [finding for finding in found["findings"] if finding["title"] == "log"]
    assert (told["word"], told["stops"]) == ("unknown", False)


# --- read back -------------------------------------------------------------------------------


def test_a_colleagues_log_is_read_from_beside_the_image(geos: Geos, bucket: str) -> None:
    own = build(geos)["build"]
    kept, names = on_disk(own), set(on_disk(own))
    shutil.rmtree(Records().folder)
    read = geos("logs", own[:5], "--deployment", DEPLOYMENT)
    assert read.code == Exit.OK
    assert f"s3://{bucket}/containers/" in read.err
    assert read.out.encode() == kept.pop("steps.log") + b"".join(kept[name] for name in sorted(kept))
    rows = geos("logs", own, "--deployment", DEPLOYMENT, "-o", "json").data
    assert rows["build"] == own
    assert {Path(row["path"]).name for row in rows["logs"]} == names
    assert {row["architecture"] for row in rows["logs"]} == {X86_64}


def test_the_log_on_this_machine_comes_first(geos: Geos, bucket: str, emulator: Emulator) -> None:
    own = build(geos)["build"]
    emulator.clear()
    rows = geos("logs", own, "-o", "json").data["logs"]
    assert all(Path(row["path"]).is_file() for row in rows)
    assert emulator.calls() == []
    for path in Records().logs(own, X86_64):
        path.unlink()
    assert all(row["path"].startswith("s3://") for row in geos("logs", own, "-o", "json").data["logs"])


def test_a_build_that_nobody_knows_is_told_with_where_was_looked(geos: Geos, bucket: str) -> None:
    done = geos("logs", "b-ffffff", "--deployment", DEPLOYMENT, "-o", "json")
    assert done.code == Exit.USAGE
    assert bucket in done.error["message"]
    done = geos("logs", "b-ffffff", "--deployment", "nowhere", "-o", "json")
    assert "no bucket for logs" in done.error["message"]


# --- names -----------------------------------------------------------------------------------

IDS = st.text("0123456789abcdef", min_size=6, max_size=6).map(lambda text: f"b-{text}")
REPOSITORIES = st.from_regex(r"[a-z0-9]{1,8}(-[a-z0-9]{1,8})?(/[a-z0-9]{1,8}){0,2}", fullmatch=True)
TAGS = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,40}", fullmatch=True)


@given(IDS, REPOSITORIES, TAGS, st.sampled_from(["steps", "image", "model"]), st.booleans())
def test_a_log_is_known_by_its_place(build_id: str, repository: str, tag: str, name: str, several: bool) -> None:
    from dataclasses import replace

    architectures = (ARM64, X86_64) if several else (ARM64,)
    one = replace(BUILD, build_id=build_id, repository=repository, request=Request(architectures, tag=tag))
    found = stored_log("bucket", f"{folder_of(one, ARM64)}{name}.log")
    assert found is not None
    assert (found.build_id, found.repository, found.name) == (build_id, repository, name)
    assert found.tag == (f"arm64-{tag}" if several else tag)


@given(st.text(max_size=60))
def test_any_other_key_is_no_log(text: str) -> None:
    found = stored_log("bucket", text)
    assert found is None or text.startswith("containers/")


@pytest.mark.parametrize("name", ["a/b", "Dev", "", "-dev", "x" * 60, "a_b"])
def test_what_cannot_be_a_bucket_is_not_looked_for(name: str) -> None:
    assert bucket_name(name, "us-east-1", ACCOUNT) == ""
