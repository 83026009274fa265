"""How much of each quota is in use, counted in the simulated account itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from geos.wizard.sandbox.inventory import GLOBAL, REGIONAL
from geos.wizard.sandbox.world import World

_CLASSES = (
    ("HPC", re.compile(r"hpc\d")),
    ("HighMem", re.compile(r"u-|u\d")),
    ("DL", re.compile(r"dl\d")),
    ("Inf", re.compile(r"inf\d")),
    ("Trn", re.compile(r"trn\d")),
    ("F", re.compile(r"f\d")),
    ("G", re.compile(r"(g|vt|gr)\d")),
    ("P", re.compile(r"p\d")),
    ("X", re.compile(r"x\d")),
    ("Standard", re.compile(r"(a|c|d|h|i|is|im|m|r|t|z|mac)\d")),
)

VCPU_CODES = {
    "L-1216C47A": ("Standard", False),
    "L-34B43A08": ("Standard", True),
    "L-F7808C92": ("HPC", False),
    "L-74FC7D96": ("F", False),
    "L-88CF9481": ("F", True),
    "L-DB2E81BA": ("G", False),
    "L-3819A6DF": ("G", True),
    "L-417A185B": ("P", False),
    "L-7212CCBC": ("P", True),
    "L-1945791B": ("Inf", False),
    "L-B5D1601B": ("Inf", True),
    "L-2C3B7624": ("Trn", False),
    "L-6B0D517C": ("Trn", True),
    "L-7295265B": ("X", False),
    "L-E3A00192": ("X", True),
    "L-6E869C2A": ("DL", False),
    "L-85EED4F7": ("DL", True),
    "L-43DA4232": ("HighMem", False),
}
"""Quota code -> family class, whether Spot (EC2 user guide, instance quotas)."""

_COUNTED = {
    "vpc/L-F678F1CE": "ec2:vpc",
    "vpc/L-A4707A72": "ec2:internet-gateway",
    "vpc/L-E79EC296": "ec2:security-group",
    "vpc/L-DF5E4CA3": "ec2:network-interface",
    "ec2/L-0263D0A3": "ec2:elastic-ip",
    "ec2/L-FB451C26": "ec2:launch-template",
    "s3/L-DC2B2D3D": "s3",
    "ecr/L-CFEB8E8D": "ecr",
    "iam/L-FE177D64": "iam:role",
    "iam/L-E95E4862": "iam:policy",
    "iam/L-6E65F664": "iam:instance-profile",
    "kms/L-C2F1777E": "kms",
    "logs/L-C7B9AAAB": "logs",
    "sns/L-61103206": "sns",
    "dynamodb/L-F98FE922": "dynamodb",
    "events/L-244521F2": "events",
    "ssm/L-C3B871CB": "ssm",
    "cloudformation/L-0485CB21": "cloudformation",
}


def used(world: World, region: str, row: Mapping[str, str]) -> float | None:
    """What is in use of a quota; None where nothing here counts it."""
    service, code = row["service_code"], row["quota_code"]
    key = f"{service}/{code}"
    if key in world.seed.usage:
        value = float(world.seed.usage[key])
        return value if value >= 0 else None
    if service == "ec2" and code in VCPU_CODES:
        return vcpus_in_use(world, region, *VCPU_CODES[code])
    if service == "batch" and code in _BATCH:
        return float(_BATCH[code](world, region))
    kind = _COUNTED.get(key)
    if kind is None:
        return None
    look = REGIONAL.get(kind) or GLOBAL[kind]
    return float(len(look(world, region)))


def _batch_count(part: str) -> Callable[[World, str], int]:
    def count(world: World, region: str) -> int:
        from geos.wizard.sandbox.services.batch_state import batch_in

        return len(getattr(batch_in(world, region), part))

    return count


_BATCH = {"L-144F0CA5": _batch_count("environments"), "L-4CEA37AD": _batch_count("queues")}


def family_class(instance_type: str) -> str:
    """The class of instances whose quota a type counts against; empty when none is known."""
    return next((name for name, pattern in _CLASSES if pattern.match(instance_type)), "")


def vcpus_in_use(world: World, region: str, wanted: str, spot: bool) -> float:
    """Running machines, and reservations also where nothing runs in them."""
    total = 0.0
    rows: list[dict[str, Any]] = []
    for reservation in world.clients.get("ec2", region).describe_instances()["Reservations"]:
        rows += reservation["Instances"]
    for row in rows:
        is_spot = row.get("InstanceLifecycle") == "spot"
        if row["State"]["Name"] == "running" and is_spot == spot and family_class(row["InstanceType"]) == wanted:
            total += vcpus_of(row["InstanceType"])
    if not spot:
        for held in world.seed.capacity_reservations:
            if held.state == "active" and held.zone.startswith(region) and family_class(held.type) == wanted:
                total += (held.count - held.used) * vcpus_of(held.type)
    return total


def vcpus_of(instance_type: str) -> int:
    """The default vCPUs of a type, from the emulator's own list of real types."""
    from moto.ec2.models.instance_types import INSTANCE_TYPES

    return int(INSTANCE_TYPES[instance_type]["VCpuInfo"]["DefaultVCpus"])
