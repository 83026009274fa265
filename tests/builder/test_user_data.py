"""What a host is told at its start: one document, checked as cloud-init would read it, and its script run for real."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from geos.builder.keys import new_key, same_key
from geos.builder.user_data import MOST_BYTES, Boot, Sentinel, agent_url, boot_script, read_sentinel, user_data
from geos.wizard.sandbox.hosts import stand_ins
from geos.wizard.sandbox.hosts.cloud_config import read_orders

HOST_KEY, OWN_KEY = new_key("host"), new_key("own")


def boot(**changes: object) -> Boot:
    given_ = {"build_id": "b-7f3a00", "user": "rocky", "host_key": HOST_KEY, "authorized_key": OWN_KEY.public}
    return Boot(**{**given_, "time_limit_seconds": 10800, **changes})  # type: ignore[arg-type]


def test_the_first_thing_limits_the_hosts_life() -> None:
    config = yaml.safe_load(user_data(boot()))
    (first,) = config["bootcmd"]
    assert first[0] == "systemd-run"
    assert "--on-active=10800" in first
    assert first[-2:] == ["systemctl", "poweroff"]
    assert "shutdown" not in first  # it would lock users out five minutes before the end


def test_the_keys_are_given_and_no_other_way_in_is_left() -> None:
    config = yaml.safe_load(user_data(boot()))
    assert config["ssh_keys"] == {"ed25519_private": HOST_KEY.private, "ed25519_public": HOST_KEY.public}
    (user,) = config["users"]
    assert user["ssh_authorized_keys"] == [OWN_KEY.public]
    assert user["lock_passwd"]
    assert config["ssh_pwauth"] is False
    assert config["disable_root"] is True


def test_another_port_is_told_to_ssh_to_selinux_and_to_nobody_else() -> None:
    config = yaml.safe_load(user_data(boot(ssh_port=8022)))
    assert config["write_files"] == [{"path": "/etc/ssh/sshd_config.d/10-geos.conf", "content": "Port 8022\n"}]
    assert "ssh_port_t -p tcp 8022" in boot_script(boot(ssh_port=8022))
    assert "write_files" not in yaml.safe_load(user_data(boot()))
    assert "semanage" not in boot_script(boot())


def test_the_session_manager_agent_comes_from_the_hosts_own_region() -> None:
    arm = agent_url("eu-north-1", "arm64")
    assert arm == "https://s3.eu-north-1.amazonaws.com/amazon-ssm-eu-north-1/latest/linux_arm64/amazon-ssm-agent.rpm"
    assert "linux_amd64" in agent_url("us-east-1", "x86_64")
    assert arm in boot_script(boot(agent_url=arm))
    assert "ssm" not in boot_script(boot())


def test_it_is_far_from_what_ec2_takes_at_most() -> None:
    full = boot(ssh_port=8022, agent_url=agent_url("ap-southeast-2", "x86_64"), user="a" * 32)
    assert len(user_data(full).encode()) < MOST_BYTES / 2
    with pytest.raises(ValueError, match="EC2 takes"):
        user_data(boot(authorized_key="x" * MOST_BYTES))


@given(
    user=st.from_regex(r"[a-z][a-z0-9._-]{0,20}", fullmatch=True),
    port=st.integers(1, 65535),
    limit=st.integers(60, 86400),
    agent=st.booleans(),
)
def test_the_sandbox_reads_what_the_builder_writes(user: str, port: int, limit: int, agent: bool) -> None:
    url = agent_url("us-east-1", "arm64") if agent else ""
    told = boot(user=user, ssh_port=port, time_limit_seconds=limit, agent_url=url)
    orders = read_orders(user_data(told))
    assert orders is not None
    assert (orders.user, orders.port, orders.limit_seconds) == (user, port, float(limit))
    assert orders.script == boot_script(told)
    assert same_key(orders.host_public, HOST_KEY.public)


@pytest.mark.parametrize(
    "text",
    ["", "#!/bin/sh\nrm -rf /", "#cloud-config\n{", "#cloud-config\n[]", "#cloud-config\nruncmd: [[sh, -c, id]]"],
)
def test_anything_else_starts_no_machine(text: str) -> None:
    assert read_orders(text) is None


# --- the script --------------------------------------------------------------------------------


def run_script(folder: Path, *, failing: tuple[str, ...] = (), engine: bool = True, **changes: object) -> Sentinel:
    """With stand-ins for everything that would change this machine."""
    programs = {**stand_ins.SHARED, **stand_ins.while_booting(failing)}
    if engine and "docker" not in failing:
        programs["docker"] = "echo 27.0\n"
    stand_ins.write(programs, folder / "bin")
    home = folder / "home"
    home.mkdir(mode=0o700)
    import getpass

    user = getpass.getuser()
    env = {"PATH": f"{folder / 'bin'}:/usr/bin:/bin", "HOME": str(home), "USER": user, "GEOS_HOST_INIT": "0"}
    text = boot_script(boot(user=user, **changes))
    subprocess.run(["/bin/sh", "-c", text], env=env, cwd=home, timeout=30, capture_output=True)
    found = read_sentinel((home / ".geos-boot" / "ready.json").read_text())
    assert found is not None
    return found


def test_it_says_done_with_the_engines_version(tmp_path: Path) -> None:
    assert run_script(tmp_path) == Sentinel("b-7f3a00", "done", 0, "27.0")


def test_it_moves_ssh_and_installs_the_agent_when_told(tmp_path: Path) -> None:
    assert run_script(tmp_path, ssh_port=8022, agent_url=agent_url("us-east-1", "arm64")).ok
    said = (tmp_path / "home/.geos-boot/boot.log").read_text()
    assert "semanage port -a -t ssh_port_t -p tcp 8022" in said


@pytest.mark.parametrize(
    ("failing", "step"),
    [
        (("docker",), "start the container engine"),
        (("systemctl",), "start the container engine"),
    ],
)
def test_it_names_the_step_that_fails(tmp_path: Path, failing: tuple[str, ...], step: str) -> None:
    found = run_script(tmp_path, failing=failing)
    assert (found.step, found.ok) == (step, False)


def test_a_package_that_does_not_come_is_tried_four_times(tmp_path: Path) -> None:
    found = run_script(tmp_path, failing=("dnf",), ssh_port=8022, agent_url="", engine=True)
    assert found.ok  # nothing had to be installed
    other = tmp_path / "other"
    other.mkdir()
    found = run_script(other, failing=("dnf", "rpm"), agent_url=agent_url("us-east-1", "arm64"))
    assert found.step == "install the Session Manager agent"
    assert (other / "home/.geos-boot/boot.log").read_text().count("attempt") == 3


@given(st.text())
def test_what_is_no_sentinel_is_not_taken_for_one(text: str) -> None:
    found = read_sentinel(text)
    assert found is None or isinstance(json.loads(text), dict)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"build": "b"}', '{"build": "b", "step": "x", "rc": "no"}'])
def test_half_a_sentinel_is_none(text: str) -> None:
    assert read_sentinel(text) is None
