"""What a build may do without, and what it says then."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from parts.commands import Geos, typed
from parts.emulator import ACCOUNT, Emulator

from geos.builder.cli import main
from geos.builder.permits import grants, optional_grants
from geos.builder.request import HostWish, Request
from geos.wizard.errors import Exit

from .test_records import BUILD

BUCKET = f"backend-system-us-east-1-{ACCOUNT}"
PLAN = ("--arch", "x86_64", "--context", ".", "--repository", "backend", "-o", "json")


@pytest.fixture
def geos(
    emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Geos:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Dockerfile").write_text('FROM scratch\nCOPY hello /hello\nCMD ["/hello"]\n')
    (tmp_path / "hello").write_text("#!/bin/sh\necho hello\n")
    for name, value in emulator.env().items():
        monkeypatch.setenv(name, value)
    return typed(main, capsys)


def forbid(emulator: Emulator, *actions: str) -> None:
    statements = [
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "Action": list(actions), "Resource": "*"},
    ]
    emulator.seed(permissions={"Version": "2012-10-17", "Statement": statements})


@pytest.mark.parametrize(
    ("action", "missed"),
    [
        ("ecr:PutRegistryScanningConfiguration", "not scanned"),
        ("ecr:GetRegistryScanningConfiguration", "not scanned"),
        ("s3:PutObject", "on this computer only"),
        ("ec2:GetConsoleOutput", "not compared"),
    ],
)
def test_what_can_be_done_without_is_told_and_stops_nothing(
    geos: Geos, emulator: Emulator, action: str, missed: str
) -> None:
    emulator.client("s3").create_bucket(Bucket=BUCKET)
    forbid(emulator, action)
    plan = geos(*PLAN, "--plan")
    assert plan.code == Exit.OK
    needed, optional = (finding for finding in plan.data["findings"] if finding["title"] == "permissions")
    assert needed["word"] == "ok"
    assert (optional["word"], optional["stops"]) == ("short", False)
    assert action in optional["text"]
    assert missed in optional["hint"]


def test_images_that_nobody_scans_are_told_with_the_image(geos: Geos, emulator: Emulator) -> None:
    forbid(emulator, "ecr:PutRegistryScanningConfiguration")
    done = geos(*PLAN, "--yes")
    assert done.code == Exit.OK
    (remark,) = done.data["parts"][0]["remarks"]
    assert "not scanned for known flaws" in remark


def test_what_is_needed_is_not_among_what_is_not() -> None:
    for wish in (HostWish(), HostWish(transport="ssm")):
        build = replace(BUILD, wish=wish, request=Request(("arm64",)), log_bucket=BUCKET)
        optional = optional_grants(build, launches=True, creates=True)
        assert not set(grants(build, launches=True)) & set(optional)
        assert any(grant.action == "s3:PutObject" for grant in optional)
    there = optional_grants(replace(build, log_bucket=""), launches=True, creates=False)
    assert not there, json.dumps([grant.action for grant in there])
