"""Machines of the sandbox that really start: what they keep from the computer, and that none outlives its account."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from parts.hosts import account, bench

from geos.builder import here
from geos.builder.commands import command, script
from geos.builder.errors import CommandFailed, HostKeyWrong, HostLost, HostUnreachable, LoginRefused
from geos.builder.host_plan import ROCKY_OWNER
from geos.builder.keys import keep_private, new_key
from geos.builder.leftovers import find_leftovers
from geos.builder.ssh import Address, Login, SshHost, connect
from geos.builder.user_data import Boot, user_data
from geos.wizard.sandbox.hosts.caller import is_own_user, owner_of
from geos.wizard.sandbox.hosts.cloud_config import read_orders
from geos.wizard.sandbox.hosts.hall import Hall
from geos.wizard.sandbox.hosts.init import SSHD
from geos.wizard.waiting import until

if TYPE_CHECKING:
    from parts.emulator import Emulator

LOOSE = script(
    "setsid sh -c 'echo $$ >loose.pid; exec sleep 600' >/dev/null 2>&1 </dev/null & "
    "while ! [ -s loose.pid ]; do :; done; cat loose.pid"
)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def gone(pid: int) -> bool:
    return bool(until(lambda: True if not alive(pid) else None, at_most_seconds=5, first_seconds=0.01))


# --- what is on them ---------------------------------------------------------------------------


def test_a_machine_has_a_home_of_its_own_and_says_what_is_simulated(emulator: Emulator, tmp_path: Path) -> None:
    one = bench(emulator.endpoint, tmp_path)
    with one.up() as host:
        home = host.run(command("pwd")).text.strip()
        assert host.run(script('echo "$HOME"')).text.strip() == home != os.path.expanduser("~")
        assert host.run(command("dnf", "-y", "install", "x")).text == "simulated: dnf -y install x\n"
        assert host.run(command("systemd-run", "true"), check=False).status == 1
        assert host.run(command("systemctl", "is-system-running"), check=False).text == "offline\n"
        assert host.run(command("sudo", "-n", "-u", "root", "id", "-u")).text.strip() == str(os.geteuid())
        assert not host.run(script('env | grep -c "^AWS_" || true')).text.strip("0\n")


@contextmanager
def hosted(user: str, folder: Path) -> Iterator[tuple[SshHost, Address, Login]]:
    """A machine without an account around it."""
    own, host_key = new_key("own"), new_key("host")
    keep_private(own, folder / "key")
    address = Address("127.0.0.1", here.free_port(), user)
    orders = read_orders(user_data(Boot("b-000000", user, host_key, own.public, 600, ssh_port=address.port)))
    assert orders is not None
    hall, login = Hall(), Login(host_key.public, folder / "key")
    hall.start("i-1", replace(orders, script="exit 0"), ended=lambda name: None)
    try:
        yield connect(address, login, at_most_seconds=10), address, login
    finally:
        hall.end_all()


SERVERS = [
    pytest.param("rocky", id="stand-in"),
    pytest.param(here.user(), id="OpenSSH", marks=pytest.mark.skipif(not SSHD.exists(), reason="no openssh-server")),
]


@pytest.mark.parametrize("user", SERVERS)
def test_streams_and_statuses_are_kept_apart(user: str, tmp_path: Path) -> None:
    with hosted(user, tmp_path) as (host, _, _):
        said = host.run(script("echo out; echo err >&2; exit 7"), check=False)
        assert (said.status, said.out, said.err) == (7, b"out\n", b"err\n")
        sizes: list[int] = []
        host.run(script("head -c 3000000 /dev/zero"), on_chunk=lambda chunk: sizes.append(len(chunk)))
        assert sum(sizes) == 3000000
        assert host.send(script("wc -c"), [b"x" * 100_000] * 30).text.strip() == "3000000"
        with pytest.raises(CommandFailed, match="ended with 137"):
            host.run(script("kill -KILL $$"))


@pytest.mark.parametrize("user", SERVERS)
def test_strangers_are_kept_out(user: str, tmp_path: Path) -> None:
    with hosted(user, tmp_path) as (_, address, login):
        with pytest.raises(HostKeyWrong):
            connect(address, replace(login, host_key=new_key("another").public))
        with pytest.raises(LoginRefused):
            connect(replace(address, user="daemon"), login)
        keep_private(new_key("stranger"), tmp_path / "key")
        with pytest.raises(LoginRefused):
            connect(address, login)


@pytest.mark.parametrize("user", SERVERS)
def test_the_line_breaks_when_the_machine_ends(user: str, tmp_path: Path) -> None:
    with hosted(user, tmp_path) as (host, address, login):
        with pytest.raises(HostLost):
            host.run(script("poweroff; sleep 20"))
        with pytest.raises(HostUnreachable):
            until(lambda: connect(address, login) and None, at_most_seconds=5)


# --- how they end ------------------------------------------------------------------------------


def test_termination_ends_everything_that_was_started_on_it(emulator: Emulator, tmp_path: Path) -> None:
    one = bench(emulator.endpoint, tmp_path)
    with one.up() as host:
        folder = Path(host.run(command("pwd")).text.strip()).parent
        pid = int(host.run(LOOSE).text)
        assert alive(pid)
    assert gone(pid)
    assert not folder.exists()


def test_it_switches_itself_off_when_its_time_is_over(emulator: Emulator, tmp_path: Path) -> None:
    one = bench(emulator.endpoint, tmp_path, time_limit_seconds=1)
    group, launch, _ = one.steps
    group.run(one.job)
    launch.run(one.job)
    hosts = one.job.aws.hosts
    instance_id = one.job.part.instance_id
    state = until(lambda: s if (s := hosts.state(instance_id)) and s.gone else None, at_most_seconds=10)
    assert state is not None
    assert "Instance initiated shutdown" in state.reason
    launch.cleanup(one.job)
    group.cleanup(one.job)
    assert not find_leftovers(account(emulator.endpoint))


def test_power_off_from_inside_is_its_end_and_nobody_elses(emulator: Emulator, tmp_path: Path) -> None:
    one = bench(emulator.endpoint, tmp_path)
    with one.up() as host:
        host.run(command("sudo", "systemctl", "poweroff"), check=False)
        hosts, instance_id = one.job.aws.hosts, one.job.part.instance_id
        assert until(lambda: True if (s := hosts.state(instance_id)) and s.gone else None, at_most_seconds=10)


def test_a_reset_ends_them(emulator: Emulator, tmp_path: Path) -> None:
    one = bench(emulator.endpoint, tmp_path)
    for step in one.steps:
        step.run(one.job)
    pid = int(one.job.the_host.run(LOOSE).text)
    emulator.reset()
    assert gone(pid)
    one.job.the_host.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_none_outlives_the_sandbox(tmp_path: Path, number: signal.Signals) -> None:
    state = tmp_path / "state.json"
    words = [sys.executable, "-m", "geos.wizard.sandbox.server", "--state-file", str(state)]
    with subprocess.Popen(words) as process:
        assert until(lambda: state.exists() or None, at_most_seconds=30)
        endpoint = re.findall(r"http://[0-9.:]+", state.read_text())[0]
        one = bench(endpoint, tmp_path)
        for step in one.steps:
            step.run(one.job)
        folder = Path(one.job.the_host.run(command("pwd")).text.strip()).parent
        pid = int(one.job.the_host.run(LOOSE).text)
        process.send_signal(number)
    assert gone(pid)
    assert until(lambda: True if not folder.exists() else None, at_most_seconds=5)
    one.job.the_host.close()


def test_a_hall_ends_a_machine_whose_sandbox_let_go(tmp_path: Path) -> None:
    text = user_data(Boot("b-000000", "nobody-else", new_key("h"), new_key("c").public, 60, ssh_port=1))
    orders = read_orders(text)
    assert orders is not None
    hall = Hall()
    heard: list[str] = []
    hall.start("i-1", replace(orders, script="exit 0"), ended=heard.append)
    assert until(lambda: hall.console("i-1") or None, at_most_seconds=10)
    assert hall.console("i-1").startswith("simulated: ")
    hall.end("i-1")
    hall.end("i-1")
    assert hall.console("i-1") == ""
    assert heard == []


# --- who may have one --------------------------------------------------------------------------


def test_only_this_computers_own_user_is_served(emulator: Emulator) -> None:
    import socket

    server_port = int(emulator.endpoint.rsplit(":", 1)[1])
    with socket.create_connection(("127.0.0.1", server_port)) as connection:
        port = connection.getsockname()[1]
        assert owner_of(port, server_port) == os.geteuid()
        assert is_own_user(port, server_port, f"127.0.0.1:{server_port}")
        assert not is_own_user(port, server_port, f"rebound.example:{server_port}")
        assert not is_own_user(port, 1, f"127.0.0.1:{server_port}")
    assert owner_of(0, 0) is None


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become somebody else")
def test_another_users_request_starts_no_machine(emulator: Emulator, tmp_path: Path) -> None:
    one = bench(emulator.endpoint, tmp_path)
    text = user_data(Boot("b-000000", "rocky", new_key("h"), new_key("c").public, 60, ssh_port=one.plan.port))
    ec2 = emulator.client("ec2")
    pid = os.fork()
    if pid == 0:
        os.setuid(65534)
        try:
            ec2.run_instances(
                ImageId=one.plan.image.id, InstanceType="c7g.large", MinCount=1, MaxCount=1, UserData=text
            )
        finally:
            os._exit(0)
    os.waitpid(pid, 0)
    (instance,) = [i for r in ec2.describe_instances()["Reservations"] for i in r["Instances"]]
    assert instance.get("PublicIpAddress") != "127.0.0.1"
    assert ec2.get_console_output(InstanceId=instance["InstanceId"])["Output"] == ""


# --- what EC2 does -----------------------------------------------------------------------------


def launch(emulator: Emulator, image: str, **more: object) -> dict[str, object]:
    wanted = {"ImageId": image, "InstanceType": "c7g.large", "MinCount": 1, "MaxCount": 1, **more}
    return dict(emulator.client("ec2").run_instances(**wanted)["Instances"][0])


def test_a_launch_token_stands_for_one_machine(emulator: Emulator, tmp_path: Path) -> None:
    image = bench(emulator.endpoint, tmp_path).plan.image.id
    one = launch(emulator, image, ClientToken="t-1")
    assert launch(emulator, image, ClientToken="t-1")["InstanceId"] == one["InstanceId"]
    with pytest.raises(Exception, match="IdempotentParameterMismatch"):
        launch(emulator, image, ClientToken="t-1", InstanceType="c7g.medium")
    assert launch(emulator, image, ClientToken="t-2")["InstanceId"] != one["InstanceId"]
    found = emulator.client("ec2").describe_instances(Filters=[{"Name": "client-token", "Values": ["t-1"]}])
    assert [i["InstanceId"] for r in found["Reservations"] for i in r["Instances"]] == [one["InstanceId"]]


def test_a_group_in_use_cannot_be_deleted(emulator: Emulator, tmp_path: Path) -> None:
    image = bench(emulator.endpoint, tmp_path).plan.image.id
    ec2 = emulator.client("ec2")
    group = ec2.create_security_group(GroupName="g", Description="g")["GroupId"]
    one = launch(emulator, image, SecurityGroupIds=[group])
    with pytest.raises(Exception, match="DependencyViolation"):
        ec2.delete_security_group(GroupId=group)
    ec2.terminate_instances(InstanceIds=[one["InstanceId"]])
    ec2.delete_security_group(GroupId=group)


def test_other_user_data_starts_nothing(emulator: Emulator, tmp_path: Path) -> None:
    image = bench(emulator.endpoint, tmp_path).plan.image.id
    mark = tmp_path / "ran"
    one = launch(emulator, image, UserData=f"#!/bin/sh\ntouch {mark}\n")
    time.sleep(0.2)
    assert not mark.exists()
    output = emulator.client("ec2").get_console_output(InstanceId=one["InstanceId"])["Output"]
    assert output == ""


def test_deprecated_images_are_shown_to_who_asks_for_them(emulator: Emulator) -> None:
    ec2 = emulator.client("ec2")
    usual = ec2.describe_images(Owners=[ROCKY_OWNER])["Images"]
    every = ec2.describe_images(Owners=[ROCKY_OWNER], IncludeDeprecated=True)["Images"]
    old = {i["ImageId"] for i in every} - {i["ImageId"] for i in usual}
    now = datetime.now(UTC).isoformat()
    assert old == {i["ImageId"] for i in every if i["DeprecationTime"] < now and "-9.7-" not in i["Name"]}
    assert usual
    assert old
    aws = account(emulator.endpoint)
    assert all(aws.hosts.image(image_id) is not None for image_id in old)
    newest = aws.hosts.newest_image(ROCKY_OWNER, "Rocky-9-EC2-Base-9.*.aarch64", "arm64")
    assert newest is not None
    assert newest.id not in old
    assert newest.created == max(i["CreationDate"] for i in usual)
