"""Figures as PNG: the SVG put into pixels by resvg, a 3 MB package of its own (matplotlib would be 170 MB)."""

from __future__ import annotations

from collections.abc import Sequence

from geos.wizard.errors import NoFont, PngMissing
from geos.wizard.ui.plots.figure import Figure
from geos.wizard.ui.plots.svg import svg

_ZOOM = 3
"""300 dots to the inch at the width of a page."""


def png(figures: Sequence[Figure]) -> bytes:
    """Raises PngMissing without the extra `plot`, NoFont where the machine has none to write with."""
    try:
        from resvg_py import svg_to_bytes
    except ImportError as e:
        raise PngMissing(
            "a .png needs the package resvg-py, which is not installed.",
            hint="pip install 'geos[plot]', or save as .svg or .html, which need nothing",
        ) from e
    if svg_to_bytes(svg_string=_page("x")) == svg_to_bytes(svg_string=_page("")):
        raise NoFont(
            "this machine has no font to write with, so that the picture would be without words.",
            hint="install one (fonts-dejavu on Debian, dejavu-sans-fonts on Rocky), or save as .svg or .html",
        )
    return bytes(svg_to_bytes(svg_string=svg(figures), zoom=_ZOOM))


def _page(words: str) -> str:
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20">'
        f'<text y="15" font-family="sans-serif">{words}</text></svg>'
    )
