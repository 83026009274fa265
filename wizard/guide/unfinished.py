"""Answers of a set-up that is not finished, kept after every one of them, per working folder."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from geos.wizard.errors import DiskRefused
from geos.wizard.files import read_text, write_whole
from geos.wizard.guide.state import State
from geos.wizard.paths import state_dir

_STARTED, _FOLDER, _HISTORY = "started", "folder", "asked"


def place(folder: Path | None = None) -> Path:
    """Where the unfinished answers of a working folder are kept."""
    name = hashlib.sha256(str((folder or Path.cwd()).resolve()).encode()).hexdigest()[:16]
    return state_dir() / "unfinished" / f"{name}.yaml"


def keep(path: Path, state: State) -> str:
    """Write the answers down. Why that failed, or nothing: a full disk must not end a conversation."""
    if not state.own:
        return ""
    try:
        write_whole(path, _text(state))
    except DiskRefused as e:
        return e.message
    return ""


def find(path: Path) -> State | None:
    """The unfinished set-up of last time; None when there is none that can be used."""
    try:
        text = read_text(path)
    except DiskRefused:
        return None
    return _parsed(text) if text else None


def drop(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)


def age_words(state: State, now: datetime | None = None) -> str:
    """How long ago it was begun: "20 minutes ago"."""
    try:
        passed = ((now or datetime.now(UTC)) - datetime.fromisoformat(state.started)).total_seconds()
    except (TypeError, ValueError):
        return "earlier"
    for size, name in ((86_400, "day"), (3600, "hour"), (60, "minute")):
        if passed >= size:
            amount = int(passed // size)
            return f"{amount} {name}{'s' if amount > 1 else ''} ago"
    return "just now"


def _text(state: State) -> str:
    """YAML by being JSON, line by line: one answer a line."""
    head = {_STARTED: state.started, _FOLDER: str(Path.cwd()), _HISTORY: state.history}
    lines = [f"{json.dumps(key)}: {json.dumps(value, default=str)}" for key, value in {**head, **state.own}.items()]
    return "# Answers of a geos-setup that was left before its end. It offers to go on with them.\n" + "\n".join(
        [*lines, ""]
    )


def _parsed(text: str) -> State | None:
    found: dict[str, Any] = {}
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        try:
            entry = json.loads("{" + line + "}")
        except ValueError:
            continue  # a line that was cut off or edited; the question is simply asked again
        found |= entry
    return _state(found)


def _state(found: Mapping[str, Any]) -> State | None:
    own = {k: v for k, v in found.items() if k not in (_STARTED, _FOLDER, _HISTORY)}
    if not own:
        return None
    asked = found.get(_HISTORY)
    history = [k for k in asked if k in own] if isinstance(asked, list) else []
    history += [k for k in own if k not in history]
    return State(own, history, started=str(found.get(_STARTED, "")), resumed=True)
