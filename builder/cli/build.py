"""(no verb): plan, show, agree, build, clean up."""

from __future__ import annotations

import argparse
import shlex
from dataclasses import replace
from typing import TYPE_CHECKING

from geos.builder.cli.asked import request_of, wish_of
from geos.builder.cli.repository import owner
from geos.builder.cli.words import DEFAULTS, PROG
from geos.builder.errors import BuildStopped
from geos.builder.request import HostWish, Request
from geos.wizard.cli.context import Context
from geos.wizard.cli.parsing import COMMON_DEFAULTS
from geos.wizard.errors import Cancelled, Exit

if TYPE_CHECKING:
    from geos.builder.plan import BuildPlan

NOT_REPEATED = ("plan", "verbose", "version", "debug", "output", "verb")
"""Flags of a plan's line that the line which builds does not need."""


def run(context: Context) -> Exit:
    request, wish = request_of(context.flags), _as_answered(context, wish_of(context.flags))
    plan = make_plan(context, request, wish)
    if context.flags.plan:
        return _show(context, plan)
    if not context.json:
        _show(context, plan)
    if plan.stopped_by:
        raise BuildStopped(
            "; ".join(finding.text for finding in plan.stopped_by) + ".",
            hint=plan.stopped_by[0].hint or f"{line_of(context.flags)} --plan shows everything that was looked at",
        )
    if not context.ui.confirm(_question(plan)):
        raise Cancelled("nothing was created.")
    from geos.builder.cli.carrying import carry_out_shown
    from geos.builder.planning import agreed

    return carry_out_shown(context, agreed(plan))


def _as_answered(context: Context, wish: HostWish) -> HostWish:
    """Who may reach a launched host is an answer of the deployment too."""
    if wish.address or wish.admin_cidr or wish.transport != "ssh":
        return wish
    return replace(wish, admin_cidr=context.given.first("admin_cidr"))


def make_plan(context: Context, request: Request, wish: HostWish) -> BuildPlan:
    from geos.builder.planning import plan_build

    whose = owner(context)
    needs_aws = request.push or not wish.address
    with context.ui.waiting("looking at the account", usually_seconds=5):
        return plan_build(
            request,
            wish,
            target=context.target,
            aws=context.aws if needs_aws else None,
            repository=whose.repository,
            deployment=whose.deployment,
            project_tags=whose.tags,
        )


def _show(context: Context, plan: BuildPlan) -> Exit:
    from geos.builder.steps.pipeline import titles

    if context.json:
        from geos.builder.views.as_json import plan_json

        context.ui.data(plan_json(plan, titles(plan)))
    else:
        from geos.builder.views.plan import plan as view

        command, verbose = line_of(context.flags), context.flags.verbose
        asks = not context.flags.plan and not plan.stopped_by
        context.ui.show(view(plan, steps=titles(plan), command=command, verbose=verbose, asks=asks))
    return Exit.SAID_NO if plan.stopped_by else Exit.OK


def line_of(flags: argparse.Namespace) -> str:
    """The command line that means these flags."""
    words = [PROG]
    for key, usual in {**COMMON_DEFAULTS, **DEFAULTS}.items():
        value = getattr(flags, key)
        if value == usual or key in NOT_REPEATED:
            continue
        words += [f"--{key.replace('_', '-')}", *([] if value is True else [str(value)])]
    return shlex.join(words)


def _question(plan: BuildPlan) -> str:
    from geos.wizard.ui.views.words import usd

    if not any(part.host for part in plan.parts):
        return "Build now?"
    hosts = "a host" if len(plan.parts) == 1 else f"{len(plan.parts)} hosts"
    worst = f", at most {usd(plan.worst_usd)}" if plan.worst_usd is not None else ""
    return f"Launch {hosts} and build{worst}?"
