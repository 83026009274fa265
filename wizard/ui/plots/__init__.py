"""Figures as text in a terminal, and as files that can go into a paper.

    from geos.wizard.ui.plots import figures, save, show

    figure = figures.time_against_cost(advice)
    show(figure, ui)                       # --plot: text, as wide as the terminal, in ASCII where it must be
    save(figure, Path("cost.svg"))         # --save-plot: .svg, .png or .html, by the suffix

`show(figure, ui)` is a result (stdout). `save(figure, path)` writes the file whole or not at all and returns `path`;
it raises UnknownPicture for any other suffix (`check_suffix(path)` does that before anything is reckoned), PngMissing
where the extra `plot` is not installed, NoFont, and DiskRefused for a folder that cannot be written to. Both take
several figures as well: `save([cost, speed], path)` puts one below the other. `drawn(figure)` is for putting a figure
among other parts of a screen.

Whoever has something else to plot makes a `Figure` of its values; nothing here knows what they mean but `figures`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from geos.wizard.ui.plots.figure import Axis, Figure, Point, Series

if TYPE_CHECKING:
    from geos.wizard.ui import Renderable, Ui

__all__ = ["Axis", "Figure", "Point", "Series", "check_suffix", "drawn", "save", "show"]

SUFFIXES = (".svg", ".png", ".html")
Figures = Figure | Sequence[Figure]


def show(figure: Figures, ui: Ui) -> None:
    """As text, as a result."""
    for number, one in enumerate(_listed(figure)):
        if number:
            ui.show("")
        ui.show(drawn(one))


def drawn(figure: Figure) -> Renderable:
    """A figure as text, for a screen with other parts."""
    from geos.wizard.ui.plots.text import Picture

    return Picture(figure)


def check_suffix(path: Path) -> str:
    """The suffix in small letters. Raises UnknownPicture."""
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        from geos.wizard.errors import UnknownPicture

        raise UnknownPicture(
            f'"{path.name}" cannot be drawn: a file that ends with {", ".join(SUFFIXES[:-1])} or {SUFFIXES[-1]} '
            "was expected.",
            hint=f"--save-plot {path.with_suffix('.svg') if path.stem.strip('.') else 'plot.svg'}",
        )
    return suffix


def save(figure: Figures, path: Path) -> Path:
    """Write the figures in the form that the suffix of `path` names."""
    from geos.wizard.files import write_whole

    write_whole(path, _content(_listed(figure), check_suffix(path)), mode=0o644)
    return path


def _content(figures: Sequence[Figure], suffix: str) -> str | bytes:
    match suffix:
        case ".svg":
            from geos.wizard.ui.plots.svg import svg

            return svg(figures)
        case ".html":
            from geos.wizard.ui.plots.page import page

            return page(figures)
        case _:
            from geos.wizard.ui.plots.png import png

            return png(figures)


def _listed(figure: Figures) -> Sequence[Figure]:
    return [figure] if isinstance(figure, Figure) else figure
