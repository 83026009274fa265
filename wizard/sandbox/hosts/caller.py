"""Whether a request comes from this computer's own user.

A machine that starts here runs programs as that user. The account answers anybody who reaches the loopback
address with keys that everybody knows, so before a machine really starts the request's other end is looked up:
it must belong to the same user, and must not come from a web page that was led here by a false name.
"""

from __future__ import annotations

import os
from pathlib import Path

_TABLES = ("/proc/net/tcp", "/proc/net/tcp6")
_LOOPBACK = "0100007F"
OWN_NAMES = frozenset({"127.0.0.1", "localhost"})


def is_own_user(peer_port: int, server_port: int, host_header: str) -> bool:
    """Linux only: elsewhere nobody can tell, and the answer is no."""
    name = host_header.rsplit(":", 1)[0]
    return name in OWN_NAMES and owner_of(peer_port, server_port) == os.geteuid()


def owner_of(local_port: int, remote_port: int) -> int | None:
    """The user whose connection leads from one loopback port to another; None when there is none."""
    for table in _TABLES:
        try:
            rows = Path(table).read_text(encoding="ascii").splitlines()[1:]
        except OSError:
            continue
        for row in rows:
            cells = row.split()
            ends = [cell.partition(":") for cell in cells[1:3]]
            if [int(port, 16) for _, _, port in ends] == [local_port, remote_port] and all(
                address.endswith(_LOOPBACK) for address, _, _ in ends
            ):
                return int(cells[7])
    return None
