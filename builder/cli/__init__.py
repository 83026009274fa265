"""geos-build: images built on EC2 hosts that are always cleaned up."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from geos.builder.cli.words import WORDS, parse
from geos.wizard.cli import program

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
    from importlib import import_module

    from geos.wizard.errors import Exit

    # words.py has already refused all other words.
    found = import_module(f"{__name__}.{context.flags.verb or 'build'}").run(context)
    assert isinstance(found, Exit)
    return found


if __name__ == "__main__":
    sys.exit(main())
