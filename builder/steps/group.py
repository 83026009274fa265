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

    def __init__(self, plan: HostPlan) -> None:
        self._plan = plan

    def run(self, job: Job) -> None:
        hosts = job.aws.hosts
        if not job.part.group_id:
            # Its name follows from the build's id, so it is found also when the answer to this call never arrives.
            about = f"geos-build {job.build.build_id}: one host, reached by whoever started it"
            tags = {**job.build.tags, "Name": group_name(job)}
            job.note(group_id=hosts.create_group(group_name(job), about, self._plan.vpc_id, tags))
        if self._plan.admin_cidr:
            # Also when the group is there already: whoever takes a build up again may come from another address.
            about = f"SSH for build {job.build.build_id}"
            hosts.open_port(job.part.group_id, self._plan.port, self._plan.admin_cidr, about)

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

        # A machine that could not be told to end holds it for good: no need to wait.
        patience = 0.0 if job.part.instance_id else DELETE_SECONDS
        if until(removed, at_most_seconds=patience, longest_seconds=5.0) is None:
            job.note(leftovers=(*job.part.leftovers, group_id))
            raise StillThere(
                f"the security group {group_id} is still held by the machine that ends; it costs nothing.",
                hint="geos-build clean removes it in a few minutes",
                aws_code=held[-1].aws_code,
            )
        job.note(group_id="")


def group_name(job: Job) -> str:
    return f"geos-{job.build.build_id}-{job.architecture}"
