"""logs ID: the complete log of a build, as it came from its host."""

from __future__ import annotations

import shutil
import sys

from geos.builder.cli.finding import find_build
from geos.builder.errors import NoSuchBuild
from geos.builder.records import Records
from geos.wizard.cli.context import Context
from geos.wizard.errors import Exit
from geos.wizard.paths import shown


def run(context: Context) -> Exit:
    records = Records()
    own, asked = find_build(records, context.flags.build_id).build_id, context.flags.arch
    wanted = [part.architecture for part in records.parts(own) if asked in ("", "both", part.architecture)]
    there = [(architecture, path) for architecture in wanted for path in records.logs(own, architecture)]
    if not there:
        raise NoSuchBuild(f"{own} has no log yet: its host had not begun to build.", hint=f"geos-build attach {own}")
    if context.json:
        context.ui.data({"build": own, "logs": [{"architecture": a, "path": str(path)} for a, path in there]})
        return Exit.OK
    for architecture, path in there:
        context.ui.say(f"{own} {architecture}  {shown(path)}")
        # Bytes as they are: a compiler's output is in no certain alphabet, and may be large.
        with path.open("rb") as log:
            shutil.copyfileobj(log, sys.stdout.buffer)
    sys.stdout.flush()
    return Exit.OK
