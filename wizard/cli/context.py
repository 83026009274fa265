"""What every verb is given: flags, answers, terminal and, once somebody asks for it, the account.

Everything here is worked out on first use, so that `explain` never reads a file and `estimate` never asks AWS.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from geos.wizard.errors import BadAnswers, UsageError
from geos.wizard.facts import Target
from geos.wizard.paths import config_file, out_dir, shown
from geos.wizard.ui import Ui

if TYPE_CHECKING:
    from concurrent.futures import Future

    from geos.wizard.aws import Aws
    from geos.wizard.cli.parsing import Answer
    from geos.wizard.deployment.find import Found
    from geos.wizard.deployment.records import Record, Records
    from geos.wizard.systems.answers import Answers, Schema, Settled
    from geos.wizard.systems.design import Design
    from geos.wizard.systems.expressions import Facts
    from geos.wizard.systems.manifest import System

ANSWERS_FILE = "geos.yaml"
FALLBACK_REGION = "us-east-1"


class Context:
    """One run of one verb."""

    def __init__(
        self,
        flags: argparse.Namespace,
        answers: Mapping[str, Answer],
        ui: Ui,
        make_aws: Callable[[Target], Aws],
        log: Path | None,
    ) -> None:
        self.flags = flags
        self.flag_answers = dict(answers)
        self.ui = ui
        self.make_aws = make_aws
        self.log = log
        self._reading: Future[Facts] | None = None
        self._to_prepare: tuple[str, ...] = ()
        """Services that will be asked."""

    @property
    def json(self) -> bool:
        return bool(self.flags.output == "json")

    # --- answers -----------------------------------------------------------------------------

    @property
    def answers_file(self) -> Path:
        return Path(self.flags.answers or self.flags.config or ANSWERS_FILE)

    @cached_property
    def system(self) -> System:
        """The system that the answers name; without any, the first of the menu."""
        from geos.wizard.systems.manifest import list_systems, load_system

        return load_system(self.first("system") or list_systems()[0].name)

    def first(self, key: str) -> str:
        """A key's answer before there is a schema: flag, environment, files."""
        given = self.flag_answers.get(key) or os.environ.get(f"GEOS_{key.upper()}")
        found = (answers.given[key].raw for answers in self._files if key in answers.given)
        return str(given or next(found, "") or "")

    def layers_for(self, schema: Schema) -> Sequence[Answers]:
        """Where answers to a system's questions come from, strongest first."""
        from geos.wizard.systems.answers import from_environment, from_flags

        flags = {"profile": self.flags.profile or None, "region": self.flags.region or None, **self.flag_answers}
        given = (from_flags(schema, flags), from_environment(schema, os.environ), *self._files)
        return tuple(layer for layer in given if layer)

    @cached_property
    def layers(self) -> Sequence[Answers]:
        return self.layers_for(self.system.schema)

    @cached_property
    def _all_layers(self) -> Sequence[Answers]:
        """The same, and the profile's region below them: it counts where nobody gave one."""
        from geos.wizard.systems.answers import Answers, Given

        region, profile = self._profile_region, self._profile or "default"
        return (
            (*self.layers, Answers("profile", {"region": Given(region, f"profile {profile}")}))
            if region
            else self.layers
        )

    @property
    def _profile(self) -> str:
        return self.flags.profile or os.environ.get("AWS_PROFILE") or self.first("profile")

    @cached_property
    def _profile_region(self) -> str:
        from geos.wizard.aws.profile_region import profile_region

        return "" if self.flags.sandbox else profile_region(self._profile)

    @cached_property
    def _files(self) -> tuple[Answers, ...]:
        from geos.wizard.systems.answers_files import read_answers

        named = self.flags.answers or self.flags.config
        own = read_answers(self.answers_file, name=shown(self.answers_file))
        if own is None and named:
            raise BadAnswers([f"{named}: there is no such file."], hint="examples/ holds answers files to start from")
        users = read_answers(config_file(), name=shown(config_file()))
        return tuple(answers for answers in (own, users) if answers is not None)

    @cached_property
    def offline(self) -> Settled:
        """The answers as far as the shipped tables can complete them; faults are not raised."""
        from geos.wizard.systems.answers import settle
        from geos.wizard.systems.expressions import shipped_facts

        region = settle(self.system.schema, self._all_layers, shipped_facts(FALLBACK_REGION)).values.get("region")
        return settle(self.system.schema, self._all_layers, shipped_facts(str(region or FALLBACK_REGION)))

    @cached_property
    def facts(self) -> Facts:
        """What the account says: zones, offers, quotas; each left out that it does not tell."""
        from geos.wizard.account.read_facts import read_facts

        with self.ui.waiting(f"reading the account in {self.target.region}"):
            if self._reading is None:
                return read_facts(self.aws, self._repositories())
            for service in self._to_prepare:  # while the account's answers are on their way
                self.aws.door.client(service)
            found = self._reading.result()
            return replace(found, images=self._images())

    def read_ahead(self) -> None:
        """Begin to read the account while the answers are worked out, where its region is plain to see.

        Nothing rests on it: faults in the answers are told first, and what fails here fails again where it counts.
        """
        region = self.flags.region or os.environ.get("AWS_REGION") or self.first("region") or self._profile_region
        if not region or "target" in self.__dict__:
            return
        from concurrent.futures import ThreadPoolExecutor

        from geos.wizard.account.read_facts import read_facts

        self.target = self.target_in(region, self._profile)
        aws = self.aws = self.make_aws(self.target)
        for service in ("sts", "service-quotas", "ec2"):
            aws.door.client(service)  # made here and now: beside other work it would take twice as long
        self._reading = ThreadPoolExecutor(1, thread_name_prefix="geos-ahead").submit(read_facts, aws)
        if self.flags.verb in ("quotas", "check"):
            from geos.wizard.account.ahead import likely_clients, likely_services

            aws.quotas.read_ahead(likely_services(self.system.folder, region))
            self._to_prepare = likely_clients(self.system.folder)

    def _check_what_was_read_ahead(self) -> None:
        """Forget it if the answers, once settled, speak of another account or region."""
        if self._reading is None:
            return
        region, profile = (str(self.offline.values.get(key) or "") for key in ("region", "profile"))
        if region != self.target.region or not (self.target.sandbox or profile == self.target.profile):
            self._reading = None
            del self.target, self.aws

    def _images(self) -> dict[str, str]:
        """Digests of the images that the plan names; left out where they cannot be read."""
        from geos.wizard.account.read_facts import read_images
        from geos.wizard.errors import GeosError

        if self.flags.verb not in ("plan", "deploy"):
            return {}
        try:
            return read_images(self.aws, self._repositories())
        except GeosError:
            return {}

    def _repositories(self) -> list[str]:
        """The image repositories that the plan would have, as far as it can be told without the account."""
        if self.offline.faults or self.offline.missing:
            return []
        stacks = self.offline_design.resolved
        names = (r.properties.get("RepositoryName") for s in stacks for r in s.of_type("AWS::ECR::Repository"))
        return [name for name in names if isinstance(name, str)]

    @cached_property
    def settled(self) -> Settled:
        """Every answer, completed by facts of the account. Raises BadAnswers or MissingAnswers, before AWS is asked
        where that is possible."""
        from geos.wizard.systems.answers import settle

        if self._reading is None and "facts" not in self.__dict__:
            self.read_ahead()
        if self.offline.faults:
            self.offline.require()
        self._check_what_was_read_ahead()
        settled = settle(self.system.schema, self._all_layers, self.facts).require()
        for warning in settled.warnings:
            self.ui.say(f"! {warning}")
        return settled

    def answer_keys(self) -> list[str]:
        """Every key that some system takes."""
        from geos.wizard.systems.manifest import list_systems, load_system

        keys = {key: None for title in list_systems() for key in load_system(title.name).schema.parameters}
        return [key for key in keys if key not in ("profile", "region")]

    def take(self, settled: Settled, aws: Aws, facts: Facts) -> None:
        """Go on with what the guided set-up found out, instead of asking again."""
        from geos.wizard.systems.manifest import load_system

        self.system = load_system(str(settled.values.get("system") or settled.schema.system))
        self.settled, self.aws, self.facts, self.target = settled, aws, facts, aws.target
        self.__dict__.pop("design", None)

    # --- the account -------------------------------------------------------------------------

    @cached_property
    def target(self) -> Target:
        values = self.offline.values
        return self.target_in(str(values.get("region") or FALLBACK_REGION), str(values.get("profile") or ""))

    def target_in(self, region: str, profile: str) -> Target:
        """The account that flags and environment name, seen from `region`. Starts the sandbox if it is meant."""
        if self.flags.sandbox:
            return self.sandbox_target(region)
        return Target(region, profile=profile, endpoint=os.environ.get("AWS_ENDPOINT_URL", ""))

    def sandbox_target(self, region: str) -> Target:
        """The simulated account, started if need be."""
        from geos.wizard.sandbox import client

        with self.ui.waiting("starting the simulated account"):
            found = client.start()
        return Target(region, endpoint=found.endpoint, sandbox=True, account_id=found.account)

    @cached_property
    def aws(self) -> Aws:
        return self.make_aws(self.target)

    def account_flags(self) -> str:
        """The flags that make another command reach the same account, for lines that can be pasted."""
        if self.flags.sandbox or self.target.sandbox:
            return "--sandbox "
        return f"--profile {self.target.profile} " if self.target.profile else ""

    def plan_flags(self) -> str:
        """The same, and the flags that make another command speak of the same plan."""
        from shlex import quote

        flags = self.flags
        named = {"region": flags.region, "config": flags.config, "answers": flags.answers, **self.flag_answers}
        words = [_as_flag(key, value) for key, value in named.items() if value != ""]
        return self.account_flags() + "".join(f"{' '.join(map(quote, word))} " for word in words)

    # --- what the answers come to ------------------------------------------------------------

    @cached_property
    def design(self) -> Design:
        """The stacks, with what the account says."""
        from geos.wizard.systems.design import design

        settled = self.settled  # asked first: it begins to read the account
        return design(self.system, settled, self.facts)

    @cached_property
    def offline_design(self) -> Design:
        """The same from the shipped tables alone."""
        from geos.wizard.systems.design import design
        from geos.wizard.systems.expressions import shipped_facts

        settled = self.offline.require()
        return design(self.system, settled, shipped_facts(str(settled.values["region"])))

    # --- the deployment ----------------------------------------------------------------------

    @cached_property
    def records(self) -> Records:
        from geos.wizard.deployment.records import Records

        return Records(out_dir())

    @property
    def deployment(self) -> str:
        """The deployment that the answers make: <project>-<environment>."""
        name = f"{self.settled.values['project']}-{self.settled.values['environment']}"
        if self.flags.deployment not in ("", name):
            raise UsageError(
                f"--deployment says {self.flags.deployment}, and the answers make {name}.",
                hint="set --project and --environment, or take the answers file of that deployment",
            )
        return name

    @cached_property
    def found(self) -> Found:
        """The deployment that a verb is about. Raises AmbiguousDeployment, NoDeployment, BadRecord."""
        from geos.wizard.deployment.find import deployments_in, find_deployment

        return find_deployment(
            named=self.flags.deployment,
            from_answers=self.named_by_answers(),
            records=self.records,
            in_account=lambda: list(deployments_in(self.aws.stacks.all())),
        )

    def aws_of(self, found: Found) -> Aws:
        """The account and region of a deployment. Raises WrongTarget when the record speaks of another one."""
        from geos.wizard.deployment.records import check_target

        if found.record is None:
            return self.aws
        aws = self.make_aws(self._target_of(found.record))
        check_target(found.record, aws.target, aws.identity.caller().account_id)
        return aws

    def _target_of(self, record: Record) -> Target:
        """The region is the record's unless one was given."""
        given = any("region" in layer.given for layer in self.layers)
        return self.target if given else self.target_in(record.region, str(self.offline.values.get("profile") or ""))

    def named_by_answers(self) -> str:
        """The deployment that given answers speak of; empty when they name none."""
        given = {key for layer in self.layers for key in layer.given}
        values = self.offline.values
        if not given & {"project", "environment", "system"} or not {"project", "environment"} <= values.keys():
            return ""
        return f"{values['project']}-{values['environment']}"


def _as_flag(key: str, value: Answer) -> list[str]:
    """An answer as it would be given on the command line."""
    name = key.replace("_", "-")
    if isinstance(value, bool):
        return [f"--{name}" if value else f"--no-{name}"]
    return [f"--{name}", value]
