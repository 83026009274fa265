"""What tests of builds share: a real OpenSSH server, a connection to it, and geos-build as somebody types it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from parts.commands import Geos, typed
from parts.emulator import Emulator
from parts.sshd import Sshd, sshd

from geos.builder.cli import main
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


@pytest.fixture
def geos(
    emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Geos:
    """geos-build in an empty folder, its environment pointing at the simulated account."""
    monkeypatch.chdir(tmp_path)
    for name, value in emulator.env().items():
        monkeypatch.setenv(name, value)
    return typed(main, capsys)
