"""What builds left in the account, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from rich.console import RenderableType

from geos.builder.leftovers import Leftover, Removal, usd_per_hour
from geos.wizard.ui.views.words import answer, count, duration, next_step, remark, screen, table, usd


def leftovers(
    found: Sequence[Leftover], wanted: Sequence[Leftover], *, region: str, now: datetime, flags: str = ""
) -> RenderableType:
    if not found:
        return screen(answer(f"Builds have left nothing in {region}."))
    hourly = usd_per_hour(found)
    cost = "their price is not known" if hourly is None else f"they cost {usd(hourly)} an hour"
    rows = [
        (
            ("" if one in wanted else "~ ") + one.kind.replace("-", " "),
            one.id,
            one.build_id or "?",
            "over" if one.expired(now) else duration(one.seconds_left(now)),
            usd(one.usd_per_hour, unit=False),
        )
        for one in found
    ]
    kept = len(found) - len(wanted)
    return screen(
        answer(f"Builds have left {count(len(found), 'thing')} in {region}; {cost}."),
        table(("what", "id", "build", "time left", "USD/hour"), rows, right=(4,), keep=(0, 1, 2, 3)),
        remark(f"~ kept: {kept} of them belong to builds that may still be running, here or elsewhere.")
        if kept
        else None,
        next_step((f"geos-build {flags}clean --all", "removes those too")) if kept else None,
    )


def removal(found: Removal, *, flags: str = "") -> RenderableType:
    if not found.left:
        return screen(answer(f"Removed {count(len(found.removed), 'thing')}. Nothing is left."))
    rows = [(one.kind.replace("-", " "), one.id, reason) for one, reason in found.left]
    return screen(
        answer(f"Removed {len(found.removed)}; {count(len(found.left), 'thing')} could not be removed yet."),
        table(("what", "id", "why"), rows, keep=(1,)),
        next_step((f"geos-build {flags}clean", "tries again")),
    )
