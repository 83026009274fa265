"""completion bash|zsh|fish: a script for the shell."""

from __future__ import annotations

from geos.wizard.cli.completion import script
from geos.wizard.cli.context import Context
from geos.wizard.cli.given import every_key
from geos.wizard.cli.words import WORDS
from geos.wizard.errors import Exit
from geos.wizard.ui.views.words import verbatim


def run(context: Context) -> Exit:
    keys = [f"--{key.replace('_', '-')}" for key in every_key()]
    context.ui.show(verbatim(script(WORDS, context.flags.shell, keys)))
    return Exit.OK
