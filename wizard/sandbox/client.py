"""Start, find and stop the simulated account. Light: the emulator itself is imported only by its own process.

A state file says where it listens. It may be stale (the machine was switched off, the process was killed),
so an account counts as running only when the process is alive and answers under the address in the file.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

from geos.wizard.errors import DiskRefused, SandboxFailed, SandboxMissing, SandboxNotRunning, SandboxOfAnother
from geos.wizard.facts import SANDBOX_KEY_ID, SANDBOX_SECRET_KEY
from geos.wizard.paths import sandbox_file, shown, state_dir
from geos.wizard.sandbox.edition import edition
from geos.wizard.sandbox.seeds import ACCESS_KEY_ID, SECRET_ACCESS_KEY

START_SECONDS = 30.0
STOP_SECONDS = 10.0
ANSWER_SECONDS = 10.0
REGION = "us-east-1"
PROBE_BYTES = 64 * 1024
"""More than the state file and the log of a start take."""

T = TypeVar("T")


@dataclass(frozen=True)
class Sandbox:
    """A simulated account that is running."""

    endpoint: str
    pid: int
    account: str
    account_kind: str
    started_at: str
    edition: str = ""
    """Of the geos that started it; "": one that did not say so yet."""

    @property
    def of_this_geos(self) -> bool:
        return self.edition == edition()

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def start(account: str = "new") -> Sandbox:
    """The running account, started if there is none. A running one is kept as it is, whatever its kind.

    Raises SandboxMissing, SandboxFailed; SandboxOfAnother, because what this geos relies on may not be in that one.
    """
    found = status()
    if found is None:
        _check_installed()
        with _one_at_a_time():
            found = status() or _launch(account)
    if not found.of_this_geos:
        raise SandboxOfAnother(
            f"The sandbox at {found.endpoint} was started by another version of geos, at {found.started_at}.",
            hint="geos-setup sandbox stop, then the same again (what is in it is forgotten)",
        )
    return found


def status() -> Sandbox | None:
    """The running account, or None. Removes a state file that nobody stands behind."""
    path = sandbox_file()
    found = _read(path)
    if found is None:
        return None
    if _alive(found.pid) and _answers(found):
        return found
    with contextlib.suppress(OSError):
        path.unlink()
    return None


def stop() -> bool:
    """End it, and with it everything in it. False: there was none."""
    found = status()
    if found is None:
        return False
    with contextlib.suppress(ProcessLookupError):
        os.kill(found.pid, signal.SIGTERM)
    if _until(lambda: None if _alive(found.pid) else True, STOP_SECONDS) is None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(found.pid, signal.SIGKILL)
    with contextlib.suppress(OSError):
        sandbox_file().unlink()
    return True


def reset(account: str = "new") -> Sandbox:
    """Everything in the running account is forgotten; it begins again as `account`."""
    found = status()
    if found is None:
        raise SandboxNotRunning(
            "No sandbox is running, so there is nothing to reset.", hint="start one: geos-setup sandbox start"
        )
    _post(found.endpoint, "reset", {"account": account})
    again = Sandbox(**{**asdict(found), "account_kind": account})
    from geos.wizard.files import write_whole

    write_whole(sandbox_file(), json.dumps(again.to_json(), indent=2) + "\n")
    return again


def env_exports(sandbox: Sandbox) -> list[str]:
    """Lines for a shell, so that other AWS tools look into the sandbox."""
    return [
        f"export AWS_ENDPOINT_URL={sandbox.endpoint}",
        f"export AWS_ACCESS_KEY_ID={SANDBOX_KEY_ID}",
        f"export AWS_SECRET_ACCESS_KEY={SANDBOX_SECRET_KEY}",
        f"export AWS_REGION={REGION} AWS_DEFAULT_REGION={REGION}",  # older tools and boto3 know the second only
        "unset AWS_PROFILE AWS_SESSION_TOKEN",
    ]


# --- starting --------------------------------------------------------------------------------


def _check_installed() -> None:
    import importlib.util

    missing = [name for name in ("moto", "flask", "flask_cors") if importlib.util.find_spec(name) is None]
    if missing:
        raise SandboxMissing(
            f"The sandbox needs {' and '.join(missing)}, which this installation of geos does not have.",
            hint="install it with its sandbox: pip install 'geos[sandbox]'",
        )


@contextlib.contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Two commands that start at once get one account between them."""
    import fcntl

    path = state_dir() / "sandbox.lock"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = path.open("w")
    except OSError as e:
        raise _disk_refused(e) from e
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _launch(account: str) -> Sandbox:
    log_path = state_dir() / "logs" / "sandbox.log"
    command = [sys.executable, "-m", "geos.wizard.sandbox.server"]
    command += ["--account", account, "--state-file", str(sandbox_file())]
    try:
        log_path.parent.mkdir(parents=True, exist_ok=True)
        log = log_path.open("wb")
    except OSError as e:
        raise _disk_refused(e) from e
    with log:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, cwd="/"
        )

    def ready() -> Sandbox | bool | None:
        if process.poll() is not None:
            return False
        found = _read(sandbox_file())
        return found if found is not None and found.pid == process.pid else None

    found = _until(ready, START_SECONDS)
    if isinstance(found, Sandbox):
        return found
    if found is None:
        process.kill()
    process.wait()
    _check_disk()
    raise SandboxFailed(
        "The sandbox did not start." if found is not None else f"The sandbox was not ready in {START_SECONDS:.0f} s.",
        hint=f"its own words are in {shown(log_path)}",
    )


