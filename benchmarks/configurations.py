"""What GEOS-Chem can be asked to do: models, simulations, grids, and what is impossible.

Sources: GEOS-Chem and GCHP user guides (grids, core limits), run directory scripts of the model
(simulations), gchp_legacy runConfig.sh and geos-chem pull requests 2040 and 3237 (timesteps).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import NamedTuple

GCCLASSIC = "gcclassic"
GCHP = "gchp"
SECONDS_PER_DAY = 86400
LATEST = "14.7.1"
"""The release a question is about when it names none."""


class Grid(NamedTuple):
    name: str
    model: str
    columns: int
    """Of the whole globe; 0 for nested and stretched grids, whose size the user chooses."""
    maximum_cores: int = 0
    """The documented limit of GCHP; 0: none."""

    @property
    def nested(self) -> bool:
        return self.columns == 0


def _cubed_sphere(side: int) -> Grid:
    # At least four by four cells a core, to the nearest whole core along each edge, as the user guide prints it.
    per_edge = (side + 2) // 4
    return Grid(f"c{side}", GCHP, 6 * side * side, 6 * per_edge * per_edge)


_GRIDS = {
    grid.name: grid
    for grid in (
        Grid("4x5", GCCLASSIC, 72 * 46),
        Grid("2x2.5", GCCLASSIC, 144 * 91),
        *map(_cubed_sphere, (24, 30, 48, 60, 90, 120, 180, 360, 720, 1440)),
    )
}
_FINE = ("0.5x0.625", "0.25x0.3125", "0.125x0.15625")
_SIMULATIONS = {
    GCCLASSIC: (
        "fullchem", "aerosol", "ch4", "co2", "carbon", "hg", "metals", "pops", "tagch4", "tagco", "tago3",
        "transporttracers", "tomas", "apm", "rrtmg", "complexsoa",
    ),
    GCHP: ("fullchem", "carbon", "tago3", "transporttracers", "tomas", "rrtmg", "complexsoa"),
}  # fmt: skip
MODELS = tuple(_SIMULATIONS)


@functools.cache
def grid(name: str) -> Grid | None:
    """The grid of that name: 4x5, c48, 0.25x0.3125-nested-NA …; None for one that no model has."""
    lower = name.lower().strip()
    if lower in _GRIDS:
        return _GRIDS[lower]
    if lower.partition("-nested")[0].partition(" ")[0] in _FINE:
        return Grid(lower, GCCLASSIC, 0)
    if re.fullmatch(r"c\d+-stretched.*", lower):
        return Grid(lower, GCHP, 0)
    return None


def grids(model: str) -> tuple[str, ...]:
    """The names to choose from."""
    return tuple(g.name for g in _GRIDS.values() if g.model == model) + (
        tuple(f"{f}-nested" for f in _FINE) if model == GCCLASSIC else ()
    )


def simulations(model: str) -> tuple[str, ...]:
    return _SIMULATIONS.get(model, ())


@functools.cache
def timestep_factor(columns: int, version: str) -> float:
    """How many times more steps a day takes than with 10/20 minutes (transport/chemistry).

    GCHP 12 took 10/20 minutes at every resolution. Since 13.0 finer grids take half of that: from C180
    on, in 14.3.0 to 14.7.0 only above C180, from 14.7.1 on from C180 on again.
    """
    release = _release(version)
    if columns < 6 * 180 * 180 or release < (13, 0, 0):
        return 1.0
    return 1.0 if columns == 6 * 180 * 180 and (14, 3, 0) <= release < (14, 7, 1) else 2.0


def _release(version: str) -> tuple[int, int, int]:
    found = re.match(r"(\d+)(?:\.(\d+))?(?:\.(\d+))?", version or LATEST)
    return (int(found[1]), int(found[2] or 0), int(found[3] or 0)) if found else (0, 0, 0)


@functools.cache
def version_family(version: str) -> str:
    """The releases among which speed is comparable: 11, 12, 13, 14.0-14.6, 14.7+; "" when not told."""
    found = re.match(r"(\d+)(?:[.-](\d+))?", version)
    if not found:
        return ""
    major, minor = int(found[1]), int(found[2] or 0)
    if major != 14:
        return str(major) if major < 14 else "14.7+"
    return "14.7+" if minor >= 7 else "14.0-14.6"


# --- what cannot be asked --------------------------------------------------------------------

MAXIMUM_DAYS = 36_600.0
MAXIMUM_CORES = 1_000_000


def faults(
    model: str, simulation: str, grid_name: str, version: str, days: float, cores: int, nodes: int
) -> Iterator[str]:
    """Everything that makes a question senseless, each with the nearest way out. Cores of 0 are not looked at."""
    if model not in MODELS:
        yield f'model is "{model}"; one of {", ".join(MODELS)} was expected'
        return
    yield from _simulation_faults(model, simulation)
    yield from _grid_faults(model, grid_name)
    if version and not version_family(version):
        yield f'version is "{version}"; a release like {LATEST} was expected'
    # Written so that nan fails as well.
    if not 0 < days <= MAXIMUM_DAYS:
        yield f"days is {days:g}; a number above 0 and up to {MAXIMUM_DAYS:g} was expected"
    if not 0 <= cores <= MAXIMUM_CORES:
        yield f"cores is {cores}; a number from 1 to {MAXIMUM_CORES} was expected"
    elif cores:
        yield from _core_faults(model, grid_name, cores)
    if nodes < 1 or (model == GCCLASSIC and nodes > 1):
        yield f"nodes is {nodes}; GEOS-Chem Classic runs on one node" if nodes > 1 else f"nodes is {nodes}"


def _simulation_faults(model: str, simulation: str) -> Iterator[str]:
    known = simulations(model)
    name = simulation.lower()
    if name in known:
        return
    others = [m for m in MODELS if name in simulations(m)]
    if model == GCHP and name in ("ch4", "co2"):
        yield f"GCHP has no {simulation} simulation of its own; its carbon simulation holds it"
    elif others:
        yield f"{simulation} is a simulation of {others[0]} and not of {model}"
    else:
        yield f'simulation is "{simulation}"{_nearest(name, known)}'


def _grid_faults(model: str, name: str) -> Iterator[str]:
    found = grid(name)
    if not found and model == GCHP and "nested" in name:
        yield "GCHP has no nested grids; a stretched grid does for it what nesting does for GEOS-Chem Classic"
    elif not found:
        yield f'grid is "{name}"{_nearest(name.lower(), grids(model))}'
    elif found.model != model:
        also = "; a stretched grid does for GCHP what nesting does" if found.nested else ""
        yield f"{name} is a grid of {found.model} and not of {model}{also}"


def _core_faults(model: str, name: str, cores: int) -> Iterator[str]:
    if model != GCHP:
        return
    if cores % 6:
        lower = cores - cores % 6
        near = f"{lower} or {lower + 6}" if lower else "6"
        yield f"cores is {cores}; GCHP needs a multiple of 6, such as {near}"
    found = grid(name)
    if found and found.maximum_cores and cores > found.maximum_cores:
        yield f"cores is {cores}; GCHP takes at most {found.maximum_cores} at {name} (4 by 4 cells a core)"


def _nearest(word: str, known: tuple[str, ...]) -> str:
    import difflib

    near = difflib.get_close_matches(word, known, 1, 0.5)
    return f"; did you mean {near[0]}?" if near else f"; one of {', '.join(known)} was expected"
