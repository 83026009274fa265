"""Whether the network that the answers name is there: a wrong id would fail in the middle of a deployment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from geos.wizard.concurrently import gather
from geos.wizard.errors import BadAnswers, GeosError

if TYPE_CHECKING:
    from geos.wizard.aws import Aws
    from geos.wizard.aws.ec2_facts import Subnet, Vpc


def refuse_wrong_network(aws: Aws, values: Mapping[str, Any], flags: str = "") -> None:
    """Raises BadAnswers; `flags` lead to the same account. What cannot be looked up is left to CloudFormation."""
    vpc_id, subnet_ids = str(values.get("vpc_id") or ""), list(values.get("subnet_ids") or ())
    if not vpc_id:
        return
    found: dict[str, Any] = gather({"vpcs": lambda: aws.ec2.vpcs(), "subnets": lambda: aws.ec2.subnets()})
    vpcs, subnets = found["vpcs"], found["subnets"]
    if isinstance(vpcs, GeosError) or isinstance(subnets, GeosError):
        return
    faults = network_faults(vpc_id, subnet_ids, vpcs, subnets, aws.region)
    if faults:
        raise BadAnswers(faults, hint=f"the guided set-up lists the networks of a region: geos-setup {flags}".rstrip())


def network_faults(
    vpc_id: str, subnet_ids: Sequence[str], vpcs: Sequence[Vpc], subnets: Sequence[Subnet], region: str
) -> list[str]:
    """What is wrong with the ids, held against what is in the region. Pure."""
    if vpc_id not in {vpc.id for vpc in vpcs}:
        there = ", ".join(vpc.id for vpc in vpcs[:4]) or "none"
        return [f"vpc_id: {vpc_id} is not in {region}; there: {there}."]
    places = {subnet.id: subnet.vpc_id for subnet in subnets}
    wrong: dict[str, list[str]] = {}
    for name in subnet_ids:
        if places.get(name) != vpc_id:
            wrong.setdefault(places.get(name, ""), []).append(name)
    own = ", ".join(subnet.id for subnet in subnets if subnet.vpc_id == vpc_id) or "none"
    return [
        f"subnet_ids: {', '.join(names)}: {_where(place, region)}. In {vpc_id}: {own}."
        for place, names in wrong.items()
    ]


def _where(vpc_id: str, region: str) -> str:
    return f"in another VPC, {vpc_id}" if vpc_id else f"not in {region}"
