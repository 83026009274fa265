"""The answer of geos-recommend: the advice, the ranked table, what lies between cheap and fast, what nobody knows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from geos.benchmarks.carry import MOST_CORES_TCP
from geos.benchmarks.configurations import GCHP
from geos.wizard.sizing.sentences import figure, rules_in_words, short, span, usd
from geos.wizard.sizing.values import SPOT, Candidate, Quota, Unmeasured
from geos.wizard.ui.light import Line, Part, answer, group, indented, mark, next_step, remark, screen, table
from geos.wizard.ui.light import Screen as Lines
from geos.wizard.ui.views.ranked import Judge, name_of, ranked
from geos.wizard.ui.wording import QUIET, count

if TYPE_CHECKING:
    from geos.wizard.sizing.data import Data
    from geos.wizard.sizing.ranking import Advice

_FRONT = 6


class Screen(NamedTuple):
    """What stands around the figures."""

    sentence: str
    top: int = 10
    verbose: bool = False
    flags: str = ""
    """That ask the same question again, for lines that can be pasted."""
    calibrate: str = ""
    """The line that would settle the unmeasured types, and its price."""
    calibrate_price: str = ""
    notes: tuple[str, ...] = ()
    extra: tuple[Part, ...] = ()


def recommendation(advice: Advice, judge: Judge, data: Data, shown: Screen) -> Lines:
    candidates = advice.first(None if shown.verbose else shown.top)
    return screen(
        answer(shown.sentence),
        _below(advice, judge) if advice.best else None,
        ranked(candidates, judge, len(advice.ranked)) if candidates else None,
        _between(advice, shown.verbose) if advice.best else None,
        _several_nodes(advice),
        _closest(advice) if advice.closest else None,
        _unmeasured(advice.unmeasured, shown) if advice.unmeasured else None,
        _left_out(advice),
        _data(data, advice),
        *shown.extra,
        notes_below(shown.notes),
        next_step(*_commands(advice, shown)),
    )


# --- the advice ------------------------------------------------------------------------------


def _below(advice: Advice, judge: Judge) -> Part:
    best = advice.best
    assert best is not None
    time, cost = best.wall_hours, best.usd
    lines: list[Part] = [
        indented(
            f"{best.label}, from {best.why}. Nine runs in ten take {span(time.low)} to {span(time.high)} "
            f"and cost {figure(cost.low)} to {usd(cost.high)}."
        )
    ]
    if not best.surely:
        lines.append(indented(f"! {_not_surely(advice)}"))
    lines.append(indented(quota_words(judge(best), best)))
    return group(*lines)


def _not_surely(advice: Advice) -> str:
    ask, best = advice.ask, advice.best
    assert best is not None
    late = ask.deadline_hours is not None and best.wall_hours.high > ask.deadline_hours
    what = "late" if late else "over the budget"
    sure = next((c for c in advice.candidates if c.surely), None)
    if sure is None:
        return f"It may end {what}, as may all others: no band lies within the limits as a whole."
    name = f"{sure.instance_type}{f' × {sure.nodes}' if sure.nodes > 1 else ''}"
    return f"It may end {what}; the first that keeps the limits over its whole band is {name}, {usd(sure.usd.likely)}."


def quota_words(quota: Quota, candidate: Candidate) -> Line:
    option = "Spot" if candidate.purchase == SPOT else "On-Demand"
    if quota.verdict == "none":
        return mark("unknown", f"Quota: {quota.source}.")
    need = f"{quota.need_vcpus:,} {option} vCPUs in {candidate.region}"
    limit = "" if quota.limit_vcpus is None else f"{quota.limit_vcpus:,.0f}"
    free = "" if quota.free_vcpus is None else f", {quota.free_vcpus:,.0f} free"
    if quota.verdict == "unknown":
        return mark("unknown", f"Quota: {need}; {f'the limit is {limit}, its use unknown' if limit else 'not known'}.")
    word = "enough" if quota.verdict == "ok" else "short"
    return mark(quota.verdict, f"Quota {word}: it takes {need}; {quota.source}: {limit}{free}.")


# --- around the ranking ----------------------------------------------------------------------


def _several_nodes(advice: Advice) -> Part | None:
    if advice.ask.model != GCHP or not any(r.row.nodes > 1 for r in advice.ranked):
        return None
    return remark(
        "The nodes of a run stand in one zone with EFA between them, and are had On-Demand: losing a Spot node would "
        f"end the run on all of them. Over TCP GCHP has been seen to slow down above {MOST_CORES_TCP} cores."
    )


def _between(advice: Advice, verbose: bool) -> Part:
    """From the cheapest to the fastest."""
    front = list(reversed(advice.front))
    shown = front if verbose else _thinned(front, _FRONT)
    rows = []
    for c in shown:
        word = "cheapest" if c is front[0] else "fastest" if c is front[-1] else ""
        option = "Spot" if c.purchase == SPOT else "On-Demand"
        rows.append((word, name_of(c), str(c.physical_cores), span(c.wall_hours.likely), usd(c.usd.likely), option))
    more = f" ({count(len(front) - len(shown), 'more')} with -v)" if len(front) > len(shown) else ""
    title = f"From cheap to fast: nothing is better in both than these{more.replace('mores', 'more')}"
    return group(
        indented(title, style=QUIET),
        table(("", "instance", "cores", "time", "cost", ""), rows, right=(2, 3, 4), keep=(0, 1), gap=2),
    )


def _thinned(front: Sequence[Candidate], most: int) -> list[Candidate]:
    """Both ends and what lies evenly between."""
    if len(front) <= most:
        return list(front)
    step = (len(front) - 1) / (most - 1)
    return [front[round(i * step)] for i in range(most)]


def _closest(advice: Advice) -> Part:
    """What would have to give."""
    ask, c = advice.ask, advice.closest
    assert c is not None
    lines: list[Part] = []
    missed = advice.missed
    in_time = [r for r in missed if ask.deadline_hours is None or r.wall_hours <= ask.deadline_hours]
    affordable = [r for r in missed if ask.budget_usd is None or r.usd <= ask.budget_usd]
    if in_time and ask.budget_usd is not None:
        cheapest = min(in_time, key=lambda r: r.usd)
        others = " that is in time" if ask.deadline_hours is not None else ""
        least = f"{usd(cheapest.usd)} ({cheapest.row.kind.name})"
        lines.append(indented(f"No type{others} is likely to cost less than {least}."))
    if affordable and ask.deadline_hours is not None:
        fastest = min(affordable, key=lambda r: r.wall_hours)
        others = " within the budget" if ask.budget_usd is not None else ""
        least = f"{span(fastest.wall_hours)} ({fastest.row.kind.name})"
        lines.append(indented(f"No type{others} is likely to take less than {least}."))
    if ask.days > 1:
        share = min(
            1.0,
            *([ask.deadline_hours / c.wall_hours.likely] if ask.deadline_hours else []),
            *([ask.budget_usd / c.usd.likely] if ask.budget_usd else []),
        )
        fewer = int(ask.days * share * 0.98)
        if fewer >= 1:
            lines.append(indented(f"Within the limits {c.instance_type} simulates about {fewer:,} days a run."))
    return group(*lines)


# --- what nobody knows -----------------------------------------------------------------------


def _unmeasured(found: Sequence[Unmeasured], shown: Screen) -> Part:
    most = None if shown.verbose else min(shown.top, 6)
    rows = [
        (
            u.instance_type,
            u.architecture,
            str(u.physical_cores),
            f"{'?' if u.memory.need_gib is None else format(u.memory.need_gib, '.0f')}/{u.memory.have_gib:.0f}",
            "-" if u.read_gb_per_second is None else f"{u.read_gb_per_second:.0f}",
            "?" if u.usd_per_core_hour is None else f"{u.usd_per_core_hour:.3f}",
        )
        for u in found[:most]
    ]
    reasons = list(dict.fromkeys(u.refused for u in found))
    more = len(found) - len(rows)
    return group(
        indented(f"NO PUBLISHED FIGURE for {count(len(found), 'type')} that would do, by price per core", style=QUIET),
        table(("instance", "", "cores", "GiB", "GB/s", "USD/core-h"), rows, right=(2, 3, 4, 5), keep=(0, 1), gap=2),
        *([remark(f"{more} more with -v.")] if more > 0 else []),
        *(remark(f"{_sentence(reason)}") for reason in reasons[: None if shown.verbose else 3]),
    )


def _sentence(words: str) -> str:
    text = words[:1].upper() + words[1:]
    return text if text.endswith((".", ")")) else f"{text}."


def _left_out(advice: Advice) -> Part | None:
    total = len(advice.excluded)
    if not total:
        return None
    return remark(f"{count(total, 'type')} left out: {rules_in_words(advice)} (--why-not TYPE tells of one).")


def _data(data: Data, advice: Advice) -> Part:
    where = f"{data.where} in {data.region}"
    if data.input_gb is None:
        return remark(
            f"Input: nobody has published a volume for {advice.ask.grid}; a dry run of the model tells it. "
            f"It lies in {where}."
        )
    took = (
        f", {span(data.download_hours.low)} to {span(data.download_hours.high)} to copy" if data.download_hours else ""
    )
    disk = f" Disk for input, output and image at once: {short(data.disk_gb)} GB." if data.disk_gb else ""
    best = advice.best
    far = "" if best is None or best.region == data.region else f" From {best.region} it is read across regions."
    return remark(
        f"Input of a run: {short(data.input_gb)} GB of {data.met}, emissions on top, from {where}{took}.{disk}{far}"
    )


def notes_below(notes: Iterable[str]) -> Part | None:
    found = list(notes)
    return group(*(indented(note) if note[:2] in ("! ", "? ") else remark(note) for note in found)) if found else None


def _commands(advice: Advice, shown: Screen) -> list[tuple[str, str]]:
    commands: list[tuple[str, str]] = []
    if shown.calibrate:
        commands.append((shown.calibrate, shown.calibrate_price))
    first = advice.best or advice.closest
    if first is not None:
        commands.append((f"geos-recommend {shown.flags}--explain {first.instance_type}", "where its figures come from"))
    if not commands:
        commands.append(("geos-recommend --help", "all that can be asked"))
    return commands


__all__ = ["Screen", "quota_words", "recommendation"]
