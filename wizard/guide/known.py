"""What is known while the guided set-up runs: the answers, the account, the region; each worked out when asked for.

Works on plain data (state.py) and on facts fetched in the background, so that it can be asked again after every
answer.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import TYPE_CHECKING, Any

from geos.wizard.errors import GeosError
from geos.wizard.facts import Target
from geos.wizard.guide import Context, Ready
from geos.wizard.guide.background import Background
from geos.wizard.guide.parts import Account, Parts
from geos.wizard.guide.state import AMBIENT, PROFILE, SANDBOX, SYSTEM, WAY, State
from geos.wizard.systems.answers import Answers, Given, Settled, check_one, settle
from geos.wizard.systems.expressions import Facts, shipped_facts

if TYPE_CHECKING:
    from geos.wizard.aws import Aws
    from geos.wizard.systems.answers import Schema
    from geos.wizard.systems.answers_types import Parameter

_FALLBACK_REGION = "us-east-1"
YOURS = "your answer"
"""Origin of what was answered here."""


class Known:
    """Answers and facts of one run."""

    def __init__(self, context: Context, state: State) -> None:
        self.context = context
        self.state = state
        self.ui = context.ui
        self.parts: Parts = context.parts or _real_parts()
        self.problem: GeosError | None = None
        """Why the last way to AWS did not work."""
        self._background = Background(context.ui)
        self._doors: dict[str, Aws] = {}
        self.said: set[str] = set()
        """What need not be said twice."""
        self._settled: dict[Hashable, Settled] = {}

    def once(self, name: str, words: str) -> None:
        """Say something that need not be said twice."""
        if name not in self.said:
            self.said.add(name)
            self.ui.say(words)

    # --- the account -----------------------------------------------------------------------------

    @property
    def way(self) -> str:
        """How AWS is reached; empty while that is open."""
        if self.state.way or WAY in self.state.reopened:
            return self.state.way
        if self.context.sandbox:
            return SANDBOX
        profile = self._given("profile")
        if profile:
            return PROFILE + str(profile.raw)
        return "" if self.ui.interactive else AMBIENT

    def way_failed(self, error: GeosError) -> None:
        """Ask again how AWS is reached; all other answers stay."""
        self._background.forget(("account", self.way))
        self._doors.pop(self.way, None)
        self.problem = error
        self.state.reopen([WAY])

    def aws(self, region: str = "") -> Aws:
        """The account, seen from the chosen region, or from another."""
        region = region or self.region
        door = self._doors.get(self.way)
        if door is None:
            door = self._doors[self.way] = self.context.make_aws(self._target(region))
        return door.in_region(region)

    def _target(self, region: str) -> Target:
        if self.way == SANDBOX:
            with self.ui.waiting("starting the simulated account", usually_seconds=2.0):
                return self.context.sandbox_target(region)
        profile = self.way.removeprefix(PROFILE) if self.way.startswith(PROFILE) else ""
        return Target(region, profile, self.context.endpoint)

    def account(self) -> Account | GeosError:
        """Who is asking; an error when nobody could be."""
        aws = self.aws()
        if self._may_want_a_code:
            # Asked for in the middle of the call, so nothing else may write on the screen meanwhile.
            self._background.run(("account", self.way), lambda: self.parts.account(aws))
        found: Account | GeosError = self._background.get(
            ("account", self.way), lambda: self.parts.account(aws), "asking AWS who you are"
        )
        if isinstance(found, Account):
            self._look_ahead()
        return found

    @property
    def _may_want_a_code(self) -> bool:
        name = self.way.removeprefix(PROFILE)
        return any(profile.name == name and profile.may_want_a_code for profile in self.parts.profiles())

    def _look_ahead(self) -> None:
        """Begin to fetch what later questions need, while the user reads."""
        if self.is_open("region", online=False):
            self._background.start(self._regions_name, self._regions_job())
        self._background.start(("facts", self.way, self.region), self._facts_job())

    # --- regions ---------------------------------------------------------------------------------

    @property
    def region(self) -> str:
        return str(self.settled(online=False).values.get("region") or _FALLBACK_REGION)

    def region_facts(self) -> Any:
        """What comparing the regions needs, or the error that took its place."""
        return self._background.get(
            self._regions_name, self._regions_job(), "comparing the regions", usually_seconds=6.0
        )

    @property
    def _regions_name(self) -> tuple[str, ...]:
        return "regions", self.way, self.system

    def _regions_job(self) -> Callable[[], Any]:
        aws, settled = self.aws(), self.settled(online=False)
        return lambda: self.parts.region_facts(aws, settled)

    def _facts_job(self) -> Callable[[], Facts]:
        aws = self.aws()
        return lambda: self.parts.facts(aws)

    def facts(self) -> Facts:
        """What is known of account and region; from the shipped tables alone where AWS does not say."""
        if not self.way or (self.ui.interactive and self.is_open("region", online=False)):
            return self._early_facts()
        region = self.region
        found = self._background.get(("facts", self.way, region), self._facts_job(), f"reading the account in {region}")
        if isinstance(found, GeosError):
            self.once(f"facts {region}", f"  ? Less than usual is known of {region}: {found.message}")
            return shipped_facts(region)
        return found  # type: ignore[no-any-return]

    def _early_facts(self) -> Facts:
        """Enough for the questions that come before the region."""
        name = self.way.removeprefix(PROFILE)
        told = next((p.region for p in self.parts.profiles() if p.name == name), "")
        found = self._background.done(("account", self.way))
        caller = found.identity.arn.replace(":", "/").rsplit("/", 1)[-1] if isinstance(found, Account) else ""
        return Facts(profile_region=told, caller="" if caller == "root" else caller)

    # --- answers ---------------------------------------------------------------------------------

    @property
    def system(self) -> str:
        """The chosen system; before that the first of the menu, which has the common questions too."""
        return str(self.state.own.get(SYSTEM) or self.context.system or self.parts.systems()[0].name)

    @property
    def system_is_open(self) -> bool:
        return SYSTEM not in self.state.own and (not self.context.system or SYSTEM in self.state.reopened)

    @property
    def schema(self) -> Schema:
        return self.parts.system(self.system).schema

    @property
    def place(self) -> str:
        """Right end of the head line: which account or deployment this is about."""
        if self.way == SANDBOX:
            return "sandbox: simulated account"
        values = self.settled(online=False).values
        known = not self.system_is_open and not self.is_open("environment", online=False)
        return f"{values['project']}-{values['environment']}" if known else ""

    def settled(self, *, online: bool = True, also: Mapping[str, Any] | None = None) -> Settled:
        """All answers with their defaults. `online` False: without facts of the account. `also`: as if answered."""
        facts = self.facts() if online else Facts()
        own = {**self.state.parameters, SYSTEM: self.system, **(also or {})}
        if self.way.startswith(PROFILE):
            own["profile"] = self.way.removeprefix(PROFILE)
        name = (repr(sorted(own.items())), frozenset(self.state.reopened), id(facts) if online else 0)
        if name not in self._settled:
            schema = self.schema
            mine = Answers(YOURS, {k: Given(v, YOURS) for k, v in own.items() if k in schema.parameters})
            self._settled[name] = settle(schema, [mine, *self._layers(schema)], facts)
        return self._settled[name]

    def _layers(self, schema: Schema) -> list[Answers]:
        """What was answered beforehand, without what the user wants to answer anew."""
        hidden = self.state.reopened
        return [
            Answers(layer.source, {k: v for k, v in layer.given.items() if k not in hidden})
            for layer in self.context.layers(schema)
        ]

    def _given(self, key: str) -> Given | None:
        found = (layer.given[key] for layer in self._layers(self.schema) if key in layer.given)
        return next((given for given in found if given.raw is not None), None)

    def is_open(self, key: str, *, online: bool = True) -> bool:
        """Whether a question is still to be asked: not answered in any way, and it makes sense."""
        if key in self.state.own or self._given(key) is not None:
            return False
        return self.settled(online=online).applies.get(key, True)

    def proposal(self, name: str) -> Any:
        """What stands there before anything is typed."""
        return self.state.remembered.get(name, self.settled().values.get(name))

    def check(self, parameter: Parameter) -> Callable[[str], str]:
        """What is wrong with an answer, alone or together with the others."""
        before = set(self.settled().faults)

        def wrong(raw: str) -> str:
            alone = check_one(parameter, raw) if raw else ""
            if alone:
                return alone
            now = self.settled(also={parameter.name: raw})
            if not raw and parameter.name in {p.name for p in now.missing}:
                return "an answer is needed here"
            return next((fault.removeprefix(f"{YOURS}: ") for fault in now.faults if fault not in before), "")

        return wrong

    def ready(self) -> Ready:
        """Everything a deployment needs. Raises BadAnswers, MissingAnswers."""
        return Ready(self.settled().require(), self.aws(), self.facts())


def _real_parts() -> Parts:
    from geos.wizard.guide.real import RealParts

    return RealParts()
