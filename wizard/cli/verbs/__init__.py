"""One file per verb of geos-setup: take what was settled, call one function, show what it returned."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from geos.wizard.errors import Exit

if TYPE_CHECKING:
    from geos.wizard.cli.context import Context


def run_verb(context: Context) -> Exit:
    """The verb's module is named like the verb; words.py has already refused all other words."""
    module = import_module(f"{__name__}.{context.flags.verb or 'guided'}")
    found = module.run(context)
    assert isinstance(found, Exit)
    return found
