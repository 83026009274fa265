"""What Spot interruptions are expected to cost. From the Spot Advisor's bands of monthly interruptions."""

from __future__ import annotations

import functools
import math

HOURS_PER_MONTH = 730.0
_MONTHLY_SHARE = {"<5%": 0.025, "5-10%": 0.075, "10-15%": 0.125, "15-20%": 0.175, ">20%": 0.30}
"""Of instances interrupted in a month; the band's middle, and for the open one our own guess."""
_UNKNOWN = 0.30
RESTART_FILE_DAYS = 31.0
"""A run writes a file to start again from at least at the end of each simulated month, if it is told to."""
START_HOURS = 0.15
"""From an interruption to the model running again: new instance, image, input of the month."""


@functools.cache
def interruptions_per_hour(band: str) -> float:
    return -math.log(1 - _MONTHLY_SHARE.get(band, _UNKNOWN)) / HOURS_PER_MONTH


def restart_loss(band: str, wall_hours: float, days: float) -> float:
    """The share by which the run's Spot hours grow: interruptions expected, times what each sets back.

    Half of what lies between two restart files is lost on average, and a new start.
    """
    between = wall_hours * min(1.0, RESTART_FILE_DAYS / days)
    return interruptions_per_hour(band) * (between / 2 + START_HOURS)
