"""The way in: to a host that was launched, or to a machine that the user has."""

from __future__ import annotations

from pathlib import Path

from geos.builder.address import Address
from geos.builder.host import Host
from geos.builder.job import Job
from geos.builder.known_hosts import host_key_of
from geos.builder.ssh import Login, connect
from geos.builder.steps.ready import watchful

OWN_ANSWERS_WITHIN_SECONDS = 15.0


def by_session_manager(job: Job, at_most_seconds: float) -> Host:
    """A launched host through a session of AWS Systems Manager: no open port, no public address."""
    from geos.builder.ssm import session

    address = Address(job.part.instance_id, job.part.port, job.part.user)
    login = Login(job.part.host_key, job.key, sock=lambda: session(job.aws, job.part.instance_id, job.part.port))
    return connect(address, login, at_most_seconds=at_most_seconds, wait=watchful(job))


class ConnectOwn:
    """A machine that is there already; nothing about it is changed but the build's own folder."""

    title = "connect"

    def __init__(self, address: Address, host_key_file: Path, identity: Path | None) -> None:
        self._address, self._host_key_file, self._identity = address, host_key_file, identity

    def run(self, job: Job) -> None:
        address = self._address
        key = host_key_of(self._host_key_file, address.host, address.port)
        job.note(host=address.host, port=address.port, user=address.user, host_key=key)
        login = Login(key, self._identity)
        job.connect = lambda: connect(address, login, at_most_seconds=OWN_ANSWERS_WITHIN_SECONDS, wait=job.wait)
        job.host = job.connect()
        job.tell(str(address))

    def cleanup(self, job: Job) -> None:
        if job.host is not None:
            job.host.close()
            job.host = None
