"""How much memory a run needs: two measured figures, the guides' ranges, and lower bounds elsewhere.

What a run needs depends on the resolution of its input files as much as on the grid: GCHP at C24 already
takes more than 120 GB. So everything here is a lower bound to which headroom is to be added.
"""

from __future__ import annotations

import csv
import functools
from typing import NamedTuple

from geos.benchmarks import configurations
from geos.benchmarks.shipped import shipped

_GB_IN_GIB = 2**30 / 1e9


class MemoryNeed(NamedTuple):
    """Of one run."""

    gib_least: float
    """Seen or documented to be needed; with less it does not run."""
    gib_advised: float
    per: str
    """job: on all nodes together; node: on each."""
    kind: str
    """measured or documented."""
    grid: str
    """The grid the figures are for; a coarser one than asked about where nothing better is known."""
    source: str

    def is_lower_bound(self, grid: str) -> bool:
        """Whether the figures are those of a coarser grid than this one."""
        return self.grid not in (grid.lower(), "nested")


def memory_need(model: str, grid: str) -> MemoryNeed | None:
    """Of a run on that grid, or of the next coarser grid that anything is known of; None for an unknown grid."""
    found = configurations.grid(grid)
    if found is None or found.model != model:
        return None
    known = _needs()
    if found.nested:
        return known.get((model, "nested")) or known.get((model, "c24"))
    coarser = [n for (m, _), n in known.items() if m == model and _columns(n.grid) <= found.columns]
    return max((n for n in coarser if _columns(n.grid)), key=lambda n: _columns(n.grid), default=None)


def _columns(name: str) -> int:
    found = configurations.grid(name)
    return found.columns if found else 0


@functools.cache
def _needs() -> dict[tuple[str, str], MemoryNeed]:
    rows = list(csv.reader(shipped("memory.csv").decode().splitlines()))[1:]
    return {
        (model, grid): MemoryNeed(float(least) / _GB_IN_GIB, float(advised) / _GB_IN_GIB, per, kind, grid, source)
        for model, grid, least, advised, per, kind, source in rows
    }
