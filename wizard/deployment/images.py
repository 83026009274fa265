"""Where a container image lies, read off its name. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

_ECR = re.compile(
    r"^(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(\.cn)?/"
    r"(?P<repository>[^:@]+)(:(?P<tag>[^@]+))?(@(?P<digest>sha256:[0-9a-f]{64}))?$"
)


@dataclass(frozen=True)
class ImagePlace:
    """An image in a registry of ECR."""

    account_id: str
    region: str
    repository: str
    tag: str
    digest: str = ""


def parse_image(name: str) -> ImagePlace | None:
    """None for an image that is not in ECR."""
    found = _ECR.match(name)
    if found is None:
        return None
    return ImagePlace(
        found["account"], found["region"], found["repository"], found["tag"] or "latest", found["digest"] or ""
    )
