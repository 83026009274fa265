"""export [FILE]: the user's runs as CSV, in the columns of the shipped table; without FILE on stdout."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from geos.wizard.errors import Exit, NoOwnRuns

if TYPE_CHECKING:
    from geos.wizard.cli.context import Context


def run(context: Context) -> Exit:
    from geos.wizard.files import write_whole
    from geos.wizard.measuring.store import export_text, own_file, rows_in
    from geos.wizard.paths import shown
    from geos.wizard.ui.views.words import count

    text = export_text(context.flags.title.strip())
    if not text:
        raise NoOwnRuns(f"there are no own runs in {shown(own_file())}.", hint="geos-recommend learn LOG stores one")
    path = context.flags.file
    if not path or path == "-":
        context.ui.data(text if not context.json else rows_in(text, "export"))
        return Exit.OK
    write_whole(Path(path), text, mode=0o644)
    rows = len(rows_in(text, path))
    context.ui.say(f"{count(rows, 'run')} written to {shown(Path(path))}.")
    if not context.flags.title:
        context.ui.say('  --title "Lee, Some University" says whose runs they are')
    return Exit.OK
