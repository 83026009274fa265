"""completion bash|zsh|fish: a script for the shell."""

from __future__ import annotations

from geos.wizard.cli.completion import script
from geos.wizard.cli.context import Context
from geos.wizard.cli.recommend.words import WORDS
from geos.wizard.errors import Exit
from geos.wizard.ui.views.words import verbatim


def run(context: Context) -> Exit:
    context.ui.show(verbatim(script(WORDS, context.flags.shell)))
    return Exit.OK
