"""What screens say in the same way everywhere: verdict signs, figures with their units, counts. Needs no library."""

from __future__ import annotations

import re
from collections.abc import Sequence

QUIET = "bright_black"

SIGNS = {
    "ok": ("✓", "green"),
    "short": ("!", "yellow"),
    "unknown": ("?", QUIET),
    "failed": ("✗", "red"),
    "simulated": ("~", "blue"),
    "kept": ("~", "blue"),
}
"""Verdict word -> (sign, colour). The words are the same on every screen."""

_STYLE_OF_SIGN = {"✓": "green", "!": "yellow", "?": QUIET, "✗": "red", "~": "blue"}
_SIGNED = re.compile(r"[✓!?✗~](?: |$)")


def sign_style(text: str) -> str:
    """The colour of the verdict's sign that the text begins with; "" for any other text."""
    return _STYLE_OF_SIGN[text[0]] if _SIGNED.match(text) else ""


# --- figures ---------------------------------------------------------------------------------


def number(value: float | None) -> str:
    """28,000; an unknown one is a question mark."""
    if value is None:
        return "?"
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.4g}"


def usd(amount: float | None, *, unit: bool = True) -> str:
    """Money with as many digits as it is worth."""
    if amount is None:
        return "?"
    size = abs(amount)
    if size >= 100:
        text = f"{amount:,.0f}"
    elif size >= 10:
        text = f"{amount:.1f}".removesuffix(".0")
    elif size >= 0.1 or size == 0:
        text = f"{amount:.2f}" if size else "0"
    else:
        text = f"{amount:.2g}"
    return f"{text} USD" if unit else text


def band(low: float, likely: float, high: float) -> str:
    """`≈ 19 USD (~14–26)`; a single figure where the band is none."""
    if high - low < 0.005 * max(1.0, high):
        return f"≈ {usd(likely)}"
    return f"≈ {usd(likely)} (~{usd(low, unit=False)}–{usd(high, unit=False)})"


def duration(seconds: float) -> str:
    """34 s, 1 m 12 s, 2 h 05 m, 3.5 d."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} m {whole % 60:02d} s"
    if whole < 86_400:
        return f"{whole // 3600} h {whole % 3600 // 60:02d} m"
    return f"{seconds / 86_400:.1f} d"


def count(amount: int, thing: str, several: str = "") -> str:
    """`1 quota`, `3 quotas`."""
    return f"{amount:,} {thing if amount == 1 else several or thing + 's'}"


def listing(names: Sequence[str], *, most: int = 4) -> str:
    """A few names, then how many more."""
    shown = ", ".join(names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown
