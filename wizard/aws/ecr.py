"""ECR: what a repository holds, how it is set, and the way in for pushing to it."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from geos.wizard.aws.ecr_facts import (
    MANIFEST_TYPES,
    Image,
    Manifest,
    Repository,
    ScanRules,
    Token,
    image_id,
    image_of,
    repository_of,
    scan_rules_as_sent,
    scan_rules_of,
)
from geos.wizard.errors import AwsRefused, NotThere

if TYPE_CHECKING:
    from geos.wizard.aws.door import Door

BATCH = 100
"""The most that one BatchDeleteImage takes."""


class Ecr:
    """The container registry of one account and region."""

    def __init__(self, door: Door) -> None:
        self._door = door

    @property
    def _client(self) -> Any:
        return self._door.client("ecr")

    def repository(self, name: str) -> Repository | None:
        try:
            with self._door.asking(f"read repository {name}"):
                raw = self._client.describe_repositories(repositoryNames=[name])["repositories"][0]
        except NotThere:
            return None
        return repository_of(raw)

    def tags(self, name: str) -> frozenset[str]:
        """Every tag in the repository."""
        return frozenset(i["imageTag"] for i in self._images(name) if i.get("imageTag"))

    def tagged(self, name: str) -> dict[str, str]:
        """Tag -> digest of the image that has it; empty for a repository that is not there."""
        try:
            images = self._images(name)
        except NotThere:
            return {}
        return {i["imageTag"]: i["imageDigest"] for i in images if i.get("imageTag") and i.get("imageDigest")}

    def digests(self, name: str) -> frozenset[str]:
        """Every image in the repository."""
        return frozenset(i["imageDigest"] for i in self._images(name) if i.get("imageDigest"))

    def empty(self, name: str) -> int:
        """Remove every image; how many. A repository that is gone is empty."""
        try:
            digests = list({i["imageDigest"]: None for i in self._images(name) if i.get("imageDigest")})
            removed = 0
            while digests:
                some, digests = digests[:BATCH], digests[BATCH:]
                removed += self._remove(name, some)
        except NotThere:
            return 0
        return removed

    def delete(self, name: str) -> None:
        """Remove the repository with all it holds; one that is gone is fine."""
        try:
            with self._door.asking(f"delete repository {name}"):
                self._client.delete_repository(repositoryName=name, force=True)
        except NotThere:
            return

    def repositories(self) -> tuple[Repository, ...]:
        with self._door.asking("list the repositories"):
            pages = self._client.get_paginator("describe_repositories").paginate()
            return tuple(repository_of(raw) for page in pages for raw in page["repositories"])

    # --- for pushing ---------------------------------------------------------------------

    def create(
        self, name: str, *, tag_mutability: str, moving_tags: Sequence[str] = (), tags: Mapping[str, str]
    ) -> Repository:
        """Raises AlreadyThere."""
        given: dict[str, Any] = {}
        if moving_tags:
            filters = [{"filterType": "WILDCARD", "filter": pattern} for pattern in moving_tags]
            given["imageTagMutabilityExclusionFilters"] = filters
        with self._door.asking(f"create repository {name}"):
            raw = self._client.create_repository(
                repositoryName=name,
                imageTagMutability=tag_mutability,
                encryptionConfiguration={"encryptionType": "AES256"},
                tags=[{"Key": k, "Value": v} for k, v in tags.items()],
                **given,
            )
        return repository_of(raw["repository"])

    def set_lifecycle(self, name: str, rules: Sequence[Mapping[str, Any]]) -> None:
        text = json.dumps({"rules": list(rules)})
        with self._door.asking(f"set the life cycle of repository {name}"):
            self._client.put_lifecycle_policy(repositoryName=name, lifecyclePolicyText=text)

    def scan_rules(self) -> ScanRules:
        with self._door.asking("read how the registry scans images"):
            return scan_rules_of(self._client.get_registry_scanning_configuration()["scanningConfiguration"])

    def set_scan_rules(self, rules: ScanRules) -> None:
        with self._door.asking("have images scanned when they are pushed"):
            self._client.put_registry_scanning_configuration(scanType=rules.kind, rules=scan_rules_as_sent(rules.rules))

    def token(self) -> Token:
        """Good for hours, for this account and region."""
        with self._door.asking("get a token for the registry"):
            raw = self._client.get_authorization_token()["authorizationData"][0]
        user, _, password = base64.b64decode(raw["authorizationToken"]).decode().partition(":")
        registry = raw["proxyEndpoint"].split("://", 1)[-1].rstrip("/")
        return Token(registry, user, password, datetime.now(UTC), raw["expiresAt"])

    def images(self, name: str) -> tuple[Image, ...]:
        """All of them, with tags or without. Raises NotThere for a repository that is not there."""
        with self._door.asking(f"list the images of repository {name}"):
            pages = self._client.get_paginator("describe_images").paginate(repositoryName=name)
            return tuple(image_of(raw) for page in pages for raw in page["imageDetails"])

    def image(self, name: str, reference: str) -> Image | None:
        """By tag or digest; None when the repository has none, or is not there itself."""
        try:
            with self._door.asking(f"look up {reference} in repository {name}"):
                answer = self._client.describe_images(repositoryName=name, imageIds=[image_id(reference)])
        except NotThere:
            return None
        return next((image_of(raw) for raw in answer["imageDetails"]), None)

    def manifest(self, name: str, reference: str) -> Manifest | None:
        """By tag or digest; None when there is none. Raises NotThere for a repository that is not there."""
        with self._door.asking(f"read {reference} in repository {name}"):
            answer = self._client.batch_get_image(
                repositoryName=name, imageIds=[image_id(reference)], acceptedMediaTypes=list(MANIFEST_TYPES)
            )
        for raw in answer.get("images", ()):
            text = raw["imageManifest"]
            return Manifest(text, raw.get("imageManifestMediaType") or json.loads(text).get("mediaType", ""))
        return None

    def put_manifest(self, name: str, manifest: Manifest, tag: str) -> None:
        """Raises AlreadyThere (aws_code ImageAlreadyExistsException: this very image has the tag;
        ImageTagAlreadyExistsException: the tag is taken and may not move) and NotThere (a part of it is missing)."""
        with self._door.asking(f"tag an image {tag} in repository {name}"):
            self._client.put_image(
                repositoryName=name,
                imageManifest=manifest.text,
                imageManifestMediaType=manifest.media_type,
                imageTag=tag,
                imageDigest=manifest.digest,
            )

    def _remove(self, name: str, digests: list[str]) -> int:
        with self._door.asking(f"empty repository {name}"):
            answer = self._client.batch_delete_image(
                repositoryName=name, imageIds=[{"imageDigest": d} for d in digests]
            )
        # An image that an index names goes only after the index, so those are tried once more.
        waiting = [f["imageId"]["imageDigest"] for f in answer.get("failures", ()) if f["failureCode"] == _IN_INDEX]
        others = [f for f in answer.get("failures", ()) if f["failureCode"] not in (_IN_INDEX, "ImageNotFound")]
        for fault in others[:1]:
            raise AwsRefused(
                f"could not empty repository {name}: {fault.get('failureReason', '')}", aws_code=fault["failureCode"]
            )
        if waiting and len(waiting) < len(digests):
            self._remove(name, waiting)
        return len(digests)

    def _images(self, name: str) -> list[dict[str, str]]:
        with self._door.asking(f"list the images of repository {name}"):
            pages = self._client.get_paginator("list_images").paginate(repositoryName=name)
            return [i for page in pages for i in page["imageIds"]]


_IN_INDEX = "ImageReferencedByManifestList"
