"""Manifest and answers become a workload that sizing and estimates understand."""

from __future__ import annotations

from pathlib import Path

import pytest

from geos.wizard.systems.answers import settle
from geos.wizard.systems.answers_files import read_answers
from geos.wizard.systems.design import design
from geos.wizard.systems.expressions import shipped_facts
from geos.wizard.systems.manifest import list_systems, load_system
from geos.wizard.systems.workloads import assumptions_of, workload_of

EXAMPLES = sorted(Path(__file__).parents[2].glob("examples/*.yaml"))


@pytest.mark.parametrize("answers_file", [e for e in EXAMPLES if "system:" in e.read_text()], ids=lambda e: e.stem)
def test_every_example_has_a_workload_with_types_that_hold_its_job(answers_file: Path) -> None:
    from geos.wizard.sizing import recommend
    from geos.wizard.systems.derive import StackInRegion
    from geos.wizard.systems.estimate import estimate
    from geos.wizard.tables.prices import prices_in

    answers = read_answers(answers_file)
    assert answers is not None
    facts = shipped_facts("us-east-1")
    system = load_system(list_systems()[0].name)
    planned = design(system, settle(system.schema, [answers], facts), facts)
    workload = workload_of(system, planned.values, facts)
    assert workload is not None
    choices = recommend(workload, prices=prices_in("us-east-1"), offered=facts.offered)
    assert choices
    stacks = [StackInRegion(r, s.region) for r, s in zip(planned.resolved, planned.stacks, strict=True)]
    found = estimate(
        stacks,
        "us-east-1",
        workload=workload,
        choice=choices[0],
        assumptions=assumptions_of(system, planned.values, facts),
        budget_usd=planned.values["budget_monthly_usd"],
    )
    assert all(line.formula for line in found.lines)
    assert found.idle_usd_per_month > 0
    if planned.values["nat_mode"] == "none":
        assert found.idle_usd_per_month < 10
    else:
        assert found.idle_usd_per_month > 30
    assert (found.run is not None) == choices[0].measured
