"""Wishes as people write them: `3d`, `48h`, `200 USD`, `25%`, `2019-07-01`; each is read, or told what is wrong.

What could be meant in two ways is refused with both readings: a deadline of "48" is two days or seven weeks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date

MOST_RUNS = 100_000
MOST_NODES = 1_000
MOST_VCPUS = 1_000_000
MOST_USD = 1e9
MOST_HOURS = 24 * 36_600.0
_HOURS = {"min": 1 / 60, "h": 1.0, "d": 24.0, "w": 168.0}
_UNITS = {
    **dict.fromkeys(("m", "min", "minute", "minutes"), "min"),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), "h"),
    **dict.fromkeys(("d", "day", "days"), "d"),
    **dict.fromkeys(("w", "week", "weeks"), "w"),
}
_NUMBER = r"(\d{1,12}(?:\.\d{1,9})?|\.\d{1,9})"


class Unclear(ValueError):
    """A word that cannot be read; the message says what was expected."""


def hours(text: str) -> float:
    """`48h`, `3d`, `2 weeks`, `90 min`."""
    found = re.fullmatch(rf"{_NUMBER}\s*([a-z]*)", text.strip().lower())
    if not found:
        raise Unclear(f'is "{text}"; a time such as 48h or 3d was expected')
    figure, word = float(found[1]), found[2]
    if not word:
        raise Unclear(f'is "{text}", without a unit; write {text.strip()}h for hours or {text.strip()}d for days')
    if word not in _UNITS:
        raise Unclear(f'is "{text}"; the unit "{word}" is none of min, h, d and w')
    value = figure * _HOURS[_UNITS[word]]
    if not 0 < value <= MOST_HOURS:
        raise Unclear(f'is "{text}"; a time above zero and up to a century was expected')
    return value


def usd(text: str) -> float:
    """`200`, `200 USD`, `$1,500.50`."""
    found = re.fullmatch(
        r"(?:usd|\$)?\s*((?:\d{1,3}(?:,\d{3})+|\d{1,12})(?:\.\d{1,4})?)\s*(usd|\$|[a-z€£¥]+)?", _low(text)
    )
    if not found:
        raise Unclear(f'is "{text}"; an amount such as 200 was expected')
    if found[2] and found[2] not in ("usd", "$"):
        raise Unclear(f'is "{text}"; prices are known in USD only')
    value = float(found[1].replace(",", ""))
    if not 0 < value <= MOST_USD:
        raise Unclear(f'is "{text}"; an amount above 0 and up to {MOST_USD:,.0f} USD was expected')
    return value


def days(text: str) -> float:
    """`365`, `365d`, `52 weeks`. Months and years differ in length."""
    found = re.fullmatch(rf"{_NUMBER}\s*([a-z]*)", _low(text))
    if not found:
        raise Unclear(f'is "{text}"; a number of days above 0 was expected')
    word = found[2]
    if word.startswith(("mo", "y")) or word == "m":
        raise Unclear(f'is "{text}"; months and years differ in length: give days, or --start and --end')
    if word and _UNITS.get(word) not in ("d", "w"):
        raise Unclear(f'is "{text}"; simulated days were expected, not "{word}"')
    value = float(found[1]) * (7 if _UNITS.get(word) == "w" else 1)
    if not 0 < value <= 36_600:
        raise Unclear(f'is "{text}"; a number above 0 and up to 36600 was expected')
    return value


def day(text: str) -> date:
    """`2019-07-01`, `20190701`."""
    word = text.strip()
    if re.fullmatch(r"\d{8}", word):
        word = f"{word[:4]}-{word[4:6]}-{word[6:]}"
    try:
        return date.fromisoformat(word)
    except ValueError:
        raise Unclear(f'is "{text}"; a date such as 2019-07-01 was expected') from None


def share(text: str) -> float:
    """`25%`, `0.25`."""
    found = re.fullmatch(rf"{_NUMBER}\s*(%?)", text.strip())
    if not found:
        raise Unclear(f'is "{text}"; a share such as 25% was expected')
    value = float(found[1]) / (100 if found[2] else 1)
    if not found[2] and value > 3:
        raise Unclear(f'is "{text}"; write {text.strip()}% for percent')
    if value > 10:
        raise Unclear(f'is "{text}"; at most 1000% was expected')
    return value


_LAST_MINOR = {10: 1, 11: 2, 12: 9, 13: 4, 14: 8}
"""Of each major release of GEOS-Chem; 14.8 is in preparation."""


def release(text: str) -> str:
    """`14.7.1`, `12.1.1`, `11-02`."""
    found = re.fullmatch(r"v?(\d{2})[.-]0?(\d{1,2})([.-][\w.-]{1,20})?", text.strip().lower())
    if not found:
        raise Unclear(f'is "{text}"; a release such as 14.7.1 was expected')
    major, minor = int(found[1]), int(found[2])
    if minor > _LAST_MINOR.get(major, -1):
        raise Unclear(f'is "{text}"; the releases known run from 10-01 to 14.8')
    return text.strip().lower().removeprefix("v")


def whole(most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        word = text.strip().replace(",", "")
        if not re.fullmatch(r"\d{1,12}", word) or not 0 < int(word) <= most:
            raise Unclear(f'is "{text}"; a whole number from 1 to {most} was expected')
        return int(word)

    return read


def one_of(names: Sequence[str], also: dict[str, str] | None = None) -> Callable[[str], str]:
    """A word out of a list, in any spelling of case, dashes and underscores. `also`: further words for them."""

    def read(text: str) -> str:
        known = {_bare(name): name for name in names} | {_bare(word): name for word, name in (also or {}).items()}
        found = known.get(_bare(text))
        if found is None:
            raise Unclear(f'is "{text}"; {nearest(text, names)}')
        return found

    return read


def nearest(word: str, names: Iterable[str], *, most: int = 12) -> str:
    """`did you mean c48?`, or what there is."""
    from difflib import get_close_matches

    listed = tuple(names)
    near = get_close_matches(word.lower(), listed, 1, 0.6)
    if near:
        return f"did you mean {near[0]}?"
    return f"one of {', '.join(listed)} was expected" if len(listed) <= most else "nothing comes near it"


def _low(text: str) -> str:
    return text.strip().lower()


def _bare(text: str) -> str:
    return re.sub(r"[\s_-]+", "", text.strip().lower())
