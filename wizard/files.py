"""Write files whole or not at all, so that a crash or a full disk leaves the old one."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

from geos.wizard.errors import DiskRefused
from geos.wizard.paths import shown


def write_whole(path: Path, content: str | bytes, *, mode: int = 0o600) -> None:
    """Replace `path` by `content`. Raises DiskRefused; the old content is then untouched."""
    scratch = ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, scratch = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "wb") as file:
            file.write(content.encode("utf-8") if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(scratch, mode)
        os.replace(scratch, path)
    except OSError as e:
        if scratch:
            with contextlib.suppress(OSError):
                os.unlink(scratch)
        raise DiskRefused(
            f"{shown(path)} could not be written: {e.strerror or e}.",
            hint="free some space or choose a folder that you may write to, then run the same command again",
        ) from e


def read_text(path: Path) -> str | None:
    """The content of `path`, or None when there is no such file. Raises DiskRefused when it cannot be read."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as e:
        reason = e.strerror if isinstance(e, OSError) else "it is not text in UTF-8"
        raise DiskRefused(f"{shown(path)} could not be read: {reason}.", hint="check the file and its mode") from e
