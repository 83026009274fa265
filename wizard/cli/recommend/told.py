"""Numbers that flags tell, and what is wrong with them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from geos.wizard.errors import UsageError

if TYPE_CHECKING:
    import argparse


def whole(flags: argparse.Namespace, name: str) -> int | None:
    """A whole number above 0; None when the flag was not given."""
    text = str(getattr(flags, name) or "").strip()
    if not text:
        return None
    if not re.fullmatch(r"\d{1,7}", text) or int(text) == 0:
        raise UsageError(f'--{name.replace("_", "-")} is "{text}"; a whole number above 0 was expected.')
    return int(text)


def percent(flags: argparse.Namespace, name: str, otherwise: float) -> float:
    """`5%`, `5 %` or `5`."""
    text = str(getattr(flags, name) or "").strip()
    if not text:
        return otherwise
    found = re.fullmatch(r"(\d{1,4}(?:\.\d+)?)\s*%?", text)
    if not found or float(found[1]) <= 0:
        raise UsageError(f'--{name} is "{text}"; a percentage above 0 was expected, such as 5%.')
    return float(found[1])
