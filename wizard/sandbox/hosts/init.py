"""The first process of a simulated machine: `python -m geos.wizard.sandbox.hosts.init FOLDER`.

It starts an SSH server, runs the boot script, and ends when its standard input does: which is when the sandbox
ends the machine, or ends itself, however it ends. Then everything that was ever started on the machine is killed,
also what cut itself loose, because orphans become children of this process; and the folder is removed.
"""

from __future__ import annotations

import contextlib
import ctypes
import getpass
import json
import os
import select
import shlex
import shutil
import signal
import site
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType
from typing import Any

from geos.wizard.sandbox.hosts import stand_ins
from geos.wizard.sandbox.hosts.cloud_config import Orders
from geos.wizard.waiting import pause

SSHD = Path("/usr/sbin/sshd")
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36
_LOOK_SECONDS = 0.5
_PASSED_ON = ("DOCKER_HOST", "LANG", "LC_ALL", "http_proxy", "https_proxy", "no_proxy", "PYTHONPATH")
_KILL_ROUNDS, _KILL_SECONDS = 200, 0.005


class Machine:
    """One machine and everything on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        told = json.loads((folder / "orders.json").read_text(encoding="utf-8"))
        self.name: str = told["name"]
        self.orders = Orders.from_json(told["orders"])
        self.failing: list[str] = told["failing"]
        self.off = False

    # --- starting ----------------------------------------------------------------------------

    def start(self) -> None:
        for name in ("home", "tmp", "etc"):
            (self.folder / name).mkdir(mode=0o700)
        stand_ins.write(stand_ins.SHARED, self.folder / "bin")
        stand_ins.write(stand_ins.while_booting(self.failing), self.folder / "boot")
        self._keys()
        self._server()
        self._console()
        if not self._engine_answers():
            stand_ins.write({"docker": stand_ins.engine()}, self.folder / "bin")
        self._boot()

    def environment(self, *before: str) -> dict[str, str]:
        found = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        path = ":".join([*before, str(self.folder / "bin"), os.environ.get("PATH", os.defpath)])
        user = getpass.getuser()
        return found | {
            "HOME": str(self.folder / "home"),
            "TMPDIR": str(self.folder / "tmp"),
            "PATH": path,
            "USER": user,
            "LOGNAME": user,
            "SHELL": "/bin/sh",
            # With another home, Python would no longer find what was installed for the user alone.
            "PYTHONUSERBASE": site.getuserbase(),
            "GEOS_HOST": self.name,
            "GEOS_HOST_INIT": str(os.getpid()),
        }

    def _keys(self) -> None:
        for name, text in (
            ("host", self.orders.host_private),
            ("host.pub", self.orders.host_public + "\n"),
            ("authorized_keys", "\n".join(self.orders.authorized) + "\n"),
        ):
            place = self.folder / "etc" / name
            place.write_text(text, encoding="utf-8")
            place.chmod(0o600)

    def _server(self) -> None:
        # OpenSSH lets users in that the computer has; for any other name our own server stands in.
        real = SSHD.exists() and self.orders.user == getpass.getuser()
        words = self._sshd() if real else [sys.executable, "-m", "geos.wizard.sandbox.hosts.ssh_stand_in"]
        self._spawn([*words] if real else [*words, str(self.folder)], "sshd.log")

    def _sshd(self) -> list[str]:
        etc = self.folder / "etc"
        enter = self.folder / "enter"
        lines = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in self.environment().items())
        enter.write_text(f'#!/bin/sh\n{lines}cd "$HOME"\nexec /bin/sh -c "$SSH_ORIGINAL_COMMAND"\n', encoding="utf-8")
        enter.chmod(0o700)
        (etc / "sshd_config").write_text(
            f"ListenAddress 127.0.0.1\nPort {self.orders.port}\nHostKey {etc}/host\nPidFile none\n"
            f"AuthorizedKeysFile {etc}/authorized_keys\nPubkeyAuthentication yes\nPasswordAuthentication no\n"
            "KbdInteractiveAuthentication no\nPermitRootLogin prohibit-password\nUsePAM no\nStrictModes no\n"
            # The shell that starts `enter` must not read what the computer's user has in .bashrc.
            f'SetEnv HOME="{self.folder}/home"\n'
            f"PrintMotd no\nForceCommand exec {enter}\nMaxSessions 100\nMaxStartups 100\n",
            encoding="utf-8",
        )
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # sshd insists on it
        return [str(SSHD), "-D", "-e", "-f", str(etc / "sshd_config")]

    def _console(self) -> None:
        key = " ".join(self.orders.host_public.split()[:2])
        (self.folder / "console").write_text(
            f"simulated: {self.name} is a folder and an SSH server on this computer\n"
            f"-----BEGIN SSH HOST KEY KEYS-----\n{key}\n-----END SSH HOST KEY KEYS-----\n",
            encoding="utf-8",
        )

    def _engine_answers(self) -> bool:
        try:
            found = subprocess.run(
                ["docker", "version", "--format", "{{.Server.Version}}"],
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=10,
            )
        except (OSError, subprocess.TimeoutExpired):
            return False
        return found.returncode == 0

    def _boot(self) -> None:
        script = ["/bin/sh", "-c", self.orders.script]
        self._spawn(script, "boot.log", env=self.environment(str(self.folder / "boot")))

    def _spawn(self, words: list[str], log: str, *, env: dict[str, str] | None = None) -> None:
        with (self.folder / log).open("wb") as out:
            subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                env=env or self.environment(),
                cwd=self.folder / "home",
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )

    # --- living and ending -------------------------------------------------------------------

    def live(self) -> None:
        """Until the sandbox lets go, the machine is switched off from inside, or its time is over."""
        limit = self.orders.limit_seconds
        ends = None if limit is None else time.monotonic() + limit
        while not self.off and (ends is None or time.monotonic() < ends):
            left = _LOOK_SECONDS if ends is None else min(_LOOK_SECONDS, max(0.0, ends - time.monotonic()))
            ready, _, _ = select.select([sys.stdin], [], [], left)
            if ready and not os.read(sys.stdin.fileno(), 1024):
                return
            _reap()

    def switch_off(self, number: int, frame: FrameType | None) -> None:
        self.off = True

    def end(self) -> None:
        for _ in range(_KILL_ROUNDS):
            living = descendants(os.getpid())
            if not living:
                break
            for pid in living:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)
            _reap()
            pause(_KILL_SECONDS)
        shutil.rmtree(self.folder, ignore_errors=True)


def _prctl(option: int, value: int) -> None:
    """Linux only; elsewhere what cuts itself loose outlives its machine."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def _die_with_parent() -> None:
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _reap() -> None:
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def descendants(root: int) -> list[int]:
    """Every living process below `root`, children before their own children."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            state, parent = entry.read_text(encoding="utf-8", errors="replace").rsplit(")", 1)[1].split()[:2]
            if state != "Z":
                children.setdefault(int(parent), []).append(int(entry.parent.name))
    found, waiting = [], list(children.get(root, ()))
    while waiting:
        pid = waiting.pop(0)
        found.append(pid)
        waiting += children.get(pid, ())
    return found


def main(argv: list[str] | None = None) -> int:
    given: list[Any] = argv if argv is not None else sys.argv[1:]
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)
    machine = Machine(Path(given[0]))
    signal.signal(signal.SIGTERM, machine.switch_off)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        machine.start()
        machine.live()
    finally:
        machine.end()
    return 0


if __name__ == "__main__":
    sys.exit(main())
