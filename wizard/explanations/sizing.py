"""What `explain CODE` says of sizing and measurements (GEOS-R…)."""

from __future__ import annotations

from geos.wizard.explanations.explanation import Explanation

EXPLANATIONS: dict[str, Explanation] = {
    "GEOS-R070": Explanation(
        "A picture of an unknown kind",
        "The ending of the file tells what is drawn; .svg, .png and .html are known.",
        "Give the file one of these endings. A journal that wants PDF or EPS takes the .svg through Inkscape.",
        "geos-recommend --days 365 --save-plot cost.svg",
    ),
    "GEOS-R071": Explanation(
        "A .png cannot be made yet",
        "Pictures are drawn as SVG; the package that turns them into pixels is not part of the plain installation.",
        "Install it, or save the picture as .svg or .html, which need nothing.",
        "pip install 'geos[plot]'",
    ),
    "GEOS-R072": Explanation(
        "There is no font on this machine",
        "A .png holds letters as pixels, so that it takes a font to draw them; small servers have none.",
        "Install a font (fonts-dejavu on Debian and Ubuntu, dejavu-sans-fonts on Rocky), or save as .svg or .html.",
        "geos-recommend --days 365 --save-plot cost.svg",
    ),
}
