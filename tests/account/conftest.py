"""The account layer against the simulated account, over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from geos.wizard.aws import Aws
from geos.wizard.facts import Target

if TYPE_CHECKING:
    from tests.parts.emulator import Emulator


@pytest.fixture
def aws(emulator: Emulator) -> Aws:
    """The new account, seen from us-east-1."""
    return aws_at(emulator.endpoint)


def aws_at(endpoint: str, region: str = "us-east-1") -> Aws:
    return Aws(Target(region, endpoint=endpoint, sandbox=True, account_id="123456789012"))
