"""The way in through Session Manager: a stand-in for AWS's program carries the bytes to a real OpenSSH server."""

from __future__ import annotations

import logging
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st
from parts.hosts import ACCOUNT, account, bench
from parts.sshd import Sshd, needs_sshd, sshd

from geos.builder.address import Address
from geos.builder.commands import command, script
from geos.builder.context.scan import given
from geos.builder.context.upload import upload
from geos.builder.errors import HostKeyWrong, HostLost, HostUnreachable, PluginMissing
from geos.builder.host_permissions import host_grants
from geos.builder.host_plan import HostPlan
from geos.builder.keys import new_key
from geos.builder.request import HostWish
from geos.builder.ssh import Login, SshHost, connect
from geos.builder.ssm import LEAST_VERSION, Tunnel, read_version, require_plugin, session
from geos.builder.steps.connect import by_session_manager
from geos.builder.steps.ready import HostReady
from geos.wizard.aws import Aws
from geos.wizard.aws.sessions import Session
from geos.wizard.errors import AccessDenied
from geos.wizard.facts import Target
from geos.wizard.waiting import until

if TYPE_CHECKING:
    from parts.emulator import Emulator

INSTANCE, TOKEN = "i-0123456789abcdef0", "a-token-that-nobody-may-see"
PLUGIN = """\
#!{python}
# A stand-in for AWS's session-manager-plugin: the same arguments and greeting, and a plain connection to the port.
import json, os, pathlib, socket, sys, threading, time
if sys.argv[1:] == ["--version"]:
    print("{version}")
    sys.exit()
notes = pathlib.Path("{notes}")
name, region, operation, profile, request, endpoint = sys.argv[1:]
answer = json.loads(os.environ.pop(name))
(notes / "cmdline").write_bytes(pathlib.Path("/proc/self/cmdline").read_bytes())
(notes / "keys").write_text(" ".join(sorted(n for n in os.environ if n.startswith("AWS_"))))
(notes / "pid.part").write_text(str(os.getpid()))
(notes / "pid.part").rename(notes / "pid")
os.write(1, b"\\nStarting session with SessionId: " + answer["SessionId"].encode() + b" (stand-in)\\n")
if "{trouble}":
    print("Cannot perform start session: {trouble}")
    sys.exit()  # AWS's own ends with 0 then
time.sleep({rest})
line = socket.create_connection(("127.0.0.1", int(json.loads(request)["Parameters"]["portNumber"][0])))
def inwards():
    while chunk := os.read(0, 65536):
        line.sendall(chunk)
    line.shutdown(socket.SHUT_RDWR)
threading.Thread(target=inwards, daemon=True).start()
while chunk := line.recv(65536):
    while chunk:
        chunk = chunk[os.write(1, chunk):]
"""


@dataclass
class Plugin:
    """The program in a folder of its own, and what it noted."""

    folder: Path

    def write(self, *, version: str = ".".join(map(str, LEAST_VERSION)), trouble: str = "", rest: float = 0) -> None:
        place = self.folder / "session-manager-plugin"
        text = PLUGIN.format(python=sys.executable, version=version, notes=self.folder, trouble=trouble, rest=rest)
        place.write_text(text)
        place.chmod(0o755)

    @property
    def pid(self) -> int:
        place = self.folder / "pid"
        assert until(lambda: True if place.exists() else None, at_most_seconds=10, first_seconds=0.01)
        return int(place.read_text())

    @property
    def gone(self) -> bool:
        return not Path(f"/proc/{self.pid}").exists()


