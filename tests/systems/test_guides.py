"""The guides beside the templates say what is so: figures, names, keys, files."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from geos.builder.cli import words as builds
from geos.wizard.study import Study
from geos.wizard.systems.answers import settle
from geos.wizard.systems.answers_files import as_given, read_answers
from geos.wizard.systems.design import design
from geos.wizard.systems.expressions import shipped_facts
from geos.wizard.systems.manifest import list_systems, load_system
from geos.wizard.systems.render import RenderedStack

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "templates/geos-chem/README.md").read_text()


@pytest.mark.parametrize(
    ("mode", "figure"), re.findall(r"^\| `([a-z-]+)` \| ([0-9]+[.][0-9]{2}) \|", GUIDE, re.MULTILINE)
)
def test_idle_costs_in_the_guide_are_those_of_the_estimate(mode: str, figure: str) -> None:
    given = read_answers(ROOT / "examples/geos-chem-classic.yaml")
    assert given is not None
    system, facts = load_system("geos-chem"), shipped_facts("us-east-1")
    settled = settle(system.schema, [as_given({"nat_mode": mode}, "test"), given], facts).require()
    idle = Study(design(system, settled, facts)).estimate.idle_usd_per_month
    assert f"{idle:.2f}" == figure


def test_the_guide_prices_every_way_out() -> None:
    modes = load_system("geos-chem").schema.parameters["nat_mode"].choices
    assert [m for m, _ in re.findall(r"^\| `([a-z-]+)` \| ([0-9]+[.][0-9]{2}) \|", GUIDE, re.MULTILINE)] == list(modes)


def test_job_sizes_in_the_guide_are_those_of_the_manifest() -> None:
    rows = re.findall(r"^\| `([a-z]+)` \| (\d+) \| ([0-9,]+) \|", GUIDE, re.MULTILINE)
    presets = load_system("geos-chem").jobs["presets"]
    assert {(n, int(v), int(m.replace(",", ""))) for n, v, m in rows} == {
        (name, preset["vcpus"], preset["memory_mib"]) for name, preset in presets.items()
    }


def test_the_guide_names_every_stack(rendered: Callable[..., Mapping[str, RenderedStack]]) -> None:
    rows = re.findall(r"^\| `([a-z]+)` \| [a-z]", GUIDE, re.MULTILINE)
    assert [row for row in rows if row in rendered()] == list(rendered())


@pytest.mark.parametrize("title", [t.name for t in list_systems()])
def test_flags_and_files_in_a_guide_exist(title: str) -> None:
    guide = (ROOT / "templates" / title / "README.md").read_text()
    schema = load_system(title).schema
    common = {"--sandbox", "--answers", "--deployment", "--keep-data", "--request", "--profile", "--region"}
    known = common | {p.flag for p in schema.parameters.values()}
    known |= {name for names, _ in (*builds.ARCH, *builds.BUILD, *builds.HOST) for name in names}
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", guide)) <= known
    assert all((ROOT / name).is_file() for name in re.findall(r"examples/[\w.-]+", guide))


def test_every_system_has_a_guide_and_an_example() -> None:
    for title in list_systems():
        assert (ROOT / "templates" / title.name / "README.md").is_file()
        assert list((ROOT / "examples").glob(f"{title.name}*.yaml"))
