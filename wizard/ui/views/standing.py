"""What stands in an account: status, outputs, and whether it is as it was meant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.text import Text

from geos.wizard.ui.views.words import QUIET, answer, count, indented, listing, mark, next_step, remark, screen, table

if TYPE_CHECKING:
    from geos.wizard.deployment.checks import Finding
    from geos.wizard.deployment.outputs import Outputs
    from geos.wizard.deployment.status import DeploymentStatus, StackStatus, Status
    from geos.wizard.deployment.validate import Validation


# --- status ----------------------------------------------------------------------------------


def status(found: Status, *, flags: str = "") -> RenderableType:
    """Every deployment, its stacks, and what waits for somebody."""
    place = f"account {found.account_id}, {found.region}"
    if not found.deployments:
        return screen(
            answer(f"No deployment in {place}."), next_step((f"geos-setup {flags}".strip(), "leads to a first one"))
        )
    ready = sum(d.state.startswith("ready") for d in found.deployments)
    return screen(
        answer(f"{count(len(found.deployments), 'deployment')} in {place}, {ready} ready."),
        *[_deployment(d) for d in found.deployments],
        _cost_tags(found),
        next_step(*_after_status(found.deployments, flags)),
    )


_STATE_WORDS = {"ready": "ok", "working": "unknown", "half made": "short", "gone": "failed", "broken record": "failed"}


def _deployment(found: DeploymentStatus) -> RenderableType:
    word = _STATE_WORDS.get(found.state, "short")
    lines: list[RenderableType] = [
        indented(Text.assemble((found.deployment, "bold"), f"  {found.region}  ", mark(word, found.state)))
    ]
    rows = [_stack_row(s) for s in found.stacks]
    if rows:
        lines.append(table(("", "", "", ""), rows, keep=[0, 1, 2], indent=4, gap=2))
    lines += [indented(mark("short", words), 4) for words in _waiting(found)]
    return Group(*lines)


def _stack_row(stack: StackStatus) -> list[RenderableType]:
    simulated = f", {stack.simulated} simulated" if stack.simulated else ""
    good = stack.status.endswith("_COMPLETE") and "ROLLBACK" not in stack.status
    said = stack.status.lower().replace("_", " ")
    drift = ""
    if stack.drift is not None:
        drift = f"drift: {listing([d.logical_id for d in stack.drift])}" if stack.drift else "no drift"
    notes = "; ".join(filter(None, (drift, "" if good else stack.reason, stack.changed[:10])))
    return [
        mark("ok" if good else "short", stack.layer),
        said,
        f"{count(stack.resources, 'resource')}{simulated}",
        Text(notes, style=QUIET),
    ]


def _waiting(found: DeploymentStatus) -> list[str]:
    lines = []
    if found.interrupted:
        lines.append(f"{found.interrupted} was cut off; the same command again takes it up")
    if found.locked_by:
        lines.append(f"{found.locked_by} is changing it right now")
    for mail in found.pending_subscriptions:
        lines.append(f"{mail} has not confirmed the subscription to alerts yet (look for AWS's mail)")
    return lines


def _cost_tags(found: Status) -> RenderableType | None:
    waiting = [tag for tag, state in found.cost_tags.items() if state.startswith("waiting")]
    unknown = [state for state in found.cost_tags.values() if state.startswith("not known")]
    if waiting:
        words = f"billing does not know the tags {listing(waiting)} yet; until it does, the budget is incomplete"
        return indented(mark("short", words))
    return indented(mark("unknown", f"whether cost tags are on is {unknown[0]}")) if unknown else None


def _after_status(found: Sequence[DeploymentStatus], flags: str) -> list[tuple[str, str]]:
    first = found[0].deployment
    which = f" --deployment {first}" if len(found) > 1 else ""
    if all(d.state == "gone" for d in found):
        return [
            (f"geos-setup {flags}deploy", "makes it again"),
            (f"geos-setup {flags}destroy{which}", "forgets it; nothing of it is left in the account"),
        ]
    if any(d.interrupted == "destroy" for d in found):
        return [(f"geos-setup {flags}destroy{which}", "goes on where it stopped")]
    if any(d.state == "half made" or d.interrupted for d in found):
        return [
            (f"geos-setup {flags}deploy", "goes on where it stopped"),
            (f"geos-setup {flags}destroy{which}", "removes what there is"),
        ]
    return [
        (f"geos-setup {flags}validate{which}", "reads back what is there"),
        (f"geos-setup {flags}destroy{which}", "removes it"),
    ]


# --- outputs ---------------------------------------------------------------------------------


def outputs(found: Outputs, *, flags: str = "") -> RenderableType:
    """Names and addresses, by layer; values are never cut, since they are there to be copied."""
    blocks: list[RenderableType] = []
    for layer, told in found.layers.items():
        if not told:
            continue
        width = max(len(name) for name in told)
        lines = [Text.assemble("  ", (layer, "bold"))]
        for name, value in told.items():
            line = Text(f"    {name.ljust(width)}  ", style=QUIET, no_wrap=True, overflow="ignore")
            lines.append(line.append(value, style="default"))
        blocks.append(Group(*lines))
    total = sum(len(told) for told in found.layers.values())
    return screen(
        answer(f"{count(total, 'output')} of {found.deployment} in {found.region}."),
        *blocks,
        next_step((f"geos-setup {flags}outputs -o json", "the same for a program")),
    )


# --- validation ------------------------------------------------------------------------------

_WORDS = {"pass": "ok", "warn": "short", "fail": "failed"}


def validation(found: Validation, *, verbose: bool = False, flags: str = "") -> RenderableType:
    """Failures and warnings with the fix; what is fine only as a figure, or all of it with -v."""
    failed, warned, passed = found.of("fail"), found.of("warn"), found.of("pass")
    shown = [*failed, *warned, *(passed if verbose else ())]
    notes: list[RenderableType] = []
    if passed and not verbose:
        notes.append(remark(f"… {len(passed)} more ok (-v shows them)"))
    if found.simulated:
        names = "" if not verbose else f": {', '.join(found.simulated)}"
        words = f"{count(len(found.simulated), 'resource')} simulated, so nothing was read back of them{names}"
        notes.append(indented(mark("simulated", words)))
    return screen(
        answer(_verdict(found, len(failed), len(warned))),
        Group(*[_finding(f) for f in shown]) if shown else None,
        Group(*notes) if notes else None,
        next_step(*_after(found, flags)),
    )


def _verdict(found: Validation, failed: int, warned: int) -> str:
    place = f"{found.deployment} in {found.region}"
    checks = count(len(found.findings), "check")
    if failed:
        return f"{failed} of {checks} of {place} failed."
    warnings = f", {count(warned, 'warning')}" if warned else ""
    return f"{place} is as planned: {checks} of {count(found.resources, 'resource')}{warnings}."


def _finding(finding: Finding) -> RenderableType:
    place = f"{finding.layer}: {finding.subject}" if finding.layer else finding.subject
    line = indented(Text.assemble(mark(_WORDS.get(finding.verdict, "unknown"), place), f"  {finding.what}"))
    if not finding.fix or finding.verdict == "pass":
        return line
    return Group(line, Text.assemble(("      fix  ", QUIET), finding.fix, no_wrap=True, overflow="ignore"))


def _after(found: Validation, flags: str) -> list[tuple[str, str]]:
    builds = dict.fromkeys(f.fix for f in found.findings if f.lacks and f.fix)
    commands = [(line, "builds the image that is missing") for line in builds]
    if any(not f.lacks for f in found.of("fail")):
        return [(f"geos-setup {flags}deploy", "puts back what differs"), *commands]
    return [
        *commands,
        (f"geos-setup {flags}validate --job", "runs a test job as well; costs a few cents"),
        (f"geos-setup {flags}outputs", "names and addresses to work with"),
    ]
