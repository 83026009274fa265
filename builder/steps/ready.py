"""Wait until the host is prepared: it runs, answers with the key it was given, and its boot script said "done"."""

from __future__ import annotations

import time
from collections.abc import Callable

from geos.builder import ssh
from geos.builder.address import Address
from geos.builder.commands import Command, command, script
from geos.builder.errors import BootFailed, BootLate, HostGone, HostKeyWrong
from geos.builder.host import Host
from geos.builder.job import Job
from geos.builder.keys import same_key
from geos.builder.user_data import BOOT_LOG, CLOUD_INIT_LOG, SENTINEL, Sentinel, read_sentinel
from geos.wizard.aws.hosts_facts import HostState
from geos.wizard.errors import GeosError

RUNNING_SECONDS = 300.0
BOOT_SECONDS = 600.0
"""Installing the engine takes about a minute; a slow mirror several."""
SSH_SECONDS = 300.0
LOOK_SECONDS = 5.0
LOG_LINES = 40
_KEYS_BEGIN, _KEYS_END = "-----BEGIN SSH HOST KEY KEYS-----", "-----END SSH HOST KEY KEYS-----"

Connect = Callable[[Job, float], Host]
"""Opens a way in; "not yet" is waited for so many seconds."""

READ_SENTINEL = command("cat", SENTINEL)


def read_boot_log() -> Command:
    """The end of what the boot script said, and of cloud-init's own log."""
    text = f'tail -n {LOG_LINES} "$1" 2>/dev/null; sudo -n tail -n {LOG_LINES} "$2" 2>/dev/null; true'
    return script(text, BOOT_LOG, CLOUD_INIT_LOG)


def by_ssh(job: Job, at_most_seconds: float) -> Host:
    """The way in to a launched host, by what its part says of it. Raises HostGone as soon as it ended."""
    part = job.part
    address = Address(part.host, part.port, part.user)
    login = ssh.Login(part.host_key, job.key)
    return ssh.connect(address, login, at_most_seconds=at_most_seconds, wait=watchful(job))


def watchful(job: Job) -> Callable[[float], None]:
    """Waits, and looks now and then whether the machine waited for is still there."""
    looked = time.monotonic()

    def wait(seconds: float) -> None:
        nonlocal looked
        job.wait(seconds)
        if time.monotonic() - looked >= LOOK_SECONDS:
            looked = time.monotonic()
            state = job.aws.hosts.state(job.part.instance_id)
            if state is not None and state.gone:
                raise gone(job, state)

    return wait


class HostReady:
    title = "host ready"

    def __init__(self, connect: Connect = by_ssh, *, boot_seconds: float = BOOT_SECONDS) -> None:
        """`connect` opens the way in by the address, port, user and host key that the job's part names."""
        self._connect = connect
        self._boot_seconds = boot_seconds

    def run(self, job: Job) -> None:
        state = self._running(job)
        job.note(host=state.public_address or state.private_address)
        job.connect = lambda: self._connect(job, 0.0)
        job.host = self._connect(job, SSH_SECONDS)
        job.tell("host key pinned" + self._console_says(job))
        sentinel = self._sentinel(job, job.host)
        if not sentinel.ok:
            raise BootFailed(
                f"the host could not be prepared: {sentinel.step} failed with {sentinel.rc}.\n{_log(job.host)}",
                hint="build again later (a mirror may have been down), or from an image that has the engine: --ami",
            )
        job.facts["engine"] = sentinel.engine
        job.tell(f"container engine {sentinel.engine}")

    def cleanup(self, job: Job) -> None:
        if job.host is not None:
            job.host.close()
            job.host = None

    def _running(self, job: Job) -> HostState:
        def look() -> HostState | None:
            state = job.aws.hosts.state(job.part.instance_id)
            if state is not None and state.gone:
                raise gone(job, state)
            reachable = state is not None and (state.public_address or state.private_address)
            return state if state is not None and state.state == "running" and reachable else None

        found = job.until(look, at_most_seconds=RUNNING_SECONDS)
        if found is None:
            raise BootLate(
                f"{job.part.instance_id} does not run after {RUNNING_SECONDS / 60:.0f} minutes.",
                hint="build again, perhaps with another --instance-type",
            )
        return found

    def _sentinel(self, job: Job, host: Host) -> Sentinel:
        def look() -> Sentinel | None:
            output = host.run(READ_SENTINEL, check=False)
            return read_sentinel(output.text) if output.status == 0 else None

        found = job.until(look, at_most_seconds=self._boot_seconds, longest_seconds=3.0)
        if found is None:
            raise BootLate(
                f"the host did not say in {self._boot_seconds / 60:.0f} minutes that it is prepared.\n{_log(host)}",
                hint="build again; if that repeats, see what it wrote to its console: aws ec2 get-console-output "
                f"--instance-id {job.part.instance_id}",
            )
        return found

    def _console_says(self, job: Job) -> str:
        """A second opinion on the host key, from EC2 itself, if it can be had by now. Raises HostKeyWrong."""
        try:
            keys = console_keys(job.aws.hosts.console(job.part.instance_id))
        except GeosError:
            return ""  # the key was pinned before the first packet anyway
        ours = [key for key in keys if key.split()[:1] == job.part.host_key.split()[:1]]
        if not ours:
            return ""
        if not any(same_key(key, job.part.host_key) for key in ours):
            raise HostKeyWrong(
                "the host's console names another host key than the one it was given.",
                hint="do not go on over this network; clean up and start again",
            )
        return ", the console agrees"


def console_keys(console: str) -> tuple[str, ...]:
    """The public host keys that cloud-init printed; nothing when it did not (yet)."""
    if _KEYS_BEGIN not in console:
        return ()
    block = console.rsplit(_KEYS_BEGIN, 1)[1]
    if _KEYS_END not in block:
        return ()
    lines = (line.strip() for line in block.split(_KEYS_END, 1)[0].splitlines())
    return tuple(line for line in lines if line)


def gone(job: Job, state: HostState) -> HostGone:
    """The error for a host that ended by itself."""
    why = state.reason or "AWS gives no reason"
    spot = " It was a Spot machine." if job.part.market == "spot" else ""
    return HostGone(
        f"{state.id} ended before the build did: {why}.{spot}",
        hint="build again" + (" without --spot" if spot else ""),
    )


def _log(host: Host) -> str:
    try:
        return host.run(read_boot_log(), check=False).text.rstrip()
    except GeosError as e:
        return f"(its log could not be read: {e.message})"