def _check_disk() -> None:
    """Raises DiskRefused where nothing can be written: then the server could not leave a word in its log either."""
    probe = sandbox_file().with_suffix(".probe")
    try:
        probe.write_bytes(b" " * PROBE_BYTES)
    except OSError as e:
        raise _disk_refused(e) from e
    finally:
        with contextlib.suppress(OSError):
            probe.unlink()


def _disk_refused(error: OSError) -> DiskRefused:
    reason = error.strerror or str(error)
    return DiskRefused(
        f"The sandbox did not start, because nothing can be written to {shown(state_dir())}: {reason}.",
        hint="free some space there, or let XDG_STATE_HOME name another folder, then run the same command again",
    )


def _until(look: Any, at_most_seconds: float) -> Any:
    from geos.wizard.waiting import until

    return until(look, at_most_seconds=at_most_seconds, first_seconds=0.01, longest_seconds=0.05)


# --- the state file and what stands behind it ------------------------------------------------


def _read(path: Path) -> Sandbox | None:
    """The record, or None when there is none or it is damaged."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        return Sandbox(
            str(data["endpoint"]),
            int(data["pid"]),
            str(data["account"]),
            str(data.get("account_kind", "new")),
            str(data.get("started_at", "")),
            str(data.get("edition", "")),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _alive(pid: int) -> bool:
    try:
        finished, _ = os.waitpid(pid, os.WNOHANG)
        if finished == pid:
            return False
    except ChildProcessError:
        pass
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _answers(sandbox: Sandbox) -> bool:
    try:
        return bool(_post(sandbox.endpoint, "status", {})["account"] == sandbox.account)
    except (SandboxFailed, KeyError):
        return False


def _post(endpoint: str, verb: str, data: dict[str, Any]) -> dict[str, Any]:
    """One word to the control address. http.client, because it costs a tenth of what requests would."""
    import http.client
    from urllib.parse import urlsplit

    place = urlsplit(endpoint)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=ANSWER_SECONDS)
    try:
        connection.request("POST", f"/geos-sandbox/{verb}", json.dumps(data), {"Content-Type": "application/json"})
        response = connection.getresponse()
        answer = json.loads(response.read())
    except (OSError, ValueError, http.client.HTTPException) as e:
        raise SandboxFailed(f"The sandbox at {endpoint} does not answer: {e}.") from e
    finally:
        connection.close()
    if response.status != 200:
        raise SandboxFailed(f"The sandbox refused to {verb}: {answer.get('error', response.status)}.")
    return dict(answer)


__all__ = [
    "ACCESS_KEY_ID",
    "SECRET_ACCESS_KEY",
    "Sandbox",
    "env_exports",
    "reset",
    "start",
    "status",
    "stop",
]
