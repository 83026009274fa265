"""The way to a host, against a real OpenSSH server: keys, silence, broken lines, odd output."""

from __future__ import annotations

import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import paramiko
import pytest
from parts.link import link
from parts.sshd import Sshd, free_port, needs_sshd, sshd

from geos.builder.commands import command, script
from geos.builder.errors import CommandFailed, HostKeyWrong, HostLost, HostUnreachable, LoginRefused
from geos.builder.keys import keep_private, new_key
from geos.builder.ssh import Address, Alive, Login, SshHost, connect

pytestmark = needs_sshd


# --- who answers, who is let in ----------------------------------------------------------------


def test_a_machine_with_another_key_is_refused_with_both_fingerprints(server: Sshd) -> None:
    expected = server.login
    server.new_host_key()
    with pytest.raises(HostKeyWrong) as caught:
        connect(server.address, Login(expected.host_key, server.folder / "user"), at_most_seconds=30)
    assert caught.value.message.count("SHA256:") == 2


def test_a_machine_with_another_kind_of_key_is_refused_too(server: Sshd) -> None:
    key = paramiko.ECDSAKey.generate()
    with pytest.raises(HostKeyWrong):
        connect(server.address, replace(server.login, host_key=f"{key.get_name()} {key.get_base64()}"))


@pytest.mark.parametrize("line", ["", "ssh-ed25519", "ssh-ed25519 !!!", "ssh-ed25519 AAAA", "nonsense AAAA"])
def test_a_line_that_is_no_key_is_refused_before_anything_is_sent(line: str) -> None:
    with pytest.raises(HostKeyWrong, match="not a public host key"):
        connect(Address("127.0.0.1", 9), Login(line))


def test_a_wrong_key_is_refused_at_once(server: Sshd) -> None:
    stranger = server.folder / "stranger"
    keep_private(new_key("stranger"), stranger)
    started = time.monotonic()
    with pytest.raises(LoginRefused):
        connect(server.address, replace(server.login, key_file=stranger), at_most_seconds=60)
    assert time.monotonic() - started < 30


def test_a_wrong_user_is_refused(server: Sshd) -> None:
    with pytest.raises(LoginRefused, match="nobody-here"):
        connect(replace(server.address, user="nobody-here"), server.login, at_most_seconds=60)


def test_a_host_that_asks_for_a_password_is_refused_without_asking() -> None:
    with sshd(["PasswordAuthentication yes", "PubkeyAuthentication no"]) as server, pytest.raises(LoginRefused):
        connect(server.address, server.login)


def test_a_key_that_is_not_there_is_told_at_once(server: Sshd) -> None:
    with pytest.raises(LoginRefused, match="is not there"):
        connect(server.address, replace(server.login, key_file=server.folder / "nothing"), at_most_seconds=60)


def test_a_locked_key_is_told_and_nobody_is_asked(server: Sshd) -> None:
    locked = server.folder / "locked"
    words = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "a long secret", "-f", str(locked)]
    subprocess.run(words, check=True, stdin=subprocess.DEVNULL)
    with pytest.raises(LoginRefused, match="locked by a passphrase"):
        connect(server.address, replace(server.login, key_file=locked), at_most_seconds=60)


def test_a_host_that_lets_nobody_in_yet_is_waited_for() -> None:
    """As it is while a machine starts: the key would do, and the server hangs up."""
    with sshd(["MaxAuthTries 1"]) as server:
        stranger = server.folder / "stranger"
        keep_private(new_key("stranger"), stranger)
        login = replace(server.login, key_file=stranger)

        def let_in(seconds: float) -> None:
            shutil.copy(server.folder / "user", stranger)

        connect(server.address, login, at_most_seconds=30, wait=let_in).close()


def test_ipv6(server: Sshd) -> None:
    server.stop()
    config = server.folder / "config"
    config.write_text("ListenAddress ::1\n" + config.read_text())
    server.start()
    host = connect(replace(server.address, host="::1"), server.login)
    assert host.name.endswith(f"@[::1]:{server.address.port}")
    assert host.run(command("true")).status == 0
    host.close()


def test_nothing_there_is_told_with_the_way_out() -> None:
    with pytest.raises(HostUnreachable, match="refused") as caught:
        connect(Address("127.0.0.1", free_port()), Login(new_key("x").public), at_most_seconds=0.3)
    assert "--transport ssm" in caught.value.hint


def test_a_server_that_comes_late_is_waited_for() -> None:
    with sshd(started=False) as server:
        threading.Timer(1.0, server.start).start()
        host = connect(server.address, server.login, at_most_seconds=20)
        assert host.run(command("echo", "there")).text == "there\n"
        host.close()


# --- commands --------------------------------------------------------------------------------


def test_streams_status_and_input(host: SshHost) -> None:
    output = host.run(script('cat; echo "to $1" >&2; exit 3', "stderr", stdin=b"from stdin"), check=False)
    assert (output.status, output.out, output.err) == (3, b"from stdin", b"to stderr\n")


