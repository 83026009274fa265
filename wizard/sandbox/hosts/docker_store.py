"""What the stand-in for an engine keeps on its machine: the names of images, and what each is made of."""

from __future__ import annotations

import hashlib
import io
import json
import os
import sys
import tarfile
from pathlib import Path
from typing import Any


class Failed(Exception):
    """What the engine would say, and end with 1."""


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def digest_of(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


class Store:
    """Name -> the image's configuration, as JSON. Kept in the machine's home."""

    def __init__(self) -> None:
        self._file = Path(os.environ.get("HOME", ".")) / ".docker-stand-in.json"
        try:
            self.images: dict[str, str] = json.loads(self._file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            self.images = {}

    def save(self) -> None:
        from geos.wizard.files import write_whole

        write_whole(self._file, json.dumps(self.images))

    def find(self, name: str) -> dict[str, Any]:
        text = self.images.get(full_name(name)) or next(
            (t for t in self.images.values() if digest_of(t.encode()) == name), ""
        )
        if not text:
            raise Failed(f"Error response from daemon: No such image: {name} (simulated)")
        found: dict[str, Any] = json.loads(text)
        return found


def full_name(name: str) -> str:
    return name if ":" in name.rpartition("/")[2] else f"{name}:latest"


def layer_of(config: dict[str, Any]) -> bytes:
    """The one layer: a file that tells what this is. The same image gives the same bytes."""
    text = f"simulated image\n{json.dumps(config['config'], indent=2)}\n".encode()
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        entry = tarfile.TarInfo("simulated")
        entry.size = len(text)
        archive.addfile(entry, io.BytesIO(text))
    return made.getvalue()
