"""Input data comes from its bucket onto the scratch disk: only what is named, checked before the first byte moves."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .dryrun import stored_as
from .endings import Code, Ended
from .places import Place
from .store import Store

PUBLIC = ("geos-chem", "gcgrid")
"""Buckets of the Registry of Open Data: read without a signature."""
_MIB = 2**20
_SPARE = 1.05
_SHOWN = 5


@dataclass(frozen=True)
class Wanted:
    required: Mapping[str, Path]
    """Key below the input bucket -> where it belongs."""
    optional: Mapping[str, Path] = field(default_factory=dict)
    lost: tuple[str, ...] = ()
    """Required files that no bucket can have."""


@dataclass(frozen=True)
class Staged:
    files: int
    size: int
    """Bytes."""


def stage(store: Store, source: Place, wanted: Wanted, scratch: Path) -> Staged:
    """Raises Ended, naming what is nowhere, or when the disk is too small for it."""
    both = {**wanted.optional, **wanted.required}
    places = {key: source / stored_as(key) for key in both}
    sizes = store.sizes(set(places.values()))
    missing = [*wanted.lost, *(str(places[key]) for key in wanted.required if sizes[places[key]] is None)]
    if missing:
        more = f" and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
        raise Ended(
            Code.MISSING_INPUT,
            f"{len(missing)} files that the run needs are nowhere: {', '.join(missing[:_SHOWN])}{more}.",
            "check the dates and the configuration; dry-run.log names every file.",
        )
    # Several names may stand for one stored file.
    targets: dict[Place, list[Path]] = {}
    for key, path in both.items():
        if sizes[places[key]] is not None and not path.exists():
            targets.setdefault(places[key], []).append(path)
    total = sum((sizes[stored] or 0) * len(paths) for stored, paths in targets.items())
    free = shutil.disk_usage(scratch).free
    if total * _SPARE > free:
        raise Ended(
            Code.NO_ROOM,
            f"the input takes {total // _MIB} MiB, and {free // _MIB} MiB are free.",
            "deploy with more scratch, or split the run.",
        )
    store.fetch({stored: paths[0] for stored, paths in targets.items()})
    for paths in targets.values():
        for path in paths[1:]:
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(paths[0], path)
    return Staged(sum(map(len, targets.values())), total)
