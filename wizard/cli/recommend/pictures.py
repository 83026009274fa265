"""--plot and --save-plot."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from geos.wizard.cli.context import Context
    from geos.wizard.ui.plots import Figure


def draw(context: Context, make: Callable[[], Sequence[Figure]]) -> None:
    """The figures are made only where a flag asks for them."""
    flags = context.flags
    if not (flags.plot or flags.save_plot):
        return
    from geos.wizard.paths import shown
    from geos.wizard.ui import plots

    made = list(make())
    if not made:
        context.ui.say("! There is nothing to draw: no type has a figure.")
        return
    if flags.plot and flags.output == "table":
        context.ui.show("")
        plots.show(made, context.ui)
    if flags.save_plot:
        place = plots.save(made, Path(flags.save_plot))
        context.ui.say(f"  written  {shown(place)}")
