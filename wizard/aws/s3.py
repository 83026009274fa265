"""S3: the state bucket's files, settings read back, and emptying a bucket with all its versions."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geos.wizard.errors import AwsRefused, GeosError, NotAnswered, NotThere

if TYPE_CHECKING:
    from geos.wizard.aws.door import Door

BATCH = 1000
"""The most that one DeleteObjects takes."""
WORKERS = 8
CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class BucketSettings:
    """What is critical about a bucket, as S3 tells it. An empty string: not set."""

    public_access_blocked: bool
    versioning: str
    encryption: str
    ownership: str
    tls_only: bool


class Buckets:
    """The buckets of one account, seen from one region."""

    def __init__(self, door: Door, *, batch: int = BATCH) -> None:
        self._door = door
        self._batch = batch

    @property
    def _client(self) -> Any:
        return self._door.client("s3")

    def exists(self, bucket: str) -> bool:
        """Whether the account has the bucket. Somebody else's raises AccessDenied."""
        try:
            with self._door.asking(f"look for bucket {bucket}"):
                self._client.head_bucket(Bucket=bucket)
        except (NotThere, NotAnswered) as e:
            if isinstance(e, NotAnswered) and e.aws_code != "404":
                raise
            return False
        return True

    def put(self, bucket: str, key: str, text: str, *, content_type: str = "application/json") -> None:
        with self._door.asking(f"write {key} to bucket {bucket}"):
            self._client.put_object(Bucket=bucket, Key=key, Body=text.encode(), ContentType=content_type)

    def put_file(self, bucket: str, key: str, path: Path, *, content_type: str, owner: str) -> None:
        """The file as it is, byte for byte. Refused where the bucket is not the account `owner`'s."""
        with self._door.asking(f"write {key} to bucket {bucket}"), path.open("rb") as body:
            self._client.put_object(
                Bucket=bucket, Key=key, Body=body, ContentType=content_type, ExpectedBucketOwner=owner
            )

    def keys(self, bucket: str, prefix: str, *, owner: str) -> Iterator[str]:
        """Names of all objects that begin with `prefix`, in order."""
        with self._door.asking(f"list the contents of bucket {bucket}"):
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=bucket, Prefix=prefix, ExpectedBucketOwner=owner
            )
            for page in pages:
                yield from (found["Key"] for found in page.get("Contents", ()))

    def read(self, bucket: str, key: str, *, owner: str) -> Iterator[bytes]:
        """An object's bytes, piece by piece."""
        with self._door.asking(f"read {key} in bucket {bucket}"):
            body = self._client.get_object(Bucket=bucket, Key=key, ExpectedBucketOwner=owner)["Body"]
            yield from body.iter_chunks(CHUNK_BYTES)

    def address(self, bucket: str, key: str) -> str:
        """The https address under which CloudFormation finds an object."""
        suffix = "amazonaws.com.cn" if self._door.region.startswith("cn-") else "amazonaws.com"
        return f"https://{bucket}.s3.{self._door.region}.{suffix}/{key}"

    def count(self, bucket: str, *, most_pages: int = 20) -> tuple[int, int]:
        """(objects, bytes) of all versions together; of a very full bucket only the first 20,000 are counted."""
        objects = size = 0
        for page in itertools.islice(self._versions(bucket, ""), most_pages):
            found = page.get("Versions", ())
            objects += len(found)
            size += sum(v.get("Size", 0) for v in found)
        return objects, size

    def empty(self, bucket: str, prefix: str = "") -> int:
        """Remove every version, delete marker and unfinished upload; how many. A bucket that is gone is empty.

        Reading and deleting overlap, because a bucket of a million objects needs a thousand calls; but only so many
        pages are held at once, because a million names do not fit a small machine.
        """
        try:
            removed = self._abort_uploads(bucket, prefix)
            # Again until nothing is found: things may have come meanwhile, and not every endpoint's listing
            # finds its place again when what it was at has been deleted.
            while found := self._empty_once(bucket, prefix):
                removed += found
        except NotThere:
            return 0
        return removed

    def _empty_once(self, bucket: str, prefix: str) -> int:
        removed = 0
        with ThreadPoolExecutor(max_workers=WORKERS, thread_name_prefix="geos-empty") as pool:
            under_way: deque[Future[int]] = deque()
            for page in self._versions(bucket, prefix):
                under_way.append(pool.submit(self._delete, bucket, _keys(page)))
                if len(under_way) > 2 * WORKERS:
                    removed += under_way.popleft().result()
            return removed + sum(f.result() for f in under_way)

    def delete(self, bucket: str) -> None:
        """Remove an empty bucket; one that is gone is fine."""
        try:
            with self._door.asking(f"delete bucket {bucket}"):
                self._client.delete_bucket(Bucket=bucket)
        except NotThere:
            return

    def _versions(self, bucket: str, prefix: str) -> Iterator[Mapping[str, Any]]:
        with self._door.asking(f"list the contents of bucket {bucket}"):
            pages = self._client.get_paginator("list_object_versions").paginate(
                Bucket=bucket, Prefix=prefix, PaginationConfig={"PageSize": self._batch}
            )
            yield from pages

    def _delete(self, bucket: str, keys: Sequence[Mapping[str, str]]) -> int:
        if not keys:
            return 0
        with self._door.asking(f"empty bucket {bucket}"):
            answer = self._client.delete_objects(Bucket=bucket, Delete={"Objects": list(keys), "Quiet": True})
        for fault in answer.get("Errors", ())[:1]:
            raise AwsRefused(
                f"could not empty bucket {bucket}: {fault.get('Key')}: {fault.get('Message', fault.get('Code'))}",
                aws_code=str(fault.get("Code", "")),
            )
        return len(keys)

    def _abort_uploads(self, bucket: str, prefix: str) -> int:
        with self._door.asking(f"stop unfinished uploads to bucket {bucket}"):
            pages = self._client.get_paginator("list_multipart_uploads").paginate(Bucket=bucket, Prefix=prefix)
            uploads = [u for page in pages for u in page.get("Uploads", ())]
            for upload in uploads:
                self._client.abort_multipart_upload(Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"])
        return len(uploads)

    # --- settings ----------------------------------------------------------------------------

    def settings(self, bucket: str) -> BucketSettings:
        """Read back what is critical. Raises NotThere when the bucket is gone."""
        block = self._setting(bucket, "public access block", "get_public_access_block", _NO_BLOCK)
        versioning = self._setting(bucket, "versioning", "get_bucket_versioning", frozenset())
        encryption = self._setting(bucket, "encryption", "get_bucket_encryption", _NO_ENCRYPTION)
        ownership = self._setting(bucket, "ownership", "get_bucket_ownership_controls", _NO_OWNERSHIP)
        policy = self._setting(bucket, "policy", "get_bucket_policy", _NO_POLICY)
        blocked = block.get("PublicAccessBlockConfiguration", {})
        rules = encryption.get("ServerSideEncryptionConfiguration", {}).get("Rules", [{}])
        owners = ownership.get("OwnershipControls", {}).get("Rules", [{}])
        return BucketSettings(
            len(blocked) == 4 and all(blocked.values()),
            versioning.get("Status", ""),
            rules[0].get("ApplyServerSideEncryptionByDefault", {}).get("SSEAlgorithm", ""),
            owners[0].get("ObjectOwnership", ""),
            "aws:SecureTransport" in policy.get("Policy", ""),
        )

    def _setting(self, bucket: str, what: str, call: str, absent: frozenset[str]) -> Mapping[str, Any]:
        ask: Callable[..., Mapping[str, Any]] = getattr(self._client, call)
        try:
            with self._door.asking(f"read the {what} of bucket {bucket}"):
                return ask(Bucket=bucket)
        except GeosError as e:
            if e.aws_code in absent:
                return {}
            raise


_NO_BLOCK = frozenset({"NoSuchPublicAccessBlockConfiguration"})
_NO_ENCRYPTION = frozenset({"ServerSideEncryptionConfigurationNotFoundError"})
_NO_OWNERSHIP = frozenset({"OwnershipControlsNotFoundError"})
_NO_POLICY = frozenset({"NoSuchBucketPolicy"})
"""S3 answers with an error where a setting was never made."""


def _keys(page: Mapping[str, Any]) -> list[dict[str, str]]:
    found = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
    return [{"Key": v["Key"], "VersionId": v["VersionId"]} for v in found]
