"""Where geos keeps its files, by the XDG base directory specification."""

from __future__ import annotations

import os
from pathlib import Path


def _base(variable: str, fallback: str) -> Path:
    named = os.environ.get(variable, "")
    # The specification tells programs to ignore relative paths here.
    return Path(named) if named.startswith("/") else Path.home() / fallback


def state_dir() -> Path:
    """Logs, unfinished answers, the sandbox's address."""
    return _base("XDG_STATE_HOME", ".local/state") / "geos"


def config_file() -> Path:
    """The user's own defaults, in the form of an answers file."""
    return _base("XDG_CONFIG_HOME", ".config") / "geos" / "config.yaml"


def cache_dir() -> Path:
    return _base("XDG_CACHE_HOME", ".cache") / "geos"


def data_dir() -> Path:
    """What a user has gathered and would miss: own measurements."""
    return _base("XDG_DATA_HOME", ".local/share") / "geos"


def sandbox_file() -> Path:
    return state_dir() / "sandbox.json"


def out_dir() -> Path:
    """Rendered files and the record of each deployment, beside the user's work."""
    return Path("geos-out")


def shown(path: Path | str) -> str:
    """`path` as a person writes it: ~ for the home folder, relative where it lies below here."""
    path = Path(path)
    for start, prefix in ((Path.cwd(), "."), (Path.home(), "~")):
        if path.is_absolute() and path.is_relative_to(start):
            return f"{prefix}/{path.relative_to(start)}"
    return str(path)
