"""config show: every setting, its value, and where it came from."""

from __future__ import annotations

from geos.wizard.cli.context import Context
from geos.wizard.errors import Exit
from geos.wizard.ui.views import config as view


def run(context: Context) -> Exit:
    settled = context.given.offline
    if context.json:
        context.ui.data(
            {
                "settings": {
                    key: {"value": value, "origin": settled.origins[key]} for key, value in settled.values.items()
                },
                "missing": [p.name for p in settled.missing],
                "faults": list(settled.faults),
            }
        )
    else:
        context.ui.show(view.settings(settled, context.ui.width))
    settled_faults = settled.faults
    if settled_faults:
        settled.require()
    return Exit.OK
