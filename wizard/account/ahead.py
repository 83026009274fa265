"""Which services' quotas a system will need, guessed from its templates' text before anything is rendered.

A guess too many costs a call, one too few nothing: what is missing is asked when the needs are known.
"""

from __future__ import annotations

import re
from pathlib import Path

from geos.wizard.systems.derive.counting import ONE_EACH, ONE_IN
from geos.wizard.systems.derive.needs import GLOBAL_REGION
from geos.wizard.tables.quotas import quota_defaults

_TYPE = re.compile(r"AWS::\w+::\w+")
FLEETS = {"AWS::Batch::ComputeEnvironment": ("ec2", "ebs", "autoscaling"), "AWS::EC2::Instance": ("ec2", "ebs")}
"""What starts machines takes from these as well."""


def likely_services(folder: Path, region: str) -> tuple[str, ...]:
    """Service codes, those of machines and networks first; account-wide ones only where those are asked."""
    types = {t for file in sorted(folder.glob("*.j2")) for t in _TYPE.findall(file.read_text(encoding="utf-8"))}
    found = {"cloudformation", "s3"}  # every deployment has stacks, and the bucket for its state
    for name in types:
        found |= {service for service, _ in ONE_EACH.get(name, ())}
        found |= {service for service, _, _ in ONE_IN.get(name, ())}
        found |= set(FLEETS.get(name, ()))
    if region not in GLOBAL_REGION.values():
        found -= {q.service for q in quota_defaults() if q.scope == "account"}
    return tuple(sorted(found, key=lambda s: (s not in ("ec2", "vpc", "batch"), s)))
