"""check LOG…: runs beside what was stored or predicted for them; says no from 5 % deviation on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geos.wizard.errors import Exit

if TYPE_CHECKING:
    from geos.wizard.cli.context import Context


def run(context: Context) -> Exit:
    from geos.wizard.cli.recommend import logs
    from geos.wizard.cli.recommend.structured import put
    from geos.wizard.cli.recommend.told import percent
    from geos.wizard.measuring.deviation import SCHEMA, TOLERANCE_PERCENT, compare
    from geos.wizard.measuring.learning import row_of, run_of
    from geos.wizard.measuring.store import own_fits
    from geos.wizard.ui.views.learning import compared

    tolerance = percent(context.flags, "tolerance", TOLERANCE_PERCENT)
    found, refused = logs.read(context)
    # A run that was stored before is not compared with itself.
    deviations = [compare(run_of(row_of(one)), own_fits(without=one.fingerprint), tolerance) for one in found]
    body = {
        "schema": SCHEMA,
        "runs": [one.to_json() for one in deviations],
        "refused": [{"file": one.name, "kind": one.kind, "reason": one.reason} for one in refused],
    }
    if not put(context, body, [one.to_json() for one in deviations]):
        context.ui.show(compared(deviations, refused))
    if any(one.within is False for one in deviations):
        return Exit.SAID_NO
    if refused:
        return Exit.FAILED
    return Exit.OK if all(one.known for one in deviations) else Exit.COULD_NOT_CHECK
