"""What was looked at before a build, in words: each a Finding, none raises."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from geos.builder.build import Build
from geos.builder.errors import PluginMissing
from geos.builder.host_plan import HostsPlan
from geos.builder.permits import permission_findings
from geos.builder.plan import Finding, PartPlan
from geos.wizard.account.identity import describe, warnings
from geos.wizard.errors import GeosError
from geos.wizard.ui.wording import duration

if TYPE_CHECKING:
    from geos.wizard.account.identity import Who
    from geos.wizard.aws import Aws
    from geos.wizard.facts import Target


CLOCK_SECONDS = 30
"""Times of this machine stand in tags and logs that others read."""


def look_over(
    aws: Aws, who: Who, hosts: HostsPlan | None, found: Mapping[str, Any], build: Build, parts: Sequence[PartPlan]
) -> tuple[Finding, ...]:
    """`found`: what was answered for "clock", "repository", "images" and "log"."""
    return tuple(_findings(aws, who, hosts, found, build, parts))


def _findings(
    aws: Aws, who: Who, hosts: HostsPlan | None, found: Mapping[str, Any], build: Build, parts: Sequence[PartPlan]
) -> Iterator[Finding]:
    yield Finding("identity", "ok", describe(who.identity))
    yield from (Finding("identity", "short", text) for text in warnings(who))
    yield _clock_finding(found.get("clock"))
    profile = hosts.hosts[0].instance_profile if hosts else ""
    creates = build.request.push and found.get("repository") is None
    yield from permission_findings(
        aws, who.identity, build, launches=hosts is not None, creates=creates, profile=profile
    )
    if hosts is not None:
        yield _quota_finding(hosts)
        if build.wish.transport == "ssm":
            yield _session_finding(aws.target)
    if build.request.push:
        yield _repository_finding(found.get("repository"), build)
        yield from _tag_findings(found.get("images"), build, parts)
        yield _log_finding(found.get("log"), build)


def _clock_finding(ahead_seconds: Any) -> Finding:
    if ahead_seconds is None or isinstance(ahead_seconds, GeosError):
        return Finding("clock", "unknown", "AWS did not tell its time")
    if abs(ahead_seconds) <= CLOCK_SECONDS:
        return Finding("clock", "ok", f"within {CLOCK_SECONDS} s of AWS's")
    side = "ahead of" if ahead_seconds > 0 else "behind"
    text = f"{duration(abs(ahead_seconds))} {side} AWS's; from 5 minutes on AWS refuses every call"
    return Finding("clock", "short", text, "set it by the network: sudo timedatectl set-ntp true")


def _quota_finding(hosts: HostsPlan) -> Finding:
    verdict = hosts.quota
    need = sum(host.types[0].vcpus for host in hosts.hosts)
    if verdict.verdict == "enough":
        return Finding("quota", "ok", f"{_short(verdict.name)}: {need} vCPUs of {verdict.free:g} free")
    if verdict.verdict == "short":
        text = f"{_short(verdict.name)}: needs {need}, {verdict.free or 0:g} free"
        return Finding("quota", "short", text, "geos-setup quotas --request", stops=True)
    return Finding("quota", "unknown", f"{_short(verdict.name)}: {verdict.reason}")


def _short(name: str) -> str:
    """The quota's name without the list of families."""
    return name.partition(" (")[0]


def _session_finding(target: Target) -> Finding:
    from geos.builder.ssm import PLUGIN, require_plugin

    try:
        require_plugin(target)
    except PluginMissing as e:
        return Finding("way in", "short", e.message, e.hint, stops=True)
    if target.sandbox:
        return Finding("way in", "ok", f"simulated on this computer; needs no {PLUGIN}")
    return Finding("way in", "ok", f"{PLUGIN} is here; it sends about 1 MB/s to the host")


def _repository_finding(answer: Any, build: Build) -> Finding:
    if isinstance(answer, GeosError):
        return Finding("repository", "unknown", f"{build.repository}: {answer.message}")
    there = "is there" if answer else "is not there yet and will be created"
    return Finding("repository", "ok", f"{build.repository} {there}")


def _log_finding(answer: Any, build: Build) -> Finding:
    if isinstance(answer, GeosError):
        return Finding("log", "unknown", f"kept on this computer only: {answer.message}")
    if build.log_bucket:
        return Finding("log", "ok", f"kept here, and beside the image in {build.log_bucket}")
    return Finding("log", "ok", f"kept on this computer only: {build.repository} is no deployment's repository")


def _tag_findings(answer: Any, build: Build, parts: Sequence[PartPlan]) -> Iterator[Finding]:
    """A tag that names an image names it for ever, so that building for it would be in vain."""
    if isinstance(answer, GeosError):
        yield Finding("image", "unknown", f"whether its tag is taken was not told: {answer.message}")
        return
    there = answer or {}
    for part in parts:
        digest = there.get(part.tags.fixed)
        if digest:
            text = f"{build.repository}:{part.tags.fixed} is an image already ({digest[:19]}…), and its tag cannot move"
            yield Finding("image", "short", text, "give the new one a tag of its own: --tag NAME", stops=True)
