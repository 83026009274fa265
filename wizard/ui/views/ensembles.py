"""Many small machines beside few large ones, for an ensemble."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from geos.wizard.sizing.sentences import span, usd
from geos.wizard.sizing.values import Ask
from geos.wizard.ui.light import Part, group, indented, remark, table
from geos.wizard.ui.wording import QUIET

if TYPE_CHECKING:
    from geos.wizard.sizing.ensembles import Packing


def ensemble(ask: Ask, found: Sequence[Packing]) -> Part:
    rows = [
        (
            str(p.runs_per_machine),
            p.instance_type,
            str(p.cores_per_run),
            f"{p.machines:,}",
            span(p.start_hours),
            f"{p.start_share:.1%}",
            span(p.wall_hours),
            usd(p.usd),
        )
        for p in found
    ]
    headings = ("each", "machine", "cores", "machines", "start", "of all", "done in", "cost")
    return group(
        indented(
            f"Many small or few large: {ask.runs:,} runs, so many at once on each machine, with so many cores",
            style=QUIET,
        ),
        table(headings, rows, right=(0, 2, 3, 4, 5, 6, 7), keep=range(8), gap=2),
        remark(
            "A start is boot, image and input (our own figures). Runs on one machine share its memory bandwidth, which "
            "nobody has measured and which is not reckoned with: few large may be slower than told."
        ),
    )
