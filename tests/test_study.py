"""What a design means, worked out from answers and shipped tables alone."""

from __future__ import annotations

from typing import Any

import pytest
from fakes.parts import TINY

from geos.wizard.study import Study
from geos.wizard.systems.answers import settle
from geos.wizard.systems.answers_files import as_given
from geos.wizard.systems.design import design
from geos.wizard.systems.expressions import Facts, shipped_facts
from geos.wizard.systems.manifest import load_system


def study(name: Any = "geos-chem", facts: Facts | None = None, **answers: Any) -> Study:
    system = load_system(name)
    facts = facts or shipped_facts("us-east-1")
    return Study(design(system, settle(system.schema, [as_given(answers, "test")], facts).require(), facts))


def test_the_workload_follows_the_answers() -> None:
    found = study(grid="2x2.5", simulated_days=10, job_preset="large", purchase_option="on-demand").workload
    assert found is not None
    assert (found.grid, found.simulated_days, found.vcpus, found.purchase) == ("2x2.5", 10.0, 32, "on-demand")
    assert found.data_region == "us-east-1"


def test_a_job_may_run_on_the_machines_of_the_plan() -> None:
    found = study(max_vcpus=320)
    assert found.job is not None
    assert found.workload is not None
    assert found.job.instance_types == found.workload.instance_types
    assert found.job.spot
    assert found.job.max_vcpus == 320


def test_a_system_that_runs_nothing_has_no_job() -> None:
    found = study(TINY)
    assert (found.workload, found.job, found.machines, found.refused) == (None, None, (), ())
    assert found.estimate.run is None


def test_machines_that_cannot_take_the_job_say_why() -> None:
    found = study(job_preset="large", architectures="arm64", instance_types=["c7g.4xlarge", "c7g.8xlarge"])
    assert [m.instance_type for m in found.machines] == ["c7g.8xlarge"]
    ((name, why),) = found.refused
    assert name == "c7g.4xlarge"
    assert "16 vCPUs, the job needs 32" in why


def test_needs_permissions_and_costs_come_from_the_same_stacks() -> None:
    found = study()
    assert {need.quota_code for need in found.needs} >= {"L-1216C47A", "L-34B43A08"}
    assert any(grant.action == "batch:CreateComputeEnvironment" for grant in found.grants)
    assert all("geos-chem-dev" in g.resource_pattern or "*" in g.resource_pattern for g in found.grants)
    assert found.estimate.idle_usd_per_month > 0
    assert found.faults == ()


@pytest.mark.parametrize("region", ["us-east-1", "eu-north-1"])
def test_all_is_seen_from_the_chosen_region(region: str) -> None:
    found = study(facts=shipped_facts(region), region=region)
    assert {stack.region for stack in found.stacks} == {region}
    assert {need.region for need in found.needs} <= {region, "us-east-1"}
