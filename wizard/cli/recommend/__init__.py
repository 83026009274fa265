"""geos-recommend: which instance type, how long, how much, and how sure. One module per verb."""

from __future__ import annotations

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
    return program.main(program.Program(WORDS, parse, _run), argv, make_aws=make_aws, make_ui=make_ui)


_MODULES = {"": "answer", "import": "import_"}
"""Verbs whose module is not named like them."""


def _run(context: Context) -> Exit:
    from importlib import import_module

    from geos.wizard.errors import Exit

    verb = context.flags.verb
    found = import_module(f"{__name__}.{_MODULES.get(verb, verb)}").run(context)
    assert isinstance(found, Exit)
    return found


if __name__ == "__main__":
    sys.exit(main())
