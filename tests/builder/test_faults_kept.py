"""A machine that somebody wanted to keep is told of, and is one that clean finds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from parts.emulator import ACCOUNT

from geos.builder.cli import main
from geos.builder.leftovers import find_leftovers
from geos.wizard.aws import Aws
from geos.wizard.errors import Exit
from geos.wizard.facts import Target
from geos.wizard.waiting import until

if TYPE_CHECKING:
    from parts.emulator import Emulator


@pytest.mark.parametrize("dockerfile", ["FROM scratch\nCOPY hello /hello\n", "RNU nothing\n"], ids=["built", "failed"])
def test_a_kept_host_stays_until_clean(
    emulator: Emulator,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    dockerfile: str,
) -> None:
    for name, value in emulator.env().items():
        monkeypatch.setenv(name, value)
    (tmp_path / "Dockerfile").write_text(dockerfile)
    (tmp_path / "hello").write_text("hello\n")
    aws = Aws(Target("us-east-1", endpoint=emulator.endpoint, sandbox=True, account_id=ACCOUNT))
    words = ["--arch", "x86_64", "--context", str(tmp_path), "--repository", "kept", "--keep-host", "--yes"]
    main([*words, "-o", "json"])
    found = json.loads(capsys.readouterr().out)
    assert emulator.calls("ec2", "TerminateInstances") == []
    machines = [one.id for one in find_leftovers(aws) if one.id.startswith("i-")]
    assert len(machines) == 1
    assert machines[0] in json.dumps(found["left_behind"]), found
    assert main(["clean", "--all", "--yes"]) == Exit.OK
    assert until(lambda: find_leftovers(aws) == () or None, at_most_seconds=20)
