"""Against a real OpenSSH server: no way to it, sessions that break or freeze at each stage of an upload, and much."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from parts.memory import resident_mb
from parts.sshd import Sshd, needs_sshd, sshd

from geos.builder.address import Address
from geos.builder.cli import main
from geos.builder.commands import Command
from geos.builder.context.scan import scan
from geos.builder.context.upload import Uploaded, upload
from geos.builder.errors import HostLost, HostUnreachable, LoginRefused
from geos.builder.host import Host, Output
from geos.builder.keys import new_key
from geos.builder.ssh import Login, SshHost, connect
from geos.wizard.errors import Exit

pytestmark = needs_sshd


# --- no way to it ------------------------------------------------------------------------------


@pytest.mark.slow
def test_packets_that_disappear_are_told_as_no_answer() -> None:
    """A queue that is full: the kernel drops what asks for a connection, as a firewall does."""
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        with pytest.raises(HostUnreachable, match="timed out") as caught:
            connect(Address("127.0.0.1", full.getsockname()[1]), Login(new_key("x").public))
        for one in waiting:
            one.close()
    assert "--transport ssm" in caught.value.hint


@pytest.mark.slow
def test_a_port_that_takes_connections_and_says_nothing_is_no_host() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(HostUnreachable, match="does not answer as"):
        connect(Address("127.0.0.1", silent.getsockname()[1]), Login(new_key("x").public))


def test_a_name_that_nobody_has_is_told() -> None:
    with pytest.raises(HostUnreachable, match=r"nobody\.invalid"):
        connect(Address("nobody.invalid"), Login(new_key("x").public))


def test_something_else_at_the_port_is_no_host() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            line, _ = server.accept()
            with line:
                line.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n" * 200)

        threading.Thread(target=answer, daemon=True).start()
        with pytest.raises(HostUnreachable, match="does not answer as"):
            connect(Address("127.0.0.1", server.getsockname()[1]), Login(new_key("x").public))


def test_questions_are_not_answered_but_told() -> None:
    with sshd(["KbdInteractiveAuthentication yes", "PubkeyAuthentication no"]) as server, pytest.raises(LoginRefused):
        connect(server.address, server.login)


# --- uploads that break ------------------------------------------------------------------------


class Broken:
    """A host whose line breaks just before one of its commands, or in the middle of what is sent with it."""

    def __init__(self, host: Host, at: int, breaks: Callable[[], None], *, seconds: float = 5.0) -> None:
        self._host, self._at, self._breaks, self._seconds = host, at, breaks, seconds
        self.commands = 0
        self.name = host.name

    def run(self, command: Command, **options: Any) -> Output:
        if self._is_it():
            self._breaks()
        return self._host.run(command, **{**options, "timeout_seconds": self._seconds})

    def send(self, command: Command, chunks: Iterable[bytes], *, timeout_seconds: float = 60.0) -> Output:
        broken = self._breaking(chunks) if self._is_it() else chunks
        return self._host.send(command, broken, timeout_seconds=min(timeout_seconds, self._seconds))

    def close(self) -> None:
        self._host.close()

    def _is_it(self) -> bool:
        self.commands += 1
        return self.commands == self._at

    def _breaking(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        for number, chunk in enumerate(chunks):
            if number == 2:
                self._breaks()
            yield chunk


def filled(root: Path) -> Path:
    (root / "a/b").mkdir(parents=True)
    (root / "Dockerfile").write_text("FROM scratch\n")
    for number in range(6):
        (root / f"a/b/{number}").write_bytes(os.urandom(3_000_000))
    return root


def sent(host: Host, root: Path, server: Sshd, memory: Path) -> Uploaded:
    return upload(host, scan(root), str(server.home / "context"), memory)


def same(root: Path, server: Sshd) -> bool:
    there = server.home / "context"

    def all_of(top: Path) -> dict[Path, bytes | None]:
        return {p.relative_to(top): p.read_bytes() if p.is_file() else None for p in top.rglob("*")}

    return all_of(root) == all_of(there)


FIRST = ("ask for the digest", "make room and send", "seal")
CHANGE = ("ask for the digest", "make room", "send", "seal")
STAGES = [
    pytest.param(again, number, id=f"{when}-{name}")
    for again, when, names in ((False, "the first time", FIRST), (True, "a change", CHANGE))
    for number, name in enumerate(names, start=1)
]


@pytest.mark.parametrize(("again", "stage"), STAGES)
def test_a_line_that_breaks_at_any_stage_is_lost_and_taken_up_whole(
    server: Sshd, tmp_path: Path, again: bool, stage: int
) -> None:
    root, memory = filled(tmp_path / "c"), tmp_path / "memory"
    if again:
        sent(connect(server.address, server.login), root, server, memory)
        for number in range(5):
            (root / f"a/b/{number}").write_bytes(os.urandom(3_000_000))
        (root / "a/b/5").unlink()
    host = Broken(connect(server.address, server.login), stage, lambda: server.signal_sessions(signal.SIGKILL))
    with pytest.raises(HostLost):
        sent(host, root, server, memory)
    assert host.commands == stage
    sent(connect(server.address, server.login), root, server, memory)
    assert same(root, server)
    assert sent(connect(server.address, server.login), root, server, memory).sent_bytes == 0


def test_an_upload_has_no_more_stages_than_those(host: SshHost, server: Sshd, tmp_path: Path) -> None:
    root = filled(tmp_path / "c")
    for stages in (FIRST, CHANGE):
        counted = Broken(host, 0, lambda: None)
        sent(counted, root, server, tmp_path / "memory")
        assert counted.commands == len(stages)
        (root / "a/b/0").write_text("changed")


@pytest.mark.parametrize("stage", [pytest.param(1, marks=pytest.mark.slow), 2], ids=["before", "in the middle"])
def test_a_host_that_freezes_is_lost(server: Sshd, tmp_path: Path, stage: int) -> None:
    root = filled(tmp_path / "c")
    frozen = connect(server.address, server.login)
    host = Broken(frozen, stage, lambda: server.signal_sessions(signal.SIGSTOP), seconds=1.0)
    try:
        with pytest.raises(HostLost):
            sent(host, root, server, tmp_path / "memory")
    finally:
        server.signal_sessions(signal.SIGCONT)
    frozen.close()
    sent(connect(server.address, server.login), root, server, tmp_path / "memory")
    assert same(root, server)


# --- much --------------------------------------------------------------------------------------


@pytest.mark.slow
def test_fifty_thousand_files(host: SshHost, server: Sshd, tmp_path: Path) -> None:
    root = tmp_path / "c"
    for folder in range(100):
        (root / str(folder)).mkdir(parents=True)
        for name in range(500):
            (root / f"{folder}/{name}").write_text(f"{folder} {name}")
    first = sent(host, root, server, tmp_path / "memory")
    assert first.files == 50_100
    assert (server.home / "context/99/499").read_text() == "99 499"
    (root / "7/7").write_text("changed")
    (root / "8/8").unlink()
    second = sent(host, root, server, tmp_path / "memory")
    assert second.files == 1
    assert (server.home / "context/7/7").read_text() == "changed"
    assert not (server.home / "context/8/8").exists()


@pytest.mark.slow
def test_two_gigabytes_take_no_memory(host: SshHost, server: Sshd, tmp_path: Path) -> None:
    root = tmp_path / "c"
    root.mkdir()
    block = os.urandom(1 << 20)  # of the kind that does not get smaller
    with (root / "big").open("wb") as file:
        for number in range(2000):
            file.write(number.to_bytes(4) + block[4:])
    before, peak = resident_mb(), 0.0

    def look(sent_bytes: int) -> None:
        nonlocal peak
        peak = max(peak, resident_mb() - before)

    upload(host, scan(root), str(server.home / "context"), tmp_path / "memory", tell=look)
    assert (server.home / "context/big").stat().st_size == 2000 << 20
    assert 0 <= peak < 40


# --- a machine of one's own --------------------------------------------------------------------


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    root = tmp_path / "project"
    root.mkdir()
    (root / "Dockerfile").write_text('FROM scratch\nCOPY hello /hello\nCMD ["/hello"]\n')
    (root / "hello").write_text("#!/bin/sh\necho hello\n")
    return root


def geos_build(server: Sshd, key: Path, project: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, Any, str]:
    address = f"ssh://{server.address.user}@127.0.0.1:{server.port}"
    own = ["--host", address, "--host-key", str(key), "--identity", str(server.folder / "user")]
    arch = "arm64" if os.uname().machine == "aarch64" else "x86_64"
    code = main(["--arch", arch, "--context", str(project), *own, "--no-push", "--yes", "-o", "json"])
    said = capsys.readouterr()
    return code, json.loads(said.out) if said.out.strip() else None, said.err


def test_a_build_on_a_machine_of_ones_own_leaves_it_as_it_was(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with sshd(started=False) as server:
        _with_path(server)
        known = server.folder / "known_hosts"
        known.write_text(f"[127.0.0.1]:{server.port} {server.login.host_key}\n")
        code, found, _ = geos_build(server, known, project, capsys)
        assert code == Exit.OK, found
        assert found["parts"][0]["state"] == "done"
        # What was sent stays for the next time; the stand-in has its note of the image.
        assert {p.name for p in server.home.iterdir()} <= {".cache", ".docker-stand-in.json", ".geos-build"}
        assert not list(server.home.glob(".geos-build/*"))
        code, found, said = geos_build(server, known, project, capsys)
        assert code == Exit.OK, found
        assert "2 unchanged" in said


def test_a_machine_of_ones_own_with_another_key_is_left_alone(
    server: Sshd, project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stranger = tmp_path / "stranger.pub"
    stranger.write_text(new_key("stranger").public + "\n")
    code, _, said = geos_build(server, stranger, project, capsys)
    assert code == Exit.FAILED
    assert "another machine answers" in said
    assert not any(server.home.iterdir())


def _with_path(server: Sshd) -> None:
    """Started so that its sessions find the stand-in for an engine."""
    folder = server.folder / "programs"
    folder.mkdir()
    program = folder / "docker"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m geos.wizard.sandbox.hosts.docker_stand_in "$@"\n')
    program.chmod(0o755)
    config = server.folder / "config"
    line = f"SetEnv HOME={server.folder}/home"
    config.write_text(config.read_text().replace(line, f"{line} PATH={folder}:{os.environ['PATH']}"))
    server.start()
