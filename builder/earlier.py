"""How long the same took before: for another project's Dockerfile the only figure there is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from geos.builder.build import Build, Part
from geos.builder.records import Records
from geos.wizard.errors import GeosError


@dataclass(frozen=True)
class Earlier:
    """A build of this machine that came to a good end."""

    seconds: float
    date: str


def last_time(records: Records, build: Build, architecture: str) -> Earlier | None:
    """The newest one of the same folder and Dockerfile for that architecture, on a host of the same kind."""
    return next(_last_times(records, build, architecture), None)


def _last_times(records: Records, build: Build, architecture: str) -> Iterator[Earlier]:
    for name in reversed(records.names()):
        try:
            known = records.read(name)
            parts = records.parts(name)
        except GeosError:
            continue  # a broken record tells nothing
        if known is None or _what(known) != _what(build):
            continue
        yield from (_earlier(part) for part in parts if _counts(part, architecture))


def _what(build: Build) -> tuple[object, ...]:
    return build.sandbox, build.wish.address, build.request.context, build.request.dockerfile, build.request.models


def _counts(part: Part, architecture: str) -> bool:
    return part.architecture == architecture and part.state == "done" and bool(part.began and part.ended)


def _earlier(part: Part) -> Earlier:
    took = datetime.fromisoformat(part.ended) - datetime.fromisoformat(part.began)
    return Earlier(took.total_seconds(), part.began[:10])
