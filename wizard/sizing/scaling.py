"""How speed grows with cores: of the sizes of a family, of GCHP over nodes, and of what was measured."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from geos.benchmarks.configurations import GCHP, SECONDS_PER_DAY
from geos.benchmarks.fits import Fits
from geos.benchmarks.model import CALIBRATED, MEASURED, Band, predict
from geos.wizard.facts import InstanceType
from geos.wizard.sizing.catalogue import Catalogue
from geos.wizard.sizing.nodes import NODE_COUNTS, ranks
from geos.wizard.sizing.setup import question
from geos.wizard.sizing.values import Ask


class CurvePoint(NamedTuple):
    """The speed on one number of cores."""

    cores: int
    """Physical ones, on all nodes."""
    sim_days_per_day: Band
    measured: bool
    detail: str = ""
    """Where the figure comes from."""
    rows: tuple[int, ...] = ()
    """Lines of the timings table it rests on."""
    own_rows: tuple[int, ...] = ()


class Curve(NamedTuple):
    """One machine, by ascending cores."""

    name: str
    points: tuple[CurvePoint, ...]


class Efficiency(NamedTuple):
    """One point beside the first of its curve."""

    point: CurvePoint
    speed_up: float
    share: float
    """Of the work of a core where fewest are used."""


def efficiencies(curve: Curve) -> tuple[Efficiency, ...]:
    if not curve.points:
        return ()
    first = curve.points[0]
    found = []
    for point in curve.points:
        speed_up = point.sim_days_per_day.likely / first.sim_days_per_day.likely
        found.append(Efficiency(point, speed_up, speed_up * first.cores / point.cores))
    return tuple(found)


def family_curve(ask: Ask, family: str, catalogue: Catalogue, fits: Fits) -> Curve | None:
    """The sizes of a family, each with all its cores; for GCHP the largest also over several nodes."""
    sizes = sorted((k for k in catalogue.types.values() if k.family == family), key=lambda k: k.physical_cores)
    found: dict[int, CurvePoint] = {}
    for kind in sizes:
        for nodes in _node_counts(ask, kind, last=kind is sizes[-1]):
            point = _point(ask, kind, nodes, catalogue, fits)
            if point and point.cores not in found:
                found[point.cores] = point
    return Curve(family, tuple(found[cores] for cores in sorted(found))) if found else None


def _node_counts(ask: Ask, kind: InstanceType, *, last: bool) -> Sequence[int]:
    return NODE_COUNTS if ask.model == GCHP and last and kind.efa else (1,)


def _point(ask: Ask, kind: InstanceType, nodes: int, catalogue: Catalogue, fits: Fits) -> CurvePoint | None:
    cores = ranks(ask.grid, kind.physical_cores, nodes) if ask.model == GCHP else kind.physical_cores
    if not cores:
        return None
    said = predict(question(ask, nodes=nodes, cores=cores), catalogue.machines[kind.name], fits)
    if said.sim_days_per_day is None:
        return None
    name = f"{nodes} x {kind.name}" if nodes > 1 else kind.name
    measured = said.label in (MEASURED, CALIBRATED)
    detail = f"{name}, {said.label}: {said.why}"
    return CurvePoint(cores, said.sim_days_per_day, measured, detail, said.rows, said.own_rows)


def measured_curves(ask: Ask, fits: Fits) -> tuple[Curve, ...]:
    """The series that were measured on this grid, as they are: other versions and machines among them."""
    found = []
    for s in fits.of(ask.model, ask.simulation):
        if s.grid != ask.grid or s.variant:
            continue
        threads = f"{s.threads_per_core} threads a core" if s.threads_per_core > 1 else ""
        words = ", ".join(filter(None, (s.version, s.network, s.compiler, threads)))
        detail = f"{s.machine}, {words}"
        points = []
        for point in s.points:
            speed = SECONDS_PER_DAY / point.seconds_per_day
            rows = ((), point.rows) if s.own else (point.rows, ())
            points.append(CurvePoint(point.cores, Band(speed, speed, speed), True, detail, *rows))
        found.append(Curve(detail, tuple(points)))
    return tuple(found)
