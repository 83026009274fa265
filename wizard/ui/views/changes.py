"""Change sets: what a deployment would add, change, replace and remove."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.text import Text

from geos.wizard.ui.views.words import QUIET, answer, count, listing, next_step, screen, table

if TYPE_CHECKING:
    from geos.wizard.aws.stack_facts import ResourceChange

_SIGNS = {
    "added": ("+", "green"),
    "changed": ("~", "yellow"),
    "replaced": ("!", "red"),
    "perhaps replaced": ("!", "red"),
    "removed": ("-", "red"),
}
_FEW = 8
"""Resources that are only added are summed up by type beyond this many; anything else is always named."""


def changes(
    stacks: Mapping[str, Sequence[ResourceChange]], *, deployment: str, region: str, verbose: bool = False,
    below: RenderableType | None = None, next_commands: Sequence[tuple[str, str]] = (),
) -> RenderableType:  # fmt: skip
    """`stacks`: layer -> its changes, in the order of deployment."""
    blocks: list[RenderableType] = []
    for layer, found in stacks.items():
        blocks.append(_stack(layer, found, verbose=verbose))
    return screen(
        answer(headline(stacks, deployment, region)),
        *blocks,
        _warning(stacks),
        below,
        next_step(*next_commands) if next_commands else None,
    )


def headline(stacks: Mapping[str, Sequence[ResourceChange]], deployment: str, region: str) -> str:
    kinds = Counter(change.kind for found in stacks.values() for change in found)
    if not kinds:
        return f"Nothing to change: {deployment} in {region} is as planned."
    told = [
        f"{'replace' if kind == 'perhaps replaced' else verb} {kinds[kind]}" for kind, verb in _VERBS if kinds[kind]
    ]
    kind_words = ", ".join(told)
    return f"{deployment} in {region}: will {kind_words} {'resource' if sum(kinds.values()) == 1 else 'resources'}."


_VERBS = (
    ("added", "add"),
    ("changed", "change"),
    ("replaced", "replace"),
    ("removed", "remove"),
)


def _stack(layer: str, found: Sequence[ResourceChange], *, verbose: bool) -> RenderableType:
    title = Text.assemble(("  " + layer, "bold"), (f"  {count(len(found), 'change') if found else 'no change'}", QUIET))
    added = [c for c in found if c.kind == "added"]
    others = [c for c in found if c.kind != "added"]
    rows = [_row(change) for change in others]
    if verbose or len(added) <= _FEW:
        rows += [_row(change) for change in added]
    else:
        rows += _summed(added)
    return Group(title, table(("", "", ""), rows, keep=[0], indent=4, gap=2)) if rows else title


def _row(change: ResourceChange) -> list[RenderableType]:
    sign, colour = _SIGNS.get(change.kind, ("?", QUIET))
    kind = "" if change.kind == "added" else change.kind
    properties = f"{listing(change.properties)}" if change.properties else ""
    words = ": ".join(filter(None, (kind, properties)))
    return [Text.assemble((sign, colour), f" {_short(change.type)}"), change.logical_id, Text(words, style=QUIET)]


def _summed(added: Sequence[ResourceChange]) -> list[list[RenderableType]]:
    by_type: dict[str, list[str]] = {}
    for change in added:
        by_type.setdefault(_short(change.type), []).append(change.logical_id)
    return [
        [
            Text.assemble(("+", "green"), f" {name}" + (f" ×{len(ids)}" if len(ids) > 1 else "")),
            listing(ids, most=3),
            "",
        ]
        for name, ids in sorted(by_type.items())
    ]


def _short(type_name: str) -> str:
    """AWS::Batch::JobQueue -> Batch JobQueue."""
    return " ".join(type_name.split("::")[1:]) or type_name


def _warning(stacks: Mapping[str, Sequence[ResourceChange]]) -> RenderableType | None:
    replaced = [c.logical_id for found in stacks.values() for c in found if "replaced" in c.kind]
    if not replaced:
        return None
    return Text(f"  ! A replaced resource is made anew and the old one deleted: {listing(replaced)}.", style="yellow")
