"""What the guided set-up asks of the machine and of AWS, answered from values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from geos.wizard.errors import GeosError
from geos.wizard.facts import AccountPlan, Identity, Target
from geos.wizard.guide.parts import Account, Choices, Profile, Review, ReviewLine
from geos.wizard.systems.expressions import Facts, shipped_facts
from geos.wizard.systems.manifest import System, SystemTitle, load_system
from geos.wizard.ui import Option

TINY = Path(__file__).parents[1] / "fixtures" / "systems" / "tiny"

ANA = Account(
    Identity("123456789012", "arn:aws:iam::123456789012:user/ana", "AIDA", "user"), AccountPlan("PAID", "ACTIVE")
)


@dataclass
class FakeAws:
    """Stands for an account: knows its target and nothing else."""

    target: Target

    @property
    def region(self) -> str:
        return self.target.region

    def in_region(self, region: str) -> FakeAws:
        return FakeAws(Target(region, self.target.profile, self.target.endpoint, self.target.sandbox))


@dataclass
class FakeParts:
    """Implements Parts. Any answer may be a GeosError, which is then raised; `accounts` goes by profile."""

    known_profiles: tuple[Profile, ...] = (Profile("work", "access key", "eu-west-1"),)
    found: str = ""
    accounts: dict[str, Account | GeosError] = field(default_factory=dict)
    facts_found: Facts | GeosError | None = None
    regions_found: Choices | GeosError | None = None
    vpcs_found: Choices | GeosError | None = None
    review_found: Review | GeosError | None = None
    folder: Path | str = TINY
    filed: list[Review] = field(default_factory=list)
    stored: list[tuple[str, str, str, str]] = field(default_factory=list)
    signed_in: Callable[[Any], str] | None = None

    def profiles(self) -> tuple[Profile, ...]:
        return self.known_profiles

    def ambient(self) -> str:
        return self.found

    def systems(self) -> Sequence[SystemTitle]:
        system = load_system(self.folder)
        return [SystemTitle(system.name, system.title, system.summary, 1)]

    def system(self, name: str) -> System:
        return load_system(self.folder)

    def account(self, aws: Any) -> Account:
        return _given(self.accounts.get(aws.target.profile, ANA))

    def facts(self, aws: Any) -> Facts:
        return _given(self.facts_found or shipped_facts(aws.region))

    def region_facts(self, aws: Any, settled: Any) -> Any:
        return _given(self.regions_found or REGIONS)

    def regions(self, found: Any, settled: Any) -> Choices:
        return found

    def instances(self, aws: Any, settled: Any, facts: Facts, parameter: str) -> Choices:
        options = tuple(Option(name, (name, "0.58")) for name in settled.values[parameter])
        return Choices(("type", "USD/h"), options, "By price per core.")

    def vpcs(self, aws: Any) -> Choices:
        return _given(self.vpcs_found or VPCS)

    def subnets(self, aws: Any, vpc_id: str) -> Choices:
        return SUBNETS

    def ways_out(self, settled: Any, facts: Facts) -> dict[str, float]:
        return {"none": 0.0, "single": 36.5}

    def review(self, ready: Any, account: Account) -> Review:
        return _given(self.review_found or REVIEW)

    def file_increases(self, aws: Any, review: Review) -> Sequence[str]:
        self.filed.append(review)
        return ["  ✓ asked for 64"]

    def sign_in_sso(self, ui: Any, ask: Any) -> str:
        assert self.signed_in is not None
        return self.signed_in(ui)

    def store_key(self, profile: str, region: str, key_id: str, secret: str) -> None:
        self.stored.append((profile, region, key_id, secret))
        self.known_profiles = (*self.known_profiles, Profile(profile, "access key", region))


def _given(value: Any) -> Any:
    if isinstance(value, BaseException):
        raise value
    return value


REGIONS = Choices(
    ("region", "quota today", "USD/h"),
    (
        Option("us-east-1", ("us-east-1", "! short by 11", "0.58")),
        Option("eu-north-1", ("eu-north-1", "✓ 640 free", "0.61")),
        Option("ap-south-1", ("ap-south-1", "-", ""), disabled="none of the instance types is sold there"),
    ),
    "Input data lies in us-east-1.",
)
VPCS = Choices(("VPC", "network"), (Option("vpc-0a1b2c3d4e5f67890", ("vpc-0a1b2c3d4e5f67890", "172.31.0.0/16")),))
SUBNETS = Choices(
    ("subnet", "zone"),
    (
        Option("subnet-0a1b2c3d4e5f67890", ("subnet-0a1b2c3d4e5f67890", "us-east-1a")),
        Option("subnet-1a1b2c3d4e5f67890", ("subnet-1a1b2c3d4e5f67890", "us-east-1b")),
    ),
)
REVIEW = Review(
    "tiny-dev",
    "us-east-1",
    3,
    0.4,
    None,
    (
        ReviewLine("ok", "identity", "user/ana, paid plan"),
        ReviewLine("ok", "permissions", "12 actions allowed"),
        ReviewLine("ok", "region", "every resource type offered"),
    ),
)