def test_words_arrive_as_they_are(host: SshHost) -> None:
    odd = ["a b", "$HOME", "'", '"', "*", "line\nbreak", "", "ünï", "; rm -rf /nothing"]
    output = host.run(script('for word; do printf "%s\\0" "$word"; done', *odd))
    assert output.out.decode().split("\0")[:-1] == odd


def test_a_command_that_fails_is_told_with_its_last_lines(host: SshHost) -> None:
    with pytest.raises(CommandFailed, match="no such thing") as caught:
        host.run(script("echo no such thing >&2; exit 7"))
    assert "ended with 7" in caught.value.message


def test_output_comes_while_the_command_runs(host: SshHost) -> None:
    times: list[float] = []
    host.run(script("for i in 1 2 3; do echo $i; sleep 0.2; done"), on_chunk=lambda _: times.append(time.monotonic()))
    assert times[-1] - times[0] > 0.3


@pytest.mark.parametrize("stream", ["", ">&2"])
def test_a_hundred_megabytes_without_a_line_break_do_not_block(host: SshHost, stream: str) -> None:
    seen = 0

    def count(chunk: bytes) -> None:
        nonlocal seen
        seen += len(chunk)

    line = script(f"head -c 100000000 /dev/zero | tr '\\0' x {stream}")
    output = host.run(line, on_chunk=count, on_error_chunk=count)
    assert seen == 100_000_000
    assert len(output.out) + len(output.err) <= 1 << 20


def test_bytes_that_are_no_text_stay_as_they_are(host: SshHost) -> None:
    assert host.run(script("printf '\\377\\000\\r\\n\\200'")).out == b"\xff\x00\r\n\x80"


def test_a_command_that_does_not_read_its_input_is_judged_by_its_status(host: SshHost) -> None:
    with pytest.raises(CommandFailed, match="ended with 4"):
        host.send(script("exit 4"), (bytes(1 << 18) for _ in range(400)))


def test_several_commands_at_once(host: SshHost) -> None:
    found: list[str] = []
    threads = [
        threading.Thread(target=lambda n=n: found.append(host.run(script(f"sleep 0.1; echo {n}")).text.strip()))
        for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [str(n) for n in range(8)]


# --- lines that break ------------------------------------------------------------------------


def test_a_session_that_is_killed_is_lost_never_a_success(server: Sshd, host: SshHost) -> None:
    threading.Timer(0.5, server.signal_sessions, (signal.SIGKILL,)).start()
    with pytest.raises(HostLost):
        host.run(script("echo begun; sleep 30"), check=False)


def test_a_host_that_says_nothing_any_more_is_lost(server: Sshd, host: SshHost) -> None:
    threading.Timer(0.3, server.signal_sessions, (signal.SIGSTOP,)).start()
    try:
        with pytest.raises(HostLost, match="no byte for 1 s"):
            host.run(script("while :; do echo x; sleep 0.1; done"), timeout_seconds=1.0)
    finally:
        server.signal_sessions(signal.SIGCONT)


def test_a_frozen_host_is_noticed_long_before_a_silent_command_would_be_given_up(server: Sshd) -> None:
    host = connect(server.address, server.login, alive=Alive(quiet_seconds=0.4, answer_seconds=0.6))
    threading.Timer(0.3, server.signal_sessions, (signal.SIGSTOP,)).start()
    try:
        with pytest.raises(HostLost, match="no sign of life for 1 s"):
            host.run(script("sleep 30"), timeout_seconds=600.0)
    finally:
        server.signal_sessions(signal.SIGCONT)


@pytest.mark.parametrize("extra", [[], ["MaxSessions 1"]])
def test_a_silent_command_on_a_host_that_answers_is_waited_for(extra: list[str]) -> None:
    with sshd(extra) as server:
        host = connect(server.address, server.login, alive=Alive(quiet_seconds=0.1, answer_seconds=5.0))
        assert host.run(script("sleep 1; echo done")).text == "done\n"
        host.close()


def test_a_network_that_falls_silent_is_noticed(server: Sshd) -> None:
    with link(server.address) as line:
        host = connect(line.address, server.login, alive=Alive(quiet_seconds=0.4, answer_seconds=0.6))
        threading.Timer(0.3, line.silent).start()
        with pytest.raises(HostLost, match="no sign of life"):
            host.run(script("sleep 30"), timeout_seconds=600.0)


def test_a_frozen_host_stops_a_stream_too(server: Sshd, host: SshHost) -> None:
    threading.Timer(0.3, server.signal_sessions, (signal.SIGSTOP,)).start()

    def endless() -> Iterator[bytes]:
        while True:
            yield bytes(1 << 18)

    try:
        with pytest.raises(HostLost):
            host.send(script("cat >/dev/null"), endless(), timeout_seconds=1.0)
    finally:
        server.signal_sessions(signal.SIGCONT)


def test_closing_ends_what_waits(host: SshHost) -> None:
    threading.Timer(0.3, host.close).start()
    with pytest.raises(HostLost):
        host.run(script("sleep 30"))
    with pytest.raises(HostLost):
        host.run(command("true"))
