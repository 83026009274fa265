"""The way in through AWS Systems Manager Session Manager: SSH inside a session, and no port is open to anybody.

AWS's own program, the session-manager-plugin, carries the bytes. It is given the session's answer, which holds a
token, through its environment: an argument could be read by everybody on this machine. Before the first byte of SSH it
says that it begins, and then takes longer than paramiko would wait, so what comes before is read here. It moves about
1 MB/s towards the host: it sends 1 KiB at a time and rests a millisecond after each.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from geos.builder.errors import PluginMissing
from geos.wizard.errors import GeosError
from geos.wizard.waiting import pause

if TYPE_CHECKING:
    from geos.wizard.aws import Aws
    from geos.wizard.aws.sessions import Session
    from geos.wizard.facts import Target

PLUGIN = "session-manager-plugin"
LEAST_VERSION = (1, 2, 764, 0)
"""Of 2025-11-19: AWS supports no older one. Reading the answer from the environment came with 1.2.536.0."""
ANSWER = "AWS_SSM_START_SESSION_RESPONSE"
SIMULATED = (sys.executable, "-m", "geos.wizard.sandbox.hosts.session_stand_in")
"""In the simulated account nothing can be reached through AWS."""
BANNER_SECONDS = 30.0
"""How long the session and the machine's SSH server may take to begin."""
END_SECONDS = 2.0
_ASK_SECONDS = 10.0
_BANNER = b"SSH-"
_MANY_BYTES = 1 << 14
_HOW = (
    "https://docs.aws.amazon.com/systems-manager/latest/userguide/"
    "session-manager-working-with-install-plugin.html tells how to install it; or come in by SSH (--transport ssh)"
)


def require_plugin(target: Target) -> tuple[str, ...]:
    """The command line of AWS's program. Raises PluginMissing when it is not here or too old."""
    if target.sandbox:
        return SIMULATED
    path = shutil.which(PLUGIN)
    if path is None:
        raise PluginMissing(f"Session Manager needs AWS's {PLUGIN}, which is not on this machine.", hint=_HOW)
    try:
        said = subprocess.run(
            [path, "--version"], stdin=subprocess.DEVNULL, capture_output=True, timeout=_ASK_SECONDS
        ).stdout.decode(errors="replace")
    except (OSError, subprocess.TimeoutExpired) as e:
        raise PluginMissing(f"{path} does not start: {e}.", hint=_HOW) from e
    version = read_version(said)
    if version is None or version < LEAST_VERSION:
        least = ".".join(str(number) for number in LEAST_VERSION)
        told = said.strip()[:40] or "nothing"
        raise PluginMissing(f"{path} is too old: AWS supports {least} and later, and it says {told}.", hint=_HOW)
    return (path,)


def read_version(text: str) -> tuple[int, ...] | None:
    """None for what is no version."""
    found = re.fullmatch(r"\s*(\d{1,9})\.(\d{1,9})\.(\d{1,9})(?:\.(\d{1,9}))?\s*", text)
    return tuple(int(number or 0) for number in found.groups()) if found else None


def session(aws: Aws, instance_id: str, port: int) -> Tunnel:
    """A way to that port of the machine, as a socket; closing it ends the session.

    Raises PluginMissing, what AWS refused, and OSError for what a machine that is still starting would do too.
    """
    words = require_plugin(aws.target)
    opened = aws.sessions.start(instance_id, port)
    if opened is None:
        raise ConnectionRefusedError(errno.ECONNREFUSED, "its Session Manager agent has not reported to AWS")
    end = _Once(lambda: aws.sessions.end(opened.id))
    try:
        tunnel = _opened(words, aws, opened, end)
    except BaseException:
        end()
        raise
    try:
        tunnel.until_banner(BANNER_SECONDS)
    except BaseException:
        tunnel.close()
        raise
    return tunnel


def _opened(words: tuple[str, ...], aws: Aws, opened: Session, end: Callable[[], None]) -> Tunnel:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        try:
            plugin = subprocess.Popen(
                [*words, ANSWER, aws.region, "StartSession", "", opened.request, opened.endpoint],
                env=_environment(aws.sessions.keys(), opened.answer),
                stdin=theirs.fileno(),
                stdout=theirs.fileno(),
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C is for geos, which still needs the way in to clean up
            )
        except OSError as e:
            raise PluginMissing(f"{words[0]} does not start: {e}.", hint=_HOW) from e
        return Tunnel(ours, plugin, end)


def _environment(keys: Mapping[str, str], answer: str) -> dict[str, str]:
    """Ours, but the keys that geos works with count, whatever profile the user's environment names."""
    ours = dict(os.environ)
    if keys:
        ours = {name: value for name, value in ours.items() if name not in ("AWS_PROFILE", "AWS_SESSION_TOKEN")}
    return {**ours, **keys, ANSWER: answer}


class Tunnel(socket.socket):
    """Our end of a pair; the program has the other as its standard input and output."""

    def __init__(self, ours: socket.socket, plugin: subprocess.Popen[bytes], end: Callable[[], None]) -> None:
        super().__init__(ours.family, ours.type, ours.proto, ours.detach())
        self._plugin, self._end = plugin, end

    def until_banner(self, at_most_seconds: float) -> None:
        """Read on to where SSH begins. Raises OSError when it does not."""
        deadline = time.monotonic() + at_most_seconds
        line, last = b"", b""
        while (left := deadline - time.monotonic()) > 0:
            self.settimeout(left)
            seen = self.recv(_MANY_BYTES, socket.MSG_PEEK)
            if not seen:
                why = (line or last).decode(errors="replace").strip()
                raise ConnectionResetError(errno.ECONNRESET, f"the session ended ({why or 'without a word'})")
            if not line and seen.startswith(_BANNER):
                return
            if not line and _BANNER.startswith(seen):
                pause(0.01)  # too little to tell
                continue
            line += self.recv(seen.find(b"\n") + 1 or len(seen))
            if line.endswith(b"\n"):
                last, line = line.strip() or last, b""
        raise TimeoutError(f"the session began, and no SSH server answered in {at_most_seconds:.0f} s")

    def close(self) -> None:
        super().close()
        self._plugin.terminate()
        try:
            self._plugin.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._plugin.kill()
            self._plugin.wait()
        self._end()


class _Once:
    """Ends the session the first time it is called: paramiko closes from several threads. What AWS has against it is
    no matter: the session ends with the machine."""

    def __init__(self, end: Callable[[], None]) -> None:
        self._end: Callable[[], None] | None = end
        self._lock = threading.Lock()

    def __call__(self) -> None:
        with self._lock:
            end, self._end = self._end, None
        if end is not None:
            with contextlib.suppress(GeosError):
                end()
