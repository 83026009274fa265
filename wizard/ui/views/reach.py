"""How much can be simulated within a budget and a deadline."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from geos.wizard.sizing.sentences import span, usd, whole
from geos.wizard.sizing.values import SPOT, Ask, Candidate, Quota
from geos.wizard.ui.light import Part, Screen, answer, group, indented, next_step, screen, table
from geos.wizard.ui.views.ranked import name_of
from geos.wizard.ui.views.sizing import notes_below, quota_words
from geos.wizard.ui.wording import QUIET

if TYPE_CHECKING:
    from geos.wizard.sizing.inverse import Reach


def reach(
    ask: Ask,
    found: Sequence[Reach],
    sentence: str,
    judge: Callable[[Candidate], Quota],
    notes: Sequence[str],
    flags: str,
) -> Screen:
    best = found[0] if found else None
    return screen(
        answer(sentence),
        _below(best, judge) if best else None,
        _table(found) if found else None,
        notes_below(notes),
        next_step(
            (f"geos-recommend {flags}--days {int(best.days.likely)}", "the whole answer for that many days")
            if best
            else ("geos-recommend --help", "all that can be asked")
        ),
    )


def _below(best: Reach, judge: Callable[[Candidate], Quota]) -> Part:
    days, c = best.days, best.candidate
    surely = f"{whole(days.low)} to {whole(days.high)}"
    return group(
        indented(f"Nine runs in ten come to {surely} days; the {best.bound_by} ends it. {c.label}, from {c.why}."),
        indented(quota_words(judge(c), c)),
    )


def _table(found: Sequence[Reach]) -> Part:
    rows = [
        (
            str(i),
            name_of(r.candidate),
            str(r.candidate.physical_cores),
            "–".join(whole(d) for d in r.days),
            span(r.candidate.wall_hours.likely),
            usd(r.candidate.usd.likely),
            "Spot" if r.candidate.purchase == SPOT else "On-Demand",
            r.bound_by,
        )
        for i, r in enumerate(found, 1)
    ]
    headings = ("#", "instance", "cores", "days", "time", "cost", "", "ended by")
    return group(
        indented("simulated days low–likely–high; farthest first", style=QUIET),
        table(headings, rows, right=(0, 2, 3, 4, 5), keep=range(8), gap=2),
    )
