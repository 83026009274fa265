"""What `explain CODE` says of measurements and live data (GEOS-R030 to R069)."""

from __future__ import annotations

from geos.wizard.explanations.explanation import Explanation

EXPLANATIONS: dict[str, Explanation] = {
    "GEOS-R030": Explanation(
        "A table of measurements cannot be used",
        "A file of runs (your own table, --rows, import) has a row whose unit, sign, name or grade makes no sense, or "
        "lacks a column. Each fault names file, line and column.",
        "Correct the cells that are named, or take the rows out; nothing was stored or changed.",
        'mine.csv, line 3, column cores: is "many"; a whole number from 1 to 1000000 was expected',
    ),
    "GEOS-R031": Explanation(
        "No log holds a finished run",
        "The files are empty, of another program, cut off, crashed, dry runs, or damaged; each is told with its "
        "reason. A run that did not end says nothing of its speed.",
        "Give the standard output of a run that ended; for GCHP from 14.7 on together with its allPEs.log.",
        "geos-recommend learn gchp.20190701.log allPEs.log",
    ),
    "GEOS-R032": Explanation(
        "A log does not tell where it ran",
        "GEOS-Chem prints neither the machine nor the cores it ran on, and nobody could be asked.",
        "Tell them as flags, or let the job script print a line `geos: instance_type=… cores=… threads=…` in front.",
        "geos-recommend learn run.log --instance c8g.16xlarge --cores 64",
    ),
    "GEOS-R034": Explanation(
        "There are no own runs",
        "export gives away the runs that `learn` stored, and none is stored.",
        "Learn the logs of finished runs first.",
        "geos-recommend learn run.log && geos-recommend export",
    ),
    "GEOS-R035": Explanation(
        "A calibration run is not possible as asked",
        "An instance type that does not exist, is not sold in the region, or is too small for the run.",
        "Name types of the region, separated by commas; `geos-recommend` lists those worth it.",
        "geos-recommend calibrate --instance c8g.16xlarge,c7a.16xlarge",
    ),
    "GEOS-R050": Explanation(
        "The cache of live data is damaged",
        "The file under the XDG cache folder is not as geos wrote it: cut off, edited, or of another version. It is "
        "not used; the shipped tables were.",
        "Read the live data anew, which replaces the file, or delete it.",
        "geos-recommend refresh",
    ),
    "GEOS-R051": Explanation(
        "Nothing could be read from AWS",
        "No region told a single figure: no credentials, no network, no permission, or the regions are not enabled. "
        "What was cached before is untouched.",
        "Sign in and check that ec2:Describe*, pricing:GetProducts and ec2:GetSpotPlacementScores are allowed.",
        "geos-setup check",
    ),
}
