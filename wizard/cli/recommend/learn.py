"""learn LOG…: show what was understood of finished runs, ask, and store them in the user's table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geos.wizard.errors import Cancelled, Exit

if TYPE_CHECKING:
    from geos.wizard.cli.context import Context


def run(context: Context) -> Exit:
    from geos.wizard.cli.recommend import logs
    from geos.wizard.cli.recommend.structured import put
    from geos.wizard.measuring.deviation import compare
    from geos.wizard.measuring.learning import known_as, row_of, run_of
    from geos.wizard.measuring.store import add, own_fits, own_runs
    from geos.wizard.ui.views import learning as view

    found, refused = logs.read(context)
    stored, fits = own_runs(), own_fits()
    known = [one for one in found if known_as(one, stored)]
    new = [one for one in found if one not in known]
    rows = [row_of(one) for one in new]
    lessons = [view.Lesson(one, compare(run_of(row), fits)) for one, row in zip(new, rows, strict=True)]
    context.ui.say(view.understood(lessons, known, refused))
    if new and not context.ui.confirm(
        f"Store {'this run' if len(new) == 1 else f'these {len(new)} runs'}?", default=True
    ):
        raise Cancelled("nothing was stored.")
    added = add(rows).stored if rows else ()
    body = {
        "schema": "geos-learn-1",
        "stored": [dict(row) for row in rows],
        "known_already": [one.name for one in known],
        "refused": [{"file": one.name, "kind": one.kind, "reason": one.reason} for one in refused],
    }
    if not put(context, body, rows) and added:
        context.ui.show(view.stored(added))
    return Exit.FAILED if refused else Exit.OK
