"""Instance types as the model sees machines."""

from __future__ import annotations

import functools

from geos.benchmarks.machines import Machine, known_machines, scored_machines
from geos.wizard.facts import InstanceType
from geos.wizard.tables.instances import any_instance, instance


def machine_of(kind: InstanceType) -> Machine:
    """Between nodes EFA is used where the type has it."""
    return Machine(
        name=kind.name,
        architecture=kind.architecture,
        cpu=kind.cpu,
        physical_cores=kind.physical_cores,
        threads_per_core=kind.threads_per_core,
        network="efa" if kind.efa else "tcp",
    )


@functools.cache
def find_machine(name: str) -> Machine | None:
    """An instance type, or a machine of published runs; None when no table knows it.

    Tables that know the CPU come first: the one of older types does not.
    """
    kind = instance(name)
    if kind:
        return machine_of(kind)
    found = known_machines().get(name) or scored_machines().get(name)
    older = None if found else any_instance(name)
    return machine_of(older) if older else found


def is_known(name: str) -> bool:
    return find_machine(name) is not None
