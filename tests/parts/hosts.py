"""A build's host in the simulated account: the real steps, against the emulator, onto a machine that really starts.

Also a program of its own (`python hosts.py ENDPOINT FOLDER`), so that a test can kill a build in the middle.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from geos.builder.build import Build, Part, new_build_id
from geos.builder.host import Host
from geos.builder.host_plan import HostPlan, plan_hosts
from geos.builder.job import Job
from geos.builder.records import Records
from geos.builder.request import ARM64, HostWish, Request
from geos.builder.steps import Step, run_steps
from geos.builder.steps.group import Group
from geos.builder.steps.launch import LaunchHost
from geos.builder.steps.ready import HostReady, by_ssh
from geos.wizard.aws import Aws
from geos.wizard.errors import GeosError
from geos.wizard.facts import Target

ACCOUNT = "123456789012"
CONNECT_SECONDS = 10.0


def connect(job: Job) -> Host:
    return by_ssh(job, CONNECT_SECONDS)


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

    @property
    def steps(self) -> list[Step[Job]]:
        return [Group(self.plan), LaunchHost(self.plan), HostReady()]

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
    endpoint: str,
    folder: Path,
    *,
    architecture: str = ARM64,
    build_id: str = "",
    deployment: str = "",
    change: Any = None,
    **wish: Any,
) -> Bench:
    """`change`: what to make of the plan before it is used."""
    aws = account(endpoint)
    request, wished = Request((architecture,)), HostWish(**wish)
    plan = plan_hosts(aws, request, wished, deployment=deployment).of(architecture)
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
