"""A real part that a test needs and this machine lacks: the test is skipped, and says what to install."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from typing import TypeVar

import pytest

T = TypeVar("T")


class Missing(Exception):
    """Something is not here; the message names it."""


def require(program: str, package: str) -> str:
    """Where a program is. Raises Missing."""
    found = shutil.which(program) or shutil.which(program, path="/usr/sbin:/sbin")
    if found is None:
        raise Missing(f"{program} is not here (apt-get install {package})")
    return found


def part(make: Callable[[], T]) -> T:
    """The part, or a skipped test."""
    try:
        return make()
    except Missing as e:
        pytest.skip(f"REAL PART MISSING: {e}")
