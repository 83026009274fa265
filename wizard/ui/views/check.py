"""What could stop a plan or a template: one sentence, then what each check found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.text import Text

from geos.wizard.errors import Exit, GeosError
from geos.wizard.ui.views.quotas import quota_table
from geos.wizard.ui.views.review import review as review_view
from geos.wizard.ui.views.words import QUIET, answer, count, indented, listing, mark, next_step, remark, screen

if TYPE_CHECKING:
    from geos.wizard.account.advice import Advice
    from geos.wizard.account.foreign import Checked
    from geos.wizard.account.permissions import Permissions
    from geos.wizard.guide.look_over import Looked
    from geos.wizard.guide.parts import Review
    from geos.wizard.systems.derive.regions import RegionFault
    from geos.wizard.systems.rules import Fault


def plan(
    review: Review,
    looked: Looked,
    faults: Sequence[Fault],
    written: Sequence[str],
    *,
    verbose: bool = False,
    flags: str = "",
) -> RenderableType:
    """The review, the quotas behind it, broken rules, and the files for an administrator."""
    rules = [indented(mark("failed", str(fault))) for fault in faults]
    policies = files(written)
    advice = looked.advice
    details = quota_table(advice.verdicts, verbose=True) if verbose and not isinstance(advice, GeosError) else None
    commands = [(f"geos-setup {flags}deploy", "creates it")]
    if not isinstance(advice, GeosError) and advice.short:
        commands.insert(0, (f"geos-setup {flags}quotas --request", "files the increases"))
    if looked.taken:
        commands = [("geos-setup explain GEOS-D003", "how to get past a name that is taken")]
    return screen(
        review_view(review),
        Group(*rules) if rules else None,
        Group(*policies) if policies else None,
        details,
        next_step(*commands),
    )


def files(written: Sequence[str]) -> list[RenderableType]:
    """The policies that were written down."""
    return [indented(mark("short", f"{path}  for your administrator")) for path in written]


def templates(found: Checked, *, verbose: bool = False, flags: str = "") -> RenderableType:
    """A foreign template."""
    blocks: list[RenderableType | None] = [answer(_sentence(found))]
    if isinstance(found.advice, GeosError):
        blocks.append(indented(mark("unknown", f"quotas not read: {found.advice.message}")))
    elif found.advice.verdicts:
        blocks.append(quota_table(found.advice.verdicts, verbose=verbose))
        blocks.append(_reasons(found.advice))
    lines = [*_region(found.faults, found.region), *_permissions(found.permissions, verbose=verbose)]
    lines += [indented(mark("unknown", text)) for text in found.unseen]
    lines += [indented(mark("unknown", f"parameter {name} has no value")) for name in found.open_parameters]
    blocks.append(Group(*lines))
    file = found.names[0]
    open_one = found.open_parameters[0] if found.open_parameters else ""
    again = f"geos-setup {flags}check --template {file}" + (
        f" --parameters {open_one}=…" if open_one else " --region …"
    )
    blocks.append(next_step((again, "gives it a value" if open_one else "the same elsewhere")))
    return screen(*blocks)


def _sentence(found: Checked) -> str:
    what = f"{listing(found.names)} ({count(found.resources, 'resource')})"
    if found.exit == Exit.OK:
        return f"{what} fits into {found.region} today."
    if found.exit == Exit.SAID_NO:
        return f"{what} does not fit into {found.region} today: {'; '.join(_obstacles(found))}."
    return f"{what}: nothing is known to stop it in {found.region}, but not everything could be told."


def _obstacles(found: Checked) -> list[str]:
    told = []
    if not isinstance(found.advice, GeosError) and found.advice.short:
        told.append(f"{count(len(found.advice.short), 'quota')} short")
    lacking = [f.what for f in found.faults if f.certain and f.fatal]
    if lacking:
        told.append(f"the region lacks {listing(lacking)}")
    if not isinstance(found.permissions, GeosError) and found.permissions.of("denied"):
        told.append(f"{count(len(found.permissions.of('denied')), 'permission')} missing")
    return told


def _reasons(advice: Advice) -> RenderableType | None:
    lines = [
        indented(Text(f"{v.name}: {v.reason}. Wanted by {listing(v.why)}.", style=QUIET))
        for v in advice.verdicts
        if _bad(v)
    ]
    return Group(*lines) if lines else None


def _bad(verdict: object) -> bool:
    return getattr(verdict, "verdict", "") != "enough"


def _region(faults: Sequence[RegionFault], region: str) -> list[RenderableType]:
    if not faults:
        return [indented(mark("ok", f"every resource type and instance type is offered in {region}"))]
    lines: list[RenderableType] = []
    for fault in faults:
        word = "failed" if fault.certain and fault.fatal else "unknown" if not fault.certain else "short"
        instead = f"; it has {listing(fault.instead)}" if fault.instead else ""
        lines.append(indented(mark(word, f"{fault.what}: {fault.why}{instead}  ({listing(fault.used_by)})")))
    return lines


def _permissions(found: Permissions | GeosError, *, verbose: bool) -> list[RenderableType]:
    if isinstance(found, GeosError):
        return [indented(mark("unknown", f"permissions not told: {found.message}"))]
    denied, untold = found.of("denied"), found.of("not-told")
    lines: list[RenderableType] = []
    if denied:
        names = listing(sorted({a.grant.action for a in denied}), most=99 if verbose else 4)
        lines.append(indented(mark("short", f"{count(len(denied), 'permission')} missing: {names}")))
    if untold:
        lines.append(indented(mark("unknown", f"{count(len(untold), 'permission')} not told: {untold[0].reason}")))
    if not denied and not untold:
        lines.append(indented(mark("ok", f"{count(len(found.answers), 'permission')} allowed")))
    return [*lines, *(remark(note) for note in found.notes)]
