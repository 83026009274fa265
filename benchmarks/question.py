"""What shall run, and what about it makes no sense or has never been measured by anybody."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from geos.benchmarks import configurations
from geos.benchmarks.configurations import version_family
from geos.benchmarks.machines import Machine

if TYPE_CHECKING:
    from geos.benchmarks.table import Run

MOST_CORES = 1152
"""Nobody has published a run on more."""
NETWORKS = ("", "efa", "tcp", "infiniband")
LARGEST_COLUMNS = 6 * 180 * 180
"""C360 and finer: one anecdote, cores unknown."""


@dataclass(frozen=True)
class Question:
    """What shall run. Empty words and zeros mean: the usual."""

    model: str
    simulation: str
    grid: str
    version: str = ""
    """"": the latest release."""
    met: str = ""
    days: float = 365.0
    cores: int = 0
    """Physical cores on all nodes; 0: every core of every node (for GCHP the multiple of 6 below)."""
    nodes: int = 1
    threads_per_core: int = 0
    """1 or 2; 0: as many as the machine has for GEOS-Chem Classic, one for GCHP."""
    network: str = ""
    """efa, tcp, infiniband; "": the machine's."""
    compiler: str = ""
    """gnu, intel; "": either."""
    variant: str = ""
    """A set-up that differs from the default (Run.variant)."""
    coarse_met: bool = False
    """GCHP fed with 4x5 meteorology."""
    run_phase_only: bool = False
    """Ask for the time loop alone, without start and end of the job."""

    @functools.cached_property
    def rate_key(self) -> tuple[object, ...]:
        """All that the time of a simulated day depends on; the number of days is not among it."""
        return (
            self.model,
            self.simulation,
            self.grid,
            self.version,
            self.cores,
            self.nodes,
            self.threads_per_core,
            self.network,
            self.compiler,
            self.variant,
            self.coarse_met,
        )


class Target(NamedTuple):
    """A question put to one machine, everything settled."""

    question: Question
    machine: Machine
    version: str
    family: str
    columns: int
    timesteps: float
    cores: int
    threads_per_core: int
    network: str


def default_cores(model: str, physical_cores: int, nodes: int = 1) -> int:
    """All cores of all nodes; for GCHP the multiple of 6 below."""
    cores = physical_cores * nodes
    return cores - cores % 6 if model == configurations.GCHP and cores >= 6 else cores


def question_faults(question: Question, cores: int = 0) -> Iterator[str]:
    """Why the question makes no sense, with the nearest way out; nothing for a good one."""
    q = question
    yield from configurations.faults(q.model, q.simulation, q.grid, q.version, q.days, q.cores or cores, q.nodes)
    if q.threads_per_core not in (0, 1, 2):
        yield f"threads_per_core is {q.threads_per_core}; 1 or 2 was expected"
    if q.network not in NETWORKS:
        yield f'network is "{q.network}"; one of {", ".join(filter(None, NETWORKS))} was expected'


def never_measured(question: Question, machine: Machine, cores: int) -> str:
    """What is refused whatever the tables hold; "" for what may be asked."""
    grid = configurations.grid(question.grid)
    assert grid is not None
    if cores < 1:
        return "how many cores the machine has is not known"
    if machine.physical_cores and cores > machine.physical_cores * question.nodes:
        nodes = "one node" if question.nodes == 1 else f"{question.nodes} nodes"
        return f"{cores} cores on {nodes} with {machine.physical_cores} each"
    if grid.nested:
        return "nested and stretched grids were timed in anecdotes only; domains and cores are mostly not told"
    if grid.columns > LARGEST_COLUMNS:
        return f"nobody has published a timing of {grid.name} that tells the number of cores"
    if cores > MOST_CORES:
        return f"nobody has published a run on more than {MOST_CORES} cores; this would be {cores}"
    return ""


def settle(question: Question, machine: Machine, cores: int) -> Target:
    grid = configurations.grid(question.grid)
    assert grid is not None
    version = question.version or configurations.LATEST
    threads = 1 if question.model == configurations.GCHP else machine.threads_per_core
    network = (question.network or machine.network) if question.nodes > 1 else ""
    return Target(
        question=question,
        machine=machine,
        version=version,
        family=version_family(version),
        columns=grid.columns,
        timesteps=configurations.timestep_factor(grid.columns, version),
        cores=cores,
        threads_per_core=question.threads_per_core or threads,
        network=network,
    )


def question_of(run: Run) -> Question:
    """The question whose answer a run is."""
    return Question(
        model=run.model,
        simulation=run.simulation,
        grid=run.grid,
        version=run.version,
        met=run.met,
        days=run.sim_days or 0.0,
        cores=run.cores or 0,
        nodes=run.nodes or 1,
        threads_per_core=run.threads_per_core,
        network=run.network,
        compiler=run.compiler_maker,
        variant=run.variant,
        coarse_met=run.coarse_met,
        run_phase_only=run.run_phase_only,
    )
