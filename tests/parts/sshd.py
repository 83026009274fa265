"""A real OpenSSH server on loopback, in a folder of its own, with one host key and one user key."""

from __future__ import annotations

import contextlib
import getpass
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from geos.builder.keys import keep_private, new_key
from geos.builder.ssh import Address, Login
from geos.wizard.waiting import until

PROGRAM = "/usr/sbin/sshd"
needs_sshd = pytest.mark.skipif(
    not Path(PROGRAM).exists(), reason="NO OPENSSH SERVER: apt-get install openssh-server; the way in is not tested"
)


@dataclass
class Sshd:
    folder: Path
    port: int
    extra: tuple[str, ...] = ()
    process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> Address:
        return Address("127.0.0.1", self.port, getpass.getuser())

    @property
    def login(self) -> Login:
        return Login((self.folder / "host.pub").read_text(), self.folder / "user")

    @property
    def home(self) -> Path:
        """Where commands start and ~ is."""
        return self.folder / "home"

    def start(self) -> None:
        log = (self.folder / "log").open("ab")
        words = [PROGRAM, "-D", "-e", "-f", str(self.folder / "config")]
        self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        log.close()
        assert until(self._answers, at_most_seconds=10, first_seconds=0.01), (self.folder / "log").read_text()

    def stop(self) -> None:
        """The server and every session of it."""
        if self.process is None:
            return
        for pid in (*self.sessions(), self.process.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()
        self.process = None

    def sessions(self) -> tuple[int, ...]:
        """The processes that hold a connection: children of the server, and their children where it forks twice."""
        if self.process is None:
            return ()
        found, todo = [], [self.process.pid]
        while todo:
            children = Path(f"/proc/{todo[0]}/task/{todo.pop(0)}/children")
            with contextlib.suppress(OSError):
                own = [int(pid) for pid in children.read_text().split()]
                ours = [pid for pid in own if b"sshd" in Path(f"/proc/{pid}/cmdline").read_bytes()]
                found += ours
                todo += ours
        return tuple(found)

    def signal_sessions(self, number: signal.Signals) -> None:
        for pid in self.sessions():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def new_host_key(self) -> None:
        """The same address, another machine."""
        self.stop()
        _write_key(self.folder / "host", "stranger")
        self.start()

    def _answers(self) -> bool | None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=0.2):
            return True
        return None


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@contextlib.contextmanager
def sshd(extra: Sequence[str] = (), *, started: bool = True) -> Iterator[Sshd]:
    """`extra`: further lines of its configuration."""
    folder = Path(tempfile.mkdtemp(prefix="geos-sshd-"))
    folder.chmod(0o700)
    server = Sshd(folder, free_port(), tuple(extra))
    (folder / "home").mkdir()
    for name in ("host", "user"):
        _write_key(folder / name, name)
    shutil.copy(folder / "user.pub", folder / "authorized_keys")
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    (folder / "config").write_text("\n".join(_config(server)) + "\n")
    try:
        if started:
            server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _config(server: Sshd) -> list[str]:
    folder = server.folder
    return [
        *server.extra,  # of two lines the first counts
        "ListenAddress 127.0.0.1",
        f"Port {server.port}",
        f"HostKey {folder}/host",
        f"PidFile {folder}/pid",
        f"AuthorizedKeysFile {folder}/authorized_keys",
        "PasswordAuthentication no",
        "KbdInteractiveAuthentication no",
        "PubkeyAuthentication yes",
        "PermitRootLogin prohibit-password",
        "UsePAM no",
        "StrictModes no",
        "PrintMotd no",
        f"SetEnv HOME={folder}/home",
        "Subsystem sftp internal-sftp",
    ]


def _write_key(place: Path, comment: str) -> None:
    pair = new_key(comment)
    keep_private(pair, place)
    place.with_suffix(".pub").write_text(pair.public + "\n")
