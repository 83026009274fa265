"""Where a container image lies, read off its name. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
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

    def __str__(self) -> str:
        return f"{self.repository}:{self.tag}"


BuildLine = Callable[[ImagePlace], str]
"""The command that makes a missing image."""
ARCHITECTURES = ("arm64", "x86_64")


def parse_image(name: str) -> ImagePlace | None:
    """None for an image that is not in ECR."""
    found = _ECR.match(name)
    if found is None:
        return None
    return ImagePlace(
        found["account"], found["region"], found["repository"], found["tag"] or "latest", found["digest"] or ""
    )


def architecture_in(name: str) -> str:
    """The architecture that the name of an image or a job definition holds; empty without one."""
    return next((a for a in ARCHITECTURES if a.replace("_", "-") in name.replace("_", "-")), "")


def build_own(place: ImagePlace) -> str:
    """Somebody's own Dockerfile as this image: works whatever is built, and whether or not a recipe is shipped."""
    return f"geos-build --context DIR --repository {place.repository} --arch {architecture_in(place.tag) or 'both'}"
