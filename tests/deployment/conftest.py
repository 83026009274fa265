"""A deployment of the tiny system in a new simulated account."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from parts.account import Case

if TYPE_CHECKING:
    from parts.emulator import Emulator


@pytest.fixture
def tiny(emulator: Emulator, tmp_path: Path) -> Case:
    return Case(emulator.endpoint, tmp_path / "out")
