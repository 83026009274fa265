"""Wishes as people write them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geos.wizard.sizing import reading
from geos.wizard.sizing.reading import Unclear


@pytest.mark.parametrize(
    ("read", "text", "value"),
    [
        (reading.hours, "48h", 48),
        (reading.hours, "3d", 72),
        (reading.hours, "1.5 days", 36),
        (reading.hours, "2 weeks", 336),
        (reading.hours, "90 min", 1.5),
        (reading.usd, "200", 200),
        (reading.usd, "$1,500.50", 1500.5),
        (reading.usd, "200 USD", 200),
        (reading.days, "365", 365),
        (reading.days, "2w", 14),
        (reading.days, "0.5", 0.5),
        (reading.share, "25%", 0.25),
        (reading.share, "0.25", 0.25),
        (reading.share, "0", 0),
        (reading.release, "v14.7.1", "14.7.1"),
        (reading.release, "11-02", "11-02"),
        (reading.whole(10), "10", 10),
    ],
)
def test_what_is_clear_is_read(read: Callable[[str], object], text: str, value: object) -> None:
    assert read(text) == value


@pytest.mark.parametrize(
    ("read", "text", "told"),
    [
        (reading.hours, "48", "write 48h for hours or 48d for days"),
        (reading.hours, "48x", 'the unit "x" is none of'),
        (reading.hours, "0h", "above zero"),
        (reading.hours, "-3d", "such as 48h"),
        (reading.hours, "9999999999d", "up to a century"),
        (reading.usd, "200 EUR", "in USD only"),
        (reading.usd, "0", "above 0"),
        (reading.usd, "1e9", "an amount such"),
        (reading.usd, "lots", "an amount"),
        (reading.days, "12 months", "differ in length"),
        (reading.days, "1y", "differ in length"),
        (reading.days, "5 parsecs", 'not "parsecs"'),
        (reading.days, "99999999", "up to 36600"),
        (reading.days, "nan", "a number of days"),
        (reading.day, "01/07/2019", "such as 2019-07-01"),
        (reading.day, "2019-02-30", "such as 2019-07-01"),
        (reading.share, "25", "write 25% for percent"),
        (reading.release, "99.1", "from 10-01 to 14.8"),
        (reading.release, "latest", "such as 14.7.1"),
        (reading.whole(10), "11", "from 1 to 10"),
        (reading.whole(10), "1.5", "from 1 to 10"),
        (reading.one_of(("spot", "any")), "sport", "did you mean spot?"),
    ],
)
def test_what_is_not_is_refused_with_what_was_expected(read: Callable[[str], object], text: str, told: str) -> None:
    with pytest.raises(Unclear, match=r".") as refused:
        read(text)
    assert told in str(refused.value)
    assert str(refused.value).startswith(f'is "{text}"')


READERS = (reading.hours, reading.usd, reading.days, reading.day, reading.share, reading.release, reading.whole(9))


@given(st.sampled_from(READERS), st.text(max_size=30))
def test_any_text_is_read_or_refused(read: Callable[[str], object], text: str) -> None:
    try:
        value = read(text)
    except Unclear:
        return
    assert not isinstance(value, float) or 0 <= value < 1e12


@given(st.sampled_from(("gcclassic", "transporttracers", "x86_64")), st.data())
def test_words_are_known_in_any_spelling(name: str, data: st.DataObject) -> None:
    letters = [data.draw(st.sampled_from((c.upper(), c.lower(), f"{c}_", f"-{c}"))) for c in name]
    assert reading.one_of(("gcclassic", "transporttracers", "x86_64"))("".join(letters)) == name
