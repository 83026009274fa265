"""What the questions rest on, as values and as one Protocol. Everything that reads the machine or AWS stands behind it.

Tests pass their own Parts; real.py has the real ones. A fact that cannot be read is a GeosError or says why it is
not known; it never stops the questions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from geos.wizard.account.identity import Who
from geos.wizard.ui import Option, Question

if TYPE_CHECKING:
    from geos.wizard.aws import Aws
    from geos.wizard.guide import Ready
    from geos.wizard.systems.answers import Settled
    from geos.wizard.systems.expressions import Facts
    from geos.wizard.systems.manifest import System, SystemTitle
    from geos.wizard.ui import Ui


Account = Who
"""Who is asking, and on which plan the account is."""


@dataclass(frozen=True)
class Profile:
    """A named profile of AWS's configuration files."""

    name: str
    how: str
    """access key, SSO, assumed role …, in words."""
    region: str = ""
    may_want_a_code: bool = False
    """Its role may be entered with a one-time code only."""


@dataclass(frozen=True)
class Choices:
    """A table to choose from, and the sentence above it."""

    columns: tuple[str, ...]
    options: tuple[Option, ...]
    intro: str = ""
    default: Any = None


@dataclass(frozen=True)
class ReviewLine:
    """One thing that was looked at. `word` is a verdict word: ok, short, unknown, failed, simulated."""

    word: str
    name: str
    text: str
    remark: str = ""
    """Right end of the line: "short by 59"."""


@dataclass(frozen=True)
class Review:
    """What would be created, what it costs, and what stands in its way."""

    deployment: str
    region: str
    resources: int
    idle_usd_per_month: float | None
    run_usd: tuple[float, float, float] | None
    """Low, likely, high for one run; None when nothing is known of it."""
    lines: tuple[ReviewLine, ...]
    run_words: str = ""
    """What one run is ("31 days of …"), or why its cost is not known."""
    increases: tuple[Any, ...] = ()
    """Quota increases that could be filed; what file_increases takes."""
    increase_words: str = ""
    """The question that offers them."""
    policies: Mapping[str, str] = field(default_factory=dict)
    """File name -> content for what an administrator should allow; empty when nothing is missing."""
    there_already: bool = False
    """Some of its stacks exist, so that this is a change and no creation."""
    blocked: str = ""
    """Why deploying now cannot work; empty when it can."""


class Parts(Protocol):
    """Reads, and the few local writes that sign somebody in."""

    def profiles(self) -> tuple[Profile, ...]:
        """Profiles of this machine, in the order of the files."""

    def ambient(self) -> str:
        """Credentials that need no profile, in words ("environment variables"); empty when there are none."""

    def systems(self) -> Sequence[SystemTitle]: ...

    def system(self, name: str) -> System: ...

    def account(self, aws: Aws) -> Account:
        """Raises AccessError for credentials that do not work."""

    def facts(self, aws: Aws) -> Facts:
        """What the region of `aws` is like for this account."""

    def region_facts(self, aws: Aws, settled: Settled) -> Any:
        """What ranking the regions needs of AWS; slow, so it is started early."""

    def regions(self, found: Any, settled: Settled) -> Choices: ...

    def instances(self, aws: Aws, settled: Settled, facts: Facts, parameter: str) -> Choices: ...

    def vpcs(self, aws: Aws) -> Choices: ...

    def subnets(self, aws: Aws, vpc_id: str) -> Choices: ...

    def ways_out(self, settled: Settled, facts: Facts) -> Mapping[str, float]:
        """Way to the internet -> USD a month while nothing runs; empty where that makes no difference."""

    def review(self, ready: Ready, account: Account) -> Review:
        """Everything that could stop a deployment or its jobs."""

    def file_increases(self, aws: Aws, review: Review) -> Sequence[str]:
        """File them; a line about each."""

    def sign_in_sso(self, ui: Ui, ask: Callable[[Question], Any]) -> str:
        """Lead through an SSO login and write a profile; its name. Raises Back."""

    def store_key(self, profile: str, region: str, key_id: str, secret: str) -> None:
        """Write an access key into a profile, mode 0600; never replaces one that is there."""
