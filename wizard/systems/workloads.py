"""The figures of a manifest's `workload:` and `cost:` with the answers put in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from geos.wizard.sizing import Workload
from geos.wizard.systems.expressions import Facts, value_of
from geos.wizard.systems.manifest import System


def workload_of(system: System, values: Mapping[str, Any], facts: Facts) -> Workload | None:
    """What will be run; None for a system that runs nothing by the job. Raises BadManifest."""
    if not system.workload.get("timings"):
        return None
    raw = {key: value for key, value in system.workload.items() if key != "parameters"}
    found = value_of(raw, _context(system, values, facts))
    timings = found["timings"]
    return Workload(
        model=str(timings.get("model", "")),
        simulation=str(timings.get("simulation", "")),
        grid=str(timings.get("resolution", "")),
        simulated_days=float(found.get("days_per_run") or 0),
        vcpus=int(found.get("vcpus") or 1),
        memory_mib=float(found.get("memory_mib") or 0),
        instance_types=tuple(found.get("instance_types") or ()),
        purchase=str(found.get("purchase") or "on-demand"),
        runs_per_month=float(found.get("runs_per_month") or 0),
        scratch_gib=float(found.get("scratch_gib") or 0),
        input_gib=float(found.get("input_gib") or 0),
        output_gib=float(found.get("output_gib") or 0),
        data_region=str(found.get("data_region") or ""),
    )


def assumptions_of(system: System, values: Mapping[str, Any], facts: Facts) -> Mapping[str, Any]:
    """The manifest's `cost:`, as `estimate` takes it. Raises BadManifest."""
    found: Mapping[str, Any] = value_of(system.cost, _context(system, values, facts))
    return found


def _context(system: System, values: Mapping[str, Any], facts: Facts) -> dict[str, Any]:
    return {**values, "facts": facts, "jobs": system.jobs, "system": system.name}
