"""What answers' defaults rest on: zones, vCPU quotas and who is asking, read at the same time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from geos.wizard.account.asking import ask_limits
from geos.wizard.aws.quota_facts import QuotaFact
from geos.wizard.concurrently import gather
from geos.wizard.errors import GeosError
from geos.wizard.systems.expressions import Facts, shipped_facts

if TYPE_CHECKING:
    from geos.wizard.aws import Aws

STANDARD_ON_DEMAND = ("ec2", "L-1216C47A")
STANDARD_SPOT = ("ec2", "L-34B43A08")


def read_facts(aws: Aws, repositories: Sequence[str] = ()) -> Facts:
    """Facts of the region of `aws`; `repositories` are those whose images the answers may name.

    What cannot be read stays as the shipped tables have it, or unknown.

    Raises AccessError only when the caller itself cannot be told, because then nothing else would work.
    """
    asked: dict[str, Callable[[], Any]] = {
        "caller": aws.identity.caller,
        "zones": lambda: tuple(zone.name for zone in aws.ec2.zones()),
        "on_demand": lambda: _quota(aws, *STANDARD_ON_DEMAND),
        "spot": lambda: _quota(aws, *STANDARD_SPOT),
        "images": lambda: read_images(aws, repositories),
    }
    found = gather(asked)
    caller = found["caller"]
    if isinstance(caller, GeosError):
        raise caller
    known = {name: value for name, value in found.items() if not isinstance(value, GeosError)}
    return replace(
        shipped_facts(aws.region),
        account_id=caller.account_id,
        partition=caller.partition,
        caller=short_name(caller.arn),
        zones=known.get("zones", ()),
        images=known.get("images", {}),
        vcpu_quota_on_demand=known.get("on_demand"),
        vcpu_quota_spot=known.get("spot"),
    )


def read_images(aws: Aws, repositories: Sequence[str]) -> dict[str, str]:
    """repository:tag -> digest. Raises what AWS answered for a repository that cannot be read or is not there."""
    return {f"{r}:{tag}": digest for r in repositories for tag, digest in aws.ecr.tagged(r).items()}


def _quota(aws: Aws, service: str, code: str) -> float | None:
    """The applied value, else AWS's default: what a new account has, and the safer one to plan with."""
    answers = ask_limits(aws, service, frozenset({code}), singly=True).answers[code]
    told = (found.value for found in answers if isinstance(found, QuotaFact))
    return next((value for value in told if value is not None), None)


def short_name(arn: str) -> str:
    """The user; of a role its name, since programs make up a new session each time; signed in by SSO the session,
    which is the person."""
    _, _, role = arn.partition(":assumed-role/")
    if role and not role.startswith("AWSReservedSSO_"):
        return role.split("/")[0]
    return arn.rsplit("/", 1)[-1].rsplit(":", 1)[-1]
