"""A machine's public host key out of a file: a .pub file, what ssh-keyscan prints, or a known_hosts file."""

from __future__ import annotations

import base64
import fnmatch
import hashlib
import hmac
from collections.abc import Iterator
from pathlib import Path

from geos.builder.errors import HostKeyWrong

KINDS = ("ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ssh-rsa")
"""The surest first."""


def host_key_of(place: Path, host: str, port: int) -> str:
    """`type key` of that host. Raises HostKeyWrong when the file has none for it."""
    try:
        text = place.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as e:
        raise HostKeyWrong(f"--host-key {place} cannot be read: {e}.", hint="ssh-keyscan HOST > host.pub") from e
    found = sorted(_keys(text, host, port), key=lambda key: KINDS.index(key.split()[0]))
    if not found:
        raise HostKeyWrong(
            f"--host-key {place} holds no public key for {host} at port {port}.",
            hint=f"ssh-keyscan -p {port} {host} > host.pub, and compare it with what the machine's owner says",
        )
    return found[0]


def _keys(text: str, host: str, port: int) -> Iterator[str]:
    lines = [line.split() for line in text.splitlines()]
    revoked = {words[3] for words in lines if words[:1] == ["@revoked"] and len(words) > 3}
    for words in lines:
        if not words or words[0].startswith(("#", "@")) or revoked & set(words):
            continue
        if words[0] in KINDS and len(words) > 1:
            yield f"{words[0]} {words[1]}"
        elif len(words) > 2 and words[1] in KINDS and _names(words[0], host, port):
            yield f"{words[1]} {words[2]}"


def _names(patterns: str, host: str, port: int) -> bool:
    """Whether a line of known_hosts speaks of the host."""
    name = (host if port == 22 else f"[{host}]:{port}").lower()
    if patterns.startswith("|1|"):
        return _hashed(patterns, name)
    words = patterns.lower().split(",")
    taken_out = any(fnmatch.fnmatchcase(name, word[1:]) for word in words if word.startswith("!"))
    return not taken_out and any(_matches(name, word) for word in words if not word.startswith("!"))


def _matches(name: str, pattern: str) -> bool:
    # Brackets around an address with a port are no character class.
    return name == pattern or ("[" not in pattern and fnmatch.fnmatchcase(name, pattern))


def _hashed(word: str, name: str) -> bool:
    try:
        _, _, salt, told = word.split("|")
        wanted = hmac.new(base64.b64decode(salt), name.encode(), hashlib.sha1).digest()
        return hmac.compare_digest(wanted, base64.b64decode(told))
    except ValueError:
        return False
