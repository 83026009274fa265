"""Manifests: schema and loader agree, faults have file, line, key and reason, and no name is dangling."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from geos.wizard.errors import BadManifest, UnknownSystem
from geos.wizard.systems.answers_types import known_types
from geos.wizard.systems.manifest import common_schema, list_systems, load_system
from geos.wizard.systems.schema_check import faults

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = json.loads((ROOT / "templates/system.schema.json").read_text())
MANIFESTS = [*sorted(ROOT.glob("templates/*/system.yaml")), ROOT / "tests/fixtures/systems/tiny/system.yaml"]
COMMON = {"$ref": "#/$defs/common", "$defs": SCHEMA["$defs"]}


def ours(value: Any) -> bool:
    return not list(faults(value, SCHEMA, SCHEMA))


def theirs(value: Any) -> bool:
    return bool(jsonschema.Draft202012Validator(SCHEMA).is_valid(value))


# --- schema and loader -----------------------------------------------------------------------


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert set(SCHEMA["$defs"]["parameter"]["properties"]["type"]["enum"]) == known_types()


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda p: p.parent.name)
def test_every_manifest_fits_for_both(path: Path) -> None:
    value = yaml.safe_load(path.read_text())
    assert ours(value)
    assert theirs(value)


def test_the_common_parameters_fit_for_both() -> None:
    value = yaml.safe_load((ROOT / "templates/common.yaml").read_text())
    assert not list(faults(value, COMMON, SCHEMA))
    assert jsonschema.Draft202012Validator(COMMON).is_valid(value)


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path]
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        found += _places(item, (*path, key))
    return found


WHOLE = yaml.safe_load((ROOT / "templates/geos-chem/system.yaml").read_text())
PLACES = _places(WHOLE)
OTHER = st.none() | st.booleans() | st.integers(-2, 3) | st.floats(0, 2) | st.sampled_from(
    ["", "x", "{{ a }}", "integer", [], {}, ["x"], {"x": 1}, {"type": "text"}, {"type": "text", "pattern": "a"}]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(PLACES[1:]), OTHER, st.sampled_from(["set", "drop", "add"]))
def test_schema_and_loader_agree_on_spoilt_manifests(path: tuple[Any, ...], other: Any, way: str) -> None:
    spoilt = copy.deepcopy(WHOLE)
    holder = spoilt
    for step in path[:-1]:
        holder = holder[step]
    if way == "drop":
        del holder[path[-1]]
    elif way == "add" and isinstance(holder[path[-1]], dict):
        holder[path[-1]]["unheard_of"] = other
    else:
        holder[path[-1]] = other
    assert ours(spoilt) == theirs(spoilt), list(faults(spoilt, SCHEMA, SCHEMA))


# --- faults ----------------------------------------------------------------------------------

GOOD = """\
format: 1
title: T
parameters:
  word:
    type: text
    group: details
    default: a
stacks:
  - {layer: one, template: one.json.j2}
"""


def load(tmp_path: Path, text: str) -> Any:
    folder = tmp_path / "sys"
    folder.mkdir(exist_ok=True)
    (folder / "system.yaml").write_text(text)
    (folder / "one.json.j2").write_text("{}")
    return load_system(folder)


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("format: 1", "format: 2", "sys/system.yaml, line 1: format is 2; 1 was expected."),
        ("title: T\n", "", "line 1: the file has no title."),
        ("    type: text", "    type: txt", "line 5: parameters.word.type is \"txt\"; one of text, name"),
        ("    group: details", "    gruop: details", "line 6: parameters.word.gruop is not a key known"),
        ("    group: details", "    group: nowhere", 'line 4: word is in group "nowhere", which'),
        ("    default: a", '    default: "{{ wrod }}"', 'line 4: word refers to "wrod", which'),
        ("    default: a", '    default: "{{ 1 + }}"', "line 4: word has an expression that cannot be read"),
        ("    type: text", "    type: choice", "line 4: word is a choice without choices."),
        ("one.json.j2}", "two.json.j2}", "line 9: the template two.json.j2 does not exist."),
        ("  - {layer", "  - {layer: one, template: one.json.j2}\n  - {layer", "the layer one stands twice."),
        ("stacks:\n  - {layer: one, template: one.json.j2}", "stacks: []", "line 8: stacks is an empty list."),
        ("format: 1", "format: [", "system.yaml, line 3"),
        ("title: T", "title: T\ntitle: T", 'line 3: "title" stands twice.'),
        ("format: 1", "format: 1\nrules: [{that: '{{ no }}', about: [word], message: m}]", 'a rule refers to "no"'),
    ],
)  # fmt: skip
def test_a_fault_has_file_line_key_and_reason(tmp_path: Path, before: str, after: str, words: str) -> None:
    assert before in GOOD
    with pytest.raises(BadManifest) as raised:
        load(tmp_path, GOOD.replace(before, after))
    assert words in raised.value.message


def test_all_faults_come_at_once(tmp_path: Path) -> None:
    with pytest.raises(BadManifest) as raised:
        load(tmp_path, GOOD.replace("format: 1", "format: 2").replace("type: text", "type: txt"))
    assert len(raised.value.message.splitlines()) == 2


def test_an_unknown_system_is_told_with_the_nearest_name() -> None:
    with pytest.raises(UnknownSystem, match=r'no system "geos-chm". Did you mean "geos-chem"\?'):
        load_system("geos-chm")


@pytest.mark.parametrize("name", ["../geos-chem", "", ".", "..", "common"])
def test_a_name_that_leads_elsewhere_is_no_system(name: str) -> None:
    with pytest.raises(UnknownSystem):
        load_system(name)


# --- adding a system -------------------------------------------------------------------------


def test_the_menu_lists_systems_in_its_order() -> None:
    titles = list_systems()
    assert [t.menu_order for t in titles] == sorted(t.menu_order for t in titles)
    assert {t.name for t in titles} == {p.parent.name for p in ROOT.glob("templates/*/system.yaml")}
    assert all(t.title and t.summary for t in titles)


def test_a_system_is_usable_as_a_folder_anywhere(tmp_path: Path) -> None:
    system = load(tmp_path, GOOD)
    assert system.name == "sys"
    assert "word" in system.schema.parameters
    assert "environment" in system.schema.parameters, "common parameters are put under its own"


def test_a_systems_own_parameter_wins_over_the_common_one(tmp_path: Path) -> None:
    system = load(tmp_path, GOOD.replace("  word:", "  owner:"))
    assert system.schema.parameters["owner"].default == "a"


def test_questions_of_the_workload_are_asked_together() -> None:
    schema = load_system("geos-chem").schema
    assert {"model", "simulation", "grid", "simulated_days", "runs_per_month"} <= {
        p.name for p in schema.parameters.values() if p.group == "workload"
    }


def test_every_parameter_has_a_help_text() -> None:
    for title in list_systems():
        lacking = [p.name for p in load_system(title.name).schema.parameters.values() if not p.help]
        assert not lacking


def test_the_common_questions_are_there_before_a_system_is_chosen() -> None:
    assert {"profile", "region", "system", "environment"} <= common_schema().parameters.keys()


def test_loading_needs_no_jsonschema() -> None:
    script = "import sys; from geos.wizard.systems.manifest import list_systems; list_systems(); " \
             "sys.exit('jsonschema' in sys.modules or 'boto3' in sys.modules)"  # fmt: skip
    subprocess.run([sys.executable, "-c", script], check=True)
