"""base: the image that GEOS-Chem's own are built on; --refresh asks the registry what its tag names now."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from geos.builder.base import BaseImage, own_file, pin, pinned_base, shipped_base, unpin
from geos.wizard.cli.context import Context
from geos.wizard.errors import Cancelled, Exit, UsageError

if TYPE_CHECKING:
    from geos.builder.oci import Named

SOURCE = "registry"


def run(context: Context) -> Exit:
    if context.flags.refresh and context.flags.shipped:
        raise UsageError("--refresh and --shipped exclude each other.", hint="--refresh renews the pin")
    if context.flags.shipped:
        unpin()
    pinned = pinned_base()
    newest = _ask(context, pinned) if context.flags.refresh else None
    if newest is None or newest.digest == pinned.digest:
        return _show(context, pinned, newest)
    if not context.json:
        _show(context, pinned, newest)
    if not context.ui.confirm("Let builds start from the newer one from now on?"):
        raise Cancelled("the pin is as it was.")
    today = datetime.now(UTC).date().isoformat()
    fresh = replace(pinned, digest=newest.digest, source=SOURCE, date=today, own=True)
    pin(fresh)
    return _show(context, fresh, newest)


def _ask(context: Context, pinned: BaseImage) -> Named:
    from geos.builder.oci import named_by

    with context.ui.waiting(f"asking what {pinned.image} names now"):
        return named_by(pinned.image)


def _show(context: Context, pinned: BaseImage, newest: Named | None) -> Exit:
    shipped = shipped_base()
    if context.json:
        context.ui.data(
            {
                "schema": 1,
                **asdict(pinned),
                "reference": pinned.reference,
                "file": str(own_file()) if pinned.own else None,
                "shipped": shipped.reference,
                "newest": asdict(newest) if newest else None,
            }
        )
    else:
        from geos.builder.views.base import base as view

        context.ui.show(view(pinned, newest, shipped=shipped))
    return Exit.OK
