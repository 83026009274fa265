"""What was answered beforehand: by flags, by the environment, by files, by the profile. Asks no account."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from geos.wizard.errors import BadAnswers
from geos.wizard.paths import config_file, shown

if TYPE_CHECKING:
    from geos.wizard.cli.parsing import Answer
    from geos.wizard.systems.answers import Answers, Schema, Settled
    from geos.wizard.systems.manifest import System

ANSWERS_FILE = "geos.yaml"
FALLBACK_REGION = "us-east-1"


class GivenAnswers:
    """The answers of one command, worked out on first use."""

    def __init__(self, flags: argparse.Namespace, by_flag: Mapping[str, Answer]) -> None:
        self._flags = flags
        self.by_flag = dict(by_flag)

    @property
    def file(self) -> Path:
        return Path(self._flags.answers or self._flags.config or ANSWERS_FILE)

    @cached_property
    def system(self) -> System:
        """The system that the answers name; without any, the first of the menu."""
        from geos.wizard.systems.manifest import list_systems, load_system

        return load_system(self.first("system") or list_systems()[0].name)

    def first(self, key: str) -> str:
        """A key's answer before there is a schema: flag, environment, files."""
        given = self.by_flag.get(key) or os.environ.get(f"GEOS_{key.upper()}")
        found = (answers.given[key].raw for answers in self._files if key in answers.given)
        return str(given or next(found, "") or "")

    def layers_for(self, schema: Schema) -> Sequence[Answers]:
        """Where answers to a system's questions come from, strongest first."""
        from geos.wizard.systems.answers import from_environment, from_flags

        flags = {"profile": self._flags.profile or None, "region": self._flags.region or None, **self.by_flag}
        given = (from_flags(schema, flags), from_environment(schema, os.environ), *self._files)
        return tuple(layer for layer in given if layer)

    @cached_property
    def _layers(self) -> Sequence[Answers]:
        return self.layers_for(self.system.schema)

    @cached_property
    def all_layers(self) -> Sequence[Answers]:
        """The same, and the profile's region below them: it counts where nobody gave one."""
        from geos.wizard.systems.answers import Answers, Given

        region, profile = self.profile_region, self.profile or "default"
        return (
            (*self._layers, Answers("profile", {"region": Given(region, f"profile {profile}")}))
            if region
            else self._layers
        )

    @property
    def profile(self) -> str:
        return self._flags.profile or os.environ.get("AWS_PROFILE") or self.first("profile")

    @cached_property
    def profile_region(self) -> str:
        from geos.wizard.aws.profile_region import profile_region

        return "" if self._flags.sandbox else profile_region(self.profile)

    @property
    def region(self) -> str:
        """Where it is plain to see; empty where only the settled answers tell."""
        return self._flags.region or os.environ.get("AWS_REGION") or self.first("region") or self.profile_region

    @property
    def names_a_region(self) -> bool:
        return any("region" in layer.given for layer in self._layers)

    @cached_property
    def _files(self) -> tuple[Answers, ...]:
        from geos.wizard.systems.answers_files import read_answers

        named = self._flags.answers or self._flags.config
        own = read_answers(self.file, name=shown(self.file))
        if own is None and named:
            raise BadAnswers([f"{named}: there is no such file."], hint="examples/ holds answers files to start from")
        users = read_answers(config_file(), name=shown(config_file()))
        return tuple(answers for answers in (own, users) if answers is not None)

    @cached_property
    def offline(self) -> Settled:
        """The answers as far as the shipped tables can complete them; faults are not raised."""
        from geos.wizard.systems.answers import settle
        from geos.wizard.systems.expressions import shipped_facts

        region = settle(self.system.schema, self.all_layers, shipped_facts(FALLBACK_REGION)).values.get("region")
        return settle(self.system.schema, self.all_layers, shipped_facts(str(region or FALLBACK_REGION)))

    @property
    def deployment(self) -> str:
        """The deployment that they speak of; empty when they name none."""
        given = {key for layer in self._layers for key in layer.given}
        values = self.offline.values
        if not given & {"project", "environment", "system"} or not {"project", "environment"} <= values.keys():
            return ""
        return f"{values['project']}-{values['environment']}"


def every_key() -> list[str]:
    """Every key that some system takes."""
    from geos.wizard.systems.manifest import list_systems, load_system

    keys = {key: None for title in list_systems() for key in load_system(title.name).schema.parameters}
    return [key for key in keys if key not in ("profile", "region")]
