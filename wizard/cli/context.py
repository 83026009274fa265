"""What every verb is given: flags, answers, terminal and, once somebody asks for it, the account.

Everything here is worked out on first use, so that `explain` never reads a file and `estimate` never asks AWS.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from geos.wizard.cli.given import FALLBACK_REGION, GivenAnswers
from geos.wizard.errors import UsageError
from geos.wizard.facts import Target
from geos.wizard.paths import out_dir
from geos.wizard.ui import Ui

if TYPE_CHECKING:
    from concurrent.futures import Future

    from geos.wizard.aws import Aws
    from geos.wizard.cli.parsing import Answer
    from geos.wizard.deployment.find import Found
    from geos.wizard.deployment.records import Record, Records
    from geos.wizard.systems.answers import Settled
    from geos.wizard.systems.design import Design
    from geos.wizard.systems.expressions import Facts


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
        self.given = GivenAnswers(flags, answers)
        self.ui = ui
        self.make_aws = make_aws
        self.log = log
        self._reading: Future[Facts] | None = None
        self._to_prepare: tuple[str, ...] = ()
        """Services that will be asked."""

    @property
    def json(self) -> bool:
        return bool(self.flags.output == "json")

    # --- what the account says ---------------------------------------------------------------

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
        region = self.given.region
        if not region or "target" in self.__dict__:
            return
        from concurrent.futures import ThreadPoolExecutor

        from geos.wizard.account.read_facts import read_facts

        self.target = self.target_in(region, self.given.profile)
        aws = self.aws = self.make_aws(self.target)
        for service in ("sts", "service-quotas", "ec2"):
            aws.door.client(service)  # made here and now: beside other work it would take twice as long
        self._reading = ThreadPoolExecutor(1, thread_name_prefix="geos-ahead").submit(read_facts, aws)
        if self.flags.verb in ("quotas", "check"):
            from geos.wizard.account.ahead import likely_clients, likely_services

            aws.quotas.read_ahead(likely_services(self.given.system.folder, region))
            self._to_prepare = likely_clients(self.given.system.folder)

    def _check_what_was_read_ahead(self) -> None:
        """Forget it if the answers, once settled, speak of another account or region."""
        if self._reading is None:
            return
        region, profile = (str(self.given.offline.values.get(key) or "") for key in ("region", "profile"))
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
        if self.given.offline.faults or self.given.offline.missing:
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
        if self.given.offline.faults:
            self.given.offline.require()
        self._check_what_was_read_ahead()
        settled = settle(self.given.system.schema, self.given.all_layers, self.facts).require()
        for warning in settled.warnings:
            self.ui.say(f"! {warning}")
        return settled

    def take(self, settled: Settled, aws: Aws, facts: Facts) -> None:
        """Go on with what the guided set-up found out, instead of asking again."""
        from geos.wizard.systems.manifest import load_system

        self.given.system = load_system(str(settled.values.get("system") or settled.schema.system))
        self.settled, self.aws, self.facts, self.target = settled, aws, facts, aws.target
        self.__dict__.pop("design", None)

    # --- the account -------------------------------------------------------------------------

    @cached_property
    def target(self) -> Target:
        values = self.given.offline.values
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
        named = {"region": flags.region, "config": flags.config, "answers": flags.answers, **self.given.by_flag}
        words = [_as_flag(key, value) for key, value in named.items() if value != ""]
        return self.account_flags() + "".join(f"{' '.join(map(quote, word))} " for word in words)

    # --- what the answers come to ------------------------------------------------------------

    @cached_property
    def design(self) -> Design:
        """The stacks, with what the account says."""
        from geos.wizard.systems.design import design

        settled = self.settled  # asked first: it begins to read the account
        return design(self.given.system, settled, self.facts)

    @cached_property
    def offline_design(self) -> Design:
        """The same from the shipped tables alone."""
        from geos.wizard.systems.design import design
        from geos.wizard.systems.expressions import shipped_facts

        settled = self.given.offline.require()
        return design(self.given.system, settled, shipped_facts(str(settled.values["region"])))

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
            from_answers=self.given.deployment,
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
        given = self.given.names_a_region
        return (
            self.target if given else self.target_in(record.region, str(self.given.offline.values.get("profile") or ""))
        )


def _as_flag(key: str, value: Answer) -> list[str]:
    """An answer as it would be given on the command line."""
    name = key.replace("_", "-")
    if isinstance(value, bool):
        return [f"--{name}" if value else f"--no-{name}"]
    return [f"--{name}", value]
