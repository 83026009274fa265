"""Everything looked at before anything is created, all at once: identity, permissions, quota, image, network, price,
repository. Reads, never writes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from geos.builder import matrix
from geos.builder.base import pinned_base
from geos.builder.build import Build, new_build_id
from geos.builder.earlier import last_time
from geos.builder.findings import look_over
from geos.builder.host_plan import HostsPlan, plan_hosts
from geos.builder.log_store import find_bucket
from geos.builder.plan import BuildPlan, PartPlan, index_of, tags_of
from geos.builder.recipe import recipe
from geos.builder.records import Records
from geos.builder.request import HostWish, Request
from geos.wizard.concurrently import gather
from geos.wizard.errors import GeosError

if TYPE_CHECKING:
    from geos.wizard.account.identity import Who
    from geos.wizard.aws import Aws
    from geos.wizard.facts import Target

GRACE = timedelta(minutes=10)
"""Between a host's own end and the moment from which anybody may remove what is left."""


def make_build(
    request: Request,
    wish: HostWish,
    *,
    target: Target,
    account_id: str,
    repository: str,
    project_tags: tuple[tuple[str, str], ...] = (),
    log_bucket: str = "",
    now: datetime | None = None,
) -> Build:
    started = now or datetime.now(UTC)
    return Build(
        new_build_id(),
        request,
        wish,
        account_id,
        target.region,
        target.endpoint,
        target.sandbox,
        target.profile,
        repository,
        _utc(started),
        _expires(wish, started),
        project_tags,
        log_bucket,
    )


def agreed(plan: BuildPlan) -> BuildPlan:
    """The same, whose hosts' time begins now: however long somebody thought about it."""
    return replace(plan, build=replace(plan.build, expires=_expires(plan.build.wish, datetime.now(UTC))))


def _expires(wish: HostWish, begin: datetime) -> str:
    return _utc(begin + timedelta(seconds=wish.time_limit_seconds) + GRACE)


def _utc(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def plan_build(
    request: Request,
    wish: HostWish,
    *,
    target: Target,
    aws: Aws | None,
    repository: str,
    deployment: str = "",
    project_tags: tuple[tuple[str, str], ...] = (),
) -> BuildPlan:
    """`aws` None: nothing of AWS is needed (an own machine, and nothing is pushed).

    Raises what plan_hosts raises, and AccessError when AWS cannot be asked at all.
    """
    found = gather(_questions(aws, request, wish, repository, deployment)) if aws else {}
    for answer in (found.get("who"), found.get("hosts")):
        if isinstance(answer, GeosError):
            raise answer
    who: Who | None = found.get("who")  # type: ignore[assignment]
    hosts: HostsPlan | None = found.get("hosts")  # type: ignore[assignment]
    account_id = who.identity.account_id if who else ""
    bucket = found.get("log", "")
    build = make_build(
        request,
        wish,
        target=target,
        account_id=account_id,
        repository=repository,
        project_tags=project_tags,
        log_bucket="" if isinstance(bucket, GeosError) else bucket,
    )
    base = pinned_base() if request.models else None
    parts = tuple(
        PartPlan(
            architecture,
            tags_of(build, architecture),
            recipe(request, architecture, base) if request.models else None,
            hosts.of(architecture) if hosts else None,
            None if request.models else last_time(Records(), build, architecture),
        )
        for architecture in request.architectures
    )
    findings = look_over(aws, who, hosts, found, build, parts) if aws and who else ()
    return BuildPlan(build, parts, index_of(build), matrix.check(request), hosts.quota if hosts else None, findings)


def _questions(
    aws: Aws, request: Request, wish: HostWish, repository: str, deployment: str
) -> dict[str, Callable[[], Any]]:
    from geos.wizard.account.identity import read_who

    asked: dict[str, Callable[[], Any]] = {"who": partial(read_who, aws), "clock": aws.identity.clock_ahead_seconds}
    if not wish.address:
        asked["hosts"] = partial(plan_hosts, aws, request, wish, deployment=deployment)
    if request.push:
        asked["repository"] = partial(aws.ecr.repository, repository)
        asked["images"] = partial(aws.ecr.tagged, repository)
        # A deployment's repository has its name, so that it is known also where nobody named the deployment.
        asked["log"] = partial(find_bucket, aws, deployment or repository)
    return asked
