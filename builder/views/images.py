"""The images of a repository."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import RenderableType

from geos.builder.views.proposals import plan_line
from geos.wizard.aws.ecr_facts import Image
from geos.wizard.ui.views.words import answer, count, listing, next_step, screen, table


def images(found: Sequence[Image], *, repository: str, region: str, flags: str = "") -> RenderableType:
    if not found:
        return screen(
            answer(f"There is no image in {repository} in {region}."),
            next_step((plan_line(flags), "what building one takes and costs")),
        )
    size = sum(image.size_bytes or 0 for image in found)
    rows = [
        (
            listing(sorted(image.tags), most=3) or "-",
            "index" if image.is_index else f"{(image.size_bytes or 0) / 1e6:,.0f} MB",
            image.pushed.strftime("%Y-%m-%d %H:%M") if image.pushed else "?",
            image.digest.removeprefix("sha256:")[:12],
        )
        for image in found
    ]
    return screen(
        answer(f"{count(len(found), 'image')} in {repository} in {region}, {size / 1e9:.2f} GB."),
        table(("tags", "size", "pushed (UTC)", "digest"), rows, right=(1,), keep=(2, 3)),
        next_step((plan_line(flags), "what building another takes and costs")),
    )
