"""cfn-lint's word on rendered templates, where it is installed (extra `lint`). geos works without it."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Sequence

from geos.wizard.systems.render import RenderedStack


def can_lint() -> bool:
    return importlib.util.find_spec("cfnlint") is not None


def lint(stacks: Iterable[RenderedStack], regions: Sequence[str] = ()) -> tuple[str, ...]:
    """What cfn-lint objects to, warnings included, each stack held against `regions`, or its own region.

    Ask `can_lint` first. Takes about half a second per stack, and as much for the import.
    """
    from cfnlint.api import ManualArgs
    from cfnlint.api import lint as cfn_lint

    return tuple(
        f"{stack.stack_name}: {match.rule.id}: {match.message} ({'.'.join(map(str, match.path or []))})"
        for stack in stacks
        for match in cfn_lint(stack.text, config=ManualArgs(regions=list(regions) or [stack.region]))
    )
