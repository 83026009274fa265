"""vCPUs are counted as EC2's quotas count them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from geos.wizard.account.counting import Fleet, count_vcpus
from geos.wizard.aws.ec2_facts import Reservation, RunningInstance, SpotRequest
from geos.wizard.tables.instances import instance, instances
from geos.wizard.tables.quotas import vcpu_quota_code

ON_DEMAND, SPOT, HPC, INF, TRN = "L-1216C47A", "L-34B43A08", "L-F7808C92", "L-1945791B", "L-2C3B7624"


ASKED = {"inf1.xlarge": 4, "trn1.2xlarge": 8, "x2gd.medium": 1}
"""Types outside the shipped table, as EC2 describes them."""


def vcpus(name: str) -> int | None:
    found = instance(name)
    return found.vcpus if found else ASKED.get(name)


def quota_of(name: str, spot: bool) -> str:
    return vcpu_quota_code(name, spot=spot)


def used(fleet: Fleet) -> dict[str, float | None]:
    return {code: use.amount for code, use in count_vcpus(fleet, vcpus, quota_of).items()}


def test_families_that_look_alike_are_kept_apart() -> None:
    names = ["c5.9xlarge"] * 3 + ["inf1.xlarge", "trn1.2xlarge", "hpc7a.12xlarge", "t3.micro", "x2gd.medium"]
    found = used(Fleet(tuple(RunningInstance(n) for n in names)))
    assert found[ON_DEMAND] == 3 * 36 + 2
    assert found[INF] == 4
    assert found[TRN] == 8
    assert found[HPC] == 24
    assert found["L-7295265B"] == 1


def test_only_running_instances_count() -> None:
    states = ["running", "pending", "stopping", "stopped", "shutting-down", "terminated"]
    assert used(Fleet(tuple(RunningInstance("c5.large", s) for s in states))) == {ON_DEMAND: 2}


def test_spot_and_on_demand_are_kept_apart() -> None:
    fleet = Fleet((RunningInstance("c5.large"), RunningInstance("c5.4xlarge", lifecycle="spot")))
    assert used(fleet) == {ON_DEMAND: 2, SPOT: 16}


def test_open_spot_requests_count_as_what_they_may_start() -> None:
    requests = (
        SpotRequest("c5.xlarge", count=3),
        SpotRequest("c5.xlarge", "active"),
        SpotRequest("c5.xlarge", "closed"),
    )
    assert used(Fleet(spot_requests=requests)) == {SPOT: 12}


def test_unused_places_of_reservations_count_once() -> None:
    running = (RunningInstance("m5.2xlarge"), RunningInstance("m5.2xlarge"))
    reserved = (Reservation("m5.2xlarge", unused=3), Reservation("m5.2xlarge", 9, state="expired"))
    assert used(Fleet(running, reserved)) == {ON_DEMAND: (2 + 3) * 8}


def test_a_reservation_shared_by_another_account_is_theirs() -> None:
    reserved = (Reservation("m5.large", 1, owner="111122223333"), Reservation("m5.large", 2, owner="123456789012"))
    assert used(Fleet(reservations=reserved, account_id="123456789012")) == {ON_DEMAND: 4}


def test_dedicated_hosts_and_capacity_blocks_have_other_quotas() -> None:
    instances = (
        RunningInstance("p5.48xlarge", lifecycle="capacity-block"),
        RunningInstance("c5.large", tenancy="host"),
        RunningInstance("c5.large", tenancy="dedicated"),
    )
    assert used(Fleet(instances, (Reservation("p5.48xlarge", 2, kind="capacity-block"),))) == {ON_DEMAND: 2}


def test_a_type_nobody_knows_makes_its_own_quota_unknown_and_no_other() -> None:
    found = count_vcpus(Fleet((RunningInstance("c99.large"), RunningInstance("inf1.xlarge"))), vcpus, quota_of)
    assert found[ON_DEMAND].amount is None
    assert "c99.large" in found[ON_DEMAND].unread
    assert found[INF].amount == 4


def test_own_instances_are_told_apart() -> None:
    fleet = Fleet((RunningInstance("c5.large", tags={"Project": "geos-chem"}), RunningInstance("c5.4xlarge")))
    found = count_vcpus(fleet, vcpus, quota_of, lambda i: i.tags.get("Project") == "geos-chem")[ON_DEMAND]
    assert (found.amount, found.own) == (18, 2)


@given(
    st.lists(st.tuples(st.sampled_from(sorted(instances())), st.booleans(), st.booleans()), max_size=30),
)
def test_every_vcpu_is_counted_once_and_in_one_place(fleet: list[tuple[str, bool, bool]]) -> None:
    found = used(
        Fleet(tuple(RunningInstance(n, "running" if up else "stopped", "spot" if s else "") for n, s, up in fleet))
    )
    expected = sum(vcpus(n) or 0 for n, spot, up in fleet if up and quota_of(n, spot))
    assert sum(v or 0 for v in found.values()) == expected
