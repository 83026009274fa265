"""outputs: names, addresses and console links of what was deployed."""

from __future__ import annotations

from geos.wizard.cli.context import Context
from geos.wizard.errors import Exit


def run(context: Context) -> Exit:
    from geos.wizard.deployment.outputs import outputs
    from geos.wizard.ui.views.standing import outputs as view

    found = context.found
    aws = context.aws_of(found)
    with context.ui.waiting("reading the stacks"):
        told = outputs(aws, found.deployment, found.record)
    if context.json:
        context.ui.data(told.to_json())
    else:
        context.ui.show(view(told, flags=context.account_flags()))
    return Exit.OK