@dataclass
class Sessions:
    """Stands in for AWS's side of sessions: gives them out and remembers which ended."""

    silent_times: int = 0
    started: list[str] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    refusal: Exception | None = None

    def start(self, instance_id: str, port: int) -> Session | None:
        if self.silent_times > 0:
            self.silent_times -= 1
            return None
        if self.refusal:
            raise self.refusal
        self.started.append(f"session-{len(self.started)}")
        request = f'{{"Target": "{instance_id}", "Parameters": {{"portNumber": ["{port}"]}}}}'
        answer = f'{{"SessionId": "{self.started[-1]}", "TokenValue": "{TOKEN}", "StreamUrl": "wss://nowhere"}}'
        return Session(self.started[-1], request, "https://ssm.us-east-1.amazonaws.com", answer)

    def end(self, session_id: str) -> None:
        self.ended.append(session_id)

    def keys(self) -> dict[str, str]:
        return {"AWS_ACCESS_KEY_ID": "AKIDSTANDIN", "AWS_SECRET_ACCESS_KEY": "secret-of-the-stand-in"}


@dataclass
class Account:
    sessions: Sessions = field(default_factory=Sessions)
    region: str = "us-east-1"
    target: Target = field(default_factory=lambda: Target("us-east-1"))


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Plugin:
    found = Plugin(tmp_path / "plugin")
    found.folder.mkdir()
    found.write()
    monkeypatch.setenv("PATH", f"{found.folder}:{os.environ['PATH']}")
    monkeypatch.setenv("AWS_PROFILE", "another")
    return found


@pytest.fixture
def server() -> Iterator[Sshd]:
    with sshd() as found:
        yield found


@pytest.fixture
def aws() -> Account:
    return Account()


def enter(aws: Account, server: Sshd, *, at_most_seconds: float = 0.0, host_key: str = "") -> SshHost:
    address = Address(INSTANCE, server.port, server.address.user)
    login = replace(server.login, sock=lambda: session(cast("Aws", aws), INSTANCE, server.port))
    return connect(address, replace(login, host_key=host_key) if host_key else login, at_most_seconds=at_most_seconds)


# --- through it --------------------------------------------------------------------------------


@needs_sshd
def test_commands_and_a_context_go_through(plugin: Plugin, server: Sshd, aws: Account, tmp_path: Path) -> None:
    host = enter(aws, server)
    output = host.run(script("cat; echo err >&2; exit 3", stdin=b"in"), check=False)
    assert (output.status, output.out, output.err) == (3, b"in", b"err\n")
    data = os.urandom(3_000_000)
    upload(host, given({"Dockerfile": b"FROM scratch\n", "data": data}), str(server.home / "c"), tmp_path / "memory")
    assert (server.home / "c/data").read_bytes() == data
    assert host.run(script("head -c 5000000 /dev/zero | wc -c")).text.strip() == "5000000"
    host.close()


@needs_sshd
def test_the_session_ends_with_the_connection(plugin: Plugin, server: Sshd, aws: Account) -> None:
    host = enter(aws, server)
    assert not aws.sessions.ended
    host.close()
    host.close()
    assert aws.sessions.ended == aws.sessions.started == ["session-0"]
    assert plugin.gone


@needs_sshd
def test_a_pause_between_greeting_and_server_is_waited_for(plugin: Plugin, server: Sshd, aws: Account) -> None:
    plugin.write(rest=2.5)  # paramiko itself gives up after 2 s
    assert enter(aws, server).run(command("echo", "there")).text == "there\n"


