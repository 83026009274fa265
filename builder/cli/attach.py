"""attach ID: take up a running build after a lost connection, a closed laptop, a kill.

What was over already stays as it is; an index over all architectures is written when the last one is done.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from geos.builder.build import Build, Part
from geos.builder.cli.build import make_plan
from geos.builder.cli.finding import find_build
from geos.builder.errors import NoSuchBuild
from geos.builder.plan import index_of, tags_of
from geos.builder.records import Records
from geos.wizard.cli.context import Context
from geos.wizard.errors import Exit, WrongTarget


def run(context: Context) -> Exit:
    records = Records()
    build = find_build(records, context.flags.build_id)
    parts = records.parts(build.build_id)
    open_parts = [part for part in parts if part.state in ("running", "lost")]
    if not open_parts and not _lacks_its_index(context, build, parts):
        states = ", ".join(f"{part.architecture} {part.state}" for part in parts) or "nothing was begun"
        raise NoSuchBuild(f"{build.build_id} is over: {states}.", hint=f"geos-build logs {build.build_id}")
    if not _is_here(context, build):
        where = "the sandbox" if build.sandbox else "a real account"
        flag = "--sandbox " if build.sandbox and not context.target.sandbox else ""
        raise WrongTarget(
            f"{build.build_id} runs in {where}, in {build.region}.",
            hint=f"geos-build {flag}--region {build.region} attach {build.build_id}",
        )
    from geos.builder.cli.carrying import carry_out_shown

    # The types that were launched are named: what the quota leaves beside them is not asked.
    launched = tuple(dict.fromkeys(part.instance_type for part in open_parts if part.instance_type))
    wish = replace(build.wish, instance_types=launched or build.wish.instance_types)
    fresh = make_plan(context, build.request, wish)
    going = tuple(
        # Under the tags that were shown at first, which may hold the time at which it began.
        replace(part, tags=tags_of(build, part.architecture))
        for part in fresh.parts
        if part.architecture in {p.architecture for p in open_parts}
    )
    return carry_out_shown(context, replace(fresh, build=build, parts=going, index=index_of(build)), known=parts)


def _is_here(context: Context, build: Build) -> bool:
    return build.sandbox == context.target.sandbox and build.region == context.target.region


def _lacks_its_index(context: Context, build: Build, parts: Sequence[Part]) -> bool:
    """Every image is there, and the end came before the index over them was written."""
    tag = index_of(build)
    if not tag or any(part.state != "done" for part in parts) or not _is_here(context, build):
        return False
    return context.aws.ecr.image(build.repository, tag) is None
