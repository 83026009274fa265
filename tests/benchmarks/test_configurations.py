"""Which questions make sense, and what is said of those that do not."""

from __future__ import annotations

import pytest

from geos.benchmarks.configurations import MODELS, faults, grid, grids, simulations, timestep_factor


def said(
    model: str = "gchp",
    simulation: str = "fullchem",
    grid_name: str = "c48",
    version: str = "14.7.1",
    days: float = 7.0,
    cores: int = 48,
    nodes: int = 1,
) -> list[str]:
    return list(faults(model, simulation, grid_name, version, days, cores, nodes))


def test_a_good_question_has_no_faults() -> None:
    assert said() == []
    assert said("gcclassic", "CH4", "4x5", "", 365.0, 16) == []
    assert said("gcclassic", "fullchem", "0.25x0.3125-nested-NA", "14.4.0", 1.0, 36) == []


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"model": "wrf"}, 'model is "wrf"; one of gcclassic, gchp'),
        ({"simulation": "fulchem"}, "did you mean fullchem?"),
        ({"simulation": "xyz"}, "one of fullchem"),
        ({"simulation": "ch4"}, "its carbon simulation holds it"),
        ({"simulation": "hg"}, "hg is a simulation of gcclassic"),
        ({"grid_name": "c49"}, "did you mean c"),
        ({"grid_name": "4x5"}, "4x5 is a grid of gcclassic and not of gchp"),
        ({"grid_name": "0.25x0.3125-nested-NA"}, "a stretched grid does"),
        ({"grid_name": "c48-nested"}, "GCHP has no nested grids"),
        ({"model": "gcclassic", "grid_name": "c360", "simulation": "ch4", "nodes": 1}, "c360 is a grid of gchp"),
        ({"model": "gcclassic", "grid_name": "4x4"}, "did you mean 4x5?"),
        ({"model": "gcclassic", "grid_name": "4x5", "nodes": 2}, "runs on one node"),
        ({"version": "latest"}, "a release like"),
        ({"days": 0.0}, "above 0"),
        ({"days": -1.0}, "above 0"),
        ({"days": float("nan")}, "above 0"),
        ({"days": float("inf")}, "above 0"),
        ({"days": 1e9}, "up to 36600"),
        ({"cores": -6}, "cores is -6"),
        ({"cores": 10**9}, "cores is 1000000000"),
        ({"cores": 50}, "multiple of 6, such as 48 or 54"),
        ({"cores": 4}, "multiple of 6, such as 6"),
        ({"cores": 870}, "at most 864 at c48"),
        ({"nodes": 0}, "nodes is 0"),
    ],
)
def test_senseless_questions_are_named_with_the_nearest_way_out(given: dict[str, object], reason: str) -> None:
    found = said(**given)  # type: ignore[arg-type]
    assert any(reason in fault for fault in found), found


@pytest.mark.parametrize(("name", "most"), [("c24", 216), ("c48", 864), ("c90", 3174), ("c180", 12150)])
def test_documented_maxima_of_gchp(name: str, most: int) -> None:
    found = grid(name)
    assert found is not None
    assert found.maximum_cores == most


def test_every_grid_and_simulation_offered_is_one_that_is_taken() -> None:
    for model in MODELS:
        for name in grids(model):
            assert grid(name) is not None
            assert said(model, "fullchem", name, cores=0) == []
        for simulation in simulations(model):
            assert said(model, simulation, grids(model)[0], cores=0) == []


@pytest.mark.parametrize(
    ("name", "version", "factor"),
    [
        ("c24", "14.7.1", 1.0),
        ("c90", "14.7.1", 1.0),
        ("c180", "12.3.2", 1.0),
        ("c180", "13.4.0", 2.0),
        ("c180", "14.2.3", 2.0),
        ("c180", "14.3.0", 1.0),
        ("c180", "14.7.0", 1.0),
        ("c180", "14.7.1", 2.0),
        ("c360", "14.5.0", 2.0),
    ],
)
def test_timesteps_of_fine_grids_moved_with_the_releases(name: str, version: str, factor: float) -> None:
    found = grid(name)
    assert found is not None
    assert timestep_factor(found.columns, version) == factor
