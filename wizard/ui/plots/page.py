"""Figures as one HTML page: the pictures, what a point says when it is pointed at, and all values as tables.

Nothing is loaded from anywhere, and the page says so to the browser. Without scripts the browser shows the same words
as its own tool tips.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Sequence
from html import escape

from geos.wizard.ui.plots.figure import Figure, drawable, plain
from geos.wizard.ui.plots.lettering import FONTS
from geos.wizard.ui.plots.scales import figure_words
from geos.wizard.ui.plots.svg import drawing
from geos.wizard.ui.plots.words import detail, in_words

_STYLE = f"""
body {{ font-family: {FONTS}; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; color: #1a1a1a; background: #fff; }}
svg {{ width: 100%; height: auto; }}
.mark:hover > :not(title), .mark:focus > :not(title) {{ stroke: #1a1a1a; stroke-width: 2; }}
.mark {{ outline: none; }}
#told {{ position: absolute; max-width: 24rem; padding: .5rem .7rem; background: #fff; border: 1px solid #1a1a1a;
  border-radius: 3px; white-space: pre-line; font-size: .85rem; pointer-events: none;
  overflow-wrap: anywhere; }}
table {{ border-collapse: collapse; font-size: .85rem; margin-top: 1.5rem; width: 100%; }}
th, td {{ text-align: left; padding: .25rem .6rem; border-bottom: 1px solid #e4e4e4; vertical-align: top; }}
td:first-child {{ white-space: nowrap; }}
td:last-child {{ overflow-wrap: anywhere; min-width: 12rem; }}
th.number {{ text-align: right; }}
td.number {{ text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }}
"""
_SCRIPT = """
const told = document.getElementById("told");
for (const mark of document.querySelectorAll(".mark")) {
  const title = mark.querySelector("title");
  const words = title.textContent;
  mark.setAttribute("aria-label", words);
  title.remove();  // else the browser's own tool tip covers this one
  const tell = () => {
    const box = mark.getBoundingClientRect();
    told.textContent = words;
    told.hidden = false;
    const left = Math.min(box.right + 8, document.documentElement.clientWidth - told.offsetWidth - 8);
    told.style.left = Math.max(8, left) + window.scrollX + "px";
    told.style.top = box.bottom + 8 + window.scrollY + "px";
  };
  const hush = () => { told.hidden = true; };
  mark.addEventListener("mouseenter", tell);
  mark.addEventListener("mouseleave", hush);
  mark.addEventListener("focus", tell);
  mark.addEventListener("blur", hush);
}
"""
_LOW_HIGH = "low–high"
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"


def page(figures: Sequence[Figure]) -> str:
    """A whole HTML document."""
    title = escape(plain(figures[0].title))
    parts = "\n".join(f"{_picture(figure)}\n{_table(drawable(figure))}" for figure in figures)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<title>{title}</title>
<style>{_STYLE}</style>
</head>
<body>
<main>
{parts}
</main>
<div id="told" role="status" hidden></div>
<script>{_SCRIPT}</script>
</body>
</html>
"""


def _picture(figure: Figure) -> str:
    return ET.tostring(drawing(figure), encoding="unicode", short_empty_elements=False)


def _table(figure: Figure) -> str:
    heads = ("", "", figure.x.name, _LOW_HIGH, figure.y.name, _LOW_HIGH, "")
    rows = [
        (
            series.name,
            point.name or point.label,
            figure_words(point.x),
            in_words(point.x_band),
            figure_words(point.y),
            in_words(point.y_band),
            detail(point),
        )
        for series in figure.series
        if series.told
        for point in series.points
    ]
    # A column in which nothing stands is left out.
    shown = [column for column in range(len(heads)) if column < 3 or any(row[column] for row in rows)]
    head = "".join(_cell("th", heads[column], column) for column in shown)
    body = "\n".join(f"<tr>{''.join(_cell('td', row[column], column) for column in shown)}</tr>" for row in rows)
    return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>"


def _cell(kind: str, words: str, column: int) -> str:
    number = ' class="number"' if 2 <= column <= 5 else ""
    return f"<{kind}{number}>{escape(plain(words))}</{kind}>"
