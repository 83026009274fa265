"""A build's host in the simulated account: the real steps, against the emulator, onto a machine that really starts.

Also a program of its own (`python hosts.py ENDPOINT FOLDER`), so that a test can kill a build in the middle.
"""

from __future__ import annotations

import base64
import contextlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from geos.builder.build import Build, Part, new_build_id
from geos.builder.commands import Command
from geos.builder.errors import HostKeyWrong, HostUnreachable, LoginRefused
from geos.builder.host import Host, Output
from geos.builder.host_plan import HostPlan, plan_hosts
from geos.builder.job import Job
from geos.builder.records import Records
from geos.builder.request import ARM64, HostWish, Request
from geos.builder.steps import Step, run_steps
from geos.builder.steps.group import Group
from geos.builder.steps.launch import LaunchHost
from geos.builder.steps.ready import HostReady
from geos.wizard.aws import Aws
from geos.wizard.errors import GeosError
from geos.wizard.facts import Target
from geos.wizard.waiting import until

ACCOUNT = "123456789012"
CONNECT_SECONDS = 10.0


@dataclass
class PlainHost:
    """As little of SSH as the steps here need; the product's own way in has its own tests."""

    name: str
    client: Any

    def run(
        self,
        command: Command,
        *,
        on_chunk: Callable[[bytes], None] | None = None,
        timeout_seconds: float = 60.0,
        check: bool = True,
    ) -> Output:
        into, out, err = self.client.exec_command(str(command), timeout=timeout_seconds)
        into.channel.shutdown_write()
        said, wrong = out.read(), err.read()
        return Output(out.channel.recv_exit_status(), said, wrong)

    def send(self, command: Command, chunks: Any, *, timeout_seconds: float = 60.0) -> Output:
        raise NotImplementedError

    def close(self) -> None:
        self.client.close()


def connect(job: Job) -> Host:
    import paramiko

    part = job.part
    kind, key = part.host_key.split()[:2]
    client = paramiko.SSHClient()
    client.get_host_keys().add(
        f"[{part.host}]:{part.port}", kind, paramiko.PKey.from_type_string(kind, base64.b64decode(key))
    )

    def attempt() -> PlainHost | None:
        try:
            client.connect(
                part.host, part.port, part.user, key_filename=str(job.key), look_for_keys=False, allow_agent=False
            )
        except paramiko.ssh_exception.NoValidConnectionsError:
            return None
        except paramiko.BadHostKeyException as e:
            raise HostKeyWrong(str(e)) from e
        except paramiko.AuthenticationException as e:
            raise LoginRefused(str(e)) from e
        return PlainHost(f"{part.user}@{part.host}:{part.port}", client)

    found = until(attempt, at_most_seconds=CONNECT_SECONDS, first_seconds=0.02, longest_seconds=0.1)
    if found is None:
        raise HostUnreachable(f"nothing answers at {part.host}:{part.port}")
    return found


@dataclass
class Told:
    """A steps.Watcher that remembers."""

    lines: list[str] = field(default_factory=list)

    def started(self, step: str) -> None:
        self.lines.append(f"started {step}")

    def finished(self, step: str) -> None:
        self.lines.append(f"finished {step}")

    def failed(self, step: str, error: BaseException) -> None:
        self.lines.append(f"failed {step}")

    def undone(self, step: str) -> None:
        self.lines.append(f"undone {step}")

    def undo_failed(self, step: str, error: GeosError) -> None:
        self.lines.append(f"undo failed {step}: {error.message}")


@dataclass
class Bench:
    """One build of one architecture, ready to run."""

    job: Job
    plan: HostPlan
    told: Told = field(default_factory=Told)
    remarks: list[str] = field(default_factory=list)
    group_seconds: float = 5.0

    @property
    def steps(self) -> list[Step[Job]]:
        return [Group(self.plan, delete_seconds=self.group_seconds), LaunchHost(self.plan), HostReady(connect)]

    def run(self, *more: Step[Job]) -> None:
        """The steps here, then `more`, then everything undone."""
        run_steps([*self.steps, *more], self.job, self.told)

    @contextlib.contextmanager
    def up(self) -> Iterator[Host]:
        """A host that is ready; undone afterwards."""
        for step in self.steps:
            step.run(self.job)
        try:
            yield self.job.the_host
        finally:
            for step in reversed(self.steps):
                step.cleanup(self.job)


def account(endpoint: str, region: str = "us-east-1") -> Aws:
    return Aws(Target(region, endpoint=endpoint, sandbox=True, account_id=ACCOUNT))


def bench(
    endpoint: str, folder: Path, *, architecture: str = ARM64, build_id: str = "", change: Any = None, **wish: Any
) -> Bench:
    """`change`: what to make of the plan before it is used."""
    aws = account(endpoint)
    request, wished = Request((architecture,)), HostWish(**wish)
    plan = plan_hosts(aws, request, wished).of(architecture)
    build = Build(
        build_id or new_build_id(),
        request,
        wished,
        ACCOUNT,
        aws.region,
        endpoint,
        True,
        "",
        "geos-chem",
        "2026-11-25T04:00:00Z",
        "2026-11-25T07:00:00Z",
    )
    records = Records(folder / "builds")
    records.write(build)
    remarks: list[str] = []
    job = Job(build, Part(architecture), records, aws, remarks.append)
    return Bench(job, change(plan) if change else plan, remarks=remarks)


def with_types(plan: HostPlan, *names: str) -> HostPlan:
    return replace(plan, types=tuple(t for t in plan.types if t.name in names))


if __name__ == "__main__":
    bench(sys.argv[1], Path(sys.argv[2])).run()
