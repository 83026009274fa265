"""What is looked at before a build, beyond permissions and quota: this machine's clock."""

from __future__ import annotations

from pathlib import Path

import pytest
from parts.commands import typed
from parts.emulator import ACCOUNT, Emulator

from geos.builder.cli import main
from geos.builder.findings import _clock_finding
from geos.wizard.aws import Aws
from geos.wizard.errors import NoNetwork
from geos.wizard.facts import Target


@pytest.mark.parametrize(
    ("ahead", "word", "said"),
    [
        (0.4, "ok", "within"),
        (-29.0, "ok", "within"),
        (92.0, "short", "1 m 32 s ahead of"),
        (-240.0, "short", "4 m 00 s behind"),
        (None, "unknown", "did not tell"),
        (NoNetwork("nothing answers."), "unknown", "did not tell"),
    ],
)
def test_a_clock_that_is_wrong_is_told_and_stops_nothing(ahead: object, word: str, said: str) -> None:
    found = _clock_finding(ahead)
    assert (found.word, found.stops) == (word, False)
    assert said in found.text


def test_the_clock_is_held_against_the_one_that_answers(
    emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    aws = Aws(Target("us-east-1", endpoint=emulator.endpoint, sandbox=True, account_id=ACCOUNT))
    ahead = aws.identity.clock_ahead_seconds()
    assert ahead is not None
    assert abs(ahead) < 5
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    for name, value in emulator.env().items():
        monkeypatch.setenv(name, value)
    plan = typed(main, capsys)("--arch", "x86_64", "--context", ".", "--repository", "backend", "--plan")
    assert "✓ clock" in plan.out
