"""Machines as the model sees them: architecture, CPU generation and maker, cores, network.

EC2 types come in as values from whoever holds their table; tables/machines.csv has the machines of
published runs that are no EC2 types, or no longer. Speed scores of CPU generations come from
tables/ec2_cpu_proxies.csv (CC BY-SA 4.0, see the licence beside it) and are used only between
generations of one maker, where no run of the newer one was published.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass

from geos.benchmarks.shipped import shipped


@dataclass(frozen=True)
class Machine:
    """One node. An unknown CPU ("") can only be spoken of by runs on the very same machine."""

    name: str
    architecture: str
    """arm64 or x86_64."""
    cpu: str
    """As AWS or the source words it: "Intel Xeon Platinum 8488C (Sapphire Rapids)"."""
    physical_cores: int
    """0: not known."""
    threads_per_core: int = 1
    network: str = ""
    """Between nodes: efa, tcp, infiniband or "" when not known."""

    @functools.cached_property
    def generation(self) -> str:
        return cpu_kind(self.cpu)[0]

    @functools.cached_property
    def maker(self) -> str:
        return cpu_kind(self.cpu)[1]

    @functools.cached_property
    def kin(self) -> str:
        """Machines between which speeds may be carried over at all; "" for none but itself."""
        return f"{self.architecture} {self.maker}" if self.maker else ""


@functools.cache
def cpu_kind(cpu: str) -> tuple[str, str]:
    """(generation, maker) of a CPU by the words in its name; ("", "") when nothing is known of it."""
    for word, generation, maker, _ in _plain("cpus.csv"):
        if word in cpu:
            return generation, maker
    return "", ""


@functools.cache
def known_machines() -> dict[str, Machine]:
    """The machines of published runs by name."""
    return {
        name: Machine(name, architecture, cpu, int(cores or 0), int(threads), network)
        for name, architecture, cpu, cores, threads, network, _ in _plain("machines.csv")
    }


@functools.cache
def scored_machines() -> dict[str, Machine]:
    """EC2 types that were scored, retired ones among them; only where no better table knows a type."""
    return {
        row[0]: Machine(
            name=row[0],
            architecture="arm64" if row[2] == "aarch64" else row[2],
            cpu=row[1],
            physical_cores=int(row[5]),
            threads_per_core=int(row[4]),
        )
        for row in _plain("ec2_cpu_proxies.csv")
    }


@functools.cache
def core_scores() -> Mapping[str, float]:
    """CPU generation -> PassMark single-thread score, median over the types measured."""
    found: dict[str, list[float]] = {}
    for row in _plain("ec2_cpu_proxies.csv"):
        generation, score = cpu_kind(row[1])[0], row[11]
        if generation and score:
            found.setdefault(generation, []).append(float(score))
    return {generation: sorted(scores)[len(scores) // 2] for generation, scores in found.items()}


@functools.cache
def read_bandwidth_gb_per_second() -> Mapping[str, float]:
    """EC2 type -> measured memory read bandwidth at the largest block, for the few types it is known of."""
    return {row[0]: float(row[7]) for row in _plain("ec2_cpu_proxies.csv") if row[7]}


def _plain(name: str) -> list[list[str]]:
    return [line.split(",") for line in shipped(name).decode().splitlines()[1:]]
