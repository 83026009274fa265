"""import FILE: runs of others into the user's table; every row is checked first, and nothing is stored if one fails."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from geos.wizard.errors import Cancelled, Exit, UsageError

if TYPE_CHECKING:
    from geos.wizard.cli.context import Context


def run(context: Context) -> Exit:
    from geos.wizard.cli.recommend.structured import put
    from geos.wizard.files import read_text
    from geos.wizard.measuring.store import add, checked, identity, own_runs, rows_in
    from geos.wizard.ui.views.learning import taken
    from geos.wizard.ui.views.words import count

    path = Path(context.flags.file)
    text = read_text(path)
    if text is None:
        raise UsageError(f"{path} does not exist.", hint="geos-recommend export makes such a file")
    rows = rows_in(text, path.name)
    seen = {identity(one) for one in own_runs()}
    new = [one for one in checked(text, path.name) if identity(one) not in seen]
    if new and not context.ui.confirm(f"Store {count(len(new), 'run')} of {path.name}?", default=True):
        raise Cancelled("nothing was stored.")
    added = add(rows)
    body = {"schema": "geos-import-1", "stored": len(added.stored), "known_already": len(added.known_already)}
    if not put(context, body):
        context.ui.show(taken(added.stored, added.known_already, path.name))
    return Exit.OK
