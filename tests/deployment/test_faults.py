"""For every call that fails, and every moment at which the process is killed: run again, and it works; destroy, and
nothing is left.

The tiny system in one simulated account. One pass over n strikes the n-th call of a deployment and the n-th of a
removal; each is then run again to its end. The account must be as it was before, every time.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from parts.account import Case

from geos.wizard.errors import ExpiredCredentials, GeosError

if TYPE_CHECKING:
    from parts.emulator import Emulator

RETRIED = ("throttle", "error", "cut")
"""Faults that botocore's own second try gets over."""


@pytest.fixture(scope="module")
def account(_emulator_process: Emulator) -> Emulator:
    """One account for all passes: each leaves it as it found it."""
    _emulator_process.reset()
    return _emulator_process


def counted(account: Emulator, doing: Callable[[], object]) -> list[dict[str, Any]]:
    account.clear()
    doing()
    return [c for c in account.calls() if not c["fault"]]


def both(case: Case) -> None:
    case.deploy()
    case.destroy().require()


def kinds_of(inventory: dict[str, dict[str, Any]]) -> dict[str, list[str]]:
    return {kind: sorted(things) for kind, things in inventory.items()}


# --- calls that fail -------------------------------------------------------------------------


@pytest.mark.parametrize("first", [1, 2], ids=["odd", "even"])
def test_an_expired_token_at_any_call_only_stops_the_run(account: Emulator, tmp_path: Path, first: int) -> None:
    """In two halves, which two workers can share."""
    case = Case(account.endpoint, tmp_path / "out")
    before = kinds_of(account.inventory())
    deploying = len(counted(account, case.deploy))
    removing = len(counted(account, lambda: case.destroy().require()))
    struck = 0
    places = range(first, max(deploying, removing) + 1, 2)
    for n in places:
        for doing in (case.deploy, lambda: case.destroy().require()):
            account.clear()
            account.fail("expired", n=n)
            stopped = False
            try:
                doing()
            except ExpiredCredentials:
                stopped = True
            struck += account.faults()[0]["struck"]
            account.clear()
            if stopped:
                doing()
        assert kinds_of(account.inventory()) == before, f"after call {n}"
        assert case.records.names() == ()
    aimed = sum((n <= deploying) + (n <= removing) for n in places)
    assert struck >= aimed - 6  # repeated looks differ a little from run to run


@pytest.mark.parametrize("kind", RETRIED)
def test_a_fault_that_passes_is_not_even_noticed(account: Emulator, tmp_path: Path, kind: str) -> None:
    """Every action fails once, in one run: what is called again later has failed at its first call."""
    case = Case(account.endpoint, tmp_path / "out")
    before = kinds_of(account.inventory())
    account.clear()
    calls = counted(account, lambda: both(case))
    account.clear()
    actions = sorted({(c["service"], c["action"]) for c in calls})
    for service, action in actions:
        account.fail(kind, n=1, service=service, action=action)
    both(case)
    assert {f["struck"] for f in account.faults()} == {1}
    account.clear()
    assert kinds_of(account.inventory()) == before


def test_answers_that_are_lost_after_the_deed_do_no_harm(account: Emulator, tmp_path: Path) -> None:
    """The connection is cut when the call was carried out already; botocore asks again, so the deed comes twice."""
    case = Case(account.endpoint, tmp_path / "out")
    before = kinds_of(account.inventory())
    calls = [c for c in counted(account, lambda: both(case)) if c["mutating"]]
    for place in (1, 2):
        account.clear()
        for service, action in sorted({(c["service"], c["action"]) for c in calls}):
            account.fail("cut", n=place, service=service, action=action, when="after")
        both(case)
        account.clear()
        assert kinds_of(account.inventory()) == before


# --- the process is killed -------------------------------------------------------------------


def _child(endpoint: str, folder: str, verb: str) -> None:
    case = Case(endpoint, Path(folder))
    if verb == "deploy":
        case.deploy()
    else:
        case.destroy()


@contextlib.contextmanager
def running(account: Emulator, folder: Path, verb: str) -> Iterator[Any]:
    process = multiprocessing.get_context("fork").Process(target=_child, args=(account.endpoint, str(folder), verb))
    process.start()
    try:
        yield process
    finally:
        if process.is_alive():
            process.kill()
        process.join(10)


@pytest.mark.parametrize("verb", ["deploy", "destroy"])
def test_a_process_killed_at_any_change_is_taken_up_by_the_next(account: Emulator, tmp_path: Path, verb: str) -> None:
    """Killed in turn before the change is carried out and after it, while the answer is on its way."""
    case = Case(account.endpoint, tmp_path / "out")
    before = kinds_of(account.inventory())
    n = 0
    while True:
        n += 1
        if verb == "destroy":
            case.deploy()
        account.clear()
        account.fail("hold", n=n, mutating=True, when="after" if n % 2 else "before")
        with running(account, tmp_path / "out", verb) as process:
            held = _held_or_ended(account, process)
            if held:
                os.kill(process.pid, signal.SIGKILL)
        account.release()
        account.clear()
        if not held:
            break
        if verb == "deploy":
            case.deploy()
        with contextlib.suppress(GeosError):
            case.destroy().require()
        assert kinds_of(account.inventory()) == before, f"killed at change {n}"
        assert case.records.names() == ()
    assert n > 5
    with contextlib.suppress(GeosError):
        case.destroy().require()
    assert kinds_of(account.inventory()) == before


def _held_or_ended(account: Emulator, process: Any) -> bool:
    while process.is_alive():
        if account.held(0.05):
            return True
    return account.held(0.0)
