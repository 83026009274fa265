"""A folder becomes a manifest: what would be sent. Links stay links and are never followed out of the folder."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from geos.builder.context.ignore import Ignore, read_ignore
from geos.builder.errors import BadContext

FILE, LINK, FOLDER = "f", "l", "d"
IGNORE_FILE = ".dockerignore"
NAMED = 5
"""Of several faults."""


class Entry(NamedTuple):
    """One thing of the context."""

    kind: str
    mode: int
    size: int
    stamp: str
    """What changes when the content does: of a file both times of change in ns, since programs set the first one back;
    of a link and of content that is given in memory a digest."""


@dataclass(frozen=True)
class Context:
    root: Path | None
    """None: everything is given in memory."""
    entries: Mapping[str, Entry]
    """By path relative to the root, in the order in which they are sent: folders before what is in them."""
    given: Mapping[str, bytes] = field(default_factory=dict)
    """Files that are not on this disk, such as a rendered Dockerfile."""

    @property
    def size_bytes(self) -> int:
        return sum(entry.size for entry in self.entries.values())

    def digest(self) -> str:
        """Of the whole manifest."""
        return hashlib.sha256(to_text(self.entries).encode("utf-8", "surrogateescape")).hexdigest()


def scan(root: Path, dockerfile: str = "Dockerfile") -> Context:
    """The folder as it is now. Raises BadContext for what cannot be read or sent, with all of it named."""
    ignore = _ignore_of(root, dockerfile)
    always = {dockerfile.removeprefix("./"), IGNORE_FILE}
    entries: dict[str, Entry] = {}
    faults: list[str] = []
    for path, found in _walk(root, "", ignore):
        if ignore.leaves_out(path) and path not in always:
            continue
        entry = _entry(root, path, found)
        if entry is None:
            faults.append(f"{path} is neither file, link nor folder")
            continue
        if entry.kind == FILE and not os.access(root / path, os.R_OK):
            faults.append(f"{path} cannot be read")
        entries[path] = entry
    if faults:
        more = f" and {len(faults) - NAMED} more" if len(faults) > NAMED else ""
        raise BadContext(
            f"{root}: {'; '.join(faults[:NAMED])}{more}.", hint=f"leave it out with a line in {root / IGNORE_FILE}"
        )
    return Context(root, dict(_with_folders(root, entries)))


def given(files: Mapping[str, bytes], *, executable: Iterable[str] = ()) -> Context:
    """A context whose files are in memory."""
    runs = set(executable)
    entries = {
        path: Entry(FILE, 0o755 if path in runs else 0o644, len(data), hashlib.sha256(data).hexdigest())
        for path, data in sorted(files.items())
    }
    return Context(None, entries, files)


def to_text(entries: Mapping[str, Entry]) -> str:
    """One line each; paths may hold any character but NUL and are therefore the last field, ended by NUL."""
    return "".join(f"{e.kind} {e.mode:o} {e.size} {e.stamp}\t{path}\0" for path, e in entries.items())


def from_text(text: str) -> dict[str, Entry]:
    """Raises ValueError for what `to_text` did not write."""
    found = {}
    for line in text.split("\0")[:-1]:
        facts, path = line.split("\t", 1)
        kind, mode, size, stamp = facts.split(" ", 3)
        found[path] = Entry(kind, int(mode, 8), int(size), stamp)
    return found


# --- inside ----------------------------------------------------------------------------------


def _ignore_of(root: Path, dockerfile: str) -> Ignore:
    """That of the Dockerfile itself, if there is one, else the context's."""
    for name in (f"{dockerfile}{IGNORE_FILE}", IGNORE_FILE):
        path = root / name
        if path.is_file():
            try:
                return read_ignore(path.read_text(encoding="utf-8"))
            except (ValueError, OSError) as e:
                raise BadContext(f"{path} cannot be used: {e}.", hint="mend the line; the rules are Docker's") from e
    return Ignore()


def _walk(root: Path, below: str, ignore: Ignore) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Everything that may be wanted, by name."""
    try:
        with os.scandir(root / below) as listing:
            found = sorted(listing, key=lambda entry: entry.name)
    except OSError as e:
        raise BadContext(f"{root / below} cannot be read: {e.strerror}.", hint="check the folder and its mode") from e
    for entry in found:
        path = f"{below}{entry.name}"
        yield path, entry
        if entry.is_dir(follow_symlinks=False) and (ignore.takes_back or not ignore.leaves_out(path)):
            yield from _walk(root, f"{path}/", ignore)


def _entry(root: Path, path: str, found: os.DirEntry[str]) -> Entry | None:
    """None: a socket, a device, a pipe."""
    facts = found.stat(follow_symlinks=False)
    mode = stat.S_IMODE(facts.st_mode)
    if stat.S_ISLNK(facts.st_mode):
        target = os.readlink(root / path).encode("utf-8", "surrogateescape")
        return Entry(LINK, 0o777, 0, hashlib.sha256(target).hexdigest())
    if stat.S_ISDIR(facts.st_mode):
        return Entry(FOLDER, mode, 0, "")
    if stat.S_ISREG(facts.st_mode):
        return Entry(FILE, mode, facts.st_size, f"{facts.st_mtime_ns}.{facts.st_ctime_ns}")
    return None


def _with_folders(root: Path, entries: Mapping[str, Entry]) -> Iterator[tuple[str, Entry]]:
    """Folders that were left out but hold something wanted are sent too."""
    seen: set[str] = set()
    for path, entry in entries.items():
        for i, letter in enumerate(path):
            if letter == "/" and path[:i] not in seen and path[:i] not in entries:
                seen.add(path[:i])
                yield path[:i], Entry(FOLDER, stat.S_IMODE((root / path[:i]).stat().st_mode), 0, "")
        seen.add(path)
        yield path, entry
