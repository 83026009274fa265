"""What `explain CODE` says of sizing and measurements (GEOS-R…)."""

from __future__ import annotations

from geos.wizard.explanations.explanation import Explanation

EXPLANATIONS: dict[str, Explanation] = {
    "GEOS-R001": Explanation(
        "A question to geos-recommend makes no sense as it stands",
        "A flag names something that does not exist, lacks its unit, or asks what the model cannot do (a nested grid "
        "with GCHP, a simulation that the model has not).",
        "Every fault is listed with what was expected; correct them all at once.",
        "geos-recommend --grid 4x5 --days 365 --deadline 48h",
    ),
    "GEOS-R002": Explanation(
        "The question is not complete",
        "A grid is needed, and how long is simulated: --days, or --start and --end. With --budget or --deadline "
        "instead the answer is how many days can be simulated. Nobody could be asked, as there is no terminal.",
        "Give the flags that are named, or run the command in a terminal without any.",
        "geos-recommend --grid 4x5 --budget 200 --deadline 3d",
    ),
    "GEOS-R003": Explanation(
        "An instance type cannot be looked up",
        "No table knows the type, or it is of a kind that geos does not size (GPU, bare metal, older families).",
        "Check the spelling; `geos-recommend -v` lists every type that was ranked.",
        "geos-recommend --grid 4x5 --days 31 --explain c5.9xlarge",
    ),
    "GEOS-R004": Explanation(
        "There is nothing to choose from",
        "No instance type is left by --instance, --exclude, --arch and --region together, or the cache of live data "
        "holds no offers of the region.",
        "Loosen one of them, or run `geos-recommend refresh` again; --offline passes the cache over.",
        "geos-recommend --grid 4x5 --days 31 --instance 'c7*' --region us-east-1",
    ),
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
