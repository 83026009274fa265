"""The lock of a deployment: a lease of 60 seconds in the account, renewed every 20 while its owner works.

A geos that dies leaves a lease that ends by itself. One that died on this machine, in this folder, need not
be waited for: its process id is gone and its token stands in the folder.
"""

from __future__ import annotations

import contextlib
import getpass
import os
import re
import socket
import threading
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from geos.wizard.aws.lock import LockItem, LockTable
from geos.wizard.errors import GeosError, Locked, NotThere

if TYPE_CHECKING:
    from geos.wizard.aws import Aws
    from geos.wizard.deployment.records import Records

LEASE_SECONDS = 60.0
RENEW_SECONDS = 20.0


def new_token() -> str:
    """A name for one run of one command; also the secret of its lease."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:8]}"


def owner_here() -> str:
    """Who holds the lock, for people: user@host pid."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = "somebody"
    return f"{user}@{socket.gethostname()} pid {os.getpid()}"


class Lease:
    """A lock that is held. `check` before every step that changes something."""

    def __init__(self, table: LockTable, item: LockItem, renew_seconds: float = RENEW_SECONDS) -> None:
        self._table = table
        self._item = item
        self._renew_seconds = renew_seconds
        self._stop = threading.Event()
        self._lost = ""
        self.given_back = False
        self._thread = threading.Thread(target=self._keep, name="geos-lease", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def check(self) -> None:
        """Raise Locked when the lease is no longer ours."""
        if self._lost:
            raise Locked(
                f"the lock of {self._item.deployment} was lost: {self._lost}.",
                hint="run the same command again; it takes up where things stand",
            )

    def end(self) -> None:
        """Stop renewing and give the lease back, if it can be."""
        self._stop.set()
        self._thread.join(timeout=5)
        # What cannot be given back ends by itself within a minute.
        with contextlib.suppress(GeosError):
            self.given_back = self._table.give_back(self._item.deployment, self._item.token)

    def _keep(self) -> None:
        expires = self._item.expires
        while not self._stop.wait(self._renew_seconds):
            try:
                wanted = self._table.now() + LEASE_SECONDS
                if not self._table.renew(self._item.deployment, self._item.token, wanted):
                    self._lost = "somebody else took it"
                    return
                expires = wanted
            except NotThere:
                self._lost = "its table was removed"
                return
            except GeosError as e:
                if self._table.now() > expires:
                    self._lost = f"it could not be renewed ({e.message})"
                    return


@contextlib.contextmanager
def held(
    aws: Aws,
    deployment: str,
    verb: str,
    *,
    token: str,
    own: frozenset[str] = frozenset(),
    break_lock: bool = False,
    renew_seconds: float = RENEW_SECONDS,
) -> Iterator[Lease]:
    """Hold the lock of `deployment`. Raises Locked with the owner, NotThere when there is no lock table.

    `own`: tokens of runs that began in this folder and did not end; their lease is taken over at once when their
    process is gone.
    """
    table = aws.lock
    there = table.read(deployment)
    if there is not None and (break_lock or is_dead(there, own)):
        table.give_back(deployment, there.token)
        there = None
    since = datetime.now(UTC).isoformat(timespec="seconds")
    item = LockItem(deployment, owner_here(), token, verb, since, table.now() + LEASE_SECONDS)
    if (there is not None and there.expires > table.now() and there.token != token) or not table.take(item):
        raise _locked(deployment, table.read(deployment) or there)
    lease = Lease(table, item, renew_seconds)
    lease.start()
    try:
        yield lease
    finally:
        lease.end()


@contextlib.contextmanager
def held_from_here(
    aws: Aws, records: Records, deployment: str, verb: str, *, token: str, break_lock: bool = False
) -> Iterator[Lease]:
    """Hold the lock, with a trace in the folder by which a later run knows a lease that its owner left behind.

    Raises DiskRefused when there can be no trace, and what `held` raises.
    """
    own = records.open_runs(deployment)
    records.begin(deployment, token)
    lease: Lease | None = None
    try:
        with contextlib.ExitStack() as stack:
            try:
                lease = stack.enter_context(held(aws, deployment, verb, token=token, own=own, break_lock=break_lock))
            except (Locked, NotThere):
                records.end(deployment, token)
                raise
            yield lease
            records.end(deployment, *own)
    finally:
        if lease is not None and lease.given_back:
            records.end(deployment, token)


def break_lock(aws: Aws, deployment: str) -> LockItem | None:
    """Remove the lease whoever holds it; who that was."""
    there = aws.lock.read(deployment)
    if there is not None:
        aws.lock.remove(deployment)
    return there


def living(aws: Aws, *, but: str = "") -> tuple[LockItem, ...]:
    """Leases that have not expired, except that of deployment `but`."""
    table = aws.lock
    table.read(but or "-")  # sets the clock by the service's
    return tuple(i for i in table.all() if i.deployment != but and i.expires > table.now())


def _locked(deployment: str, there: LockItem | None) -> Locked:
    if there is None:
        return Locked(f"the lock of {deployment} was taken a moment ago.", hint="run the same command again")
    return Locked(
        f"{there.owner} is changing {deployment} ({there.verb}, since {there.since}).",
        hint="wait for it; if that command is gone the lock ends by itself within 60 s, or add --break-lock",
    )


_OWNER = re.compile(r"^(?P<who>.+) pid (?P<pid>\d+)$")


def is_dead(item: LockItem, own: frozenset[str]) -> bool:
    """Whether the owner was a process of this machine that no longer runs."""
    if item.token not in own:
        return False
    then, now = _OWNER.match(item.owner), _OWNER.match(owner_here())
    if then is None or now is None or then["who"] != now["who"]:
        return False
    pid = int(then["pid"])
    # A run of this very process that did not end well has ended nevertheless.
    return pid == os.getpid() or not _runs(pid)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
