"""EBS quotas: gp3 and gp2 are limited by size, io1 and io2 by IOPS as well."""

from __future__ import annotations

from collections.abc import Iterator

from geos.wizard.cfn.resolve import Unknown, Value
from geos.wizard.systems.derive import mapping, number
from geos.wizard.systems.derive.claims import Amount, Claim, product

DISKS = {
    # volume type: (storage in TiB, IOPS)
    "gp3": ("L-7A658B76", ""),
    "gp2": ("L-D18FCD1D", ""),
    "io1": ("", "L-B3A130E6"),
    "io2": ("L-09BD8365", "L-8D977E7E"),
}


def disk_claims(disk: Value, most: Amount = 1.0, now: Amount = 1.0) -> Iterator[Claim]:
    """`disk` has the properties of a volume: Size or VolumeSize (GiB), VolumeType, Iops."""
    p = mapping(disk)
    kind = p.get("VolumeType", "gp2")
    if isinstance(kind, Unknown):
        yield Claim("ebs", "L-7A658B76", kind)
        return
    size = number(p.get("Size", p.get("VolumeSize", Unknown("the size comes from a snapshot or an image"))))
    iops = number(p.get("Iops"), 0)
    for code, each in zip(DISKS.get(str(kind), ()), (product(size, 1 / 1024), iops), strict=False):
        if code:
            yield Claim("ebs", code, product(most, each), product(now, each))
