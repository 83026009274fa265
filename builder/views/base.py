"""What GEOS-Chem's images are built on."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.text import Text

from geos.builder.base import BaseImage, own_file
from geos.builder.oci import Named
from geos.builder.request import ARM64, X86_64
from geos.builder.views.proposals import plan_line
from geos.wizard.market.ages import age_words
from geos.wizard.paths import shown
from geos.wizard.ui.views.words import QUIET, answer, next_step, pairs, remark, screen

REFRESH = "geos-build base --refresh"


def base(pinned: BaseImage, newest: Named | None, *, shipped: BaseImage) -> RenderableType:
    """`newest`: what the registry has just said that the tag names; None: it was not asked."""
    return screen(
        answer(_headline(pinned, newest)),
        Group(*_digests(pinned, newest)),
        pairs(_rows(pinned, newest)),
        remark(_newer(pinned, shipped)) if _newer(pinned, shipped) else None,
        next_step(*_next(pinned, newest)),
    )


def _headline(pinned: BaseImage, newest: Named | None) -> str:
    name = pinned.image
    if not pinned.digest and newest is None:
        return f"Images are built on whatever {name} names on that day: it is not pinned."
    if newest is None:
        return f"Images are built on {name} as of {pinned.date} ({age_words(pinned.date)})."
    if newest.digest == pinned.digest:
        return f"{name} names today what is pinned."
    return f"{name} names another image by now."


def _digests(pinned: BaseImage, newest: Named | None) -> Iterator[RenderableType]:
    """To be copied: no margin breaks them."""
    changes = newest is not None and newest.digest != pinned.digest
    words = [(pinned.digest or "no digest", "  pinned" if changes else "")]
    words += [(newest.digest, "  named now")] if newest and changes else []
    for digest, which in words:
        yield Text.assemble("  ", digest, (which, QUIET), no_wrap=True, overflow="ignore")


def _rows(pinned: BaseImage, newest: Named | None) -> Iterator[tuple[str, RenderableType]]:
    if newest:
        yield "made for", ", ".join(newest.architectures) or "one architecture, which it does not tell"
        missing = [name for name in (ARM64, X86_64) if newest.architectures and name not in newest.architectures]
        if missing:
            yield "", f"! not for {' and '.join(missing)}"
    yield "source", pinned.source
    yield "date", f"{pinned.date} ({age_words(pinned.date)})"
    yield "pinned by", f"you, in {shown(own_file())}" if pinned.own else "geos"


def _newer(pinned: BaseImage, shipped: BaseImage) -> str:
    if not pinned.own or shipped.date <= pinned.date:
        return ""
    return f"geos ships a newer pin than yours, of {shipped.date}: geos-build base --shipped takes it."


def _next(pinned: BaseImage, newest: Named | None) -> Iterator[tuple[str, str]]:
    if newest is None:
        yield REFRESH, "asks the registry what the tag names now"
    elif pinned.own:
        yield plan_line(""), "what a build takes and costs"
        yield "geos-build base --shipped", "goes back to the pin that geos ships"
    else:
        yield plan_line(""), "what a build takes and costs"
