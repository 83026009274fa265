"""The layer of faults around the account does what the fault tests rely on."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError, HTTPClientError
from parts.emulator import most_in_flight, most_per_second

if TYPE_CHECKING:
    from parts.emulator import Emulator


def create(emulator: Emulator, name: str) -> None:
    emulator.client("logs").create_log_group(logGroupName=name)


def groups(emulator: Emulator) -> set[str]:
    return {g["logGroupName"] for g in emulator.client("logs").describe_log_groups()["logGroups"]}


def test_the_nth_mutating_call_fails_and_nothing_else(emulator: Emulator) -> None:
    emulator.fail("throttle", n=2, mutating=True)
    create(emulator, "a")
    assert groups(emulator) == {"a"}
    with pytest.raises(ClientError) as e:
        create(emulator, "b")
    assert e.value.response["Error"]["Code"] == "ThrottlingException"
    create(emulator, "c")
    assert groups(emulator) == {"a", "c"}
    (fault,) = emulator.faults()
    assert (fault["seen"], fault["struck"]) == (3, 1)


@pytest.mark.parametrize(
    ("kind", "service", "call", "code"),
    [
        ("throttle", "ec2", "describe_vpcs", "RequestLimitExceeded"),
        ("throttle", "cloudformation", "list_stacks", "Throttling"),
        ("throttle", "service-quotas", "list_services", "TooManyRequestsException"),
        ("throttle", "s3", "list_buckets", "SlowDown"),
        ("error", "ec2", "describe_vpcs", "InternalError"),
        ("error", "batch", "describe_job_queues", "InternalFailure"),
        ("expired", "ec2", "describe_vpcs", "RequestExpired"),
        ("expired", "sts", "get_caller_identity", "ExpiredToken"),
        ("expired", "batch", "describe_job_queues", "ExpiredTokenException"),
        ("wrong", "sts", "get_caller_identity", "InvalidClientTokenId"),
        ("wrong", "ec2", "describe_vpcs", "AuthFailure"),
        ("skew", "sts", "get_caller_identity", "SignatureDoesNotMatch"),
        ("denied", "logs", "describe_log_groups", "AccessDeniedException"),
    ],
)
def test_errors_have_each_services_own_code(emulator: Emulator, kind: str, service: str, call: str, code: str) -> None:
    emulator.fail(kind, n=0)
    with pytest.raises(ClientError) as e:
        getattr(emulator.client(service), call)()
    assert e.value.response["Error"]["Code"] == code


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_cut_connection_may_or_may_not_have_done_its_work(emulator: Emulator, when: str) -> None:
    emulator.fail("cut", mutating=True, when=when)
    with pytest.raises(HTTPClientError):
        create(emulator, "a")
    assert groups(emulator) == ({"a"} if when == "after" else set())


def test_a_held_call_waits_for_its_release(emulator: Emulator) -> None:
    emulator.fail("hold", mutating=True)
    thread = threading.Thread(target=create, args=(emulator, "a"))
    thread.start()
    assert emulator.held()
    assert thread.is_alive()
    assert groups(emulator) == set()
    emulator.release()
    thread.join(10)
    assert groups(emulator) == {"a"}


def test_calls_are_remembered_with_their_times(emulator: Emulator) -> None:
    emulator.clear()
    emulator.delay(0.1)
    began = time.monotonic()
    client: Any = emulator.client("logs")
    threads = [threading.Thread(target=client.describe_log_groups) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert time.monotonic() - began >= 0.1
    calls = emulator.calls("logs", "DescribeLogGroups")
    assert len(calls) == 5
    assert most_in_flight(calls) > 1
    assert most_per_second(calls) == 5
    assert {c["mutating"] for c in calls} == {False}
    assert all(c["end"] - c["start"] >= 0.1 and c["status"] == 200 for c in calls)


def test_the_inventory_shows_what_is_new(emulator: Emulator) -> None:
    before = emulator.inventory()
    create(emulator, "a")
    after = emulator.inventory()
    assert after != before
    emulator.client("logs").delete_log_group(logGroupName="a")
    assert emulator.inventory() == before
