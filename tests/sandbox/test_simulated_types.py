"""Which resource types of the shipped templates exist in the sandbox by name only: stated, so that none is
silently taken for tested."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

from geos.wizard.sandbox.handlers.registry import is_simulated

SIMULATED: dict[str, set[str]] = {
    "bootstrap": set(),
    "common": set(),
    "geos-chem": set(),
}
"""Folder of templates -> the types of which nothing but a name exists."""

_TYPE = re.compile(r"\bAWS::[A-Za-z0-9]+::[A-Za-z0-9]+\b")
_NOT_TYPES = ("AWS::CloudFormation::Interface", "AWS::EC2::Image", "AWS::SSM::Parameter::Value", "AWS::NoValue")


def types_in(folder: str) -> set[str]:
    texts = [
        entry.read_text(encoding="utf-8")
        for entry in files("geos.templates").joinpath(folder).iterdir()
        if entry.name.endswith(".json.j2")
    ]
    return {t for text in texts for t in _TYPE.findall(text) if t not in _NOT_TYPES}


def folders() -> set[str]:
    return {
        entry.name
        for entry in files("geos.templates").iterdir()
        if entry.is_dir() and any(f.name.endswith(".json.j2") for f in entry.iterdir())
    }


def test_every_folder_of_templates_is_stated() -> None:
    assert folders() == set(SIMULATED)


@pytest.mark.parametrize("folder", sorted(SIMULATED))
def test_the_simulated_types_are_those_stated(folder: str) -> None:
    found = types_in(folder)
    assert found, "no types were found: has the form of the templates changed?"
    assert {t for t in found if is_simulated(t)} == SIMULATED[folder]
