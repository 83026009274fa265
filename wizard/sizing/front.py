"""The Pareto front: what is beaten by nothing in both of two figures."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

T = TypeVar("T")


def pareto(things: Iterable[T], first: Callable[[T], float], second: Callable[[T], float]) -> list[T]:
    """Smaller is better in both; sorted by the first. Of equal ones the first that came."""
    front: list[T] = []
    for thing in sorted(things, key=lambda t: (first(t), second(t))):
        if not front or second(thing) < second(front[-1]):
            front.append(thing)
    return front
