"""Commands that go on when the connection ends: under systemd where it runs, else in a session of their own.

Each has a folder on the host: `run.sh`, `log` (both streams), `status` (written when it is over), `pid` or `unit`. The
client reads the log by byte offset, so that it can go on from wherever it stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from geos.builder.commands import Command, script
from geos.builder.errors import CommandFailed, HostLost
from geos.builder.host import Host

LOG, STATUS = "log", "status"
SILENCE_SECONDS = 30.0
"""The follower on the host says something at least every few seconds."""

# $1: folder. The status file appears whole, by a rename.
_RUN = """
cd "$1" || exit 1
{line} >>log 2>&1 </dev/null
status=$?
echo "$status" >status.new && mv status.new status
"""

# $1: folder, $2: unit; standard input: the script above. It goes through a file because systemd replaces ${…} in the
# arguments of what it starts.
_START = """
mkdir -p "$1" && cd "$1" || exit 1
[ -e status ] || [ -e started ] && exit 0
cat >run.sh
: >>log
: >started
sudo=
[ "$(id -u)" = 0 ] || sudo="sudo -n"
if systemctl show --property=Version >/dev/null 2>&1 && $sudo true 2>/dev/null; then
  echo "$2" >unit  # before it starts: this script may be cut off at any point
  $sudo systemd-run --quiet --collect --unit="$2" --uid="$(id -u)" --gid="$(id -g)" \\
    --setenv=HOME="$HOME" --setenv=PATH="$PATH" sh "$PWD/run.sh" "$PWD" && exit 0
  rm -f unit
fi
setsid sh -c 'echo $$ >pid; exec sh run.sh "$PWD"' >/dev/null 2>&1 </dev/null &
"""

# $1: folder, $2: offset. Standard output is the log from there on as it grows, byte for byte; standard error tells disk
# and memory now and then. Ends when the status is there and the log was sent to its end, or when the process is gone
# without a status.
_FOLLOW = """
cd "$1" && [ -e started ] || exit 3
offset=$2 said=0
alive() {
  if [ -s unit ]; then systemctl is-active --quiet "$(cat unit)"
  elif [ -s pid ]; then kill -0 "$(cat pid)" 2>/dev/null
  else [ $(($(date +%s) - $(date -r started +%s))) -lt 10 ]; fi
}
while :; do
  over= gone=
  [ -e status ] && over=1
  now=$(date +%s)
  if [ $((now - said)) -ge 3 ]; then
    said=$now
    alive || gone=1
    disk=$(df -Pk . 2>/dev/null | awk 'END { print $4, $2 }')
    memory=$(awk '/^MemAvailable/ { a = $2 } /^MemTotal/ { t = $2 } END { print a, t }' /proc/meminfo 2>/dev/null)
    echo "machine $disk $memory" >&2
  fi
  size=$(wc -c <log)
  if [ "$size" -gt "$offset" ]; then
    tail -c +$((offset + 1)) log | head -c $((size - offset))
    offset=$size
  fi
  # The status was there before the log was measured, so that what was measured is all of it.
  [ -z "$over" ] || { echo "status $(cat status)" >&2; exit 0; }
  [ -z "$gone" ] || [ -e status ] || { echo gone >&2; exit 0; }
  sleep 0.1
done
"""
_NOTHING_THERE = 3

_STOP = """
cd "$1" 2>/dev/null || exit 0
if [ -s unit ]; then sudo -n systemctl stop "$(cat unit)" 2>/dev/null || systemctl stop "$(cat unit)"
elif [ -s pid ]; then kill -TERM -"$(cat pid)" 2>/dev/null; fi
exit 0
"""


@dataclass(frozen=True)
class Machine:
    """Disk and memory of the host, now."""

    disk_free_bytes: int
    disk_bytes: int
    memory_free_bytes: int
    memory_bytes: int

    def __str__(self) -> str:
        used = (self.memory_bytes - self.memory_free_bytes) / 2**30
        percent = 100 * self.disk_free_bytes // max(1, self.disk_bytes)
        return f"disk {percent} % free   memory {used:.1f} of {self.memory_bytes / 2**30:.0f} GiB"


def start(host: Host, folder: str, line: Command, *, unit: str) -> None:
    """Start `line` unless it was started there before. Returns at once. Raises HostLost, CommandFailed."""
    host.run(script(_START, folder, unit, stdin=_RUN.replace("{line}", str(line)).encode()))


def follow(
    host: Host,
    folder: str,
    offset: int,
    on_bytes: Callable[[bytes], None],
    *,
    on_machine: Callable[[Machine], None] = lambda machine: None,
) -> int:
    """The log from `offset` on as it grows, then the exit status. Raises HostLost, and CommandFailed when the
    process ended without one (the machine ran out of memory, or somebody killed it)."""
    parser = _Parser(on_machine)
    output = host.run(
        script(_FOLLOW, folder, str(offset)),
        on_chunk=on_bytes,
        on_error_chunk=parser.take,
        timeout_seconds=SILENCE_SECONDS,
        check=False,
    )
    if output.status == _NOTHING_THERE:
        raise CommandFailed(f"nothing was started in {folder} on {host.name}, or it was removed.", hint="build again")
    if parser.gone:
        raise CommandFailed(
            f"what ran on {host.name} ended without a status: it was killed, or the machine ran out of memory.",
            hint="take a host with more memory: --instance-type r7g.2xlarge",
        )
    if parser.status is None:
        raise HostLost(f"the log of {host.name} broke off.")
    return parser.status


def stop(host: Host, folder: str) -> None:
    """End what runs there; nothing happens when it is over."""
    host.run(script(_STOP, folder), check=False)


class _Parser:
    """What the follower itself says, a line each."""

    def __init__(self, on_machine: Callable[[Machine], None]) -> None:
        self._on_machine = on_machine
        self._rest = b""
        self.status: int | None = None
        self.gone = False

    def take(self, chunk: bytes) -> None:
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        for line in lines:
            self._told(line.decode("ascii", "replace").split())

    def _told(self, words: Sequence[str]) -> None:
        numbers = [int(word) for word in words[1:] if word.isdigit()]
        match words[:1]:
            case ["status"] if numbers:
                self.status = numbers[0]
            case ["gone"]:
                self.gone = True
            case ["machine"] if len(numbers) == 4:
                self._on_machine(Machine(*(n * 1024 for n in numbers)))
