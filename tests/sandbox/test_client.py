"""Starting, finding and stopping the account's own process."""

from __future__ import annotations

import contextlib
import json
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from geos.wizard import facts
from geos.wizard.errors import DiskRefused, Exit, SandboxMissing, SandboxNotRunning, SandboxOfAnother
from geos.wizard.paths import sandbox_file
from geos.wizard.sandbox import client


@pytest.fixture(autouse=True)
def _stopped_afterwards() -> Iterator[None]:
    yield
    client.stop()


def call(endpoint: str, service: str, operation: str, **given: Any) -> Any:
    import boto3

    found = boto3.client(
        service,
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id=facts.SANDBOX_KEY_ID,
        aws_secret_access_key=facts.SANDBOX_SECRET_KEY,
    )
    return getattr(found, operation)(**given)


def test_it_starts_answers_and_stops() -> None:
    assert client.status() is None
    found = client.start()
    assert call(found.endpoint, "sts", "get_caller_identity")["Account"] == found.account == "123456789012"
    assert found.endpoint.startswith("http://127.0.0.1:")
    assert client.status() == found
    assert client.start() == found, "the one that runs is kept"
    assert stat.S_IMODE(sandbox_file().stat().st_mode) == 0o600
    assert client.stop()
    assert client.status() is None
    assert not sandbox_file().exists()
    assert not client.stop()


def test_it_lives_between_commands_and_forgets_on_reset() -> None:
    found = client.start()
    call(found.endpoint, "logs", "create_log_group", logGroupName="kept")
    again = client.start()
    assert call(again.endpoint, "logs", "describe_log_groups")["logGroups"]
    fresh = client.reset("established")
    assert fresh.account_kind == "established"
    assert client.status() == fresh
    assert call(fresh.endpoint, "logs", "describe_log_groups")["logGroups"] == []
    quota = call(fresh.endpoint, "service-quotas", "get_service_quota", ServiceCode="ec2", QuotaCode="L-1216C47A")
    assert quota["Quota"]["Value"] == 640


def test_there_is_nothing_to_reset_where_nothing_runs() -> None:
    with pytest.raises(SandboxNotRunning):
        client.reset()


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        '{"endpoint": 1}',
        '{"endpoint": "http://127.0.0.1:9", "pid": 999999999, "account": "123456789012"}',
        '{"endpoint": "http://127.0.0.1:9", "pid": 1, "account": "123456789012"}',
    ],
)
def test_a_stale_or_damaged_record_is_no_account(content: str) -> None:
    sandbox_file().parent.mkdir(parents=True, exist_ok=True)
    sandbox_file().write_text(content)
    assert client.status() is None
    assert client.start().pid == json.loads(sandbox_file().read_text())["pid"]


def test_one_that_another_geos_started_is_not_used_but_can_be_stopped() -> None:
    found = client.start()
    of_old = {key: value for key, value in found.to_json().items() if key != "edition"}
    for record in (of_old, {**of_old, "edition": "0.0.9-0123456789ab"}):
        sandbox_file().write_text(json.dumps(record))
        with pytest.raises(SandboxOfAnother) as raised:
            client.start()
        assert "geos-setup sandbox stop" in raised.value.hint
        left = client.status()
        assert left is not None
        assert not left.of_this_geos
    assert client.stop()
    assert client.start().of_this_geos


def test_a_killed_process_is_noticed() -> None:
    found = client.start()
    os.kill(found.pid, 9)
    for _ in range(200):
        if client.status() is None:
            break
        threading.Event().wait(0.02)
    assert client.status() is None
    assert client.start().pid != found.pid


def test_two_commands_at_once_share_one_account() -> None:
    code = "from geos.wizard.sandbox import client; print(client.start().pid)"
    both = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) for _ in range(2)]
    pids = {p.communicate(timeout=60)[0].strip() for p in both}
    assert len(pids) == 1
    assert pids == {str(found.pid) for found in [client.status()] if found is not None}


