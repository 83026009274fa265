"""The pieces an SVG picture is made of: words, lines, marks, areas."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable

from geos.wizard.ui.plots.figure import plain

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
INK, QUIET, RULE, PAPER = "#1a1a1a", "#555555", "#e4e4e4", "#ffffff"
RADIUS = 4.5
"""Of a mark."""
_CORNERS = (
    (),  # a circle
    ((0, -1.15), (1.1, 0.85), (-1.1, 0.85)),
    ((-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)),
    ((0, -1.25), (1.25, 0), (0, 1.25), (-1.25, 0)),
)
"""Of the forms that marks have, in radii."""

Place = tuple[float, float]


def colour(number: int) -> str:
    """Of a series."""
    return COLOURS[number % len(COLOURS)]


def add(parent: ET.Element, name: str, **attributes: float | str) -> ET.Element:
    """`stroke_width=1` is written as SVG has it, numbers to a hundredth of a pixel."""
    told = {key.rstrip("_").replace("_", "-"): _told(value) for key, value in attributes.items()}
    return ET.SubElement(parent, name, told)


def _told(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.2f}".rstrip("0").rstrip(".")


def _path(places: Iterable[Place]) -> str:
    return " ".join(f"{_told(x)},{_told(y)}" for x, y in places)


def write(parent: ET.Element, words: str, place: Place, size: float, **more: str) -> None:
    """On one line; `place` is the start of its base line, or what `text_anchor` says."""
    how = {"fill": INK, **more}
    add(parent, "text", x=place[0], y=place[1], font_size=size, **how).text = plain(words)


def draw_line(parent: ET.Element, places: Iterable[Place], ink: str, width: float, opacity: float = 1.0) -> None:
    line = add(parent, "polyline", points=_path(places), fill="none", stroke=ink, stroke_width=width)
    line.set("stroke-linejoin", "round")
    if opacity < 1:
        line.set("stroke-opacity", _told(opacity))


def draw_area(parent: ET.Element, corners: Iterable[Place], ink: str) -> None:
    add(parent, "polygon", points=_path(corners), fill=ink, fill_opacity=0.18)


def draw_spot(parent: ET.Element, place: Place) -> None:
    """Nothing to see, but something to point at."""
    add(parent, "circle", cx=place[0], cy=place[1], r=RADIUS, fill="transparent")


def draw_mark(parent: ET.Element, number: int, place: Place) -> None:
    """Four forms, each filled and then hollow, in the order of the marks in a terminal."""
    corners = [(place[0] + RADIUS * dx, place[1] + RADIUS * dy) for dx, dy in _CORNERS[number % len(_CORNERS)]]
    if corners:
        mark = add(parent, "polygon", points=_path(corners))
    else:
        mark = add(parent, "circle", cx=place[0], cy=place[1], r=RADIUS)
    hollow = number // len(_CORNERS) % 2
    mark.set("fill", PAPER if hollow else colour(number))
    mark.set("stroke", colour(number) if hollow else PAPER)
    mark.set("stroke-width", "1.6" if hollow else "0.8")
