"""Figures as people write them."""

from __future__ import annotations


def figure(value: float | None) -> str:
    """ "1,234", "0.5", "?" for what is not known."""
    if value is None:
        return "?"
    if float(value).is_integer():
        return f"{int(value):,}"
    return f"{value:,.2f}".rstrip("0").rstrip(".")
