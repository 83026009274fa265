"""--help and --version answer before anything heavy is imported."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = {
    "boto3", "botocore", "rich", "questionary", "prompt_toolkit", "jinja2", "yaml", "paramiko", "moto", "json",
    "logging", "dataclasses", "importlib.metadata", "asyncio",
}  # fmt: skip


@pytest.mark.parametrize("flag", ["--help", "--version"])
def test_nothing_heavy_is_imported(flag: str) -> None:
    code = "from geos.wizard.cli.setup import main; main([%r])" % flag  # noqa: UP031
    done = subprocess.run([sys.executable, "-X", "importtime", "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-500:]
    assert "geos-setup" in done.stdout
    imported = {line.rsplit("|", 1)[1].strip() for line in done.stderr.splitlines() if "|" in line}
    assert not HEAVY & imported
