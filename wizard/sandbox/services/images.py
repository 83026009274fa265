"""Machine images: what the emulator ships, and Rocky Linux's own, which it lacks."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from geos.wizard.sandbox.services.emulated import by_moto, passing
from geos.wizard.sandbox.wire import PASS, Call
from geos.wizard.sandbox.world import World

ROCKY_OWNER = "792107900819"
_ROCKY = tuple(
    (f"Rocky-9-EC2-Base-9.{minor}-{date}.{build}.{arch}", arch, date)
    for minor, date, build in ((4, "20240523", 0), (5, "20241118", 0), (6, "20250531", 0), (7, "20251123", 2))
    for arch in ("x86_64", "aarch64")
)
"""Names as Rocky Linux publishes them: release, build date and number, architecture."""
_YOUNGEST = 7


def rocky_images(region: str) -> list[dict[str, Any]]:
    """Entries in the form of moto's image list."""
    found = []
    for i, (name, arch, date) in enumerate(_ROCKY):
        found.append(
            {
                "ami_id": _image_id(region, i),
                "name": name,
                "architecture": "arm64" if arch == "aarch64" else "x86_64",
                "creation_date": datetime.strptime(date, "%Y%m%d").replace(tzinfo=UTC),
                "description": f"Rocky Linux {name.split('-')[4]} {arch}",
                "image_location": f"{ROCKY_OWNER}/{name}",
                "image_type": "machine",
                "public": True,
                "owner_id": ROCKY_OWNER,
                "platform": "Linux/UNIX",
                "state": "available",
                "root_device_type": "ebs",
                "root_device_name": "/dev/sda1",
                "sriov": "simple",
                "virtualization_type": "hvm",
                "hypervisor": "xen",
            }
        )
    return found


def describe_images(world: World, call: Call) -> object:
    """Rocky Linux marks its images as deprecated after two years; others than the owner then have to ask for them.

    The youngest stay, however old they are here: Rocky Linux goes on, and this list does not.
    """
    p = call.params
    if passing(world, call) or not (ROCKY_OWNER in (p.get("Owners") or ()) or p.get("ImageIds")):
        return PASS
    answer = by_moto(world, call, p)
    for image in answer["Images"]:
        if image.get("OwnerId") == ROCKY_OWNER:
            created = datetime.fromisoformat(image["CreationDate"])
            image["DeprecationTime"] = created.replace(year=created.year + 2).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    if not p.get("IncludeDeprecated"):
        now = datetime.now(UTC).isoformat()
        answer["Images"] = [
            i
            for i in answer["Images"]
            if i.get("DeprecationTime", now) >= now or i["Name"].startswith(f"Rocky-9-EC2-Base-9.{_YOUNGEST}-")
        ]
    return answer


def _image_id(region: str, index: int) -> str:
    import hashlib

    return "ami-" + hashlib.sha256(f"rocky/{region}/{index}".encode()).hexdigest()[:17]


def image_for(world: World, region: str, instance_type: str) -> str:
    """An image that this type of machine can start from."""
    from geos.wizard.tables.instances import instance

    known = instance(instance_type)
    wanted = known.architecture if known else "x86_64"
    return next(str(i["ami_id"]) for i in reversed(rocky_images(region)) if i["architecture"] == wanted)


ACTIONS = {"DescribeImages": describe_images}
