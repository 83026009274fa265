"""What `explain CODE` says of the simulated account (GEOS-S…)."""

from __future__ import annotations

from geos.wizard.explanations.explanation import Explanation

EXPLANATIONS: dict[str, Explanation] = {
    "GEOS-S001": Explanation(
        "The sandbox is not installed",
        "The simulated account needs the extra packages of geos[sandbox].",
        "Install them into the environment that geos runs in.",
        'pip install "geos[sandbox]"',
    ),
    "GEOS-S002": Explanation(
        "The sandbox is not running",
        "It was stopped, or stopped itself after an idle hour; what it held is gone.",
        "Start it again.",
        "geos-setup sandbox start",
    ),
    "GEOS-S003": Explanation(
        "The sandbox did not start",
        "The simulated account's process ended or gave no answer in time.",
        "Its log stands beside geos's own logs.",
        "geos-setup sandbox start",
    ),
    "GEOS-S004": Explanation(
        "The sandbox that runs is another version's",
        "It was started before geos was updated, or by a second installation. Its simulation lacks, or does "
        "differently, what this version relies on: a host would not boot, or a call would not be known.",
        "Stop it; the next command starts this version's. What is in it is in memory only, and is forgotten.",
        "geos-setup sandbox stop",
    ),
}
