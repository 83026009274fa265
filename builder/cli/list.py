"""list: builds of this machine, and what builds of any machine have in the account."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from geos.builder.build import Build, Part
from geos.builder.closing import Place, is_gone
from geos.builder.leftovers import Leftover, find_leftovers
from geos.builder.records import Records
from geos.wizard.cli.context import Context
from geos.wizard.errors import Exit, GeosError


@dataclass(frozen=True)
class Known:
    """A build as this machine remembers it."""

    build: Build
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Listing:
    known: tuple[Known, ...]
    """Newest first."""
    broken: tuple[str, ...]
    """Records that cannot be read, in words."""
    there: tuple[Leftover, ...]
    unread: str
    """Why the account could not be asked; empty when it was."""
    gone: frozenset[tuple[str, str]] = frozenset()
    """(build, architecture) of those that are recorded as running, and whose host does not exist any more."""


def run(context: Context) -> Exit:
    found = _look(context)
    if context.json:
        builds = [{**asdict(k.build), "parts": [_json(k, part, found) for part in k.parts]} for k in found.known]
        there = [{"kind": o.kind, "id": o.id, "build": o.build_id, "expires": o.expires} for o in found.there]
        context.ui.data({"schema": 1, "builds": builds, "in_account": there, "unread": found.unread})
    else:
        from geos.builder.views.listing import listing

        context.ui.show(listing(found, now=datetime.now(UTC), flags=context.account_flags()))
    return Exit.COULD_NOT_CHECK if found.unread else Exit.OK


def _look(context: Context) -> Listing:
    records = Records()
    known, broken = [], []
    for name in reversed(records.names()):
        try:
            build = records.read(name)
            if build is not None:
                known.append(Known(build, records.parts(name)))
        except GeosError as e:
            broken.append(e.message)
    try:
        with context.ui.waiting("looking into the account"):
            there = find_leftovers(context.aws)
            place = Place(context.aws.target, context.aws.door.account_id())
    except GeosError as e:
        return Listing(tuple(known), tuple(broken), (), e.message)
    return Listing(tuple(known), tuple(broken), there, "", frozenset(_gone(known, there, place)))


def _gone(known: Sequence[Known], there: Sequence[Leftover], place: Place) -> Iterator[tuple[str, str]]:
    ids, now = {one.id for one in there}, datetime.now(UTC)
    for one in known:
        for part in one.parts:
            if is_gone(one.build, part, ids, place, now):
                yield one.build.build_id, part.architecture


def _json(known: Known, part: Part, found: Listing) -> dict[str, object]:
    return {**asdict(part), "host_gone": (known.build.build_id, part.architecture) in found.gone}
