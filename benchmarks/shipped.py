"""The files in the package's `tables` folder."""

from __future__ import annotations

import functools
import os
from typing import Any


@functools.cache
def shipped(name: str) -> bytes:
    """The bytes of a file, read once."""
    # What importlib.resources does in the end, without the eight milliseconds that it takes to import.
    spec: Any = __spec__
    data: bytes = spec.loader.get_data(os.path.join(os.path.dirname(spec.origin), "tables", name))
    return data
