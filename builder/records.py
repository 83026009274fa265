"""Builds on disk: $XDG_STATE_HOME/geos/builds/<id>/build.json, and <architecture>/part.json beside its log and key.

A record is a help: all it names can be found again by tags. It is written whole, before the call that creates.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from geos.builder.build import Build, Part
from geos.builder.errors import BadBuildRecord
from geos.builder.logbook import AROUND
from geos.builder.request import HostWish, Request
from geos.wizard.files import read_text, write_whole
from geos.wizard.paths import shown, state_dir

FORMAT = 1
KEY = "key"


class Records:
    """The builds below one folder."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder if folder is not None else state_dir() / "builds"

    def names(self) -> tuple[str, ...]:
        """Ids of builds that have a record, newest last."""
        try:
            found = [p.parent for p in self.folder.glob("*/build.json")]
            return tuple(p.name for p in sorted(found, key=lambda p: (p.stat().st_mtime, p.name)))
        except OSError:
            return ()

    def of(self, build_id: str) -> Path:
        return self.folder / build_id

    def logs(self, build_id: str, architecture: str) -> tuple[Path, ...]:
        """What was done when, then what each run on the host printed, in their order: one follows the other."""
        found = (self.of(build_id) / architecture).glob("*.log")
        return tuple(sorted(found, key=lambda path: (path.stem != AROUND, path.stat().st_mtime, path.name)))

    def key(self, build_id: str, architecture: str) -> Path:
        """The client's private key of that one build."""
        return self.of(build_id) / architecture / KEY

    def write(self, build: Build) -> None:
        """Raises DiskRefused."""
        write_whole(self.of(build.build_id) / "build.json", _to_text(asdict(build)))

    def read(self, build_id: str) -> Build | None:
        """None when there is none. Raises BadBuildRecord, DiskRefused."""
        body = _read(self.of(build_id) / "build.json")
        return None if body is None else _build(body, self.of(build_id) / "build.json")

    def write_part(self, build_id: str, part: Part) -> None:
        """Raises DiskRefused."""
        write_whole(self.of(build_id) / part.architecture / "part.json", _to_text(asdict(part)))

    def parts(self, build_id: str) -> tuple[Part, ...]:
        """Raises BadBuildRecord, DiskRefused."""
        return tuple(self._parts(build_id))

    def _parts(self, build_id: str) -> Iterator[Part]:
        for path in sorted(self.of(build_id).glob("*/part.json")):
            body = _read(path)
            if body is not None:
                yield _part(body, path)

    def forget_key(self, build_id: str, architecture: str) -> None:
        """The host is gone, and its key opens nothing any more."""
        self.key(build_id, architecture).unlink(missing_ok=True)

    def remove(self, build_id: str) -> None:
        shutil.rmtree(self.of(build_id), ignore_errors=True)


def _to_text(body: dict[str, Any]) -> str:
    return json.dumps({"format": FORMAT, **body}, indent=2) + "\n"


def _read(path: Path) -> dict[str, Any] | None:
    text = read_text(path)
    if text is None:
        return None
    try:
        body = json.loads(text)
    except json.JSONDecodeError as e:
        raise _bad(path, f"it is cut off or not JSON (line {e.lineno})") from e
    if not isinstance(body, dict) or body.pop("format", None) != FORMAT:
        raise _bad(path, "it is not a record of this geos")
    return body


def _build(body: dict[str, Any], path: Path) -> Build:
    try:
        request = Request(**{k: _tuples(v) for k, v in body.pop("request").items()})
        wish = HostWish(**{k: _tuples(v) for k, v in body.pop("wish").items()})
        tags = tuple((str(name), str(value)) for name, value in body.pop("project_tags"))
        return Build(request=request, wish=wish, project_tags=tags, **body)
    except (TypeError, KeyError, ValueError, AttributeError) as e:
        raise _bad(path, "parts of it are missing") from e


def _part(body: dict[str, Any], path: Path) -> Part:
    try:
        return Part(**{k: _tuples(v) for k, v in body.items()})
    except TypeError as e:
        raise _bad(path, "parts of it are missing") from e


def _tuples(value: object) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _bad(path: Path, why: str) -> BadBuildRecord:
    return BadBuildRecord(
        f"{shown(path)} cannot be used: {why}.",
        hint="geos-build clean finds by its tags what that build left, without the record",
    )
