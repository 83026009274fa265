"""What fits now."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from geos.wizard.account.advice import machines_of
from geos.wizard.account.fits import JobShape, fit_keys, fits, jobs_now, jobs_on, most_jobs, words
from geos.wizard.account.verdicts import Found, Limit, QuotaKey, Use

JOB = JobShape(16, 30_000, ("c7i.4xlarge", "c7i.16xlarge", "c7g.4xlarge"), max_vcpus=640)
MACHINES = machines_of(JOB)
ON_DEMAND = QuotaKey("ec2", "L-1216C47A", "us-east-1")
SPOT = QuotaKey("ec2", "L-34B43A08", "us-east-1")


def found(on_demand: float | None, spot: float | None, used: float = 0.0) -> Found:
    limits = {k: Limit(k, v, unread="" if v is not None else "AWS answered AccessDenied") for k, v in
              ((ON_DEMAND, on_demand), (SPOT, spot))}  # fmt: skip
    return Found(limits, {ON_DEMAND: Use(used, "counted"), SPOT: Use(0.0, "counted")})


@given(
    st.integers(0, 60),
    st.lists(st.tuples(st.integers(1, 12), st.integers(1, 4)), min_size=1, max_size=3, unique_by=lambda m: m[0]),
)
def test_packing_is_the_best_there_is(vcpus: int, machines: list[tuple[int, int]]) -> None:
    def best(room: int, sizes: list[tuple[int, int]]) -> int:
        if not sizes:
            return 0
        (size, jobs), *rest = sizes
        return max(n * jobs + best(room - n * size, rest) for n in range(room // size + 1))

    assert most_jobs(vcpus, machines) == best(vcpus, machines)


@given(st.integers(0, 500), st.integers(1, 100))
def test_more_room_never_holds_fewer_jobs(vcpus: int, more: int) -> None:
    machines = [(16, 1), (36, 2), (64, 4)]
    assert most_jobs(vcpus + more, machines) >= most_jobs(vcpus, machines)


def test_memory_limits_jobs_as_well() -> None:
    roomy, tight = JOB, replace(JOB, memory_mib=31_500.0)
    assert jobs_on(MACHINES["c7i.16xlarge"], roomy) == 4
    assert jobs_on(MACHINES["c7i.4xlarge"], roomy) == 1
    assert jobs_on(MACHINES["c7i.4xlarge"], tight) == 0
    assert jobs_on(MACHINES["c7i.16xlarge"], tight) == 3


def test_a_new_account_fits_no_job_of_sixteen() -> None:
    (own, other) = fits(JOB, "us-east-1", found(5.0, 5.0), MACHINES)
    assert (own.jobs, own.largest_max_vcpus, own.takes_whole_plan, own.purchase) == (0, 5.0, False, "On-Demand")
    assert other.purchase == "Spot"
    assert words((own, other), JOB)[0].startswith("What fits now (Standard On-Demand): 0 jobs of 16 vCPUs")


def test_the_other_purchase_option_is_named_where_it_takes_more() -> None:
    told = fits(JOB, "us-east-1", found(5.0, 640.0), MACHINES)
    assert words(told, JOB)[1].startswith("As Spot: 40 jobs of 16 vCPUs, the whole plan")


def test_what_others_use_is_not_there() -> None:
    (own, _) = fits(JOB, "us-east-1", found(100.0, 0.0, used=40.0), MACHINES)
    assert (own.largest_max_vcpus, own.jobs) == (60.0, 3)


def test_the_plans_own_maximum_bounds_the_jobs() -> None:
    (own, _) = fits(replace(JOB, max_vcpus=32.0), "us-east-1", found(640.0, 0.0), MACHINES)
    assert (own.jobs, own.takes_whole_plan) == (2, True)


def test_an_unread_quota_fits_an_unknown_number() -> None:
    told = fits(JOB, "us-east-1", found(None, 640.0), MACHINES)
    assert told[0].jobs is None
    assert jobs_now(told, JOB, MACHINES) is None
    assert "AccessDenied" in words(told, JOB)[0]


def test_types_that_are_not_sold_there_hold_nothing() -> None:
    told = fits(JOB, "us-east-1", found(640.0, 0.0), MACHINES, offered=frozenset({"m5.large"}))
    assert told[0].jobs == 0
    assert "none of the instance types" in words(told, JOB)[0]


def test_hpc_types_have_a_quota_of_their_own_and_no_spot() -> None:
    job = JobShape(64, 60_000, ("hpc7g.16xlarge", "c7g.16xlarge"))
    assert [k.code for k in fit_keys(job, "us-east-1")] == ["L-F7808C92", "L-1216C47A", "L-34B43A08"]


def test_jobs_of_two_classes_never_pass_the_plan_together() -> None:
    job = JobShape(64, 60_000, ("hpc7g.16xlarge", "c7g.16xlarge"), max_vcpus=128.0)
    machines = machines_of(job)
    keys = fit_keys(job, "us-east-1")
    everything = Found({k: Limit(k, 640.0) for k in keys}, {k: Use(0.0) for k in keys})
    assert jobs_now(fits(job, "us-east-1", everything, machines), job, machines) == 2
