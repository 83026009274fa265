"""geos-setup: the guided set-up and its verbs."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from geos.wizard.cli import program
from geos.wizard.cli.words import WORDS, parse

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


def _run(context: Context) -> Exit:
    from geos.wizard.cli.verbs import run_verb

    return run_verb(context)


if __name__ == "__main__":
    sys.exit(main())
