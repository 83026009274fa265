"""How old a figure is, and whether that must be said."""

from __future__ import annotations

from datetime import UTC, date, datetime

OLD_AFTER_DAYS = 90


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def age_days(moment: str, today: date | None = None) -> int | None:
    """Whole days since an ISO date or moment; None for a date that cannot be read."""
    try:
        then = date.fromisoformat(moment[:10])
    except ValueError:
        return None
    return ((today or datetime.now(UTC).date()) - then).days


def is_old(moment: str, today: date | None = None) -> bool:
    """Whether a price of that date must be marked; one without a date must."""
    age = age_days(moment, today)
    return age is None or age > OLD_AFTER_DAYS


def age_words(moment: str, today: date | None = None) -> str:
    """`today`, `3 days old`, `! 14 months old`."""
    age = age_days(moment, today)
    if age is None:
        return "! of unknown age"
    if age <= 0:
        return "today"
    words = f"{age} day{'s' if age > 1 else ''} old" if age < 60 else f"{age // 30} months old"
    return f"! {words}" if age > OLD_AFTER_DAYS else words
