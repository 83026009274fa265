"""An index: one name for the images of several architectures. Pure.

Written as buildx's imagetools do: what is an index already (buildx makes one of a single image, with its attestation)
is merged in, never nested.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from geos.builder.docker import PLATFORM
from geos.wizard.aws.ecr_facts import DOCKER_LIST, DOCKER_MANIFEST, OCI_INDEX, Manifest


def index_over(images: Mapping[str, Manifest]) -> Manifest:
    """The index over `images` (architecture -> manifest). The same images give the same bytes, whatever their order."""
    entries: dict[str, dict[str, Any]] = {}
    for architecture in sorted(images):
        for entry in _entries(architecture, images[architecture]):
            entries.setdefault(entry["digest"], entry)
    kinds = {entry["mediaType"] for entry in entries.values()}
    media_type = DOCKER_LIST if kinds == {DOCKER_MANIFEST} else OCI_INDEX
    body = {"schemaVersion": 2, "mediaType": media_type, "manifests": list(entries.values())}
    return Manifest(json.dumps(body, indent=3), media_type)


def _entries(architecture: str, manifest: Manifest) -> Iterator[dict[str, Any]]:
    if manifest.is_index:
        yield from json.loads(manifest.text)["manifests"]
        return
    system, _, machine = PLATFORM[architecture].partition("/")
    yield {
        "mediaType": manifest.media_type,
        "digest": manifest.digest,
        "size": len(manifest.text.encode()),
        "platform": {"architecture": machine, "os": system},
    }
