"""What ECR tells, as values."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST_TYPES = (DOCKER_MANIFEST, DOCKER_LIST, OCI_MANIFEST, OCI_INDEX)
INDEX_TYPES = frozenset({DOCKER_LIST, OCI_INDEX})

ON_PUSH = "SCAN_ON_PUSH"


@dataclass(frozen=True)
class Repository:
    """A repository's settings."""

    name: str
    arn: str
    uri: str
    scan_on_push: bool
    tag_mutability: str
    encryption: str
    moving_tags: tuple[str, ...] = ()
    """Patterns of the tags that the rule for the others does not hold for."""


@dataclass(frozen=True)
class Token:
    """A way into the registry, for docker login."""

    registry: str
    """Host, with a port where it is not 443."""
    user: str
    password: str = field(repr=False)
    issued: datetime
    expires: datetime


@dataclass(frozen=True)
class Image:
    """An image as the repository lists it."""

    digest: str
    tags: tuple[str, ...]
    size_bytes: int | None
    """Compressed; None for an index."""
    pushed: datetime | None
    media_type: str

    @property
    def is_index(self) -> bool:
        return self.media_type in INDEX_TYPES


@dataclass(frozen=True)
class Manifest:
    """What an image consists of, byte for byte as it was pushed."""

    text: str
    media_type: str

    @property
    def digest(self) -> str:
        return f"sha256:{hashlib.sha256(self.text.encode()).hexdigest()}"

    @property
    def is_index(self) -> bool:
        return self.media_type in INDEX_TYPES


@dataclass(frozen=True)
class ScanRules:
    """How a registry looks for known flaws in its images: account and region as a whole."""

    kind: str
    """BASIC or ENHANCED."""
    rules: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """(how often, patterns of repositories)."""

    @property
    def on_push(self) -> tuple[str, ...]:
        """Patterns of the repositories whose images are scanned when they arrive."""
        return tuple(p for often, patterns in self.rules if often != "MANUAL" for p in patterns)

    def also(self, *patterns: str) -> ScanRules:
        """The same, and more that is scanned on push."""
        found = dict(self.rules)
        found[ON_PUSH] = (*found.get(ON_PUSH, ()), *patterns)
        return ScanRules(self.kind, tuple(found.items()))


def image_id(reference: str) -> dict[str, str]:
    """ECR's way of naming an image, of a tag or a digest."""
    return {"imageDigest" if reference.startswith("sha256:") else "imageTag": reference}


def repository_of(raw: Mapping[str, Any]) -> Repository:
    return Repository(
        raw["repositoryName"],
        raw["repositoryArn"],
        raw.get("repositoryUri", ""),
        bool(raw.get("imageScanningConfiguration", {}).get("scanOnPush", False)),
        raw.get("imageTagMutability", ""),
        raw.get("encryptionConfiguration", {}).get("encryptionType", ""),
        tuple(f["filter"] for f in raw.get("imageTagMutabilityExclusionFilters") or ()),
    )


def image_of(raw: Mapping[str, Any]) -> Image:
    return Image(
        raw["imageDigest"],
        tuple(sorted(raw.get("imageTags") or ())),
        raw.get("imageSizeInBytes"),
        raw.get("imagePushedAt"),
        raw.get("imageManifestMediaType", ""),
    )


def scan_rules_of(raw: Mapping[str, Any]) -> ScanRules:
    rules = tuple(
        (rule["scanFrequency"], tuple(f["filter"] for f in rule.get("repositoryFilters") or ()))
        for rule in raw.get("rules") or ()
    )
    return ScanRules(raw.get("scanType", "BASIC"), rules)


def scan_rules_as_sent(rules: Iterable[tuple[str, tuple[str, ...]]]) -> list[dict[str, Any]]:
    return [
        {"scanFrequency": often, "repositoryFilters": [{"filter": p, "filterType": "WILDCARD"} for p in patterns]}
        for often, patterns in rules
    ]
