"""A security group of the host's own, open to one range of addresses at one port; to nobody for Session Manager."""

from __future__ import annotations

from geos.builder.errors import StillThere
from geos.builder.host_plan import HostPlan
from geos.builder.job import Job
from geos.wizard.aws.hosts import IN_USE
from geos.wizard.aws.hosts_facts import Remain
from geos.wizard.errors import GeosError
from geos.wizard.waiting import until

DELETE_SECONDS = 120.0
"""The group is held for as long as the machine takes to end: mostly half a minute."""


class Group:
    title = "security group"

    def __init__(self, plan: HostPlan, *, delete_seconds: float = DELETE_SECONDS) -> None:
        self._plan = plan
        self._delete_seconds = delete_seconds

    def run(self, job: Job) -> None:
        if job.part.group_id:
            return
        # Its name follows from the build's id, so it is found also when the answer to this call never arrives.
        group_id = job.aws.hosts.create_group(
            group_name(job),
            f"geos-build {job.build.build_id}: one host, reached by whoever started it",
            self._plan.vpc_id,
            {**job.build.tags, "Name": group_name(job)},
        )
        job.note(group_id=group_id)
        if self._plan.admin_cidr:
            job.aws.hosts.open_port(
                group_id, self._plan.port, self._plan.admin_cidr, f"SSH for build {job.build.build_id}"
            )

    def cleanup(self, job: Job) -> None:
        hosts = job.aws.hosts
        group_id = job.part.group_id or hosts.group_named(group_name(job), self._plan.vpc_id)
        if not group_id:
            return
        held: list[GeosError] = []

        def removed() -> bool | None:
            try:
                hosts.remove(Remain("security-group", group_id))
            except GeosError as e:
                if e.aws_code not in IN_USE:
                    raise
                held.append(e)
                return None
            return True

        if until(removed, at_most_seconds=self._delete_seconds, longest_seconds=5.0) is None:
            job.note(leftovers=(*job.part.leftovers, group_id))
            raise StillThere(
                f"the security group {group_id} is still held by the machine that ends; it costs nothing.",
                hint="geos-build clean removes it in a few minutes",
                aws_code=held[-1].aws_code,
            )
        job.note(group_id="")


def group_name(job: Job) -> str:
    return f"geos-{job.build.build_id}-{job.architecture}"
