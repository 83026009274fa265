"""Programs that a simulated machine finds first: they keep it from touching the computer it runs on.

Each says `simulated` when it stands in for something. They are plain shell, so that starting one costs nothing.
"""

from __future__ import annotations

import stat
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

_OFF = 'kill -TERM "$GEOS_HOST_INIT"'
_SAYS = 'echo "simulated: ${0##*/} $*"'
_SAYS_ERR = f"{_SAYS} >&2"

_SUDO = """\
while [ $# -gt 0 ]; do
  case "$1" in
    -u|-g) shift 2 ;;
    -*) shift ;;
    *) break ;;
  esac
done
exec env "$@"
"""
_SYSTEMCTL = f"""\
case " $* " in
  *" poweroff "*|*" halt "*|*" reboot "*) {_OFF}; exit 0 ;;
  *" is-system-running "*) echo offline; exit 1 ;;
  *" is-active "*) exit 3 ;;
esac
{_SAYS_ERR}
"""
_GETENT = """\
if [ "$1" = passwd ] && [ "$2" = "$USER" ]; then
  echo "$USER:x:$(id -u):$(id -g)::$HOME:/bin/sh"
  exit 0
fi
exec /usr/bin/getent "$@"
"""
_QUIET = ("dnf", "yum", "rpm", "semanage", "firewall-cmd", "usermod", "groupadd", "setenforce", "loginctl")
_POWER = ("poweroff", "shutdown", "halt", "reboot")

SHARED: Mapping[str, str] = {
    "sudo": _SUDO,
    "systemctl": _SYSTEMCTL,
    "systemd-run": 'echo "simulated: this machine has no systemd" >&2\nexit 1\n',
    "getent": _GETENT,
    "getenforce": "echo Enforcing\n",
    **dict.fromkeys(_QUIET, _SAYS + "\n"),
    **dict.fromkeys(_POWER, _OFF + "\n"),
}
"""For everything on the machine."""


def engine() -> str:
    """`docker` where the computer has no engine that answers."""
    return f'exec "{sys.executable}" -m geos.wizard.sandbox.hosts.docker_stand_in "$@"\n'


def while_booting(failing: Iterable[str]) -> dict[str, str]:
    """Only for the boot: nothing is waited for between two attempts, and what a test wants to fail does."""
    broken = 'echo "simulated: ${0##*/} is told to fail" >&2\nexit 1\n'
    return {"sleep": "exit 0\n", **dict.fromkeys(failing, broken)}


def write(programs: Mapping[str, str], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in programs.items():
        place = folder / name
        place.write_text(f"#!/bin/sh\n{text}", encoding="utf-8")
        place.chmod(place.stat().st_mode | stat.S_IXUSR)
