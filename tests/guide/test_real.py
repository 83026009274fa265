"""The guide's tables by the real parts, while later questions are still open."""

from __future__ import annotations

from typing import Any

import pytest

from geos.wizard.guide.real import RealParts
from geos.wizard.systems.answers import from_flags, settle
from geos.wizard.systems.expressions import shipped_facts
from geos.wizard.systems.manifest import list_systems, load_system

ANSWERS: list[dict[str, Any]] = [
    {"environment": "prod"},
    {"environment": "prod", "owner": "ana"},
    {"environment": "dev", "vpc_mode": "existing"},
]


@pytest.mark.parametrize("answers", ANSWERS, ids=str)
@pytest.mark.parametrize("system", [title.name for title in list_systems()])
def test_what_is_not_asked_yet_keeps_no_table_from_being_shown(system: str, answers: dict[str, Any]) -> None:
    """A stack of `prod` cannot do without an e-mail address, which is asked for last."""
    schema, facts = load_system(system).schema, shipped_facts("us-east-1")
    settled = settle(schema, [from_flags(schema, answers)], facts)
    assert settled.missing
    priced = RealParts().ways_out(settled, facts)
    assert bool(priced) is (answers.get("vpc_mode") != "existing")
    if priced:
        assert priced["per-az"] > priced["single"] > priced["none"]
