"""A build's log beside its image: in the deployment's system bucket, below containers/, for whoever has the image.

The copy on the machine that built comes first; this one is for colleagues, and for when that machine is gone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from geos.builder.build import Build
from geos.builder.plan import tags_of
from geos.builder.request import ARM64, X86_64
from geos.wizard.errors import DiskRefused
from geos.wizard.paths import shown

if TYPE_CHECKING:
    from geos.wizard.aws import Aws

PREFIX = "containers/"
TEXT = "text/plain"
_DEPLOYMENT = re.compile(r"[a-z0-9][a-z0-9-]*")
_LONGEST_BUCKET = 63
_KEY = re.compile(r"containers/(?P<repository>.+)/(?P<tag>[^/]+)/(?P<build_id>b-[0-9a-f]+)/(?P<name>[^/]+)\.log")


@dataclass(frozen=True)
class StoredLog:
    """One log of a build, as the bucket has it."""

    bucket: str
    key: str
    repository: str
    tag: str
    build_id: str
    name: str

    @property
    def uri(self) -> str:
        return f"s3://{self.bucket}/{self.key}"

    @property
    def architecture(self) -> str:
        """As its tag begins; empty where the tag was chosen by somebody, and there is one architecture only."""
        return next((name for name in (ARM64, X86_64) if self.tag.startswith(f"{name}-")), "")


def bucket_name(deployment: str, region: str, account_id: str) -> str:
    """The system bucket that the deployment's core stack makes; empty where no deployment can be called so."""
    name = f"{deployment}-system-{region}-{account_id}"
    return name if _DEPLOYMENT.fullmatch(deployment) and len(name) <= _LONGEST_BUCKET else ""


def folder_of(build: Build, architecture: str) -> str:
    return f"{PREFIX}{build.repository}/{tags_of(build, architecture).fixed}/{build.build_id}/"


def stored_log(bucket: str, key: str) -> StoredLog | None:
    """None for what is no build's log."""
    found = _KEY.fullmatch(key)
    return StoredLog(bucket, key, **found.groupdict()) if found else None


# --- asks AWS --------------------------------------------------------------------------------


def find_bucket(aws: Aws, deployment: str) -> str:
    """The deployment's system bucket; empty when there is none. Raises what AWS refuses to tell."""
    name = bucket_name(deployment, aws.region, aws.door.account_id())
    return name if name and aws.s3.exists(name) else ""


def store(aws: Aws, build: Build, architecture: str, logs: Sequence[Path]) -> str:
    """Put the logs beside the image; where they lie. Raises DiskRefused and what AWS refuses."""
    folder = folder_of(build, architecture)
    for path in logs:
        try:
            aws.s3.put_file(build.log_bucket, folder + path.name, path, content_type=TEXT, owner=build.account_id)
        except OSError as e:
            raise DiskRefused(f"{shown(path)} could not be read: {e.strerror or e}.") from e
    return f"s3://{build.log_bucket}/{folder}" if logs else ""


def stored(aws: Aws, bucket: str, build_id: str) -> Iterator[StoredLog]:
    """The logs there of all builds whose id begins so."""
    for key in aws.s3.keys(bucket, PREFIX, owner=aws.door.account_id()):
        found = stored_log(bucket, key)
        if found is not None and found.build_id.startswith(build_id):
            yield found


def content(aws: Aws, log: StoredLog) -> Iterator[bytes]:
    return aws.s3.read(log.bucket, log.key, owner=aws.door.account_id())
