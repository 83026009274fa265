"""Which simulated account this copy of geos would start: one that another copy started may know other things."""

from __future__ import annotations

import hashlib
from pathlib import Path

from geos.wizard.version import VERSION


def edition() -> str:
    """geos's version, and a fingerprint of the simulation's sources: `git pull` changes these without that."""
    sources = hashlib.sha256()
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        sources.update(path.read_bytes())
    return f"{VERSION}-{sources.hexdigest()[:12]}"
