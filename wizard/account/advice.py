"""The quota advisor as one call: what a plan needs, against what the account has."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from geos.wizard.account.collect import collect
from geos.wizard.account.fits import Fit, JobShape, fit_keys, fits, words
from geos.wizard.account.verdicts import (
    Demand,
    Found,
    NeedLike,
    QuotaKey,
    Request,
    Verdict,
    demands,
    judge_all,
    keys_of,
)
from geos.wizard.errors import Exit
from geos.wizard.tables.instances import instance

if TYPE_CHECKING:
    from geos.wizard.account.counting import IsOwn
    from geos.wizard.aws import Aws
    from geos.wizard.aws.ec2_facts import RunningInstance
    from geos.wizard.facts import InstanceType
    from geos.wizard.systems.derive import StackInRegion
    from geos.wizard.systems.derive.needs import Need


@dataclass(frozen=True)
class Advice:
    """Everything that one check of quotas found."""

    region: str
    verdicts: tuple[Verdict, ...]
    """The worst first."""
    fits_now: tuple[Fit, ...] = ()
    job: JobShape | None = None
    notes: tuple[str, ...] = ()
    requests: tuple[Request, ...] = ()
    """Every request for an increase that AWS remembers, in the regions asked."""
    requests_told: bool = True
    """False: open requests could not be listed, so none may be filed."""
    elapsed_seconds: float = 0.0
    calls: int = 0
    """Calls to AWS."""

    @property
    def short(self) -> tuple[Verdict, ...]:
        return tuple(v for v in self.verdicts if v.verdict == "short")

    @property
    def unknown(self) -> tuple[Verdict, ...]:
        return tuple(v for v in self.verdicts if v.verdict == "unknown")

    @property
    def exit(self) -> Exit:
        """0 all enough, 3 one short, 4 none short but one unknown."""
        if self.short:
            return Exit.SAID_NO
        return Exit.COULD_NOT_CHECK if self.unknown else Exit.OK

    @property
    def fit_words(self) -> tuple[str, ...]:
        return words(self.fits_now, self.job) if self.job else ()


def advise(
    aws: Aws,
    needs: Iterable[NeedLike],
    *,
    job: JobShape | None = None,
    stacks: Sequence[StackInRegion] = (),
    own_tags: Mapping[str, str] | None = None,
) -> Advice:
    """Judge `needs` against the account of `aws`. Makes no mutating call.

    `stacks`: those the needs come from; what stands of them already is not asked for twice on a second run.
    `own_tags`: tags that the deployment's running instances carry, for the same reason.
    Raises AccessError only for what makes every call fail.
    """
    started, calls = time.monotonic(), aws.door.calls
    wanted = demands(needs)
    keys = keys_of(wanted) | dict.fromkeys(fit_keys(job, aws.region) if job else (), True)
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="geos-standing") as beside:
        standing = beside.submit(_standing, aws, stacks)
        found = collect(aws, keys, is_own=own_by_tags(own_tags or {}), account_id=aws.target.account_id)
        held, notes = standing.result()
    found = replace(found, standing=holdings(held))
    return Advice(
        aws.region,
        judge_all(wanted, found),
        fits(job, aws.region, found, machines_of(job)) if job else (),
        job,
        notes_on(found) + notes,
        found.requests,
        not found.requests_unread,
        time.monotonic() - started,
        aws.door.calls - calls,
    )


def _standing(aws: Aws, stacks: Sequence[StackInRegion]) -> tuple[tuple[Need, ...], tuple[str, ...]]:
    if not stacks:
        return (), ()
    from geos.wizard.account.standing import standing_needs

    return standing_needs(aws, stacks)


def holdings(standing: Iterable[NeedLike]) -> dict[tuple[QuotaKey, str], float]:
    """What standing stacks take of count quotas. vCPUs are left out: those are counted where they run."""
    from geos.wizard.tables.quotas import vcpu_quota_codes

    vcpus = vcpu_quota_codes(spot=False) | vcpu_quota_codes(spot=True)
    return {
        (d.key, d.container): d.amount
        for d in demands(standing)
        if not (d.key.service == "ec2" and d.key.code in vcpus)
    }


def own_by_tags(tags: Mapping[str, str]) -> IsOwn:
    """Whether an instance carries all of `tags`; without tags nothing is one's own."""

    def is_own(instance: RunningInstance) -> bool:
        return bool(tags) and all(instance.tags.get(k) == v for k, v in tags.items())

    return is_own


def machines_of(job: JobShape) -> dict[str, InstanceType]:
    """The job's types as far as the shipped table knows them."""
    return {name: fact for name in job.instance_types if (fact := instance(name)) is not None}


def notes_on(found: Found) -> tuple[str, ...]:
    told = []
    if found.requests_unread:
        told.append(f"Open requests for increases could not be listed: {found.requests_unread}.")
    for action in sorted(found.refused):
        instead = "listed instead" if ":Get" in action else "asked one by one instead, which takes longer"
        told.append(f"{action} is not allowed; quotas were {instead}.")
    return tuple(told)


def move(wanted: Iterable[Demand], planned: str, region: str) -> tuple[Demand, ...]:
    """The same demands in another region; account-wide quotas stay where they are asked."""
    from geos.wizard.tables.quotas import quota_default, uncoded_limit

    def account_wide(key: QuotaKey) -> bool:
        fact = quota_default(key.service, key.code) or uncoded_limit(key.service, key.name)
        return fact is not None and fact.scope == "account"

    return tuple(
        d if d.key.region != planned or account_wide(d.key) else replace(d, key=replace(d.key, region=region))
        for d in wanted
    )
