"""What sizing is asked, and what it answers. Figures with a doubt are bands: low, likely, high."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import NamedTuple

from geos.benchmarks.configurations import GCCLASSIC
from geos.benchmarks.model import Band

MEMORY_MARGIN = 0.25
"""Headroom over known needs, which are lower bounds. Our own figure; nobody has published one."""
ON_DEMAND, SPOT, ANY = "on-demand", "spot", "any"
ARCHITECTURES = ("arm64", "x86_64")


@dataclass(frozen=True)
class Ask:
    """One question. Zeros, None and empty words: no such wish."""

    model: str = GCCLASSIC
    simulation: str = "fullchem"
    grid: str = "4x5"
    days: float = 0.0
    """Of one run; 0: how many can be simulated?"""
    version: str = ""
    met: str = ""
    runs: int = 1
    budget_usd: float | None = None
    """For all runs."""
    deadline_hours: float | None = None
    """For all runs."""
    architecture: str = ""
    purchase: str = ANY
    regions: tuple[str, ...] = ("us-east-1",)
    nodes: int = 0
    max_vcpus: int = 0
    memory_margin: float = MEMORY_MARGIN
    instances: tuple[str, ...] = ()
    """Globs, any of which a type must match."""
    excluded: tuple[str, ...] = ()
    least_label: str = ""

    @functools.cached_property
    def setup_key(self) -> tuple[object, ...]:
        """All but the length, the number and the limits of the runs."""
        return (
            self.model, self.simulation, self.grid, self.version, self.met, self.architecture, self.purchase,
            self.regions, self.nodes, self.max_vcpus, self.memory_margin, self.instances, self.excluded,
            self.least_label,
        )  # fmt: skip


class Memory(NamedTuple):
    """Of one node."""

    need_gib: float | None
    """With the margin; None: nothing is known of this grid."""
    have_gib: float
    """What the system leaves."""
    advised_gib: float | None
    """By the guides, where that is more than the need."""
    kind: str
    """measured, documented or unknown."""
    lower_bound: bool
    """The figure is a coarser grid's."""
    source: str


class Quota(NamedTuple):
    """Against the vCPU quota that the type falls under."""

    verdict: str
    """ok, short, unknown or none (EC2 has no such quota)."""
    need_vcpus: int
    limit_vcpus: float | None
    free_vcpus: float | None
    """None: its use is not known."""
    code: str
    source: str
    """account, or the documented default of a new account."""


class Candidate(NamedTuple):
    """One instance type, times its nodes, with a figure. Time and costs are those of all runs together."""

    instance_type: str
    architecture: str
    nodes: int
    physical_cores: int
    """Used by one run, on all nodes."""
    threads: int
    vcpus: int
    """Of the nodes of one run, used or not: what quotas and prices count."""
    region: str
    """Where it is cheapest of the regions asked about."""
    regions: tuple[str, ...]
    """All of those that offer it."""
    label: str
    why: str
    """Where the speed comes from."""
    standing: str
    """Why it stands where it stands."""
    sim_days_per_day: Band
    """Of one run."""
    wall_hours: Band
    on_demand_usd: Band | None
    spot_usd: Band | None
    purchase: str
    """The one reckoned with: spot or on-demand."""
    on_demand_usd_per_hour: float | None
    spot_usd_per_hour: float | None
    """Of all nodes of one run."""
    interruption: str
    """Band of monthly Spot interruptions, as the Spot Advisor prints it."""
    restart_loss: float
    """Share of the Spot hours that interruptions are expected to cost."""
    memory: Memory
    rows: tuple[int, ...]
    own_rows: tuple[int, ...]
    steps: tuple[str, ...]
    at_once: int = 1
    """Runs side by side."""
    surely: bool = True
    """Budget and deadline hold over the whole band, not just where it is likely."""

    @property
    def usd(self) -> Band:
        """By the purchase option reckoned with."""
        found = self.spot_usd if self.purchase == SPOT else self.on_demand_usd
        assert found is not None
        return found


class Unmeasured(NamedTuple):
    """A type that would do, and that nobody has published a usable speed of."""

    instance_type: str
    architecture: str
    nodes: int
    physical_cores: int
    vcpus: int
    region: str
    regions: tuple[str, ...]
    usd_per_core_hour: float | None
    on_demand_usd_per_hour: float | None
    spot_usd_per_hour: float | None
    memory: Memory
    read_gb_per_second: float | None
    """Measured memory bandwidth."""
    refused: str
    """Why there is no figure, with what reports there are."""
    rows: tuple[int, ...] = ()
    """Anecdotes in the timings table."""


class Excluded(NamedTuple):
    instance_type: str
    rule: str
    """One word for counting: memory, architecture, deadline, budget …"""
    reason: str
