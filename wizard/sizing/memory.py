"""Whether a run fits into a node's memory: known needs, which are lower bounds, with headroom."""

from __future__ import annotations

from geos.benchmarks.memory import MemoryNeed
from geos.wizard.sizing.values import Ask, Memory

USABLE_MEMORY = 0.95
"""Of an instance's memory; the rest is the system's and the agent's."""


def node_need_gib(ask: Ask, known: MemoryNeed | None, nodes: int) -> float | None:
    """Of each node, with the margin; None: nothing is known."""
    if known is None:
        return None
    shared = nodes if known.per == "job" else 1
    return known.gib_least * (1 + ask.memory_margin) / shared


def node_memory(ask: Ask, memory_gib: float, nodes: int, known: MemoryNeed | None) -> Memory:
    return Memory(
        need_gib=node_need_gib(ask, known, nodes),
        have_gib=memory_gib * USABLE_MEMORY,
        advised_gib=known.gib_advised / (nodes if known.per == "job" else 1) if known else None,
        kind=known.kind if known else "unknown",
        lower_bound=known is not None and known.is_lower_bound(ask.grid),
        source=known.source if known else "",
    )
