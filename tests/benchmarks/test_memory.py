"""Memory needs: figures where there are any, lower bounds elsewhere, each with its source."""

from __future__ import annotations

import pytest

from geos.benchmarks.configurations import MODELS, grids
from geos.benchmarks.memory import memory_need


@pytest.mark.parametrize(
    ("model", "grid", "gb", "known_for"),
    [
        ("gcclassic", "4x5", 8, "4x5"),
        ("gcclassic", "2x2.5", 20, "2x2.5"),
        ("gcclassic", "0.25x0.3125-nested-NA", 30, "nested"),
        ("gchp", "c24", 128.6, "c24"),
        ("gchp", "c48", 128.6, "c24"),
        ("gchp", "c90", 128.6, "c24"),
        ("gchp", "c180", 124.8, "c180"),
        ("gchp", "c360", 124.8, "c180"),
        ("gchp", "c60-stretched-3.6", 128.6, "c24"),
    ],
)
def test_needs(model: str, grid: str, gb: float, known_for: str) -> None:
    need = memory_need(model, grid)
    assert need is not None
    assert need.gib_least == pytest.approx(gb * 1e9 / 2**30)
    assert need.grid == known_for
    assert need.is_lower_bound(grid) == (known_for not in (grid, "nested"))


def test_every_grid_has_a_need_with_a_source() -> None:
    for model in MODELS:
        for grid in grids(model):
            need = memory_need(model, grid)
            assert need is not None
            assert 0 < need.gib_least <= need.gib_advised
            assert need.source
            assert need.per in ("job", "node")
            assert need.kind in ("measured", "documented")


def test_unknown_grids_and_grids_of_the_other_model_have_none() -> None:
    assert memory_need("gcclassic", "9x9") is None
    assert memory_need("gcclassic", "c24") is None
