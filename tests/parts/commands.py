"""A geos command, run in this process as somebody types it, without a terminal."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from geos.wizard.explanations import EXPLANATIONS
from geos.wizard.ui import Ui


@dataclass
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        return json.loads(self.out)

    @property
    def error(self) -> dict[str, str]:
        """The one object that a failed command leaves on stdout."""
        found = self.data
        assert list(found) == ["error"], found
        error: dict[str, str] = found["error"]
        assert list(error) == ["code", "message", "hint", "aws_code", "log"]
        assert error["code"] in EXPLANATIONS
        assert error["message"]
        assert "Traceback" not in self.out + self.err
        return error


Geos = Callable[..., Done]


def typed(main: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> Geos:
    """`main` with words; with `ui`, somebody answers. A traceback or a fault of geos's own fails the test."""

    def run(*argv: str, ui: Ui | None = None) -> Done:
        capsys.readouterr()
        try:
            code = main(argv, make_ui=(lambda flags: ui) if ui else None)
        except SystemExit as e:
            code = int(e.code or 0)
        said = capsys.readouterr()
        assert "Traceback" not in said.out + said.err
        assert "fault of its own" not in said.err
        return Done(code, said.out, said.err)

    return run