def test_it_ends_by_itself_when_nobody_asks(tmp_path: Any) -> None:
    state = tmp_path / "sandbox.json"
    command = [sys.executable, "-m", "geos.wizard.sandbox.server", "--state-file", str(state), "--idle-seconds", "0.5"]
    process = subprocess.Popen(command)
    assert process.wait(30) == 0
    assert not state.exists()


def test_a_signal_ends_it_cleanly(tmp_path: Any) -> None:
    state = tmp_path / "sandbox.json"
    process = subprocess.Popen([sys.executable, "-m", "geos.wizard.sandbox.server", "--state-file", str(state)])
    for _ in range(500):
        if state.exists():
            break
        threading.Event().wait(0.02)
    assert json.loads(state.read_text())["pid"] == process.pid
    process.terminate()
    assert process.wait(10) == 0
    assert not state.exists()


def test_exports_let_other_tools_look_in() -> None:
    found = client.start()
    lines = client.env_exports(found)
    script = "\n".join([*lines, "env"])
    shown = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True).stdout.splitlines()
    assert {f"AWS_ENDPOINT_URL={found.endpoint}", "AWS_REGION=us-east-1", "AWS_DEFAULT_REGION=us-east-1"} <= set(shown)
    assert not [line for line in shown if line.startswith("AWS_PROFILE=")]


def test_without_the_extra_it_says_what_to_install(tmp_path: Any) -> None:
    """In a Python that finds geos and nothing else."""
    code = (
        "import sys, importlib.machinery as m\n"
        "find = m.PathFinder.find_spec\n"
        "class Without(m.PathFinder):\n"
        "    @classmethod\n"
        "    def find_spec(cls, name, path=None, target=None):\n"
        "        return None if name.split('.')[0] in ('moto', 'flask') else find(name, path, target)\n"
        "sys.meta_path[:] = [Without if f is m.PathFinder else f for f in sys.meta_path]\n"
        "from geos.wizard.errors import SandboxMissing\n"
        "from geos.wizard.sandbox import client\n"
        "try:\n"
        "    client.start()\n"
        "except SandboxMissing as e:\n"
        "    print(e.code, e.hint)\n"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert shown.stdout.startswith(f"{SandboxMissing.code} "), shown.stderr
    assert "geos[sandbox]" in shown.stdout


@pytest.mark.parametrize("blocks", ["full", "nearly full"])
def test_a_full_disk_is_told_with_its_place(tmp_path: Path, blocks: str) -> None:
    """A small disk of its own, because a real one that is full would stop the other tests."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)], check=False)
    if mounted.returncode:
        pytest.skip("only root may mount a disk")
    try:
        (disk / "geos" / "logs").mkdir(parents=True)
        with contextlib.suppress(OSError), (disk / "filler").open("wb", buffering=0) as filler:
            for _ in range(16 if blocks == "full" else 15):
                filler.write(b"x" * 4096)
        environ = {**os.environ, "XDG_STATE_HOME": str(disk)}
        command = [sys.executable, "-m", "geos.wizard.cli.setup", "sandbox", "start", "-o", "json"]
        done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False, timeout=60)
        error = json.loads(done.stdout)["error"]
        assert (done.returncode, error["code"]) == (Exit.FAILED, DiskRefused.code)
        assert "No space left on device" in error["message"]
        assert str(disk / "geos") in error["message"]
        assert "XDG_STATE_HOME" in error["hint"]
        assert "Traceback" not in done.stderr
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_the_client_is_light() -> None:
    code = "import sys; from geos.wizard.sandbox import client; client.status(); print(sorted(sys.modules))"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert not [heavy for heavy in ("boto3", "botocore", "moto", "flask", "werkzeug") if f"'{heavy}'" in shown]


def test_an_account_is_there_before_any_service_of_it_was_read() -> None:
    """Reading EC2's alone takes as long as all else of the start; each is read while the client is still thinking."""
    code = "import sys; from geos.wizard.sandbox.server import make_app; make_app(); print(sorted(sys.modules))"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "'moto.core'" in shown
    assert not [service for service in ("ec2", "iam", "s3", "batch", "ecr") if f"'moto.{service}.models'" in shown]
