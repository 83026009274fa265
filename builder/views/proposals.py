"""What is proposed on more than one screen."""

from __future__ import annotations

from geos.builder import recipe


def plan_line(flags: str) -> str:
    """Shows what a build takes and costs, in this copy of geos too."""
    what = "" if recipe.shipped() else "--context DIR "
    return f"geos-build {flags}--arch arm64 {what}--plan"
