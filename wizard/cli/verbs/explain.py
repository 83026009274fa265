"""explain CODE: cause, cure and example of an error."""

from __future__ import annotations

import difflib

from geos.wizard.cli.context import Context
from geos.wizard.errors import Exit, UsageError
from geos.wizard.explanations import EXPLANATIONS


def run(context: Context) -> Exit:
    wanted = context.flags.error_code.upper()
    if not wanted:
        context.ui.show("\n".join(f"{code}  {e.title}" for code, e in EXPLANATIONS.items()))
        return Exit.OK
    code = wanted if wanted.startswith("GEOS-") else f"GEOS-{wanted}"
    found = EXPLANATIONS.get(code)
    if found is None:
        near = difflib.get_close_matches(code, [c for c in EXPLANATIONS if c[:6] == code[:6]] or EXPLANATIONS, n=3)
        raise UsageError(
            f"{context.flags.error_code} is not a code of geos.",
            hint=f"did you mean {' or '.join(near)}?" if near else "geos-setup explain lists them all",
        )
    if context.json:
        context.ui.data(
            {"code": code, "title": found.title, "cause": found.cause, "cure": found.cure, "example": found.example}
        )
    else:
        from geos.wizard.ui.views.explain import explanation

        context.ui.show(explanation(code, found))
    return Exit.OK
