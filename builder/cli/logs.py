"""logs ID: the complete log of a build, as it came from its host: from this machine, else from beside the image."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from geos.builder.cli.finding import find_build, matching
from geos.builder.cli.repository import owner
from geos.builder.errors import NoSuchBuild
from geos.builder.logbook import AROUND
from geos.builder.records import Records
from geos.wizard.cli.context import Context
from geos.wizard.errors import Exit
from geos.wizard.paths import shown

if TYPE_CHECKING:
    from geos.builder.build import Build
    from geos.wizard.aws import Aws

CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class Log:
    """One log, and where it is read from."""

    build_id: str
    architecture: str
    """Empty where only the machine that built knows."""
    place: str
    """A path of this machine, or s3://…"""
    content: Callable[[], Iterable[bytes]]
    """Bytes as they are: a compiler's output is in no certain alphabet, and may be large."""


def run(context: Context) -> Exit:
    asked = context.flags.arch
    found = [log for log in _logs(context) if asked in ("", "both", log.architecture) or not log.architecture]
    if not found:
        raise NoSuchBuild(f"there is no log of that build for {asked}.", hint="leave --arch away to see what there is")
    if context.json:
        rows = [{"architecture": log.architecture or None, "path": log.place} for log in found]
        context.ui.data({"build": found[0].build_id, "logs": rows})
        return Exit.OK
    for log in found:
        place = log.place if log.place.startswith("s3:") else shown(log.place)
        context.ui.say(f"{log.build_id} {log.architecture}  {place}")
        for chunk in log.content():
            sys.stdout.buffer.write(chunk)
    sys.stdout.flush()
    return Exit.OK


def _logs(context: Context) -> Sequence[Log]:
    """Of one build, at least one. Raises NoSuchBuild."""
    records, named = Records(), context.flags.build_id
    if named and not matching(records.names(), named):
        return _elsewhere(context, named)
    build = find_build(records, named)
    if here := list(_here(records, build.build_id)):
        return here
    if build.log_bucket and (there := _stored(context.aws.in_region(build.region), build.log_bucket, build.build_id)):
        return there
    raise _not_begun(build)


def _here(records: Records, build_id: str) -> Iterator[Log]:
    for part in records.parts(build_id):
        for path in records.logs(build_id, part.architecture):
            yield Log(build_id, part.architecture, str(path), partial(_read, path))


def _read(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk


def _elsewhere(context: Context, named: str) -> Sequence[Log]:
    """A build of another machine, whose log was put beside its image."""
    from geos.builder.log_store import find_bucket

    whose = owner(context)
    context.ui.say(f"{named} is no build of this machine; looking beside the images of {whose.repository}.")
    aws = context.aws
    with context.ui.waiting(f"looking for {named} beside the images"):
        bucket = find_bucket(aws, whose.deployment or whose.repository)
        found = _stored(aws, bucket, named) if bucket else []
    builds = sorted({log.build_id for log in found})
    if len(builds) == 1:
        return found
    if builds:
        raise NoSuchBuild(f"{named} begins several builds.", hint=f"there are {', '.join(builds)}")
    where = f"{bucket} has no log of it" if bucket else f"{whose.repository} has no bucket for logs in {aws.region}"
    raise NoSuchBuild(
        f"{named} is no build of this machine, and {where}.",
        hint="geos-build list shows the builds that are known; --deployment and --region name another place",
    )


def _stored(aws: Aws, bucket: str, build_id: str) -> list[Log]:
    from geos.builder.log_store import content, stored

    found = sorted(stored(aws, bucket, build_id), key=lambda one: (one.build_id, one.tag, one.name != AROUND))
    return [Log(one.build_id, one.architecture, one.uri, partial(content, aws, one)) for one in found]


def _not_begun(build: Build) -> NoSuchBuild:
    own = build.build_id
    return NoSuchBuild(f"{own} has no log yet: its host had not begun to build.", hint=f"geos-build attach {own}")
