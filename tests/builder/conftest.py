"""What tests of the way to a host share: a real OpenSSH server, and a connection to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from parts.sshd import Sshd, sshd

from geos.builder.ssh import SshHost, connect


@pytest.fixture
def server() -> Iterator[Sshd]:
    with sshd() as found:
        yield found


@pytest.fixture
def host(server: Sshd) -> Iterator[SshHost]:
    found = connect(server.address, server.login)
    yield found
    found.close()
