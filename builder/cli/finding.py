"""Which build a verb is about."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from geos.builder.build import Build
from geos.builder.errors import NoSuchBuild
from geos.builder.records import Records


def find_build(records: Records, named: str | None) -> Build:
    """The build of that id, of which the beginning is enough; without one, the newest. Raises NoSuchBuild."""
    names = records.names()
    if not names:
        raise NoSuchBuild("no build is known on this machine.", hint="geos-build list looks into the account too")
    found = matching(names, named) if named else [names[-1]]
    build = records.read(found[0]) if len(found) == 1 else None
    if build is None:
        near = found or difflib.get_close_matches(str(named), names, n=3) or list(names[-3:])
        what = f"{named} begins several builds" if len(found) > 1 else f"{named} is no build of this machine"
        raise NoSuchBuild(f"{what}.", hint=f"there are {', '.join(near)}; geos-build list shows them all")
    return build


def matching(names: Sequence[str], named: str) -> list[str]:
    return [name for name in names if name == named] or [name for name in names if name.startswith(named)]
