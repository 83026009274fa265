"""geos-setup without a verb: the guided set-up."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from geos.wizard.cli.context import Context
from geos.wizard.cli.verbs import deploy as deploying
from geos.wizard.cli.verbs import plan as planning
from geos.wizard.errors import Exit
from geos.wizard.paths import out_dir

if TYPE_CHECKING:
    from geos.wizard.guide import Ready


def run(context: Context) -> Exit:
    from geos.wizard import guide

    def deploy(ready: Ready) -> Exit:
        context.take(ready.settled, ready.aws, ready.facts)
        planning.write_files(context)
        deployed = deploying.carry_out(context, planning.make(context))
        deploying.report(context, deployed)
        return Exit.OK

    def write_files(ready: Ready) -> Sequence[Path]:
        context.take(ready.settled, ready.aws, ready.facts)
        folder = planning.write_files(context)
        return sorted(folder.glob("*.json"))

    import os

    return guide.run(
        guide.Context(
            ui=context.ui,
            make_aws=context.make_aws,
            sandbox_target=context.sandbox_target,
            layers=context.given.layers_for,
            deploy=deploy,
            write_files=write_files,
            system=context.given.first("system"),
            sandbox=context.flags.sandbox,
            endpoint=os.environ.get("AWS_ENDPOINT_URL", ""),
            answers_file=context.given.file,
            out=out_dir(),
            assume_yes=context.flags.yes,
            plan_only=context.flags.plan,
        )
    )
