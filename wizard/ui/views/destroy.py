"""Removing a deployment: what will go, what went, and what is left with what it costs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.text import Text

from geos.wizard.ui.views.words import (
    QUIET,
    answer,
    count,
    duration,
    indented,
    listing,
    mark,
    next_step,
    screen,
    table,
    usd,
)

if TYPE_CHECKING:
    from geos.wizard.deployment.destroy import Destroyed, DestroyPlan, StackToGo
    from geos.wizard.deployment.leftovers import Leftover
    from geos.wizard.systems.cost_lines import CostLine


def to_go(plan: DestroyPlan, *, keep_data: bool = False, verbose: bool = False) -> RenderableType:
    """What a removal will do; shown before the name is asked for."""
    data = plan.data() if keep_data else ()
    amount = plan.resources - len(data)
    sentence = f"Will remove {plan.deployment} from {plan.region} (account {plan.account_id}): "
    sentence += f"{count(amount, 'resource')} in {count(len(plan.stacks), 'stack')}."
    rows: list[list[RenderableType]] = [
        [s.layer, count(len(s.resources), "resource"), Text(_types(s, verbose), style=QUIET)] for s in plan.stacks
    ]
    return screen(
        answer(sentence),
        table(("", "", ""), rows, keep=[0, 1], gap=2) if rows else None,
        _losses(plan, keep_data=keep_data),
    )


def _types(stack: StackToGo, verbose: bool) -> str:
    kinds = Counter(r.type.rsplit("::", 1)[-1] for r in stack.resources)
    names = [f"{name} ×{amount}" if amount > 1 else name for name, amount in kinds.most_common()]
    return ", ".join(names) if verbose else listing(names)


def _losses(plan: DestroyPlan, *, keep_data: bool) -> RenderableType | None:
    """Everything somebody could regret, a line each."""
    lines: list[RenderableType] = []
    if plan.jobs:
        queues = listing(sorted({queue for queue, _ in plan.jobs}))
        lines.append(_line("short", f"{count(len(plan.jobs), 'job')} waiting or running in {queues} will be ended"))
    if keep_data and plan.data():
        kinds = Counter(_kind(r.type) for r in plan.data())
        lines.append(_line("kept", "stays: " + ", ".join(f"{n} {kind}" for kind, n in kinds.most_common())))
    for bucket, objects, size in plan.contents:
        word, fate = ("kept", "stays") if keep_data else ("short", "will be emptied")
        lines.append(_line(word, f"{bucket} holds {count(objects, 'object')}, {_size(size)}: {fate}"))
    if plan.protected:
        lines.append(_line("short", f"protected against deletion, which is lifted: {listing(plan.protected)}"))
    if plan.beside:
        lines.append(_line("short", f"beside the stacks, with this deployment's tags: {_names(plan.beside)}"))
    if plan.with_bootstrap:
        lines.append(_line("ok", "geos's own state bucket and lock go too: nothing else uses them here"))
    elif plan.others:
        lines.append(_line("kept", f"geos's own state bucket and lock stay for {listing(plan.others)}"))
    return Group(*lines) if lines else None


def gone(found: Destroyed, *, costs: Mapping[str, CostLine] | None = None, flags: str = "") -> RenderableType:
    """What became of it. `costs`: a month, by ARN, of what is left or kept."""
    costs = costs or {}
    took = duration(found.seconds)
    sentence = f"{found.deployment} is gone from {found.region}: {count(found.resources_gone, 'resource')}, {took}."
    if found.leftovers:
        left = count(len(found.leftovers), "thing")
        verb = "is" if len(found.leftovers) == 1 else "are"
        sentence = f"{left} of {found.deployment} {verb} left in {found.region}; the rest is gone."
    elif not found.kept and not found.staying:
        sentence += " Nothing is left, nothing to pay."
    lines: list[RenderableType] = [
        *[_line("failed", f"{one.service} {one.name}", _cost(costs.get(one.arn))) for one in found.leftovers],
        *[_line("kept", f"{one.service} {one.name}", _cost(costs.get(one.arn))) for one in found.staying],
        *[_line("kept", f"{_kind(r.type)} {r.physical_id}") for r in found.unfound],
    ]
    if found.swept:
        lines.append(_line("ok", f"{count(len(found.swept), 'thing')} beside the stacks removed as well"))
    for key, when in found.keys:
        day = f" on {when:%Y-%m-%d}" if when else " after its waiting time"
        lines.append(_line("ok", f"key {key} is let go{day}; it costs nothing until then"))
    again = f"geos-setup {flags}destroy --deployment {found.deployment}"
    if found.leftovers:
        next_command = (again, "tries what is left again")
    elif found.kept or found.staying:
        next_command = (again, "removes what was kept too, with what it holds")
    else:
        next_command = (f"geos-setup {flags}status", "shows what else is there")
    return screen(answer(sentence), Group(*lines) if lines else None, next_step(next_command))


def _line(word: str, text: str, remark: str = "") -> RenderableType:
    return indented(Text.assemble(mark(word, text), (f"   {remark}" if remark else "", QUIET)))


def _cost(line: CostLine | None) -> str:
    if line is None:
        return ""
    if line.likely is None:
        return line.formula
    return f"≈ {usd(line.likely)} a month" if line.likely else "costs nothing"


def _kind(type_name: str) -> str:
    return " ".join(type_name.split("::")[1:]) or type_name


def _names(things: Sequence[Leftover]) -> str:
    return listing([f"{thing.service} {thing.name}" for thing in things])


def _size(amount: float) -> str:
    for unit in ("bytes", "kB", "MB", "GB", "TB"):
        if amount < 1000 or unit == "TB":
            return f"{amount:.0f} {unit}" if unit == "bytes" else f"{amount:.1f} {unit}"
        amount /= 1000
    return ""
