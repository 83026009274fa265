"""What of the catalogue may run a set-up at all, and how fast: everything but days, runs, budget and deadline.

Worked out once for a set-up and kept in the catalogue, so that a further question costs next to nothing. Types of one
kind (CPU, cores, threads) have one speed, and are asked about once.
"""

from __future__ import annotations

from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import NamedTuple

from geos.benchmarks.fits import Fits
from geos.benchmarks.machines import Machine, read_bandwidth_gb_per_second
from geos.benchmarks.memory import MemoryNeed, memory_need
from geos.benchmarks.model import LABELS, NO_FIGURE, Prediction, machine_kind, predict
from geos.benchmarks.question import Question
from geos.wizard.facts import InstanceType
from geos.wizard.sizing.catalogue import Catalogue, Place
from geos.wizard.sizing.memory import USABLE_MEMORY, node_memory, node_need_gib
from geos.wizard.sizing.nodes import spreads
from geos.wizard.sizing.values import ON_DEMAND, SPOT, Ask, Excluded, Unmeasured


class Row(NamedTuple):
    """A type times its nodes, with a speed."""

    kind: InstanceType
    nodes: int
    cores: int
    place: Place
    said: Prediction
    """Of one day."""
    seconds: tuple[float, float, float]
    """Of a simulated day, start-up apart: low, likely, high."""
    on_demand: float | None
    """Of all nodes, USD per hour."""
    spot: float | None
    """None also where Spot makes no sense."""


class Unknown(NamedTuple):
    """A type that would do, without a speed."""

    kind: InstanceType
    nodes: int
    cores: int
    place: Place
    said: Prediction


class Setup(NamedTuple):
    rows: tuple[Row, ...]
    unknown: tuple[Unknown, ...]
    excluded: tuple[Excluded, ...]
    startup_days: float
    """What a start costs, in simulated days."""


def question(ask: Ask, *, nodes: int = 1, cores: int = 0, days: float = 1.0) -> Question:
    return Question(ask.model, ask.simulation, ask.grid, ask.version, ask.met, days, cores, nodes)


def setup(ask: Ask, catalogue: Catalogue, fits: Fits) -> Setup:
    """Remembered in the catalogue."""
    key = ("setup", id(fits), ask.setup_key)
    if key not in catalogue.memory:
        catalogue.memory[key] = _setup(ask, catalogue, fits)
    found = catalogue.memory[key]
    assert isinstance(found, Setup)
    return found


def _setup(ask: Ask, catalogue: Catalogue, fits: Fits) -> Setup:
    places = catalogue.places(ask.purchase)
    speeds, known = _Speeds(ask, catalogue, fits), memory_need(ask.model, ask.grid)
    rows: list[Row] = []
    unknown: list[Unknown] = []
    excluded: list[Excluded] = []
    for name, kind in catalogue.types.items():
        place = places.get(name) or catalogue.unpriced(name)
        rule, reason = out_of_question(ask, kind, place)
        if rule or place is None:
            excluded.append(Excluded(name, rule, reason))
            continue
        spread = spreads(ask, kind)
        fitting = [one for one in spread if _fits_into(ask, kind, one[0], known)]
        if not fitting:
            excluded.append(_why_none(ask, kind, spread, known))
            continue
        refused: _Refused | None = None
        found = len(rows)
        for nodes, cores in fitting:
            one = _row(ask, kind, nodes, cores, place, catalogue, speeds)
            if isinstance(one, Row):
                rows.append(one)
            else:
                refused = refused or one
        if len(rows) == found and refused:
            if refused.rule:
                excluded.append(Excluded(name, refused.rule, refused.reason))
            else:
                unknown.append(Unknown(kind, *fitting[0], place, refused.said))
    return Setup(tuple(rows), tuple(unknown), tuple(excluded), fits.models[ask.model].startup_days)


# --- rules -----------------------------------------------------------------------------------


