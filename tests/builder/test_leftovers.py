"""What builds leave in an account is found by tags alone, priced and removed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parts.hosts import account, bench

from geos.builder.leftovers import Leftover, find_leftovers, remove_leftovers, usd_per_hour
from geos.wizard.aws.hosts_facts import Remain

if TYPE_CHECKING:
    from parts.emulator import Emulator

NOW = datetime(2026, 11, 25, 6, tzinfo=UTC)


def leftover(**tags: str) -> Leftover:
    return Leftover(Remain("volume", "vol-1", tags), 0.0)


@given(st.timedeltas(min_value=timedelta(days=-900), max_value=timedelta(days=900)))
def test_it_may_be_removed_by_anybody_once_its_time_is_over(away: timedelta) -> None:
    tag = (NOW + away).isoformat(timespec="seconds").replace("+00:00", "Z")
    assert leftover(**{"geos:expires": tag}).expired(NOW) is (away < timedelta(seconds=1))


@pytest.mark.parametrize("tag", ["", "soon", "2026-13-01"])
def test_what_does_not_say_when_is_nobodys_any_more(tag: str) -> None:
    assert leftover(**{"geos:expires": tag}).expired(NOW)


def test_a_price_that_is_not_known_is_not_left_out_of_the_sum() -> None:
    known, unknown = Leftover(Remain("volume", "vol-1"), 0.01), Leftover(Remain("instance", "i-1"), None)
    assert usd_per_hour([known, known]) == pytest.approx(0.02)
    assert usd_per_hour([known, unknown]) is None
    assert usd_per_hour([]) == 0


def test_each_thing_has_its_price_and_only_the_named_build_is_touched(emulator: Emulator, tmp_path: Path) -> None:
    emulator.seed(quotas={"ec2/L-1216C47A": 64})
    one, two = bench(emulator.endpoint, tmp_path / "1"), bench(emulator.endpoint, tmp_path / "2")
    aws = account(emulator.endpoint)
    # Somebody else's things, one of them with a tag of ours.
    emulator.client("ec2").create_volume(
        AvailabilityZone="us-east-1a",
        Size=8,
        TagSpecifications=[{"ResourceType": "volume", "Tags": [{"Key": "geos:build", "Value": "mine"}]}],
    )
    for build in (one, two):
        for step in build.steps[:2]:
            step.run(build.job)
    found = find_leftovers(aws)
    assert {x.build_id for x in found} == {one.job.build.build_id, two.job.build.build_id}
    prices = {x.kind: x.usd_per_hour for x in found}
    assert prices["instance"] is not None
    assert prices["volume"] is not None
    assert prices["instance"] > prices["volume"] > 0
    assert prices["security-group"] == prices["network-interface"] == 0
    mine = find_leftovers(aws, [one.job.build.build_id])
    said: list[str] = []
    removal = remove_leftovers(aws, mine, tell=said.append, at_most_seconds=10)
    assert not removal.left
    assert {x.id for x in removal.removed} == {x.id for x in mine}
    assert len(said) == len(mine)
    assert {x.build_id for x in find_leftovers(aws)} == {two.job.build.build_id}
    assert not remove_leftovers(aws, find_leftovers(aws), at_most_seconds=10).left
    assert len(emulator.client("ec2").describe_volumes()["Volumes"]) == 1


def test_loose_volumes_interfaces_and_groups_are_removed_too(emulator: Emulator, tmp_path: Path) -> None:
    one = bench(emulator.endpoint, tmp_path)
    one.steps[0].run(one.job)
    ec2, aws = emulator.client("ec2"), account(emulator.endpoint)
    tags = [{"Key": k, "Value": v} for k, v in one.job.build.tags.items()]
    volume = ec2.create_volume(AvailabilityZone="us-east-1a", Size=8)["VolumeId"]
    interface = ec2.create_network_interface(
        SubnetId=one.plan.places[0].subnet_id, Groups=[one.job.part.group_id]
    )["NetworkInterface"]["NetworkInterfaceId"]  # fmt: skip
    ec2.create_tags(Resources=[volume, interface], Tags=tags)
    found = find_leftovers(aws)
    assert [x.kind for x in found] == ["network-interface", "volume", "security-group"]
    assert not remove_leftovers(aws, found, at_most_seconds=10).left
    assert not find_leftovers(aws)


def test_what_aws_does_not_let_go_is_told_with_the_reason_and_the_rest_is_removed(
    emulator: Emulator, tmp_path: Path
) -> None:
    one = bench(emulator.endpoint, tmp_path)
    one.steps[0].run(one.job)
    aws = account(emulator.endpoint)
    ec2 = emulator.client("ec2")
    volume = ec2.create_volume(AvailabilityZone="us-east-1a", Size=8)["VolumeId"]
    ec2.create_tags(Resources=[volume], Tags=[{"Key": k, "Value": v} for k, v in one.job.build.tags.items()])
    emulator.fail("denied", n=0, service="ec2", action="DeleteVolume")
    removal = remove_leftovers(aws, find_leftovers(aws), at_most_seconds=10)
    assert [x.kind for x in removal.removed] == ["security-group"]
    ((kept, why),) = removal.left
    assert kept.id == volume
    assert "not authorized" in why
    assert len(emulator.calls("ec2", "DeleteVolume")) == 1
    emulator.clear()
    assert not remove_leftovers(aws, find_leftovers(aws), at_most_seconds=10).left


def test_a_machine_that_is_kept_holds_what_belongs_to_it(emulator: Emulator, tmp_path: Path) -> None:
    one = bench(emulator.endpoint, tmp_path)
    aws = account(emulator.endpoint)
    with one.up():
        emulator.fail("kept", n=0, service="ec2", action="TerminateInstances")
        removal = remove_leftovers(aws, find_leftovers(aws), at_most_seconds=20)
        assert len(emulator.calls("ec2", "TerminateInstances")) == 1
        assert {x.kind for x, _ in removal.left} == {"instance", "network-interface", "volume", "security-group"}
        assert any("may not be terminated" in why for _, why in removal.left)
        emulator.clear()
    assert not find_leftovers(aws)
