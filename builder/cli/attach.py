"""attach ID: take up a running build after a lost connection, a closed laptop, a kill."""

from __future__ import annotations

from dataclasses import replace

from geos.builder.cli.build import make_plan
from geos.builder.cli.finding import find_build
from geos.builder.errors import NoSuchBuild
from geos.builder.records import Records
from geos.wizard.cli.context import Context
from geos.wizard.errors import Exit, WrongTarget


def run(context: Context) -> Exit:
    records = Records()
    build = find_build(records, context.flags.build_id)
    parts = records.parts(build.build_id)
    open_parts = [part for part in parts if part.state in ("running", "lost")]
    if not open_parts:
        states = ", ".join(f"{part.architecture} {part.state}" for part in parts) or "nothing was begun"
        raise NoSuchBuild(f"{build.build_id} is over: {states}.", hint=f"geos-build logs {build.build_id}")
    if build.sandbox != context.target.sandbox:
        where = "the sandbox" if build.sandbox else "a real account"
        flag = "--sandbox " if build.sandbox else ""
        raise WrongTarget(f"{build.build_id} runs in {where}.", hint=f"geos-build {flag}attach {build.build_id}")
    from geos.builder.cli.carrying import carry_out_shown

    # The types that were launched are named: what the quota leaves beside them is not asked.
    launched = tuple(dict.fromkeys(part.instance_type for part in open_parts if part.instance_type))
    wish = replace(build.wish, instance_types=launched or build.wish.instance_types)
    fresh = make_plan(context, build.request, wish)
    going = tuple(part for part in fresh.parts if part.architecture in {p.architecture for p in open_parts})
    return carry_out_shown(context, replace(fresh, build=build, parts=going), known=parts)
