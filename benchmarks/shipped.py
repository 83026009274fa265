"""The files in the package's `tables` folder."""

from __future__ import annotations

import functools


@functools.cache
def shipped(name: str) -> bytes:
    """The bytes of a file, read once."""
    from importlib.resources import files  # ten milliseconds, which not every command has to pay

    return files("geos.benchmarks").joinpath("tables", name).read_bytes()
