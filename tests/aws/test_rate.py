"""A budget is a token bucket: bursts pass, then calls are spread out."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from geos.wizard.aws.rate import Budget


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_passes_at_once_and_the_rest_is_spread_out() -> None:
    budget = Budget(10, 5, now=Clock())
    assert [round(budget.reserve(), 3) for _ in range(8)] == [0, 0, 0, 0, 0, 0.1, 0.2, 0.3]


def test_tokens_come_back_but_never_more_than_the_burst() -> None:
    clock = Clock()
    budget = Budget(10, 5, now=clock)
    for _ in range(5):
        budget.reserve()
    clock.now = 100.0
    assert [budget.reserve() for _ in range(6)][-1] > 0


@given(st.floats(0.5, 50), st.integers(1, 20), st.lists(st.floats(0, 2), min_size=1, max_size=60))
def test_no_window_ever_holds_more_than_burst_and_rate_allow(rate: float, burst: int, gaps: list[float]) -> None:
    clock = Clock()
    budget = Budget(rate, burst, now=clock)
    starts: list[float] = []
    for gap in gaps:
        clock.now += gap
        starts.append(clock.now + budget.reserve())
    starts.sort()
    for i, first in enumerate(starts):
        for j in range(i, len(starts)):
            assert j - i + 1 <= burst + rate * (starts[j] - first) + 1 + 1e-6
