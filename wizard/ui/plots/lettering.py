"""How wide words are in a picture, without the font at hand."""

from __future__ import annotations

FONTS = "Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif"
_NARROW, _WIDE = frozenset("ijlt.,:;|!'()[]{}If /-"), frozenset("mwMW@%—…")
_ROOM = 1.08
"""The last of the fonts is wider than the others."""


def text_width(words: str, size: float) -> float:
    """In pixels, rather too much than too little."""
    return sum(map(_ems, words)) * size * _ROOM


def _ems(letter: str) -> float:
    if letter in _NARROW:
        return 0.34
    if letter in _WIDE or letter > "\u2fff":
        return 1.0
    return 0.7 if letter.isupper() else 0.57


def wrapped(words: str, width: float, size: float) -> list[str]:
    """Lines that fit; a word that is too long for one is broken."""
    lines: list[str] = []
    line = ""
    for word in words.split():
        joined = f"{line} {word}" if line else word
        if text_width(joined, size) <= width:
            line = joined
            continue
        if line:
            lines.append(line)
        *full, line = _broken(word, width, size)
        lines += full
    return [*lines, line] if line else lines


def _broken(word: str, width: float, size: float) -> list[str]:
    parts = [""]
    for letter in word:
        if parts[-1] and text_width(parts[-1] + letter, size) > width:
            parts.append("")
        parts[-1] += letter
    return parts
