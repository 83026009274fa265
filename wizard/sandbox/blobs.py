"""The bytes of images pushed to the simulated registry.

Large ones lie in files without a name, which the system removes with the process, however it ends.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import tempfile
import threading
from collections.abc import Iterator
from typing import IO

IN_MEMORY_BYTES = 1 << 20
CHUNK_BYTES = 1 << 20


class Blob:
    """Written once, from its beginning to its end; then only read, by any number of threads."""

    def __init__(self) -> None:
        self.size = 0
        self._hash = hashlib.sha256()
        self._head = bytearray()
        self._file: IO[bytes] | None = None

    def write(self, chunk: bytes) -> None:
        self.size += len(chunk)
        self._hash.update(chunk)
        if self._file is None and self.size <= IN_MEMORY_BYTES:
            self._head += chunk
            return
        if self._file is None:
            self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - it lives as long as the blob
            self._file.write(self._head)
            self._head.clear()
        view = memoryview(chunk)
        while view:
            view = view[self._file.write(view) :]

    @property
    def digest(self) -> str:
        return f"sha256:{self._hash.hexdigest()}"

    def read(self) -> Iterator[bytes]:
        if self._file is None:
            yield bytes(self._head)
            return
        at = 0
        while chunk := os.pread(self._file.fileno(), CHUNK_BYTES, at):
            at += len(chunk)
            yield chunk


class Blobs:
    """All blobs of one account: those that are whole by repository and digest, and the uploads under way."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._whole: dict[tuple[str, str, str], Blob] = {}
        self._uploads: dict[str, Blob] = {}

    def find(self, region: str, repository: str, digest: str) -> Blob | None:
        with self._lock:
            return self._whole.get((region, repository, digest))

    def begin(self) -> str:
        """A new upload's id."""
        upload = secrets.token_hex(16)
        with self._lock:
            self._uploads[upload] = Blob()
        return upload

    def upload(self, upload: str) -> Blob | None:
        with self._lock:
            return self._uploads.get(upload)

    def drop(self, upload: str) -> None:
        with self._lock:
            self._uploads.pop(upload, None)

    def finish(self, upload: str, region: str, repository: str) -> None:
        with self._lock:
            blob = self._uploads.pop(upload)
            self._whole[region, repository, blob.digest] = blob
