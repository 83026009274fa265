"""How a run may be spread over nodes: one for GEOS-Chem Classic, several for GCHP."""

from __future__ import annotations

from geos.benchmarks.configurations import GCHP, grid
from geos.benchmarks.question import MOST_CORES
from geos.wizard.facts import InstanceType
from geos.wizard.sizing.values import Ask

NODE_COUNTS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32)


def spreads(ask: Ask, kind: InstanceType) -> list[tuple[int, int]]:
    """(nodes, physical cores used) that make sense of this type; none where its cores are too few."""
    if ask.model != GCHP:
        return [(1, kind.physical_cores)]
    found: dict[int, int] = {}
    # Over TCP the larger size of the family does better than two of these.
    for nodes in (ask.nodes,) if ask.nodes else NODE_COUNTS if kind.efa else (1,):
        # Past the grid's maximum further nodes stand idle; a number that was asked for is taken as it is.
        cores = ranks(ask.grid, kind.physical_cores, nodes)
        if cores and (ask.nodes or cores <= MOST_CORES):
            found.setdefault(cores, nodes)
    return [(nodes, cores) for cores, nodes in found.items()]


def ranks(grid_name: str, cores_per_node: int, nodes: int) -> int:
    """The most ranks in all: equally many on each node, together a multiple of 6, within the grid's maximum."""
    found = grid(grid_name)
    most = found.maximum_cores if found and found.maximum_cores else cores_per_node * nodes
    each = min(cores_per_node, most // nodes)
    while each and each * nodes % 6:
        each -= 1
    return each * nodes