def out_of_question(ask: Ask, kind: InstanceType, place: Place | None) -> tuple[str, str]:
    """(rule, reason) that leaves a type out whatever its speed; empty words for none. Wishes come first."""
    for rule, told in _RULES:
        reason = told(ask, kind, place)
        if reason:
            return rule, reason
    return "", ""


def _wished(ask: Ask, kind: InstanceType, place: Place | None) -> str:
    if ask.instances and not any(fnmatchcase(kind.name, glob) for glob in ask.instances):
        return f"--instance takes {', '.join(ask.instances)} only"
    found = next((glob for glob in ask.excluded if fnmatchcase(kind.name, glob)), "")
    return f"--exclude {found}" if found else ""


def _architecture(ask: Ask, kind: InstanceType, place: Place | None) -> str:
    other = ask.architecture and kind.architecture != ask.architecture
    return f"it is {kind.architecture}, and --arch says {ask.architecture}" if other else ""


def _region(ask: Ask, kind: InstanceType, place: Place | None) -> str:
    return f"not offered in {_regions(ask)}" if place is None else ""


def _regions(ask: Ask) -> str:
    return ask.regions[0] if len(ask.regions) == 1 else "any of the regions"


def _credits(ask: Ask, kind: InstanceType, place: Place | None) -> str:
    return "its cores are slowed down once the CPU credits are used up, within the hour" if kind.burstable else ""


def _flex(ask: Ask, kind: InstanceType, place: Place | None) -> str:
    return (
        "made for loads that leave cores idle part of the time; a model run does not" if "-flex." in kind.name else ""
    )


def _spot(ask: Ask, kind: InstanceType, place: Place | None) -> str:
    return "it cannot be had as Spot" if ask.purchase == SPOT and not kind.spot_supported else ""


def _no_spot(ask: Ask, kind: InstanceType, place: Place | None) -> str:
    known = ask.purchase != SPOT or (place is not None and place.offer.spot is not None)
    return "" if known else f"no Spot price is known in {_regions(ask)}"


def _vcpus(ask: Ask, kind: InstanceType, place: Place | None) -> str:
    needed = kind.vcpus * max(1, ask.nodes)
    over = ask.max_vcpus and needed > ask.max_vcpus
    return f"{needed} vCPUs, and --max-vcpus says {ask.max_vcpus}" if over else ""


_Rule = Callable[[Ask, InstanceType, "Place | None"], str]
_RULES: tuple[tuple[str, _Rule], ...] = (
    ("instance", _wished),
    ("architecture", _architecture),
    ("region", _region),
    ("burstable", _credits),
    ("flex", _flex),
    ("spot", _spot),
    ("price", _no_spot),
    ("max-vcpus", _vcpus),
)


def _fits_into(ask: Ask, kind: InstanceType, nodes: int, known: MemoryNeed | None) -> bool:
    if ask.max_vcpus and kind.vcpus * nodes > ask.max_vcpus:
        return False
    need = node_need_gib(ask, known, nodes)
    return need is None or need <= kind.memory_gib * USABLE_MEMORY


def _why_none(ask: Ask, kind: InstanceType, spread: list[tuple[int, int]], known: MemoryNeed | None) -> Excluded:
    if not spread:
        at_least = f" on {ask.nodes} nodes" if ask.nodes > 1 else ""
        return Excluded(kind.name, "cores", f"{kind.physical_cores} cores; GCHP takes a multiple of 6{at_least}")
    nodes = spread[0][0]
    need = node_need_gib(ask, known, nodes) or 0.0
    have = kind.memory_gib * USABLE_MEMORY
    return Excluded(
        kind.name,
        "memory",
        f"{have:.0f} GiB usable; {ask.grid} takes {need:.0f} GiB with {ask.memory_margin:.0%} headroom",
    )


# --- speeds ----------------------------------------------------------------------------------


