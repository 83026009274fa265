"""The words of geos-recommend: verbs, flags, help.

Values are taken as text here; what they mean, and what is wrong with them, is told by the module that uses them.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from geos.wizard.cli import parsing
from geos.wizard.cli.parsing import CONNECTION, EXIT_CODES, PRINTING, Answer, Flags, Words

PROG = "geos-recommend"
OUTPUTS = ("table", "json", "csv", "yaml")

SETUP: Flags = (
    (("--model",), {"metavar": "NAME", "help": "gcclassic or gchp"}),
    (("--simulation",), {"metavar": "NAME", "help": "fullchem, carbon, transporttracers, …"}),
    (("--grid",), {"metavar": "NAME", "help": "4x5, 2x2.5, c24, c48, c90, c180, …"}),
    (("--model-version",), {"metavar": "V", "help": "release of GEOS-Chem (default the latest)"}),
    (("--met",), {"metavar": "NAME", "help": "merra2, geosfp or geosit: for the size of the input"}),
)
"""What is run; `calibrate` takes these too."""
LENGTH: Flags = (
    (("--days",), {"metavar": "N", "help": "simulated days of one run"}),
    (("--start",), {"metavar": "DATE", "help": "first day, with --end instead of --days"}),
    (("--end",), {"metavar": "DATE", "help": "the day it ends at, which is not simulated"}),
    (("--runs",), {"metavar": "N", "help": "independent runs of that length (default 1)"}),
)
LIMITS: Flags = (
    (("--budget",), {"metavar": "USD", "help": "for all runs together"}),
    (("--deadline",), {"metavar": "48h|3d", "help": "until all runs are done"}),
    (("--arch",), {"metavar": "NAME", "help": "arm64 or x86_64 (default both)"}),
    (("--purchase",), {"metavar": "NAME", "help": "spot, on-demand or any (default any)"}),
    (("--nodes",), {"metavar": "N", "help": "nodes of a GCHP run (default what is best)"}),
    (("--max-vcpus",), {"metavar": "N", "help": "at most so many vCPUs at a time"}),
    (("--memory-margin",), {"metavar": "25%", "help": "headroom over the known need (default 25%%)"}),
    (("--instance",), {"metavar": "GLOB", "action": "append", "help": "only these types: c7i.*, several with commas"}),
    (("--exclude",), {"metavar": "GLOB", "action": "append", "help": "none of these types"}),
    (("--min-label",), {"metavar": "LABEL", "help": "measured, calibrated, interpolated or extrapolated"}),
)
LIVE: Flags = (
    (("--live",), {"action": "store_true", "help": "read offers and prices from AWS first (see refresh)"}),
    (("--offline",), {"action": "store_true", "help": "ask nobody, whatever credentials there are"}),
)
VIEWS: Flags = (
    (("--top",), {"metavar": "N", "help": "rows of each table (default 10; all with -v)"}),
    (("--explain",), {"metavar": "TYPE", "help": "every figure of one instance type, with rows and sources"}),
    (("--why-not",), {"metavar": "TYPE", "help": "which rule left an instance type out"}),
    (("--compare-arch",), {"action": "store_true", "help": "arm64 beside x86_64"}),
    (("--scaling",), {"action": "store_true", "help": "speed and parallel efficiency by number of cores"}),
    (("--plot",), {"action": "store_true", "help": "draw time against cost, and scaling, in the terminal"}),
    (("--save-plot",), {"metavar": "FILE", "help": "the same as a picture: .svg, .png or .html"}),
    (("--watch-price",), {"action": "store_true", "help": "current Spot prices, until Ctrl-C"}),
)

VERBS: dict[str, tuple[str, tuple[str, ...]]] = {
    "accuracy": (
        "how far predictions were off, by what the model had not seen",
        ("geos-recommend accuracy", "geos-recommend accuracy --rows runs.csv -o json"),
    ),
    "learn": (
        "take runs of your own from their logs into your table",
        ("geos-recommend learn run.log", "geos-recommend learn gchp.log allPEs.log --instance c7i.16xlarge"),
    ),
    "calibrate": (
        "price a one-day run on instance types, and prepare it",
        ("geos-recommend calibrate --instance c8g.16xlarge,c7a.16xlarge",),
    ),
    "check": (
        "compare a run with what was predicted or stored; ends with 3 from 5 percent off",
        ("geos-recommend check run.log --tolerance 10%",),
    ),
    "export": ("your runs as CSV, as the shipped table takes them", ("geos-recommend export my-runs.csv",)),
    "import": ("runs of others into your table", ("geos-recommend import their-runs.csv",)),
    "refresh": (
        "read instance types, offers and prices from AWS",
        ("geos-recommend refresh --region us-east-1,eu-north-1", "geos-recommend refresh --region all"),
    ),
    "explain": ("cause, cure and example of an error code", ("geos-recommend explain GEOS-R001",)),
    "completion": ("shell completion for bash, zsh or fish", ("geos-recommend completion bash > ~/.geos-completion",)),
}

LOGS: Flags = ((("logs",), {"metavar": "LOG", "nargs": "+"}),)
WHERE: Flags = (
    (("--instance",), {"metavar": "TYPE", "action": "append", "help": "the machine, where the log does not tell"}),
    (("--cores",), {"metavar": "N", "help": "physical cores used, where the log does not tell"}),
    (("--threads",), {"metavar": "N", "help": "threads used, where the log does not tell"}),
    (("--nodes",), {"metavar": "N", "help": "nodes used, where the log does not tell"}),
    *(flag for flag in SETUP if flag[0][0] in ("--simulation", "--grid", "--model-version")),
    (("--one-run",), {"action": "store_true", "help": "all files are of one run (log, allPEs.log, time -v)"}),
)

OF_VERB: dict[str, Flags] = {
    "": SETUP + LENGTH + LIMITS + LIVE + VIEWS,
    "accuracy": (
        (("--rows",), {"metavar": "FILE", "help": "predict the rows of this CSV instead"}),
        (("--plot",), {"action": "store_true", "help": "draw predicted against measured"}),
        (("--save-plot",), {"metavar": "FILE", "help": "the same as a picture: .svg, .png or .html"}),
    ),
    "learn": LOGS + WHERE,
    "calibrate": (
        *SETUP,
        (("--instance",), {"metavar": "TYPE", "action": "append", "help": "types to run on, several with commas"}),
    ),
    "check": (
        *LOGS,
        *WHERE,
        (("--tolerance",), {"metavar": "5%", "help": "deviation from which it says no (default 5%%)"}),
    ),
    "export": (
        (("file",), {"metavar": "FILE", "nargs": "?", "default": ""}),
        (("--title",), {"metavar": "TEXT", "help": "whose runs they are: the source that others will read"}),
    ),
    "import": ((("file",), {"metavar": "FILE"}),),
    "refresh": (),
    "explain": ((("error_code",), {"metavar": "CODE", "nargs": "?", "default": ""}),),
    "completion": ((("shell",), {"choices": ("bash", "zsh", "fish")}),),
}

DESCRIPTION = """\
Which instance type, how many, how long, how much, and how sure: from published runs and your own.
Without flags, in a terminal, it asks. Without a network, the shipped tables answer, with their dates."""

EPILOG = f"""\
examples:
  geos-recommend --model gcclassic --simulation fullchem --grid 4x5 --days 365
  geos-recommend --grid c48 --model gchp --days 31 --deadline 3d --region all
  geos-recommend --grid 4x5 --budget 200 --deadline 3d            how much can be simulated?
  geos-recommend --instance c7i.16xlarge                          one type, every grid
  geos-recommend --grid 4x5 --days 365 --explain c5.9xlarge       where its figures come from
  geos-recommend --grid 4x5 --days 365 -o json | jq .advice

