"""Pictures as files: whole, the same every time, valid whatever the words in them, and told when they cannot be."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from parts.figures import COST, figures, one_axis

from geos.wizard.errors import DiskRefused, NoFont, PngMissing, UnknownPicture
from geos.wizard.ui.plots import Axis, Figure, Point, Series, save
from geos.wizard.ui.plots.ink import COLOURS
from geos.wizard.ui.plots.lettering import text_width
from geos.wizard.ui.plots.page import page
from geos.wizard.ui.plots.svg import WIDTH, svg

SVG = "{http://www.w3.org/2000/svg}"


@given(figures)
def test_any_figure_is_well_formed_and_stays_on_the_page(figure: Figure) -> None:
    root = ET.fromstring(svg([figure]))
    height = float(root.attrib["height"])
    for element in root.iter():
        for key, most in (("x", WIDTH), ("cx", WIDTH), ("y", height), ("cy", height)):
            if "%" not in element.get(key, "0"):
                assert 0 <= float(element.get(key, "0")) <= most, ET.tostring(element)
        for x, y in (pair.split(",") for pair in element.get("points", "").split()):
            assert -10 <= float(x) <= WIDTH + 10
            assert -10 <= float(y) <= height + 10


def texts(source: str) -> list[str]:
    return [text.text or "" for text in ET.fromstring(source).iter(f"{SVG}text")]


def test_the_picture_says_what_must_be_known() -> None:
    found = texts(svg([COST]))
    for words in (
        "365 days at 4x5: time against cost", "Cost of the run [USD], log scale", "Wall time [days], log scale", "Spot",
        "On-Demand", "Bands hold nine of ten runs.", "Sources: a paper (2019), table 3.", "c5.18xlarge",
    ):  # fmt: skip
        assert words in found
    marks = [g for g in ET.fromstring(svg([COST])).iter(f"{SVG}g") if g.get("class") == "mark"]
    assert len(marks) == 5
    told = [g.findtext(f"{SVG}title") or "" for g in marks]
    assert (
        "c5.9xlarge, Spot, Spot\nCost of the run: 46 USD (35–58)\nWall time: 3 days (2.40–3.80)\n"
        "EXTRAPOLATED from rows 3 and 4" in told
    )


def test_series_differ_in_colour_and_in_form() -> None:
    many = tuple(Series(f"s{i}", (Point(i, i),)) for i in range(6))
    root = ET.fromstring(svg([Figure("", Axis("x"), Axis("y"), many)]))
    shapes = [(g[1].tag, g[1].get("fill"), g[1].get("stroke")) for g in root.iter(f"{SVG}g")]
    assert len(set(shapes)) == 6
    assert {colour for shape in shapes for colour in shape if colour in COLOURS} == set(COLOURS)


def test_words_are_kept_whatever_they_are() -> None:
    nasty = 'a<b> & "c" \x07\x00\ud800 ]]> é 大'
    figure = Figure(nasty, Axis(nasty, nasty), Axis(nasty), (Series(nasty, (Point(1, 1, label=nasty),)),), (nasty,))
    assert 'a<b> & "c"' in " ".join(texts(svg([figure])))
    html = page([figure])
    html.encode()
    assert "<b>" not in html.replace("<body>", "")


def test_the_same_figure_gives_the_same_bytes_in_every_process(tmp_path: Path) -> None:
    code = "import sys; sys.path.insert(0, sys.argv[1]); from parts.figures import COST; from pathlib import Path\n"
    code += "from geos.wizard.ui.plots import save\nfor name in sys.argv[2:]: save(COST, Path(name))"
    for seed in ("1", "2"):
        names = [str(tmp_path / f"{seed}.{suffix}") for suffix in ("svg", "png", "html")]
        subprocess.run(
            [sys.executable, "-c", code, str(Path(__file__).parents[2]), *names],
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        )
    for suffix in ("svg", "png", "html"):
        assert (tmp_path / f"1.{suffix}").read_bytes() == (tmp_path / f"2.{suffix}").read_bytes()


def test_a_long_caption_makes_the_page_longer() -> None:
    long = Figure(COST.title, COST.x, COST.y, COST.series, ("word " * 300,))
    assert float(ET.fromstring(svg([long])).attrib["height"]) > float(ET.fromstring(svg([COST])).attrib["height"]) + 100
    assert all(text_width(line, 11) <= WIDTH for line in texts(svg([long])))


def test_what_a_log_axis_leaves_out_is_told_in_the_picture() -> None:
    assert any("1 point is left out" in line for line in texts(svg([one_axis([0.0, 5.0], "log")])))


def test_several_figures_stand_below_each_other() -> None:
    one, both = ET.fromstring(svg([COST])), ET.fromstring(svg([COST, one_axis([1.0, 2.0])]))
    first, second = both
    assert first.get("y") == "0.0"
    assert second.get("y") == f"{float(one.attrib['height'])}"
    assert float(both.attrib["height"]) == float(first.attrib["height"]) + float(second.attrib["height"])
    assert page([COST, COST]).count("<table>") == 2


# --- saving ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "begins"),
    [("a.svg", b"<svg "), ("a.png", b"\x89PNG\r\n"), ("a.html", b"<!doctype html>"), ("A.SVG", b"<svg ")],
)
def test_the_suffix_says_what_is_written(tmp_path: Path, name: str, begins: bytes) -> None:
    path = save(COST, tmp_path / "new" / name)
    assert path.read_bytes().startswith(begins)
    assert path.stat().st_mode & 0o777 == 0o644
    assert os.listdir(path.parent) == [name]


@pytest.mark.parametrize("name", ["cost.pdf", "cost", "cost.jpeg", ".svg", "cost.svg.gz"])
def test_other_suffixes_are_refused_with_those_that_are_known(tmp_path: Path, name: str) -> None:
    with pytest.raises(UnknownPicture) as caught:
        save(COST, tmp_path / name)
    assert all(suffix in caught.value.message for suffix in (".svg", ".png", ".html"))
    assert caught.value.exit == 2
    assert not os.listdir(tmp_path)


def test_a_folder_that_cannot_be_written_to_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(DiskRefused) as caught:
        save(COST, tmp_path / "file" / "cost.svg")
    assert "cost.svg" in caught.value.message
    (tmp_path / "taken.svg").mkdir()
    with pytest.raises(DiskRefused):
        save(COST, tmp_path / "taken.svg")


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="needs a folder that not even root can write to")
def test_a_read_only_folder_is_told() -> None:
    with pytest.raises(DiskRefused, match=r"cost\.svg could not be written"):
        save(COST, Path("/proc/self/cost.svg"))


def test_a_png_is_sharp_enough_for_print(tmp_path: Path) -> None:
    data = save(COST, tmp_path / "cost.png").read_bytes()
    assert int.from_bytes(data[16:20], "big") == 3 * WIDTH


def test_without_the_package_a_png_is_refused_with_the_line_that_helps(tmp_path: Path) -> None:
    done = run_without("sys.modules['resvg_py'] = None", tmp_path / "cost.png", "PngMissing")
    assert "pip install 'geos[plot]'" in done
    assert not os.listdir(tmp_path)


def test_without_any_font_a_png_is_refused(tmp_path: Path) -> None:
    nothing = tmp_path / "fonts"
    nothing.mkdir()
    blank = (
        "import resvg_py, functools; real = resvg_py.svg_to_bytes\n"
        "class Blank: svg_to_bytes = staticmethod(functools.partial(real, skip_system_fonts=True))\n"
        "sys.modules['resvg_py'] = Blank"
    )
    assert "fonts-dejavu" in run_without(blank, tmp_path / "cost.png", "NoFont")
    assert PngMissing.code != NoFont.code


def run_without(what: str, path: Path, error: str) -> str:
    """The hint of the error that saving ends with, in a process of its own in which `what` was done before."""
    code = f"""
