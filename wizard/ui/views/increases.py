"""Quota increases: what would be asked for and why, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.text import Text

from geos.wizard.ui.views.quotas import short_name
from geos.wizard.ui.views.words import QUIET, answer, count, indented, mark, next_step, number, screen

if TYPE_CHECKING:
    from geos.wizard.account.requests import Filed, Increase


def planned(found: Sequence[Increase], region: str) -> RenderableType:
    """Each increase with its reason, as AWS would get it; nothing is filed by showing it."""
    to_file = [one for one in found if one.state == "to-file"]
    if not found:
        sentence = f"No quota in {region} needs raising."
    elif not to_file:
        sentence = f"Nothing to file in {region}: {count(len(found), 'quota')} short, none that can be asked for now."
    else:
        sentence = f"{count(len(to_file), 'increase')} to ask AWS for in {region}."
    return screen(answer(sentence), *[_one(one) for one in found])


def _one(one: Increase) -> RenderableType:
    name = f"{short_name(one.name)}: from {number(one.current)} to {number(one.desired)}"
    if one.state == "to-file":
        reason = Text(one.justification, style=QUIET)
        return Group(indented(mark("short", name)), indented(reason, 4))
    word = "kept" if one.state == "open" else "unknown"
    lines: list[RenderableType] = [indented(mark(word, name)), indented(Text(one.reason, style=QUIET), 4)]
    if one.partly_granted is not None:
        partly = f"granted in part: {number(one.partly_granted.requested)} was asked for"
        lines.append(indented(Text(partly, style=QUIET), 4))
    return Group(*lines)


def filed(found: Sequence[Filed], *, flags: str = "") -> RenderableType:
    """What AWS said to each."""
    taken = sum(one.request is not None and not one.error for one in found)
    return screen(
        answer(f"{taken} of {count(len(found), 'increase')} filed. AWS answers within minutes to days, by e-mail."),
        Group(*[_filed(one) for one in found]),
        next_step((f"geos-setup {flags}quotas", "shows open requests and what was granted")),
    )


def _filed(one: Filed) -> RenderableType:
    name = f"{short_name(one.increase.name)} to {number(one.increase.desired)}"
    if one.request is not None and not one.error:
        return indented(mark("ok", f"{name}, {one.request.status.lower()}"))
    word = "kept" if one.request is not None else "failed"
    by_hand = Text(f"    by hand  {one.increase.console_url}", style=QUIET, no_wrap=True, overflow="ignore")
    line = indented(mark(word, f"{name}: {one.error}"))
    return line if one.request is not None else Group(line, by_hand)