{EXIT_CODES}"""

_REGION: dict[str, object] = {
    "metavar": "A,B|all",
    "action": "append",
    "help": "regions, or all (else --config, AWS_REGION, the profile's)",
}
_OUTPUT: dict[str, object] = {"choices": OUTPUTS, "help": "how results are printed"}
_CONFIG: dict[str, object] = {"metavar": "FILE", "help": "take the run from a deployment's answers, such as geos.yaml"}
_INSTEAD: dict[str, dict[str, object]] = {"--region": _REGION, "--output": _OUTPUT, "--config": _CONFIG}
_COMMON: Flags = tuple((names, _INSTEAD.get(names[-1], options)) for names, options in CONNECTION + PRINTING)

DEFAULTS: dict[str, object] = {
    **{
        names[-1].lstrip("-").replace("-", "_"): False if options.get("action") == "store_true" else ""
        for flags in OF_VERB.values()
        for names, options in flags
    },
    "logs": (),
    "error_code": "",
}

WORDS = Words(PROG, DESCRIPTION, EPILOG, VERBS, OF_VERB, DEFAULTS, _COMMON)


def parse(argv: Sequence[str]) -> tuple[argparse.Namespace, dict[str, Answer]]:
    """(flags with every gap filled, no answers). Flags that may be repeated come as one word, with commas."""
    flags = parsing.parse(WORDS, argv)
    for name in ("region", "instance", "exclude"):
        given = getattr(flags, name)
        if isinstance(given, list):
            setattr(flags, name, ",".join(given))
    return flags, {}
