"""The image that all others are built on: pinned by digest in a file that can be refreshed.

geos ships a pin; one of the user's own, in the folder of the user's settings, comes before it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

from geos.builder.errors import BadBaseImage
from geos.wizard.errors import DiskRefused
from geos.wizard.files import read_text, write_whole
from geos.wizard.paths import config_file, shown

FILE = "image/base.pin"
_FIELDS = ("image", "digest", "source", "date")
_IMAGE = re.compile(r"[a-z0-9][a-z0-9.-]*(?::\d+)?(?:/[a-z0-9][a-z0-9._-]*)+(?::[A-Za-z0-9_][A-Za-z0-9._-]{0,127})?")
_DIGEST = re.compile(r"(?:sha256:[0-9a-f]{64})?")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True)
class BaseImage:
    image: str
    digest: str
    """sha256:…, or "" where the tag's newest image is taken."""
    source: str
    date: str
    own: bool = False
    """The user's own pin, not the one that geos ships."""

    @property
    def reference(self) -> str:
        """What FROM is given."""
        return f"{self.image}@{self.digest}" if self.digest else self.image


def shipped_base() -> BaseImage:
    return parse_pin(_shipped_text())


def own_file() -> Path:
    return config_file().with_name("base.pin")


def pinned_base() -> BaseImage:
    """What builds start from. Raises BadBaseImage, DiskRefused for a pin of the user's own that cannot be used."""
    text = read_text(own_file())
    if text is None:
        return shipped_base()
    try:
        return replace(parse_pin(text), own=True)
    except BadBaseImage as e:
        raise BadBaseImage(
            f"{shown(own_file())}: {e.message}", hint="geos-build base --shipped goes back to the pin that geos ships"
        ) from e


def pin(base: BaseImage) -> None:
    """Let builds start from `base` from now on. Raises BadBaseImage, DiskRefused."""
    write_whole(own_file(), write_pin(base, _shipped_text()))


def unpin() -> bool:
    """Go back to the pin that geos ships; False: that is the one already. Raises DiskRefused."""
    try:
        own_file().unlink()
    except FileNotFoundError:
        return False
    except OSError as e:
        raise DiskRefused(f"{shown(own_file())} could not be removed: {e.strerror or e}.") from e
    return True


def _shipped_text() -> str:
    from importlib.resources import files

    return files("geos.builder").joinpath(FILE).read_text(encoding="utf-8")


# --- the file's form -------------------------------------------------------------------------


def parse_pin(text: str) -> BaseImage:
    """Raises BadBaseImage with every fault at once."""
    found: dict[str, str] = {}
    faults: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        name, colon, value = line.partition(":")
        if not colon or name not in _FIELDS:
            faults.append(f'line {number} is none of {", ".join(_FIELDS)}: "{line[:60]}"')
        elif name in found:
            faults.append(f"line {number} says {name} again")
        else:
            found[name] = value.strip()
    faults += [f"{name} is missing" for name in _FIELDS if name not in found]
    image, digest, source, date = (found.get(name, "") for name in _FIELDS)
    base = BaseImage(image, digest, source, date)
    if faults := faults or _faults(base):
        raise BadBaseImage(f"the pin of the base image cannot be used: {'; '.join(faults)}.")
    return base


def write_pin(base: BaseImage, text: str) -> str:
    """`text`, the pin file, with `base` in it; comments stay. Raises BadBaseImage."""
    if faults := _faults(base):
        raise BadBaseImage(f"this is no base image: {'; '.join(faults)}.")
    comments = [line for line in text.splitlines() if line.startswith("#")]
    return "\n".join([*comments, *(f"{name}: {getattr(base, name)}".rstrip() for name in _FIELDS)]) + "\n"


def _faults(base: BaseImage) -> list[str]:
    checks = (
        (_IMAGE.fullmatch(base.image), f'"{base.image}" is not the name of an image with its registry'),
        (_DIGEST.fullmatch(base.digest), f'"{base.digest}" is not a digest: sha256: and 64 hexadecimal digits'),
        (base.source.isprintable(), "the source is not one printable line"),
        (_DATE.fullmatch(base.date), f'"{base.date}" is not a date like 2026-11-25'),
    )
    return [fault for holds, fault in checks if not holds]