import sys
{what}
sys.path.insert(0, {str(Path(__file__).parents[2])!r})
from pathlib import Path
from parts.figures import COST
from geos.wizard.errors import {error}
from geos.wizard.ui.plots import save
try:
    save(COST, Path({str(path)!r}))
except {error} as e:
    print(e.hint)
"""
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


# --- the page --------------------------------------------------------------------------------


class Seen(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.cells: list[str] = []
        self.links: list[str] = []
        self._in_cell = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.links += [value or "" for key, value in attrs if key in ("src", "href", "xlink:href", "data")]
        self._in_cell = tag == "td"
        if self._in_cell:
            self.cells.append("")

    def handle_data(self, data: str) -> None:
        if self._in_cell:
            self.cells[-1] += data

    def handle_endtag(self, tag: str) -> None:
        self._in_cell = False


def test_the_page_holds_every_value_and_loads_nothing() -> None:
    html = page([COST])
    seen = Seen()
    seen.feed(html)
    assert not seen.links
    assert not re.search(r"url\(|@import|fetch\(", html)
    assert "default-src 'none'" in html
    rows = [seen.cells[i : i + 7] for i in range(0, len(seen.cells), 7)]
    assert rows[0] == [
        "Spot", "c5.9xlarge, Spot", "46", "35–58", "3", "2.40–3.80", "EXTRAPOLATED from rows 3 and 4",
    ]  # fmt: skip
    assert len(rows) == 5


@settings(max_examples=30)
@given(figures)
def test_any_figure_makes_a_page(figure: Figure) -> None:
    Seen().feed(page([figure]))
