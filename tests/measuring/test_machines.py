"""Every machine that a row may name, as the model sees it."""

from __future__ import annotations

import pytest

from geos.wizard.measuring.machines import find_machine, is_known
from geos.wizard.tables.instances import instances


@pytest.mark.parametrize(
    ("name", "cores", "generation", "network"),
    [
        ("c5n.18xlarge", 36, "Skylake", "efa"),
        ("c7i.16xlarge", 32, "Sapphire Rapids", "tcp"),
        ("c8g.16xlarge", 64, "Graviton4", "tcp"),
        ("hpc7a.96xlarge", 192, "Genoa", "efa"),
        ("c4.8xlarge", 18, "Haswell", ""),  # retired, known by its scores
        ("NASA Pleiades Haswell E5-2680v3", 24, "Haswell", "infiniband"),
        ("m4.10xlarge", 20, "", "tcp"),  # its CPU stands in no table
    ],
)
def test_what_is_known_of_a_machine(name: str, cores: int, generation: str, network: str) -> None:
    machine = find_machine(name)
    assert machine is not None
    assert (machine.physical_cores, machine.generation, machine.network) == (cores, generation, network)


def test_a_name_that_no_table_has() -> None:
    assert find_machine("c99.huge") is None
    assert not is_known("")


def test_every_instance_type_has_a_maker_of_its_cpu() -> None:
    nameless = [name for name in instances() if not find_machine(name).maker]  # type: ignore[union-attr]
    assert nameless == []
