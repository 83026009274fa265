"""How much a run reads and writes: meteorology by the model's documentation, output by the one-month benchmark.

Emission inventories come on top; they depend on the set-up and are sized by a dry run, not by a table.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

from geos.benchmarks import configurations
from geos.benchmarks.configurations import GCHP
from geos.benchmarks.shipped import shipped

BUCKET = "s3://geos-chem"
BUCKET_REGION = "us-east-1"
METS = ("merra2", "geosfp", "geosit", "gcap2")
_OUTPUT_GB_PER_DAY = 0.837 / 31
"""The one-month benchmark at 4x5 writes 837 MB by default (GEOS-Chem disk-space page)."""
_OUTPUT_COLUMNS = 72 * 46


class Meteorology(NamedTuple):
    met: str
    gb_per_day: float
    source: str


def meteorology(model: str, grid: str, met: str = "") -> Meteorology | None:
    """What a simulated day reads; without a product named the one that is largest. None: nothing is published."""
    name = "native" if model == GCHP else grid.lower()
    found = [m for (product, of), m in _known().items() if of == name and met in ("", product)]
    return max(found, key=lambda m: m.gb_per_day, default=None)


def output_gb_per_day(grid: str) -> float | None:
    """Of the default diagnostics, in proportion to the columns; None for nested and stretched grids."""
    found = configurations.grid(grid)
    if not found or not found.columns:
        return None
    return _OUTPUT_GB_PER_DAY * found.columns / _OUTPUT_COLUMNS


@functools.cache
def _known() -> dict[tuple[str, str], Meteorology]:
    rows = (line.split(",", 3) for line in shipped("inputs.csv").decode().splitlines()[1:])
    return {(met, grid): Meteorology(met, float(gb), source) for met, grid, gb, source in rows}
