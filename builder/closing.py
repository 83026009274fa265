"""Records that say a build runs, and whose host is gone: told apart, and closed once that is certain."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from geos.builder.build import Build, Part
from geos.builder.leftovers import Removal
from geos.builder.records import Records
from geos.wizard.errors import GeosError
from geos.wizard.facts import Target

OPEN = ("running", "lost")
"""States of a part that somebody may still carry on."""
SHOWN_WITHIN = timedelta(minutes=5)
"""After so long EC2 shows a machine that it has launched to everybody who asks."""


@dataclass(frozen=True)
class Place:
    """Where things were looked for: a record that speaks of another place says nothing of them."""

    target: Target
    account_id: str

    def knows(self, build: Build) -> bool:
        """Whether a machine of this build would have been seen."""
        return (build.account_id, build.region, build.sandbox) == (
            self.account_id,
            self.target.region,
            self.target.sandbox,
        ) and not build.wish.address


def is_gone(build: Build, part: Part, there: Collection[str], place: Place, now: datetime) -> bool:
    """Whether an open part's host does not exist any more. `there`: ids of all that builds have in the account."""
    if part.state not in OPEN or not place.knows(build) or part.instance_id in there:
        return False
    ended_with_its_account = build.sandbox and build.endpoint != place.target.endpoint
    # Without an id it may be launched this very moment, and what was just launched is not seen everywhere yet.
    seen = bool(part.instance_id and part.launched) and now >= datetime.fromisoformat(part.launched) + SHOWN_WITHIN
    return seen or ended_with_its_account or now >= datetime.fromisoformat(build.expires)


def close_gone(records: Records, there: Collection[str], place: Place) -> Iterator[str]:
    """Write down that those builds are over whose hosts are gone; their ids. Raises DiskRefused."""
    now = datetime.now(UTC)
    for build_id in records.names():
        try:
            build = records.read(build_id)
            parts = records.parts(build_id) if build else ()
        except GeosError:
            continue  # a broken record says nothing; list names it
        gone = [part for part in parts if build and is_gone(build, part, there, place, now)]
        for part in gone:
            _close(records, build_id, part, "its host is gone.")
        if gone:
            yield build_id


def close_removed(records: Records, removal: Removal) -> None:
    """Builds of this machine whose things were removed are over, and have no leftovers but what is left."""
    left = {one.id for one, _ in removal.left}
    not_done = {one.build_id for one, _ in removal.left}
    removed = {one.id for one in removal.removed}
    for build_id in {one.build_id for one in removal.removed} & set(records.names()):
        try:
            parts = records.parts(build_id)
        except GeosError:
            continue
        for part in parts:
            if part.state in OPEN and (part.instance_id in removed or build_id not in not_done):
                _close(records, build_id, part, "removed by geos-build clean.", left)
            elif part.leftovers:
                records.write_part(build_id, replace(part, leftovers=_still(part, left)))


def _close(records: Records, build_id: str, part: Part, why: str, left: Collection[str] = ()) -> None:
    ended = datetime.now(UTC).isoformat(timespec="seconds")
    over = replace(part, state="cancelled", error=why, ended=ended, leftovers=_still(part, left))
    records.write_part(build_id, over)
    records.forget_key(build_id, part.architecture)


def _still(part: Part, left: Collection[str]) -> tuple[str, ...]:
    return tuple(name for name in part.leftovers if name in left)
