"""Which services a check of quotas will ask, guessed from a system's templates before anything is rendered.

A guess too many costs a call, one too few nothing: what is missing is asked when the needs are known.
"""

from __future__ import annotations

import functools
import re
from collections import Counter
from pathlib import Path

from geos.wizard.account.limits import LONG_LISTS
from geos.wizard.aws.usage import readings
from geos.wizard.systems.derive.counting import ONE_EACH, ONE_IN
from geos.wizard.systems.derive.needs import GLOBAL_REGION
from geos.wizard.tables.quotas import quota_defaults

_TYPE = re.compile(r"AWS::\w+::\w+")
FLEETS = {"AWS::Batch::ComputeEnvironment": ("ec2", "ebs", "autoscaling"), "AWS::EC2::Instance": ("ec2", "ebs")}
"""What starts machines takes from these as well."""


def likely_services(folder: Path, region: str) -> tuple[str, ...]:
    """Service codes, those that most quotas will be asked of first and those with long lists last, because few
    quotas are better asked singly; account-wide services only where those are asked."""
    types = _types(folder)
    found = {("cloudformation", ""), ("s3", "")}  # every deployment has stacks, and the bucket for its state
    for name in types:
        found |= set(ONE_EACH.get(name, ()))
        found |= {(service, code) for service, code, _ in ONE_IN.get(name, ())}
        found |= {(service, "") for service in FLEETS.get(name, ())}
    codes = Counter(service for service, _ in found)
    if region not in GLOBAL_REGION.values():
        codes = Counter({s: n for s, n in codes.items() if s not in _account_wide()})
    return tuple(sorted(codes, key=lambda s: (LONG_LISTS.get(s, 1), -codes[s], s)))


@functools.cache
def _account_wide() -> frozenset[str]:
    return frozenset(q.service for q in quota_defaults() if q.scope == "account")


def likely_clients(folder: Path) -> tuple[str, ...]:
    """The clients that counting the use of such a system's quotas takes, as boto3 names them."""
    named = {name.split("::")[1].lower() for name in _types(folder)} | {"vpc", "ebs", "ec2", "s3", "cloudformation"}
    counted = {(q.service, q.code or q.name) for q in quota_defaults() if q.service in named}
    return tuple(dict.fromkeys(reading.service for reading in readings(counted)))


@functools.cache
def _types(folder: Path) -> frozenset[str]:
    files = sorted(folder.glob("*.j2"))
    return frozenset(name for file in files for name in _TYPE.findall(file.read_text(encoding="utf-8")))
