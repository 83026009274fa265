"""status: every deployment of this account and region, and what state it is in."""

from __future__ import annotations

from geos.wizard.cli.context import Context
from geos.wizard.errors import Exit


def run(context: Context) -> Exit:
    from geos.wizard.deployment.status import status
    from geos.wizard.ui.views.standing import status as view

    aws = context.aws
    with context.ui.waiting("asking CloudFormation"):
        account_id = aws.identity.caller().account_id
        found = status(
            aws, context.records, account_id=account_id, named=context.flags.deployment, with_drift=context.flags.drift
        )
    if context.json:
        context.ui.data(found.to_json())
    else:
        context.ui.show(view(found, flags=context.account_flags()))
    return Exit.OK
