"""Commands that outlive the connection: their log by offset, their status, or that they have none."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import pytest
from parts.sshd import Sshd, needs_sshd

from geos.builder import detached
from geos.builder.commands import command, script
from geos.builder.errors import CommandFailed, HostLost
from geos.builder.ssh import SshHost, connect
from geos.wizard.waiting import until

pytestmark = needs_sshd


@pytest.fixture
def folder(server: Sshd) -> str:
    return str(server.home / "run")


def followed(host: SshHost, folder: str, offset: int = 0) -> tuple[int, bytes]:
    log = bytearray()
    return detached.follow(host, folder, offset, log.extend), bytes(log)


@pytest.mark.parametrize("status", [0, 7, 137])
def test_log_and_status_are_told(host: SshHost, folder: str, status: int) -> None:
    detached.start(host, folder, script(f"echo out; echo err >&2; exit {status}"), unit="geos-test")
    assert followed(host, folder) == (status, b"out\nerr\n")


def test_what_was_started_once_is_not_started_again(host: SshHost, folder: str) -> None:
    for _ in range(3):
        detached.start(host, folder, script("echo once"), unit="geos-test")
    assert followed(host, folder) == (0, b"once\n")
    detached.start(host, folder, script("echo once"), unit="geos-test")
    assert followed(host, folder) == (0, b"once\n")


def test_it_goes_on_when_the_line_breaks_and_is_read_from_where_it_stopped(
    server: Sshd, host: SshHost, folder: str
) -> None:
    detached.start(host, folder, script("for i in 1 2 3 4 5 6 7 8; do echo line $i; sleep 0.3; done"), unit="x")
    log = bytearray()
    threading.Timer(1.0, server.signal_sessions, (signal.SIGKILL,)).start()
    with pytest.raises(HostLost):
        detached.follow(host, folder, 0, log.extend)
    assert 0 < len(log) < 8 * 7
    again = connect(server.address, server.login)
    assert detached.follow(again, folder, len(log), log.extend) == 0
    assert bytes(log) == b"".join(b"line %d\n" % i for i in range(1, 9))


def test_a_process_that_was_killed_has_no_status_and_that_is_told(host: SshHost, folder: str) -> None:
    detached.start(host, folder, script("echo begun; sleep 60"), unit="x")

    def begun() -> int | None:
        pid = Path(folder, "pid")
        return int(pid.read_text()) if pid.exists() and pid.read_text().strip() else None

    pid = until(begun, at_most_seconds=10)
    assert pid
    threading.Timer(0.5, os.killpg, (pid, signal.SIGKILL)).start()
    with pytest.raises(CommandFailed, match="without a status"):
        detached.follow(host, folder, 0, lambda chunk: None)


def test_stopping_ends_everything_that_was_started(host: SshHost, folder: str) -> None:
    detached.start(host, folder, script("sleep 61 & sleep 61"), unit="x")
    until(lambda: True if Path(folder, "pid").exists() else None, at_most_seconds=10)
    detached.stop(host, folder)
    gone = until(lambda: True if host.run(command("pgrep", "-f", "^sleep 61"), check=False).status else None, at_most_seconds=10)  # fmt: skip  # noqa: E501
    assert gone
    detached.stop(host, folder)


def test_a_folder_in_which_nothing_was_started_is_told(host: SshHost, folder: str) -> None:
    with pytest.raises(CommandFailed, match="nothing was started"):
        detached.follow(host, folder, 0, lambda chunk: None)
    detached.stop(host, folder)


def test_any_bytes_come_through(host: SshHost, folder: str) -> None:
    detached.start(host, folder, script("head -c 3000000 /dev/urandom | tee copy; printf 'status 0\\n\\377'"), unit="x")
    status, log = followed(host, folder)
    assert status == 0
    assert log == (Path(folder) / "copy").read_bytes() + b"status 0\n\xff"


def test_disk_and_memory_are_told_meanwhile(host: SshHost, folder: str) -> None:
    seen: list[detached.Machine] = []
    detached.start(host, folder, script("sleep 0.5"), unit="x")
    detached.follow(host, folder, 0, lambda chunk: None, on_machine=seen.append)
    assert 0 < seen[0].disk_free_bytes < seen[0].disk_bytes
    assert "GiB" in str(seen[0])


# --- where systemd runs ------------------------------------------------------------------------

# Stand-ins: this machine's first process is not systemd. The first starts things the way systemd-run does, with another
# environment and ${…} replaced in arguments (by nothing), and remembers the process of each unit.
SYSTEMD_RUN = r"""#!/usr/bin/env python3
import os, re, subprocess, sys, pathlib
words, options = sys.argv[1:], {}
while words[0].startswith("--"):
    name, _, value = words.pop(0).partition("=")
    options.setdefault(name, []).append(value)
environment = dict(pair.split("=", 1) for pair in options["--setenv"])
words = [re.sub(r"[$][{][^}]*[}]", "", word) for word in words]
if pathlib.Path(environment["HOME"], "refuses").exists():
    sys.exit("Failed to start transient service unit: Access denied")
process = subprocess.Popen(
    words, env=environment, cwd="/", start_new_session=True,
    stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
)
pathlib.Path(environment["HOME"], options["--unit"][0]).write_text(str(process.pid))
"""
SYSTEMCTL = r"""#!/bin/sh
case "$1" in
show) echo Version=252 ;;
is-active) kill -0 "$(cat "$HOME/$3")" 2>/dev/null ;;
stop) kill -TERM -"$(cat "$HOME/$2")" ;;
esac
"""


@pytest.fixture
def systemd(server: Sshd) -> SshHost:
    tools = server.folder / "tools"
    tools.mkdir()
    for name, text in (("systemd-run", SYSTEMD_RUN), ("systemctl", SYSTEMCTL)):
        (tools / name).write_text(text)
        (tools / name).chmod(0o755)
    config = server.folder / "config"
    home = f"SetEnv HOME={server.home}"
    config.write_text(config.read_text().replace(home, f"{home} PATH={tools}:/usr/sbin:/usr/bin:/sbin:/bin"))
    server.stop()
    server.start()
    return connect(server.address, server.login)


def test_under_systemd_the_words_arrive_as_they_are(systemd: SshHost, folder: str) -> None:
    odd = ["${HOME}", "$HOME", "$$", "%h", "a b", "'", '"', "back\\slash"]
    detached.start(systemd, folder, script('printf "%s|" "$@"; exit 5', *odd), unit="geos-odd")
    assert followed(systemd, folder) == (5, ("|".join(odd) + "|").encode())
    assert Path(folder, "unit").read_text() == "geos-odd\n"


def test_a_unit_is_stopped_and_its_end_is_told(systemd: SshHost, folder: str) -> None:
    detached.start(systemd, folder, script("echo begun; sleep 62"), unit="geos-long")
    threading.Timer(0.5, detached.stop, (systemd, folder)).start()
    with pytest.raises(CommandFailed, match="without a status"):
        detached.follow(systemd, folder, 0, lambda chunk: None)


def test_where_systemd_refuses_it_is_started_without(systemd: SshHost, server: Sshd, folder: str) -> None:
    (server.home / "refuses").touch()
    detached.start(systemd, folder, script("echo there"), unit="geos-refused")
    assert followed(systemd, folder) == (0, b"there\n")
    assert not Path(folder, "unit").exists()
