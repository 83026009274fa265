"""S3 as this run needs it; the only module that imports boto3. Every refusal becomes one of the run's endings."""

from __future__ import annotations

import concurrent.futures
import contextlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from .endings import Code, Ended
from .places import Place

AT_ONCE = 16
PUBLIC_REGION = "us-east-1"
"""Where the public bucket of input data lies; it is read there, from wherever the job runs."""
_GONE = ("404", "NoSuchKey", "NotFound", "NoSuchBucket")
RESULT, TEMPORARY = "result", "temporary"
"""Values of the tag geos:class, which the bucket's lifecycle rules go by: results stay, temporary ones go in a week."""


class Store:
    def __init__(self, region: str = "", *, public: bool = False) -> None:
        import boto3
        from botocore import UNSIGNED
        from botocore.config import Config

        options: dict[str, Any] = {"retries": {"mode": "standard", "total_max_attempts": 5}, "connect_timeout": 10}
        options |= {"max_pool_connections": AT_ONCE, "read_timeout": 60}
        if public:
            options["signature_version"] = UNSIGNED
        region = PUBLIC_REGION if public else region or os.environ.get("AWS_REGION", PUBLIC_REGION)
        self._client = boto3.client("s3", region_name=region, config=Config(**options))

    def read(self, place: Place) -> bytes | None:
        """None: there is none. Raises Ended."""
        with _as_ours(f"read {place}"):
            try:
                return bytes(self._client.get_object(Bucket=place.bucket, Key=place.key)["Body"].read())
            except self._client.exceptions.ClientError as e:
                if _code(e) in _GONE:
                    return None
                raise

    def size(self, place: Place) -> int | None:
        """Bytes, or None: there is none. Raises Ended."""
        with _as_ours(f"look for {place}"):
            try:
                return int(self._client.head_object(Bucket=place.bucket, Key=place.key)["ContentLength"])
            except self._client.exceptions.ClientError as e:
                if _code(e) in _GONE:
                    return None
                raise

    def sizes(self, places: Iterable[Place]) -> dict[Place, int | None]:
        return dict(_side_by_side(lambda p: (p, self.size(p)), places))

    def below(self, place: Place) -> dict[str, int]:
        """Names below a place -> bytes. Raises Ended."""
        prefix = f"{place.key}/"
        found: dict[str, int] = {}
        with _as_ours(f"list {place}"):
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=place.bucket, Prefix=prefix)
            for page in pages:
                for entry in page.get("Contents", ()):
                    if name := entry["Key"][len(prefix) :]:
                        found[name] = entry["Size"]
        return found

    def fetch(self, wanted: dict[Place, Path]) -> None:
        """All of them, many at once, each whole or not at all. Raises Ended."""

        def one(pair: tuple[Place, Path]) -> None:
            place, path = pair
            path.parent.mkdir(parents=True, exist_ok=True)
            with _as_ours(f"read {place}"):
                self._client.download_file(place.bucket, place.key, str(path))

        list(_side_by_side(one, wanted.items()))

    def put(self, path: Path, place: Place, kind: str = RESULT) -> None:
        """Raises Ended."""
        with _as_ours(f"write {place}"):
            self._client.upload_file(str(path), place.bucket, place.key, ExtraArgs={"Tagging": f"geos:class={kind}"})

    def write(self, body: bytes, place: Place, kind: str = RESULT) -> None:
        """Raises Ended."""
        with _as_ours(f"write {place}"):
            self._client.put_object(Bucket=place.bucket, Key=place.key, Body=body, Tagging=f"geos:class={kind}")


def _side_by_side(function: Any, items: Iterable[Any]) -> Iterator[Any]:
    pool = concurrent.futures.ThreadPoolExecutor(AT_ONCE)
    try:
        for done in concurrent.futures.as_completed([pool.submit(function, item) for item in items]):
            yield done.result()
    finally:
        # Not waited for: after a Spot notice there is no time for downloads that nobody needs any more.
        pool.shutdown(wait=False, cancel_futures=True)


@contextlib.contextmanager
def _as_ours(doing: str) -> Iterator[None]:
    from boto3.exceptions import Boto3Error
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as e:
        denied = "the job's role does not allow it" if _code(e) in ("403", "AccessDenied") else _code(e)
        raise Ended(Code.NO_STORAGE, f"cannot {doing}: {denied}.", "check the place and the job's role.") from e
    except (BotoCoreError, Boto3Error) as e:
        raise Ended(Code.NO_STORAGE, f"cannot {doing}: {_first_line(e)}", "submit again; S3 was not reached.") from e
    except OSError as e:
        if e.errno == 28:
            raise Ended(Code.NO_ROOM, f"the scratch disk is full: cannot {doing}.", "ask for more scratch.") from e
        raise Ended(Code.NO_STORAGE, f"cannot {doing}: {e.strerror or e}.", "check the scratch disk.") from e


def _code(error: Any) -> str:
    return str(error.response.get("Error", {}).get("Code", "unknown"))


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
