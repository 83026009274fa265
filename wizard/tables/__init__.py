"""The shipped tables: instances, offerings, prices, quotas, resource types, regions.

Every file is CSV sorted by its bytes, so that one row is found by bisection without parsing the rest;
every row names its source, which sources.csv dates. Live answers of AWS win over all of them.
"""

from __future__ import annotations

import functools
import os
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Source:
    """Where figures come from. Rows of the large tables name it by its code."""

    code: str
    source: str
    date: str
    licence: str
    what: str


@functools.cache
def text(name: str) -> bytes:
    """The bytes of one shipped file, read once."""
    # What importlib.resources does in the end, without the eight milliseconds that it takes to import.
    spec: Any = __spec__
    data: bytes = spec.loader.get_data(os.path.join(os.path.dirname(spec.origin), name))
    return data


def find_row(data: bytes, key: bytes) -> str:
    """The first line of `data` that starts with `key`, or "". The lines after the header must be sorted."""
    start = first_not_below(data, key)
    if not data.startswith(key, start):
        return ""
    return data[start : _line_end(data, start)].decode()


def find_rows(data: bytes, key: bytes) -> list[str]:
    """All lines of `data` that start with `key`."""
    start = first_not_below(data, key)
    # No key holds a byte above "~", so this is the place after the last row of the key.
    end = first_not_below(data, key + b"\x7f")
    return data[start:end].decode().splitlines()


def first_not_below(data: bytes, key: bytes) -> int:
    """Offset of the first line that is not sorted before `key`; the header does not count."""
    low, high = _line_end(data, 0) + 1, len(data)
    while low < high:
        middle = data.rfind(b"\n", low, (low + high) // 2)
        middle = low if middle < 0 else middle + 1
        after = _line_end(data, middle) + 1
        if data[middle : middle + len(key)] < key:
            low = after
        else:
            high = middle
    return min(low, len(data))


def _line_end(data: bytes, start: int) -> int:
    end = data.find(b"\n", start)
    return len(data) if end < 0 else end


def plain_rows(name: str) -> list[list[str]]:
    """Every row of a file without quoted fields, header left out."""
    return [line.split(",") for line in text(name).decode().splitlines()[1:]]


def quoted_rows(name: str) -> list[list[str]]:
    """Every row of a small file with quoted fields, header left out."""
    import csv

    return list(csv.reader(text(name).decode().splitlines()))[1:]


@functools.cache
def sources() -> dict[str, Source]:
    return {row[0]: Source(*row) for row in quoted_rows("sources.csv")}
