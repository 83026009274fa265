"""One account with a stack of everything, for the tests that only change parts of it and change them back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from parts.everything import EVERYTHING
from parts.stacks import deploy, problem

if TYPE_CHECKING:
    from parts.emulator import Emulator


@pytest.fixture(scope="module")
def _account_with_everything() -> Iterator[Emulator]:
    from parts.emulator import Emulator

    found = Emulator()
    stack = deploy(found, "x", EVERYTHING)
    assert stack["StackStatus"] == "CREATE_COMPLETE", problem(found, stack)
    yield found
    found.stop()


@pytest.fixture
def emulator_with_everything(_account_with_everything: Emulator) -> Iterator[Emulator]:
    said = len(_account_with_everything.log())
    yield _account_with_everything
    print(_account_with_everything.log()[said:])