@needs_sshd
def test_the_token_is_seen_by_nobody(
    plugin: Plugin, server: Sshd, aws: Account, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    host = enter(aws, server)
    running = subprocess.run(["ps", "axww", "-o", "args"], capture_output=True, check=True).stdout
    seen = b"".join((running, (plugin.folder / "cmdline").read_bytes(), caplog.text.encode()))
    assert INSTANCE.encode() in seen
    for secret in (TOKEN, "secret-of-the-stand-in"):
        assert secret.encode() not in seen
        assert secret not in repr(aws.sessions.start(INSTANCE, 22))
    assert TOKEN not in host.run(command("env")).text
    host.close()


@needs_sshd
def test_geoss_own_keys_count_for_the_program(plugin: Plugin, server: Sshd, aws: Account) -> None:
    enter(aws, server).close()
    assert "AWS_ACCESS_KEY_ID" in (plugin.folder / "keys").read_text()
    assert "AWS_PROFILE" not in (plugin.folder / "keys").read_text()


@needs_sshd
def test_another_machine_is_refused_here_too(plugin: Plugin, server: Sshd, aws: Account) -> None:
    with pytest.raises(HostKeyWrong, match=INSTANCE):
        enter(aws, server, host_key=new_key("another").public, at_most_seconds=30)
    assert aws.sessions.ended == aws.sessions.started
    assert plugin.gone


@needs_sshd
def test_ctrl_c_does_not_reach_the_program(plugin: Plugin, server: Sshd, aws: Account) -> None:
    host = enter(aws, server)
    assert os.getsid(plugin.pid) != os.getsid(0)
    host.close()


# --- what goes wrong ---------------------------------------------------------------------------


@needs_sshd
def test_a_program_that_drops_out_is_a_lost_host(plugin: Plugin, server: Sshd, aws: Account) -> None:
    host = enter(aws, server)
    threading.Timer(0.5, os.kill, (plugin.pid, signal.SIGKILL)).start()
    with pytest.raises(HostLost):
        host.run(script("echo begun; sleep 30"), check=False)
    assert until(lambda: True if aws.sessions.ended == ["session-0"] else None, at_most_seconds=10)
    assert enter(aws, server).run(command("echo", "again")).text == "again\n"


@needs_sshd
def test_a_frozen_program_is_a_lost_host_and_is_ended(plugin: Plugin, server: Sshd, aws: Account) -> None:
    host = enter(aws, server)
    os.kill(plugin.pid, signal.SIGSTOP)
    with pytest.raises(HostLost):
        host.run(command("true"), timeout_seconds=1.0)
    host.close()
    assert plugin.gone
    assert aws.sessions.ended == ["session-0"]


@needs_sshd
def test_an_agent_that_is_not_there_yet_is_waited_for(plugin: Plugin, server: Sshd, aws: Account) -> None:
    aws.sessions.silent_times = 2
    assert enter(aws, server, at_most_seconds=20).run(command("echo", "there")).text == "there\n"
    aws.sessions.silent_times = 10**6
    with pytest.raises(HostUnreachable, match="has not reported to AWS") as caught:
        enter(aws, server)
    assert "--transport ssm" not in caught.value.hint


def test_a_session_that_cannot_begin_is_told_in_its_words_and_ended(plugin: Plugin, aws: Account) -> None:
    plugin.write(trouble="no way to the channel")
    with pytest.raises(ConnectionResetError, match="no way to the channel"):
        session(cast("Aws", aws), INSTANCE, 22)
    assert aws.sessions.ended == ["session-0"]


def test_what_aws_refuses_is_told_at_once(plugin: Plugin, aws: Account) -> None:
    aws.sessions.refusal = AccessDenied("not authorized to perform ssm:StartSession")
    with pytest.raises(AccessDenied):
        connect(
            Address(INSTANCE),
            Login(new_key("x").public, sock=lambda: session(cast("Aws", aws), INSTANCE, 22)),
            at_most_seconds=60,
        )


def test_without_the_program_nothing_is_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, aws: Account) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PluginMissing, match="not on this machine") as caught:
        session(cast("Aws", aws), INSTANCE, 22)
    assert "install" in caught.value.hint
    assert not aws.sessions.started


@pytest.mark.parametrize("version", ["1.2.707.0", "1.2.463", "Unknown", ""])
def test_a_program_that_aws_no_longer_supports_is_refused(plugin: Plugin, version: str) -> None:
    plugin.write(version=version)
    with pytest.raises(PluginMissing, match=r"1\.2\.764\.0"):
        require_plugin(Target("us-east-1"))


@pytest.mark.parametrize("version", ["1.2.764.0", "1.2.896.0", "1.3.0", "2.0.0.1"])
def test_later_ones_are_fine(plugin: Plugin, version: str) -> None:
    plugin.write(version=version)
    assert require_plugin(Target("us-east-1")) == (str(plugin.folder / "session-manager-plugin"),)


