"""Shared by the tests of systems: every example settled and rendered once."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from geos.wizard.cfn.resolve import Pseudo, Resolved
from geos.wizard.systems.answers import Settled, settle
from geos.wizard.systems.answers_files import as_given, read_answers
from geos.wizard.systems.expressions import shipped_facts
from geos.wizard.systems.manifest import System, list_systems, load_system
from geos.wizard.systems.render import RenderedStack, render, resolve_stacks

# A loaded machine is slow now and then, which is no fault of what is tested.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")

ROOT = Path(__file__).resolve().parents[2]
ACCOUNT = "123456789012"

Stacks = Callable[..., Mapping[str, RenderedStack]]
Resolveds = Callable[..., Mapping[str, Resolved]]


@functools.cache
def _settled(example: str, region: str, more: tuple[tuple[str, Any], ...]) -> tuple[System, Settled]:
    given = read_answers(ROOT / "examples" / f"{example}.yaml")
    assert given is not None
    system = load_system(str(given.given["system"].raw))
    layers = [as_given({"region": region, **dict(more)}, "test"), given]
    return system, settle(system.schema, layers, shipped_facts(region)).require()


@functools.cache
def _rendered(example: str, region: str, more: tuple[tuple[str, Any], ...]) -> Mapping[str, RenderedStack]:
    system, settled = _settled(example, region, more)
    return {s.layer: s for s in render(system, settled.values, shipped_facts(region))}


@functools.cache
def _resolved(example: str, region: str, more: tuple[tuple[str, Any], ...]) -> Mapping[str, Resolved]:
    stacks = _rendered(example, region, more)
    return dict(zip(stacks, resolve_stacks(stacks.values(), Pseudo(ACCOUNT)), strict=True))


@pytest.fixture(scope="session")
def rendered() -> Stacks:
    """rendered(example, region, **answers) -> layer -> stack. Lists among the answers are text with commas."""

    def make(example: str = "geos-chem-classic", region: str = "us-east-1", **more: Any) -> Mapping[str, RenderedStack]:
        return _rendered(example, region, tuple(sorted(more.items())))

    return make


@pytest.fixture(scope="session")
def resolved() -> Resolveds:
    """As `rendered`, with parameters put in."""

    def make(example: str = "geos-chem-classic", region: str = "us-east-1", **more: Any) -> Mapping[str, Resolved]:
        return _resolved(example, region, tuple(sorted(more.items())))

    return make


@pytest.fixture
def tiny() -> System:
    return load_system(ROOT / "tests/fixtures/systems/tiny")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that asks for `example` runs for every answers file of examples/."""
    if "example" in metafunc.fixturenames:
        systems = [title.name for title in list_systems()]
        names = sorted(p.stem for p in (ROOT / "examples").glob("*.yaml"))
        metafunc.parametrize("example", [n for n in names if n.startswith(tuple(systems))])


@pytest.fixture
def answers(example: str) -> Mapping[str, Any]:
    """The settled answers of an example."""
    return _settled(example, "us-east-1", ())[1].values
