"""Which machine builds: the smallest that fits the model and the architecture, and what the account leaves room for.

Pure. GEOS-Chem's compilation hardly runs in parallel (161 s of work took 143 s on 2 vCPUs; a few big files dominate),
so small machines are no loss: a starter account with 5 vCPUs builds on 4 or on 2 of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from geos.builder.errors import HostQuotaShort, HostTypeWrong
from geos.builder.request import ARM64, GCHP, X86_64, HostWish, Request
from geos.wizard.facts import InstanceType
from geos.wizard.tables.instances import any_instance, instance, instances, offered

FAMILIES = {ARM64: ("c7g", "c6g", "m7g", "m6g"), X86_64: ("c6i", "c5", "m6i", "m5")}
"""Tried in turn when there is no capacity; the usual one first."""
SIZES = ("4xlarge", "2xlarge", "xlarge", "large")
USUAL_SIZE, USUAL_SIZE_GCHP = "2xlarge", "4xlarge"
LEAST_GIB, LEAST_GIB_GCHP = 2.0, 8.0
"""gfortran's biggest process takes 0.6 GB with GEOS-Chem Classic (measured); GCHP's builds ran out of memory when
many files were compiled at once."""
VOLUME_GIB, VOLUME_GIB_GCHP = 60, 100


def volume_gib(request: Request) -> int:
    return VOLUME_GIB_GCHP if GCHP in request.models else VOLUME_GIB


def host_types(
    request: Request,
    wish: HostWish,
    architecture: str,
    *,
    region: str,
    free_vcpus: float | None = None,
    free_plan: bool = False,
) -> tuple[InstanceType, ...]:
    """Types to try in turn. `free_vcpus`: what the quota leaves for this one host; None when it is not known.

    Raises HostTypeWrong for types named by the user that cannot be it, HostQuotaShort when nothing fits.
    """
    named = [checked(name, request.architectures, region) for name in wish.instance_types]
    mine = tuple(fact for fact in named if fact.architecture == architecture)
    if mine:
        return mine
    found = _free_plan_types(request, architecture) if free_plan else _usual_types(request, architecture, free_vcpus)
    sold = offered(region)
    return tuple(fact for fact in found if not sold or fact.name in sold) or _nothing(architecture, region, free_plan)


def checked(name: str, architectures: Sequence[str], region: str) -> InstanceType:
    """A type that the user named. Raises HostTypeWrong."""
    fact, fitting = any_instance(name), f"{FAMILIES[architectures[0]][0]}.{USUAL_SIZE}"
    if fact is None:
        raise HostTypeWrong(
            f'"{name}" is no instance type that geos knows.',
            hint=f"--instance-type {fitting}; without the flag geos-build takes one that fits",
        )
    if fact.architecture not in architectures:
        raise HostTypeWrong(
            f"{name} is an {fact.architecture} machine, and the image is for {' and '.join(architectures)}: images are "
            "built natively.",
            hint=f"--instance-type {fitting}",
        )
    sold = offered(region)
    if sold and name not in sold:
        raise HostTypeWrong(f"{name} is not sold in {region}.", hint="leave --instance-type away for the usual type")
    return fact


def _usual_types(request: Request, architecture: str, free_vcpus: float | None) -> tuple[InstanceType, ...]:
    least_gib = LEAST_GIB_GCHP if GCHP in request.models else LEAST_GIB
    usual = USUAL_SIZE_GCHP if GCHP in request.models else USUAL_SIZE
    for size in SIZES[SIZES.index(usual) :]:
        facts = _present(f"{family}.{size}" for family in FAMILIES[architecture])
        fitting = tuple(f for f in facts if f.memory_gib >= least_gib and (free_vcpus is None or f.vcpus <= free_vcpus))
        if fitting:
            return fitting
    raise HostQuotaShort(
        f"the account's limit leaves {free_vcpus or 0:g} vCPUs, and a build host for {architecture} takes at least "
        f"{2 if least_gib <= LEAST_GIB else 4}.",
        hint="stop what runs, build one architecture at a time, or ask for more: geos-setup quotas",
    )


def _free_plan_types(request: Request, architecture: str) -> tuple[InstanceType, ...]:
    """What the Free plan lets an account launch, the largest memory first."""
    least_gib = LEAST_GIB_GCHP if GCHP in request.models else LEAST_GIB
    found = [
        fact
        for fact in instances().values()
        if fact.free_plan_eligible and fact.architecture == architecture and fact.memory_gib >= least_gib
    ]
    return tuple(sorted(found, key=lambda fact: (-fact.memory_gib, fact.name)))


def _present(names: Iterable[str]) -> list[InstanceType]:
    return [fact for name in names if (fact := instance(name)) is not None]


def _nothing(architecture: str, region: str, free_plan: bool) -> tuple[InstanceType, ...]:
    if free_plan:
        raise HostTypeWrong(
            f"the Free plan has no {architecture} machine with enough memory for this build.",
            hint="change the account to the Paid plan (the credits stay), or build the other architecture",
        )
    raise HostTypeWrong(
        f"none of the usual {architecture} types is sold in {region}.",
        hint="name one with --instance-type, or build in another --region",
    )
