"""One stream of what the host does not have yet.

The host keeps the digest of the manifest of what it has, this machine the manifest itself. While both agree only the
difference is sent; anything else sends the whole. The digest goes before the first byte and comes back after the
last, so that a broken stream is never taken for a whole one.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import os
import subprocess
import tarfile
import tempfile
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from geos.builder.commands import script
from geos.builder.context.scan import FOLDER, Context, Entry, from_text, to_text
from geos.builder.errors import BadContext
from geos.builder.host import Host
from geos.wizard.errors import DiskRefused
from geos.wizard.files import read_text, write_whole

CHUNK_BYTES = 1 << 18
HEAD_BYTES = 4 << 20
"""Always sent as they are, to measure the link by; half of it may disappear into buffers on the way. A context that is
smaller than this would be through before anything is known."""
SAMPLE_BYTES = 1 << 20
WORTH = 1.2
"""Packing has to be this much faster than not packing."""
SILENCE_SECONDS = 120.0

_DIGEST = 'cat "$1.digest" 2>/dev/null || true'
# $1: folder; standard input: the paths to remove, each ended by NUL.
_PREPARE = 'rm -f "$1.digest" && mkdir -p "$1" && cd "$1" && xargs -0 rm -rf --'
_START_ANEW = 'rm -rf "$1" "$1.digest" && mkdir -p "$1" || exit 1'
# Files belong to whoever logged in (-o). $2: how much comes before the line that says how the rest comes.
_UNPACK = """
cd "$1" && { head -c "$2"; read -r rest; if [ "$rest" = gzip ]; then gzip -dc; else cat; fi; } | tar -xpof -
"""
_SEAL = 'printf %s "$2" >"$1.digest.new" && mv "$1.digest.new" "$1.digest"'


@dataclass(frozen=True)
class Uploaded:
    files: int
    """Sent now."""
    sent_bytes: int
    """Over the line."""
    unchanged: int
    seconds: float
    packed: bool = False


@dataclass(frozen=True)
class Difference:
    changed: tuple[str, ...]
    removed: tuple[str, ...]


def difference(before: Mapping[str, Entry], now: Mapping[str, Entry]) -> Difference:
    """What to send and what to remove. A path that became another kind of thing is removed first."""
    changed = tuple(path for path, entry in now.items() if before.get(path) != entry)
    gone = [path for path in before if path not in now]
    turned = [path for path in changed if path in before and before[path].kind != now[path].kind]
    return Difference(changed, tuple(sorted(gone + turned)))


def upload(
    host: Host,
    context: Context,
    folder: str,
    memory: Path,
    *,
    tell: Callable[[int], None] = lambda sent_bytes: None,
) -> Uploaded:
    """Make `folder` on the host hold exactly the context. `memory`: where this machine keeps the manifest of it.

    Raises HostLost, CommandFailed, and BadContext when a file disappears or shrinks in the middle.
    """
    started = time.monotonic()
    before = _what_is_there(host, folder, memory)
    wanted = difference(before or {}, context.entries)
    if before is not None and not wanted.changed and not wanted.removed:
        return Uploaded(0, 0, len(context.entries), time.monotonic() - started)
    if before is not None:
        names = b"".join(path.encode("utf-8", "surrogateescape") + b"\0" for path in wanted.removed)
        host.run(script(_PREPARE, folder, stdin=names))
    stream = _Stream(tell)
    with _archive(context, wanted.changed) as chunks:
        unpack = _UNPACK if before is not None else _START_ANEW + _UNPACK
        host.send(script(unpack, folder, str(HEAD_BYTES)), stream.of(chunks), timeout_seconds=SILENCE_SECONDS)
    host.run(script(_SEAL, folder, context.digest()))
    _remember(memory, context)
    unchanged = len(context.entries) - len(wanted.changed)
    return Uploaded(len(wanted.changed), stream.sent_bytes, unchanged, time.monotonic() - started, stream.packed)


def _what_is_there(host: Host, folder: str, memory: Path) -> Mapping[str, Entry] | None:
    """None: not known, so that everything has to be sent."""
    told = host.run(script(_DIGEST, folder)).text.strip()
    try:
        text = read_text(memory)
        entries = from_text(text) if text else None
    except (DiskRefused, ValueError):
        return None
    if not told or entries is None or Context(None, entries).digest() != told:
        return None
    return entries


def _remember(memory: Path, context: Context) -> None:
    """Without it the next upload sends everything."""
    with contextlib.suppress(DiskRefused, UnicodeEncodeError):
        write_whole(memory, to_text(context.entries))


# --- packed or not ---------------------------------------------------------------------------


class _Stream:
    """The archive as it goes over the line: its head as it is, then a line that says how the rest comes."""

    def __init__(self, tell: Callable[[int], None]) -> None:
        self.sent_bytes = 0
        self.packed = False
        self._tell = tell

    def of(self, archive: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in self._parts(archive):
            yield chunk
            self.sent_bytes += len(chunk)
            self._tell(self.sent_bytes)

    def _parts(self, archive: Iterable[bytes]) -> Iterator[bytes]:
        chunks = iter(archive)
        head, rest = _split(chunks, HEAD_BYTES)
        yield head[: HEAD_BYTES // 2]
        started = time.monotonic()
        yield head[HEAD_BYTES // 2 :]
        if not rest:
            return
        link = HEAD_BYTES / 2 / max(1e-6, time.monotonic() - started)
        self.packed = pays(link, *_compressor(rest[:SAMPLE_BYTES]))
        yield b"gzip\n" if self.packed else b"plain\n"
        following = itertools.chain([rest], chunks)
        yield from _packed(following) if self.packed else following


def pays(link: float, compressor: float, ratio: float) -> bool:
    """Whether packed content arrives sooner: bytes per second of the link and into the compressor, and the share of
    the bytes that is left."""
    return min(compressor, link / max(ratio, 1e-3)) > link * WORTH


def _compressor(sample: bytes) -> tuple[float, float]:
    """(bytes per second, share that is left), tried on the content itself."""
    started = time.monotonic()
    left = len(zlib.compress(sample, 1))
    return len(sample) / max(1e-6, time.monotonic() - started), left / len(sample)


def _split(chunks: Iterator[bytes], size: int) -> tuple[bytes, bytes]:
    """The first `size` bytes, and what came with them beyond that and for a sample."""
    taken = bytearray()
    for chunk in chunks:
        taken += chunk
        if len(taken) >= size + SAMPLE_BYTES:
            break
    return bytes(taken[:size]), bytes(taken[size:])


def _packed(chunks: Iterable[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(level=1, wbits=31)
    for chunk in chunks:
        if done := packer.compress(chunk):
            yield done
    yield packer.flush()


# --- the archive -----------------------------------------------------------------------------


@contextlib.contextmanager
def _archive(context: Context, paths: Sequence[str]) -> Iterator[Iterator[bytes]]:
    """A tar of those paths as it is read; memory does not grow with the context."""
    if context.root is None:
        yield iter([_in_memory(context, paths)])
        return
    with tempfile.TemporaryFile() as names, tempfile.TemporaryFile() as said:
        names.write(b"".join(_name(path) for path in paths))
        names.seek(0)
        words = ["tar", "-C", str(context.root), "--null", "--no-recursion", "-cf", "-", "-T", "-"]
        # The system's own tar reads thousands of small files several times faster than Python's.
        # macOS's would add files of its own.
        plain = {**os.environ, "COPYFILE_DISABLE": "1"}
        tar = subprocess.Popen(words, env=plain, stdin=names, stdout=subprocess.PIPE, stderr=said)
        assert tar.stdout is not None
        try:
            yield iter(_Whole(tar, tar.stdout, said))
        finally:
            tar.stdout.close()
            tar.kill()
            tar.wait()


def _name(path: str) -> bytes:
    # The prefix keeps a name that begins with a dash from being an option.
    return b"./" + path.encode("utf-8", "surrogateescape") + b"\0"


class _Whole:
    """The archiver's output; ends well only if the archiver does."""

    def __init__(self, tar: subprocess.Popen[bytes], stream: IO[bytes], said: IO[bytes]) -> None:
        self._tar, self._stream, self._said = tar, stream, said

    def __iter__(self) -> Iterator[bytes]:
        while chunk := self._stream.read(CHUNK_BYTES):
            yield chunk
        if self._tar.wait() != 0:
            self._said.seek(0)
            lines = self._said.read().decode(errors="replace").strip().splitlines()
            raise BadContext(
                f"the folder changed while it was sent: {lines[0] if lines else 'tar failed'}.",
                hint="run the same command again when nothing else writes there",
            )


def _in_memory(context: Context, paths: Sequence[str]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as tar:
        folders = sorted({path.rsplit("/", 1)[0] for path in paths if "/" in path})
        for name in folders:
            tar.addfile(_info(name, Entry(FOLDER, 0o755, 0, "")))
        for path in paths:
            tar.addfile(_info(path, context.entries[path]), io.BytesIO(context.given[path]))
    return buffer.getvalue()


def _info(name: str, entry: Entry) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.mode, info.size = entry.mode, entry.size
    info.type = tarfile.DIRTYPE if entry.kind == FOLDER else tarfile.REGTYPE
    return info
