"""One resource's share of one quota, before the shares are added up."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from geos.wizard.cfn.resolve import Resource, Unknown, Value
from geos.wizard.systems.derive import Scope

Amount = float | Unknown


@dataclass(frozen=True)
class Claim:
    """`container` is set for limits per VPC, role, zone …: only what is in the same one is added up."""

    service: str
    code: str
    amount: Amount
    at_creation: Amount | None = None
    """What is taken as soon as the stack stands; None: the same as `amount`."""
    container: str = ""
    container_exists: bool = False
    """The container is there before the deployment, so that what it holds already counts."""
    name: str = ""
    """For limits without a code: the name in the table of quotas."""


Rule = Callable[[Resource, Scope], Iterable[Claim]]


def container_of(value: Value) -> tuple[str, bool, str]:
    """(key, exists already, why it is not known) of the VPC, role, cluster … a property names."""
    if isinstance(value, Unknown):
        if value.logical_id:
            return value.logical_id, False, ""
        return f"?{value.why}", False, value.why
    return (str(value), True, "") if value else ("", False, "")


def product(*factors: Amount) -> Amount:
    """Zero wins over not knowing: nothing of an unknown size is nothing."""
    if any(not isinstance(f, Unknown) and f == 0 for f in factors):
        return 0.0
    found = 1.0
    for factor in factors:
        if isinstance(factor, Unknown):
            return factor
        found *= factor
    return found


def total(*terms: Amount) -> Amount:
    found = 0.0
    for term in terms:
        if isinstance(term, Unknown):
            return term
        found += term
    return found


def largest(amounts: Iterable[Amount]) -> Amount:
    """The largest; Unknown as soon as one is not known, for that one may be larger still."""
    found = 0.0
    for amount in amounts:
        if isinstance(amount, Unknown):
            return amount
        found = max(found, amount)
    return found


def in_container(service: str, code: str, amount: Amount, where: Value) -> Claim:
    key, exists, why = container_of(where)
    if why:
        amount = Unknown(f"where it will be is not known: {why}")
    return Claim(service, code, amount, container=key or "default", container_exists=exists or not key)