@for_all(st.text(max_size=30))
def test_any_text_is_a_version_or_none(text: str) -> None:
    found = read_version(text)
    assert found is None or (len(found) == 4 and all(number >= 0 for number in found))


@for_all(
    st.lists(
        st.binary(max_size=12).filter(lambda line: b"\n" not in line and not line.startswith(b"SSH-")), max_size=6
    ),
    st.lists(st.integers(1, 9), max_size=12),
)
def test_whatever_is_said_before_ssh_begins_is_skipped(lines: list[bytes], cuts: list[int]) -> None:
    ours, theirs = socket.socketpair()
    said, banner = b"".join(line + b"\n" for line in lines), b"SSH-2.0-OpenSSH_9.2\r\n"
    pieces, left = [], said + banner
    for cut in cuts:
        pieces, left = [*pieces, left[:cut]], left[cut:]

    def say() -> None:
        for piece in (*pieces, left):
            theirs.sendall(piece)

    with ours, theirs:
        speaker = threading.Thread(target=say)
        speaker.start()
        tunnel = Tunnel(ours, subprocess.Popen(["true"]), lambda: None)
        tunnel.until_banner(5.0)
        speaker.join()
        assert tunnel.recv(100) == banner
        tunnel.close()


def test_silence_has_an_end() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        tunnel = Tunnel(ours, subprocess.Popen(["true"]), lambda: None)
        theirs.sendall(b"Starting\nSS")
        with pytest.raises(TimeoutError):
            tunnel.until_banner(0.2)
        tunnel.close()


# --- with an account around it -----------------------------------------------------------------


def with_profile(emulator: Emulator) -> str:
    """A deployment's instance profile for build hosts."""
    iam, name = emulator.client("iam"), "geos-chem-build-us-east-1"
    iam.create_instance_profile(InstanceProfileName=name)
    return name


def test_a_build_host_without_an_open_port(emulator: Emulator, tmp_path: Path) -> None:
    def through_sessions(plan: HostPlan) -> HostPlan:
        return replace(plan, admin_cidr="", instance_profile=with_profile(emulator))

    one = bench(emulator.endpoint, tmp_path, change=through_sessions)
    group, launch, _ = one.steps
    ready = HostReady(by_session_manager)
    for step in (group, launch, ready):
        step.run(one.job)
    assert one.job.the_host.name.startswith(f"{one.job.part.user}@{one.job.part.instance_id}:")
    assert one.job.the_host.run(command("echo", "there")).text == "there\n"
    rules = emulator.client("ec2").describe_security_groups(GroupIds=[one.job.part.group_id])["SecurityGroups"][0]
    assert not rules["IpPermissions"]
    for step in (ready, launch, group):
        step.cleanup(one.job)
    started, ended = (len(emulator.calls("ssm", action)) for action in ("StartSession", "TerminateSession"))
    assert started == ended > 0


def test_a_machine_that_does_not_run_is_not_connected(emulator: Emulator) -> None:
    assert account(emulator.endpoint).sessions.start(INSTANCE, 22) is None


def test_the_keys_are_those_geos_works_with(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in emulator.env().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_SESSION_TOKEN", "of-today")
    keys = Aws(Target("us-east-1", endpoint=emulator.endpoint, account_id=ACCOUNT)).sessions.keys()
    assert keys["AWS_ACCESS_KEY_ID"] == os.environ["AWS_ACCESS_KEY_ID"]
    assert keys["AWS_SESSION_TOKEN"] == "of-today"


def test_a_session_takes_one_action_on_two_things() -> None:
    found = host_grants(HostWish(transport="ssm"), region="us-east-1", account_id=ACCOUNT)
    assert [g.resource_pattern for g in found if g.action == "ssm:StartSession"] == [
        f"arn:aws:ec2:us-east-1:{ACCOUNT}:instance/*",
        "arn:aws:ssm:us-east-1::document/AWS-StartSSHSession",
    ]
    assert not any(g.service == "ssm" for g in host_grants(HostWish(), region="us-east-1", account_id=ACCOUNT))
