"""Service models cut down to the operations that geos calls, kept between runs.

botocore reads a whole service's description before the first call: 130 ms for EC2, of which geos uses a
twentieth. Here each description is cut once, to the operations whose names stand in this folder's sources and
the shapes they reach, and read from the cache folder afterwards. An operation that was cut by mistake is no
fault: a client with the whole model answers for it (`whole_behind`).
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import botocore
from botocore import xform_name
from botocore.loaders import Loader

from geos.wizard.errors import GeosError
from geos.wizard.files import write_whole
from geos.wizard.paths import cache_dir
from geos.wizard.version import VERSION

_HERE = Path(__file__).parent
_NAMES = re.compile(r"[a-z][a-z0-9_]+")
_OF_BOTOCORE = frozenset({"head_bucket"})
"""What botocore itself calls on a client of ours: where a bucket lives, when S3 redirects."""


class CuttingLoader(Loader):  # type: ignore[misc]  # botocore has no types
    """botocore's loader, which cuts models of services. It takes over the folders where `whole` looks."""

    def __init__(self, whole: Loader) -> None:
        super().__init__(extra_search_paths=list(whole.search_paths), include_default_search_paths=False)
        self._known: dict[str, Any] = {}

    def list_available_services(self, type_name: str) -> _EveryName:
        """Whatever is asked for is looked up. botocore would first look into the folders of all 430 services,
        once for each thread that asks before the first of them is done."""
        return _EveryName()

    def load_service_model(self, service_name: str, type_name: str, api_version: str | None = None) -> Any:
        if type_name != "service-2":
            return super().load_service_model(service_name, type_name, api_version)
        if service_name not in self._known:  # botocore asks twice for each client
            self._known[service_name] = self._cut_model(service_name, api_version)
        return self._known[service_name]

    def _cut_model(self, service_name: str, api_version: str | None) -> Any:
        place = _folder() / f"{service_name}.json"
        with contextlib.suppress(OSError, ValueError):
            return json.loads(place.read_bytes())
        model = cut(super().load_service_model(service_name, "service-2", api_version), names_used())
        with contextlib.suppress(GeosError, OSError):  # a full disk costs time, not the command
            _forget_others(place.parent)
            write_whole(place, json.dumps(model, separators=(",", ":")))
        return model


class _EveryName(tuple[str, ...]):
    """Holds any name; lists none."""

    def __contains__(self, name: object) -> bool:
        return True


def whole_behind(client: Any, make_whole: Any) -> None:
    """Let `client` answer for operations that were cut: from a client with the whole model, made when needed."""

    def answer(event_name: str, **_: Any) -> Any:
        return getattr(make_whole(), event_name.rsplit(".", 1)[-1], None)

    client.meta.events.register("getattr", answer)


def _folder() -> Path:
    """Another version, or an edit in this folder, makes another set."""
    edited = max(int(entry.stat().st_mtime) for entry in os.scandir(_HERE) if entry.name.endswith(".py"))
    return cache_dir() / f"models-{VERSION}-{botocore.__version__}-{edited}"


def _forget_others(folder: Path) -> None:
    """Sets of other versions are of no use any more."""
    for other in folder.parent.glob("models-*"):
        if other != folder:
            shutil.rmtree(other, ignore_errors=True)


def names_used() -> frozenset[str]:
    """Every word in this folder's sources that could be an operation's name."""
    found: set[str] = set()
    for path in _HERE.glob("*.py"):
        found.update(_NAMES.findall(path.read_text(encoding="utf-8")))
    return _OF_BOTOCORE | found


def cut(model: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """The model with only the operations named (in Python's spelling) and the shapes that these reach."""
    wanted = set(names)
    operations = {name: _plain(op) for name, op in model["operations"].items() if xform_name(name) in wanted}
    shapes = model["shapes"]
    kept: dict[str, Any] = {}
    waiting = [ref for operation in operations.values() for ref in _references(operation)]
    while waiting:
        name = waiting.pop()
        if name in kept or name not in shapes:
            continue
        kept[name] = _plain(shapes[name])
        waiting.extend(_references(kept[name]))
    rest = {key: value for key, value in model.items() if key not in ("operations", "shapes", "documentation")}
    return {**rest, "operations": operations, "shapes": kept}


def _plain(value: Any) -> Any:
    """Without the prose, which is two thirds of it."""
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items() if not (k == "documentation" and isinstance(v, str))}
    return [_plain(v) for v in value] if isinstance(value, list) else value


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "shape" and isinstance(inner, str):
                yield inner
            else:
                yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)
