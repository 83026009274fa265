"""A build as it would be, before anything is created: data to print, to save, to compare in a test."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from geos.builder import here
from geos.builder.address import Address, host_of
from geos.builder.build import Build
from geos.builder.earlier import Earlier
from geos.builder.host_plan import HostPlan
from geos.builder.images import Tags, index_tag, tags
from geos.builder.matrix import EXPERIMENTAL, Verdict
from geos.builder.recipe import Recipe
from geos.wizard.account.verdicts import Verdict as QuotaVerdict

SET_UP_SECONDS = (60.0, 240.0)
"""From launch to a host that can build: an estimate; a minute of boot and a minute of packages are usual."""


@dataclass(frozen=True)
class Finding:
    """What was looked at beforehand. A check returns one and never raises or prints."""

    title: str
    word: str
    """ok, short, unknown or failed."""
    text: str
    hint: str = ""
    stops: bool = False
    """Nothing may be created while this stands."""
    policies: tuple[dict[str, Any], ...] = field(default=(), hash=False)
    """IAM policies that would mend it."""


@dataclass(frozen=True)
class PartPlan:
    """One architecture."""

    architecture: str
    tags: Tags
    recipe: Recipe | None
    """None for another project's context, whose Dockerfile says what is built."""
    host: HostPlan | None
    """None where no EC2 host is launched."""
    earlier: Earlier | None = None
    """How long another project's context took before, where this machine knows."""

    @property
    def seconds(self) -> tuple[float, float] | None:
        """From the first call to the pushed image, at least and at most; None: nobody knows."""
        if self.recipe is None:
            return None
        low, high = self.recipe.seconds
        before = SET_UP_SECONDS if self.host else (0.0, 0.0)
        return low + before[0], high + before[1]


@dataclass(frozen=True)
class BuildPlan:
    build: Build
    parts: tuple[PartPlan, ...]
    index: str
    """The tag over all architectures; empty when there is one only, or nothing is pushed."""
    verdicts: tuple[Verdict, ...]
    """What the matrix says of each image."""
    quota: QuotaVerdict | None = None
    findings: tuple[Finding, ...] = ()

    @property
    def worst_usd(self) -> float | None:
        """Every host at its dearest until its time limit; None: a price is not known; 0 without EC2."""
        hosts = [part.host.cost.worst_usd for part in self.parts if part.host]
        return None if None in hosts else sum(usd for usd in hosts if usd is not None)

    @property
    def usd_per_hour(self) -> float | None:
        hosts = [part.host.cost.usd_per_hour for part in self.parts if part.host]
        return None if None in hosts else sum(usd for usd in hosts if usd is not None)

    @property
    def likely_usd(self) -> tuple[float, float] | None:
        """What it costs if it takes as long as expected."""
        times = [(part.host.cost.usd_per_hour, part.seconds) for part in self.parts if part.host]
        if not times or any(usd is None or seconds is None for usd, seconds in times):
            return None
        low = sum(usd * seconds[0] / 3600 for usd, seconds in times if usd is not None and seconds)
        return low, sum(usd * seconds[1] / 3600 for usd, seconds in times if usd is not None and seconds)

    @property
    def experimental(self) -> tuple[Verdict, ...]:
        return tuple(v for v in self.verdicts if v.word == EXPERIMENTAL)

    @property
    def own_address(self) -> Address:
        """Of the machine that the user named."""
        found = host_of(self.build.wish.address)
        assert found is not None, "an address that is none was refused before"
        user, host, port = found
        return Address(host, port, user or here.user())

    @property
    def stopped_by(self) -> tuple[Finding, ...]:
        return tuple(f for f in self.findings if f.stops)

    def part(self, architecture: str) -> PartPlan:
        return next(p for p in self.parts if p.architecture == architecture)


def tags_of(build: Build, architecture: str) -> Tags:
    return tags(build.request, architecture, build.started)


def index_of(build: Build) -> str:
    several = len(build.request.architectures) > 1 and build.request.push
    return index_tag(build.request, build.started) if several else ""


def pushed_names(plan: BuildPlan) -> Iterator[str]:
    """Every tag that the repository will have."""
    if not plan.build.request.push:
        return
    for part in plan.parts:
        yield part.tags.fixed
        yield part.tags.moving
    if plan.index:
        yield plan.index
