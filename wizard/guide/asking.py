"""A question that is still open: what it is called, and how to put it when its turn comes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from geos.wizard.ui import Question


@dataclass(frozen=True)
class Asking:
    """`build` may fetch what the question rests on; it is called only when the question is really put."""

    key: str
    build: Callable[[], Question]
