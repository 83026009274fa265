"""How good the predictions are: by what was left out, and row by row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.text import Text

from geos.wizard.ui.layout import clip
from geos.wizard.ui.views.words import answer, count, next_step, remark, screen, table

if TYPE_CHECKING:
    from geos.benchmarks.accuracy import Checked, Summary

BARS = {
    "INTERPOLATED": (8.0, 15.0, 1.35),
    "EXTRAPOLATED": (None, None, 2.7),
}
"""Label -> the median and the worst error in percent, and the width of the band, that it must stay below."""
LEAST_INSIDE = 0.9
_BARS_IN_WORDS = (
    "Bars: 90 % inside; bands (high/low) at most 1.35 interpolated and 2.7 carried over, in the median; interpolations "
    "8 % off in the median and 15 % at worst."
)
_LEFT_OUT = {"cores": "cores of a series", "machine": "a machine", "source": "a source"}
_MOST_REASONS = 5
_FIXED = 66
"""Columns of the residuals beside the machine's name."""


def left_out(parts: Mapping[str, Sequence[Checked]], *, width: int) -> RenderableType:
    """`parts`: what was left out -> the rows that were predicted without it."""
    from geos.benchmarks.accuracy import summarise

    found = [
        (_LEFT_OUT.get(name, name), label, summary)
        for name, checked in parts.items()
        for label, summary in summarise(checked).items()
        if label in BARS
    ]
    refused = {name: sum(bool(one.refused) for one in checked) for name, checked in parts.items()}
    machines = next(s for name, _, s in found if name == _LEFT_OUT["machine"])
    missed = sum(not _holds(label, summary) for _, label, summary in found)
    sentence = (
        f"Without having seen the machine, predictions were {_percent(machines.median_error_percent)} off "
        f"in the median; {_share(machines.inside_band)} lay inside their bands."
    )
    refusals = ", ".join(f"{number} without {_LEFT_OUT.get(name, name)}" for name, number in refused.items() if number)
    return screen(
        answer(sentence),
        _summaries(found),
        remark(f"Refused rather than guessed: {refusals}.") if refusals else None,
        remark(_BARS_IN_WORDS + (f" {count(missed, 'bar')} missed." if missed else "")),
        Group(remark("Every run, predicted without its machine:"), Text(""), _residuals(parts["machine"], width)),
        next_step(
            ("geos-recommend accuracy --plot", "draws predicted against measured"),
            ("geos-recommend accuracy --rows runs.csv", "the same for runs of your own"),
        ),
    )


def of_rows(checked: Sequence[Checked], name: str, *, width: int) -> RenderableType:
    """Rows that the model has never seen."""
    from geos.benchmarks.accuracy import summarise

    summaries = summarise(checked)
    whole = summaries["all"]
    found = [(name, label, summary) for label, summary in summaries.items() if label != "all" and summary.predicted]
    told = whole.median_error_percent is not None
    error = f", {_percent(whole.median_error_percent)} off in the median" if told else ""
    inside = f", {_share(whole.inside_band)} inside their bands" if told else ""
    return screen(
        answer(f"{whole.predicted} of {count(whole.rows, 'row')} predicted{error}{inside}; {whole.refused} refused."),
        _summaries(found) if found else None,
        _residuals(checked, width),
        _refusals(checked),
        next_step(("geos-recommend accuracy", "leaves out whole machines and sources")),
    )


def _summaries(found: Sequence[tuple[str, str, Summary]]) -> RenderableType:
    rows = [
        [
            name,
            label.lower(),
            str(s.predicted),
            _percent(s.median_error_percent),
            _percent(s.worst_error_percent),
            _share(s.inside_band),
            "-" if s.median_band_width is None else f"{s.median_band_width:.2f}",
            _verdict(label, s),
        ]
        for name, label, s in found
    ]
    headings = ("left out", "label", "runs", "median", "worst", "inside", "high/low", "bars")
    return table(headings, rows, right=(2, 3, 4, 5, 6), gap=2)


def _verdict(label: str, s: Summary) -> str:
    if label not in BARS or s.median_error_percent is None:
        return ""
    return "✓ ok" if _holds(label, s) else "! short"


def _holds(label: str, s: Summary) -> bool:
    median, worst, width = BARS[label]
    pairs = [(s.median_error_percent, median), (s.worst_error_percent, worst), (s.median_band_width, width)]
    within = all(value is None or bar is None or value <= bar for value, bar in pairs)
    return within and (s.inside_band is None or s.inside_band >= LEAST_INSIDE)


def _residuals(checked: Sequence[Checked], width: int) -> RenderableType:
    room = max(12, width - _FIXED)
    rows = [_residual(one, room) for one in checked]
    headings = ("", "row", "grid", "version", "machine", "cores", "hours", "predicted", "error")
    body = table(headings, rows, right=(1, 5, 6, 7, 8), keep=(0, 2, 3, 4), gap=2)
    return Group(body, Text(""), remark("✓ inside its band, ! outside, ? refused; + predicted too slow, - too fast."))


def _residual(one: Checked, room: int) -> list[RenderableType]:
    run, band = one.run, one.wall_seconds
    head: list[RenderableType] = [
        _sign(one),
        str(run.row),
        clip(run.grid, 8),
        clip(run.version, 7),
        clip(run.machine, room),
        str(run.cores or "-"),
        _hours(run.wall_seconds),
    ]
    if band is None:
        return [*head, "-", "-"]
    error = "-" if one.error_percent is None else f"{one.error_percent:+.0f} %"
    return [*head, f"{_hours(band.low)}–{_hours(band.high)}", error]


def _refusals(checked: Sequence[Checked]) -> RenderableType | None:
    """Why rows were refused, most frequent reasons first."""
    reasons = Counter(one.refused for one in checked if one.refused).most_common()
    if not reasons:
        return None
    lines = [remark(f"{number} × {reason}") for reason, number in reasons[:_MOST_REASONS]]
    more = len(reasons) - _MOST_REASONS
    return Group(remark("Refused:"), *lines, *([remark(f"… and {more} more (-o csv)")] if more > 0 else []))


def _sign(one: Checked) -> str:
    if one.wall_seconds is None:
        return "?"
    return {None: "", True: "✓", False: "!"}[one.inside_band]


def _hours(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    hours = seconds / 3600
    return f"{hours:.0f}" if hours >= 100 else f"{hours:.1f}" if hours >= 10 else f"{hours:.2f}"


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f} %"


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value * 100:.0f} %"
