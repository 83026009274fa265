"""geos-recommend: which instance type, how long, how much, and how sure. One module per verb."""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from geos.wizard.cli import program
from geos.wizard.cli.recommend.words import WORDS, parse

if TYPE_CHECKING:
    from geos.wizard.cli.context import Context
    from geos.wizard.errors import Exit


def main(
    argv: Sequence[str] | None = None,
    *,
    make_aws: program.MakeAws | None = None,
    make_ui: program.MakeUi | None = None,
) -> int:
    """Run one command; the exit code."""
    # What an answer reads stays until its end: looking for garbage in it, now and then and once more when Python ends,
    # would take a fifth of the time.
    gc.disable()
    try:
        return program.main(program.Program(WORDS, parse, _run), argv, make_aws=make_aws, make_ui=make_ui)
    finally:
        gc.freeze()
        gc.enable()


_MODULES = {"": "answer", "import": "import_"}
"""Verbs whose module is not named like them."""


def _run(context: Context) -> Exit:
    from importlib import import_module

    from geos.wizard.errors import Exit

    verb = context.flags.verb
    if verb or context.flags.watch_price or context.flags.live:
        gc.enable()  # these may go on for long
    found = import_module(f"{__name__}.{_MODULES.get(verb, verb)}").run(context)
    assert isinstance(found, Exit)
    return found


if __name__ == "__main__":
    sys.exit(main())