class _Speeds:
    """One question for each kind of machine."""

    def __init__(self, ask: Ask, catalogue: Catalogue, fits: Fits) -> None:
        self._ask, self._machines, self._fits = ask, catalogue.machines, fits
        self._questions: dict[tuple[int, int], Question] = {}
        self._said: dict[tuple[object, ...], tuple[Prediction, tuple[float, float, float]]] = {}
        self._cpus = {series.cpu for series in fits.series}
        self._per = 1.0 + fits.models[ask.model].startup_days

    def of(self, kind: InstanceType, nodes: int, cores: int) -> tuple[Prediction, tuple[float, float, float]]:
        asked = self._questions.get((nodes, cores))
        if asked is None:
            asked = self._questions[nodes, cores] = question(self._ask, nodes=nodes, cores=cores)
        machine = self._machines[kind.name]
        fits = self._fits
        if self._may_be_told(machine):
            key: tuple[object, ...] = (nodes, cores, machine_kind(asked, machine, fits))
        else:
            key = (machine.kin,)  # one refusal for all machines of the maker
        found = self._said.get(key)
        if found is None:
            said = predict(asked, machine, self._fits)
            wall = said.wall_seconds
            each = (wall.low / self._per, wall.likely / self._per, wall.high / self._per) if wall else (0.0, 0.0, 0.0)
            found = self._said[key] = said, each
        return found

    def _may_be_told(self, machine: Machine) -> bool:
        """Whether a speed could come of asking; two measured machines open a maker up, the very CPU itself."""
        known = self._fits.machines_by_kin.get(machine.kin, 0)
        return known > 1 or machine.cpu in self._cpus or machine.name in self._fits.measured_machines


class _Refused(NamedTuple):
    said: Prediction
    rule: str = ""
    reason: str = ""


def _row(
    ask: Ask, kind: InstanceType, nodes: int, cores: int, place: Place, catalogue: Catalogue, speeds: _Speeds
) -> Row | _Refused:
    said, seconds = speeds.of(kind, nodes, cores)
    if ask.least_label and LABELS.index(said.label) > LABELS.index(ask.least_label):
        return _Refused(said, "label", f"{said.label}, and --min-label says {ask.least_label}")
    if said.label == NO_FIGURE:
        return _Refused(said)
    # Losing one node ends the run on all of them, so several are never had as Spot.
    where = place if nodes == 1 else catalogue.places(ON_DEMAND).get(kind.name, place)
    offer = where.offer
    spot = offer.spot if nodes == 1 and ask.purchase != ON_DEMAND and kind.spot_supported else None
    if spot is None and ask.purchase == SPOT:
        return _Refused(said, "spot", "several nodes are not run as Spot: losing one ends the run on all")
    if spot is None and offer.on_demand is None:
        return _Refused(said, "price", f"no price is known in {_regions(ask)}")
    return Row(kind, nodes, cores, where, said, seconds, offer.on_demand and offer.on_demand * nodes, spot)


def unmeasured(ask: Ask, found: Setup) -> list[Unmeasured]:
    """By price per core."""
    bandwidth, known = read_bandwidth_gb_per_second(), memory_need(ask.model, ask.grid)
    told = [_unmeasured(ask, one, bandwidth.get(one.kind.name), known) for one in found.unknown]
    return sorted(told, key=lambda u: (u.usd_per_core_hour is None, u.usd_per_core_hour or 0.0, u.instance_type))


def _unmeasured(ask: Ask, one: Unknown, bandwidth: float | None, known: MemoryNeed | None) -> Unmeasured:
    kind, nodes, cores, place, said = one
    offer = place.offer
    hourly = offer.hourly(ask.purchase if nodes == 1 else ON_DEMAND)
    return Unmeasured(
        instance_type=kind.name,
        architecture=kind.architecture,
        nodes=nodes,
        physical_cores=cores,
        vcpus=kind.vcpus * nodes,
        region=place.region,
        regions=place.regions,
        usd_per_core_hour=None if hourly is None else hourly * nodes / cores,
        on_demand_usd_per_hour=offer.on_demand,
        spot_usd_per_hour=offer.spot,
        memory=node_memory(ask, kind.memory_gib, nodes, known),
        read_gb_per_second=bandwidth,
        refused=said.refused,
        rows=said.rows,
    )
