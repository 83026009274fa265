"""ECR: what a repository holds and how it is set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from geos.wizard.errors import AwsRefused, NotThere

if TYPE_CHECKING:
    from geos.wizard.aws.door import Door

BATCH = 100
"""The most that one BatchDeleteImage takes."""


@dataclass(frozen=True)
class Repository:
    """A repository's settings."""

    name: str
    arn: str
    uri: str
    scan_on_push: bool
    tag_mutability: str
    encryption: str


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
        return Repository(
            raw["repositoryName"],
            raw["repositoryArn"],
            raw.get("repositoryUri", ""),
            bool(raw.get("imageScanningConfiguration", {}).get("scanOnPush", False)),
            raw.get("imageTagMutability", ""),
            raw.get("encryptionConfiguration", {}).get("encryptionType", ""),
        )

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
