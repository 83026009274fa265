"""The lease: one owner at a time, gone by itself when its owner is."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace

import pytest
from parts.account import Case
from parts.emulator import Emulator

from geos.wizard.aws.lock import TABLE, LockItem
from geos.wizard.deployment.lock import LEASE_SECONDS, break_lock, held, living, new_token, owner_here
from geos.wizard.errors import Locked, NotThere
from geos.wizard.waiting import pause


@pytest.fixture
def table(tiny: Case, emulator: Emulator) -> Case:
    """A case whose region has the lock table."""
    emulator.client("dynamodb").create_table(
        TableName=TABLE,
        AttributeDefinitions=[{"AttributeName": "LockID", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "LockID", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return tiny


def test_one_owner_at_a_time(table: Case) -> None:
    with held(table.aws, "a-dev", "deploy", token="t1") as lease:
        lease.check()
        with pytest.raises(Locked, match=f"pid {os.getpid()}") as raised, held(table.aws, "a-dev", "x", token="t2"):
            pass
        assert "--break-lock" in raised.value.hint
        with held(table.aws, "b-dev", "deploy", token="t3"):
            assert {i.deployment for i in living(table.aws)} == {"a-dev", "b-dev"}
            assert {i.deployment for i in living(table.aws, but="a-dev")} == {"b-dev"}
    assert living(table.aws) == ()


def test_the_lock_is_given_back_after_a_failure(table: Case) -> None:
    with pytest.raises(ValueError, match="x"), held(table.aws, "a-dev", "deploy", token="t1"):
        raise ValueError("x")
    assert table.aws.lock.read("a-dev") is None


def test_an_expired_lease_is_taken_over(table: Case) -> None:
    dead = LockItem("a-dev", "ana@elsewhere pid 1", "old", "deploy", "2026-11-20", table.aws.lock.now() - 1)
    assert table.aws.lock.take(dead)
    with held(table.aws, "a-dev", "deploy", token="t1"):
        found = table.aws.lock.read("a-dev")
        assert found is not None
        assert found.token == "t1"
        assert 0 < found.expires - table.aws.lock.now() <= LEASE_SECONDS + 1  # the service tells whole seconds


def test_a_living_lease_of_another_machine_is_respected_until_it_is_broken(table: Case) -> None:
    item = LockItem("a-dev", "ana@elsewhere pid 1", "old", "deploy", "2026-11-20", table.aws.lock.now() + 60)
    assert table.aws.lock.take(item)
    with pytest.raises(Locked, match="ana@elsewhere"), held(table.aws, "a-dev", "deploy", token="t1"):
        pass
    with held(table.aws, "a-dev", "deploy", token="t1", break_lock=True):
        pass
    assert table.aws.lock.take(item)
    broken = break_lock(table.aws, "a-dev")
    assert broken is not None
    assert broken.owner == "ana@elsewhere pid 1"
    assert break_lock(table.aws, "a-dev") is None


def test_a_run_of_this_folder_that_was_killed_need_not_be_waited_for(table: Case) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    owner = owner_here().rsplit(" ", 1)[0] + f" {ended.pid}"
    item = LockItem("a-dev", owner, "killed", "deploy", "2026-11-20", table.aws.lock.now() + 60)
    assert table.aws.lock.take(item)
    with pytest.raises(Locked), held(table.aws, "a-dev", "deploy", token="t1", own=frozenset({"another"})):
        pass
    with held(table.aws, "a-dev", "deploy", token="t1", own=frozenset({"killed"})):
        pass
    alive = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    assert table.aws.lock.take(replace(item, owner=owner_here().rsplit(" ", 1)[0] + f" {alive.pid}"))
    with pytest.raises(Locked), held(table.aws, "a-dev", "deploy", token="t1", own=frozenset({"killed"})):
        pass
    alive.communicate(b"\n")


def test_the_lease_is_renewed_while_work_goes_on(table: Case) -> None:
    with held(table.aws, "a-dev", "deploy", token="t1", renew_seconds=0.05):
        first = table.aws.lock.read("a-dev")
        assert _until(lambda: table.aws.lock.read("a-dev").expires > first.expires)  # type: ignore[union-attr]


def test_a_lease_that_was_broken_stops_its_owner(table: Case) -> None:
    with held(table.aws, "a-dev", "deploy", token="t1", renew_seconds=0.05) as lease:
        break_lock(table.aws, "a-dev")
        assert _until(lambda: _lost(lease))
        with pytest.raises(Locked, match="somebody else"):
            lease.check()


def test_a_lease_whose_table_is_gone_stops_its_owner(table: Case, emulator: Emulator) -> None:
    with held(table.aws, "a-dev", "deploy", token="t1", renew_seconds=0.05) as lease:
        emulator.client("dynamodb").delete_table(TableName=TABLE)
        assert _until(lambda: _lost(lease))
        with pytest.raises(Locked, match="table"):
            lease.check()


def test_without_a_table_there_is_no_lock(tiny: Case) -> None:
    with pytest.raises(NotThere), held(tiny.aws, "a-dev", "deploy", token="t1"):
        pass


def test_tokens_are_new_each_time() -> None:
    assert len({new_token() for _ in range(100)}) == 100


def _lost(lease: object) -> bool:
    try:
        lease.check()  # type: ignore[attr-defined]
    except Locked:
        return True
    return False


def _until(true) -> bool:  # type: ignore[no-untyped-def]
    for _ in range(100):
        if true():
            return True
        pause(0.05)
    return False
