"""The steps of one architecture's build, as a list that one can read."""

from __future__ import annotations

from pathlib import Path

from geos.builder.host_plan import HostPlan
from geos.builder.job import Job
from geos.builder.plan import BuildPlan, PartPlan
from geos.builder.steps import Step
from geos.builder.steps.connect import ConnectOwn, by_session_manager
from geos.builder.steps.engine import LEAST_FREE_GB, LookAtHost
from geos.builder.steps.group import Group
from geos.builder.steps.image import BuildImage
from geos.builder.steps.launch import LaunchHost
from geos.builder.steps.push import Push
from geos.builder.steps.ready import HostReady, by_ssh
from geos.builder.steps.send import SendContext
from geos.builder.steps.smoke import SmokeTest


def steps_of(plan: BuildPlan, part: PartPlan) -> tuple[Step[Job], ...]:
    """In order; each undoes itself, from the last to the first."""
    return (
        *_host(plan, part),
        LookAtHost(
            needs_gb=part.recipe.disk_gb if part.recipe else LEAST_FREE_GB,
            own_machine=bool(plan.build.wish.address) or plan.build.sandbox,
        ),
        SendContext(part),
        BuildImage(part),
        SmokeTest(),
        *((Push(part.tags),) if plan.build.request.push else ()),
    )


def _host(plan: BuildPlan, part: PartPlan) -> tuple[Step[Job], ...]:
    wish = plan.build.wish
    if part.host is None:
        identity = Path(wish.identity_file) if wish.identity_file else None
        return (ConnectOwn(plan.own_address, Path(wish.host_key_file), identity),)
    return _launched(part.host, wish.transport)


def _launched(host: HostPlan, transport: str) -> tuple[Step[Job], ...]:
    way_in = by_session_manager if transport == "ssm" else by_ssh
    return Group(host), LaunchHost(host), HostReady(way_in)


def titles(plan: BuildPlan) -> tuple[str, ...]:
    """For a plan's screen."""
    return (*(step.title for step in steps_of(plan, plan.parts[0])), "clean up")
