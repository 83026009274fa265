"""The page in a real browser: pointing at a mark tells its figures, and no words cover each other."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from parts.figures import COST

from geos.benchmarks.accuracy import accuracy
from geos.wizard.ui.plots import Figure, Point, Series, save
from geos.wizard.ui.plots.figures import residuals

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), "")
PROBE = """
<script>
{
const lines = [];
const marks = [...document.querySelectorAll(".mark")];
const pointed = marks.find((mark) => mark.getAttribute("aria-label").startsWith("c5.9xlarge, Spot")) || marks[0];
const told = document.getElementById("told");
lines.push("before: " + told.hidden);
for (const mark of marks) {
  const box = mark.getBoundingClientRect();
  const on_top = document.elementFromPoint((box.left + box.right) / 2, (box.top + box.bottom) / 2);
  lines.push("on top: " + mark.contains(on_top));
}
pointed.dispatchEvent(new MouseEvent("mouseenter"));
lines.push("told: " + told.hidden + " " + told.textContent.replaceAll("\\n", " | "));
pointed.dispatchEvent(new MouseEvent("mouseleave"));
lines.push("after: " + told.hidden);
marks[0].dispatchEvent(new FocusEvent("focus"));
lines.push("focus: " + told.hidden + " " + told.textContent.replaceAll("\\n", " | "));
const boxes = [...document.querySelectorAll("svg text")].map((t) => [t.textContent, t.getBoundingClientRect()]);
for (const [one, a] of boxes) for (const [other, b] of boxes)
  if (a !== b && a.left < b.right && b.left < a.right && a.top + 2 < b.bottom && b.top + 2 < a.bottom)
    lines.push("overlap: " + one + " / " + other);
const page = document.documentElement;
if (page.scrollWidth > page.clientWidth) lines.push("outside: the page is " + page.scrollWidth + " wide");
const paper = document.querySelector("svg").getBoundingClientRect();
for (const [one, a] of boxes)
  if (a.left < paper.left || a.right > paper.right || a.bottom > paper.bottom) lines.push("outside: " + one);
const found = document.createElement("pre");
found.id = "found";
found.textContent = lines.join("\\n");
document.body.append(found);
}
</script>
"""


CROWD = Figure(
    "Many types in one corner, and a title that is longer than the page is wide, so that it takes a second line of it",
    COST.x,
    COST.y,
    (Series("Spot", tuple(Point(20 + i**2 / 4, 5 - i / 5, label=f"c{i}i.{4 * i}xlarge") for i in range(18))),),
    ("A caption. " * 40,),
)
CHECKED = residuals(accuracy(), "the shipped table")
needs_browser = pytest.mark.skipif(not BROWSER, reason="NOT CHECKED: no chromium or chrome to open the page with")


def look(figure: Figure, folder: Path) -> list[str]:
    """What the probe found in the page of `figure`."""
    path = save(figure, folder / "plot.html")
    path.write_text(path.read_text().replace("</body>", f"{PROBE}</body>"))
    done = subprocess.run(
        [
            BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
            "--enable-logging=stderr", f"--user-data-dir={folder / 'profile'}", "--window-size=1100,1200",
            "--dump-dom", path.as_uri(),
        ],
        capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    assert "CONSOLE" not in done.stderr, done.stderr  # a script that failed, or something that was to be loaded
    seen = re.search(r'<pre id="found">(.*?)</pre>', done.stdout, re.DOTALL)
    assert seen, done.stdout[-2000:]
    return seen[1].splitlines()


@needs_browser
def test_pointing_at_a_mark_tells_its_figures(tmp_path: Path) -> None:
    lines = look(COST, tmp_path)
    assert lines.count("on top: true") == 5
    assert "on top: false" not in lines
    assert lines[0] == "before: true"
    assert any(line.startswith("told: false c5.9xlarge, Spot, Spot | Cost of the run: 46 USD") for line in lines)
    assert "after: true" in lines
    assert any(line.startswith("focus: false c5.") for line in lines)


@needs_browser
@pytest.mark.parametrize("figure", [COST, CROWD, CHECKED], ids=["few", "crowd", "long words"])
def test_no_words_cover_each_other_or_leave_the_page(figure: Figure, tmp_path: Path) -> None:
    assert [line for line in look(figure, tmp_path) if line.startswith(("overlap", "outside"))] == []
