"""What `explain CODE` says of sizing and measurements (GEOS-R…)."""

from __future__ import annotations

from geos.wizard.explanations.explanation import Explanation

EXPLANATIONS: dict[str, Explanation] = {}
