"""clean: find by tag whatever builds left, price it, remove it. Needs no record on this machine."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from geos.builder.closing import OPEN, Place, close_gone, close_removed
from geos.builder.leftovers import Leftover, Removal, find_leftovers, remove_leftovers
from geos.builder.records import Records
from geos.wizard.cli.context import Context
from geos.wizard.errors import Cancelled, Exit, GeosError, UsageError

if TYPE_CHECKING:
    from geos.builder.build import Part
    from geos.wizard.aws import Aws


def run(context: Context) -> Exit:
    if context.flags.all and context.flags.expired:
        raise UsageError("--all and --expired exclude each other.", hint="--expired alone is the careful one")
    aws = context.aws
    with context.ui.waiting(f"looking for what builds left in {aws.region}"):
        found = find_leftovers(aws)
    wanted = chosen(found, context, _ended(Records()))
    if not context.json:
        from geos.builder.views.leftovers import leftovers as view

        context.ui.show(view(found, wanted, region=aws.region, now=datetime.now(UTC), flags=context.account_flags()))
    removal = Removal((), ())
    if wanted:
        if not context.ui.confirm(f"Remove {len(wanted)} of {len(found)}?"):
            raise Cancelled("nothing was removed.")
        with context.ui.waiting("removing", usually_seconds=60):
            removal = remove_leftovers(aws, wanted, tell=context.ui.say)
    closed = _close_records(aws, found, removal)
    return _told(context, found, removal, closed)


def chosen(found: Sequence[Leftover], context: Context, ended: frozenset[str]) -> tuple[Leftover, ...]:
    """What shall go: expired things; without --expired also those of builds that ended here; with --all everything.

    A build that this machine knows nothing of may be a colleague's and still run.
    """
    now = datetime.now(UTC)
    if context.flags.all:
        return tuple(found)
    mine = frozenset() if context.flags.expired else ended
    return tuple(one for one in found if one.expired(now) or one.build_id in mine)


def _ended(records: Records) -> frozenset[str]:
    """Builds of this machine that came to an end, good or bad."""
    return frozenset(name for name in records.names() if _over(_parts(records, name)))


def _over(parts: Iterable[Part]) -> bool:
    states = {part.state for part in parts}
    return bool(states) and not states & set(OPEN)


def _parts(records: Records, build_id: str) -> Iterable[Part]:
    try:
        return records.parts(build_id)
    except GeosError:
        return ()  # a broken record protects nothing


def _close_records(aws: Aws, found: Sequence[Leftover], removal: Removal) -> tuple[str, ...]:
    """Ids of builds that this machine took for running, and whose hosts had gone by themselves."""
    records = Records()
    close_removed(records, removal)
    return tuple(close_gone(records, {one.id for one in found}, Place(aws.target, aws.door.account_id())))


def _told(context: Context, found: Sequence[Leftover], removal: Removal, closed: Sequence[str]) -> Exit:
    left = [{"kind": one.kind, "id": one.id, "reason": reason} for one, reason in removal.left]
    if context.json:
        rows = [
            {
                "kind": one.kind,
                "id": one.id,
                "build": one.build_id,
                "expires": one.expires,
                "usd_per_hour": one.usd_per_hour,
            }
            for one in found
        ]
        removed = [one.id for one in removal.removed]
        context.ui.data({"schema": 1, "found": rows, "removed": removed, "left": left, "closed": list(closed)})
        return Exit.FAILED if left else Exit.OK
    if removal.removed or left:
        from geos.builder.views.leftovers import removal as view

        context.ui.show(view(removal, flags=context.account_flags()))
    for build_id in closed:
        context.ui.say(f"{build_id} did not end on this computer, and its host is gone: list says so from now on.")
    return Exit.FAILED if left else Exit.OK
