"""Quotas: what a plan needs, what the account has."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.text import Text

from geos.wizard.ui.views.words import QUIET, answer, count, indented, mark, next_step, number, remark, screen, table

if TYPE_CHECKING:
    from geos.wizard.account.verdicts import Verdict

_SHOWN = 6
"""Rows without -v: everything that is short, the first of what is unknown, filled up to this many with what is ok."""
_UNKNOWN_SHOWN = 8


def quotas(
    verdicts: Sequence[Verdict],
    *,
    plan: str,
    region: str,
    fits: Sequence[str] = (),
    verbose: bool = False,
    next_commands: Sequence[tuple[str, str]] | None = None,
    flags: str = "",
) -> RenderableType:
    """`plan` is what the quotas are for ("geos-chem-dev", "stack.yaml"); `fits` says what could run now;
    `flags` make the next command reach the same account."""
    commands = _commands(verdicts, flags) if next_commands is None else next_commands
    return screen(
        answer(headline(verdicts, plan, region)),
        quota_table(verdicts, verbose=verbose),
        Group(*[indented(line) for line in fits]) if fits else None,
        _reasons([v for v in verdicts if verbose or (v.verdict == "unknown" and not v.aws_code)]),
        next_step(*commands) if commands else None,
    )


def headline(verdicts: Sequence[Verdict], plan: str, region: str) -> str:
    """The answer in a sentence."""
    short = sum(v.verdict == "short" for v in verdicts)
    unknown = sum(v.verdict == "unknown" for v in verdicts)
    place = f"for {plan} in {region}"
    if not verdicts:
        return f"No quota matters {place}."
    if short:
        also = f"; {unknown} could not be told" if unknown else ""
        return f"{short} of {count(len(verdicts), 'quota')} {'is' if short == 1 else 'are'} short {place}{also}."
    if unknown:
        return f"No quota is known to be short {place}, but {unknown} of {len(verdicts)} could not be told."
    return (
        "The quota is enough " + place + "."
        if len(verdicts) == 1
        else f"All {len(verdicts)} quotas are enough {place}."
    )


def quota_table(verdicts: Sequence[Verdict], *, verbose: bool = False) -> RenderableType:
    short = [v for v in verdicts if v.verdict == "short"]
    unknown = sorted((v for v in verdicts if v.verdict == "unknown"), key=lambda v: "vCPU" not in short_name(v.name))
    good = [v for v in verdicts if v.verdict == "enough"]
    told = unknown if verbose else unknown[:_UNKNOWN_SHOWN]
    room = len(good) if verbose else max(0, _SHOWN - len(short) - len(told))
    shown = [*short, *told, *good[:room]]
    places = {v.region for v in verdicts}
    rows: list[list[RenderableType]] = [_row(v, several_regions=len(places) > 1) for v in shown]
    notes: list[RenderableType] = []
    if len(unknown) > len(told):
        notes.append(remark(f"… {len(unknown) - len(told)} more unknown (-v shows them)"))
    if len(good) > room:
        notes.append(remark(f"… {len(good) - room} more ok (-v shows them)"))
    if any(v.value_is == "default-assumed" and v.applied is not None for v in shown):
        of_account = "has no applied value" + (", or it could not be read" if unknown else "")
        notes += [Text(""), remark(f"† default, assumed: the account {of_account}.")]
    body = table(("quota", "need", "used", "limit", "free", "verdict"), rows, right=(1, 2, 3, 4), gap=2)
    return Group(body, *notes)


def _row(v: Verdict, *, several_regions: bool) -> list[RenderableType]:
    name = f"{short_name(v.name)} ({v.region})" if several_regions else short_name(v.name)
    assumed = "†" if v.value_is == "default-assumed" and v.applied is not None else " "
    return [
        name,
        number(v.required),
        number(v.used),
        Text.assemble(number(v.applied), (assumed, QUIET)),
        number(None if v.free is None else max(0.0, v.free)),
        verdict_words(v),
    ]


def short_name(name: str) -> str:
    """AWS's name of a quota without what only a lawyer reads: "Standard On-Demand vCPUs"."""
    for pattern, words in _SHORTER:
        if match := pattern.fullmatch(name):
            return words.format(*match.groups())
    return name


_SHORTER = (
    (re.compile(r"Running On-Demand (.+?)(?: \(.*\))? [Ii]nstances"), "{} On-Demand vCPUs"),
    (re.compile(r"Storage for .*\((\w+)\) volumes, in TiB"), "{} storage, TiB"),
    (re.compile(r"All (.+?)(?: \(.*\))? Spot Instance Requests"), "{} Spot vCPUs"),
)


def verdict_words(v: Verdict) -> Text:
    """`! short by 59`, `! asked for 64 on 11-20`, `? AccessDenied`, `✓ ok`."""
    if v.verdict == "enough":
        return mark("ok")
    asked = v.pending_request
    if v.verdict == "short":
        if asked:
            when = f" on {asked.created[5:10]}" if asked.created else ""
            return mark("short", f"asked for {number(asked.requested)}{when}")
        return mark("short", f"short by {number(v.short_by)}")
    return mark("unknown", v.aws_code.removesuffix("Exception") or "unknown")


def _reasons(verdicts: Sequence[Verdict]) -> RenderableType | None:
    """Why something is short or unknown: of what the table alone does not tell, and of the rest with -v."""
    told = [_reason(v) for v in verdicts if v.reason and v.verdict != "enough"]
    return Group(*told) if told else None


def _reason(v: Verdict) -> RenderableType:
    code = f" ({v.service} {v.quota_code})" if v.quota_code else ""
    wanted_by = f"  wanted by {', '.join(v.why[:4])}" if v.why else ""
    return indented(Text.assemble(f"{v.name}{code}: {v.reason}.", (wanted_by, QUIET)))


def _commands(verdicts: Sequence[Verdict], flags: str) -> list[tuple[str, str]]:
    to_file = [v for v in verdicts if v.verdict == "short" and not v.pending_request and v.adjustable is not False]
    if to_file:
        return [
            (
                f"geos-setup {flags}quotas --request",
                f"files {count(len(to_file), 'increase')}, with this plan as reason",
            ),
            ("geos-setup explain GEOS-Q001", "tells the other ways out"),
        ]
    if any(v.verdict == "short" for v in verdicts):
        return [(f"geos-setup {flags}quotas --regions all", "shows where it fits today")]
    if any(v.verdict == "unknown" for v in verdicts):
        return [
            (f"geos-setup {flags}check", "says which permissions are missing"),
            (f"geos-setup {flags}quotas -v", "says of each why it is unknown"),
        ]
    return [(f"geos-setup {flags}deploy", "creates it")]
