"""The region that a profile names in AWS's own files. Read without botocore, which would take longer than the rest
of a command that asks AWS nothing."""

from __future__ import annotations

import configparser
import os
from pathlib import Path


def profile_region(profile: str) -> str:
    """Empty when the profile names none, or the files cannot be read; whoever asks AWS is told why then."""
    name = profile or "default"
    places = (
        ("AWS_CONFIG_FILE", "~/.aws/config", name if name == "default" else f"profile {name}"),
        ("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials", name),
    )
    found = (_region(Path(os.environ.get(v) or path).expanduser(), section) for v, path, section in places)
    return next(filter(None, found), "")


def _region(path: Path, section: str) -> str:
    parser = configparser.RawConfigParser(default_section="", strict=False)
    try:
        parser.read_string(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, configparser.Error):
        return ""
    return parser.get(section, "region", fallback="").strip()
