"""Keys for one build: one that opens the host, one by which the host is known."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from geos.wizard.files import write_whole


@dataclass(frozen=True)
class KeyPair:
    """An ed25519 key in OpenSSH's forms."""

    private: str = field(repr=False)
    public: str
    """One line: type, key, comment."""


def new_key(comment: str) -> KeyPair:
    # From cryptography, which paramiko brings along: paramiko itself cannot make ed25519 keys.
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    return KeyPair(private.decode(), f"{public.decode()} {comment}")


def keep_private(pair: KeyPair, place: Path) -> None:
    """Readable by its owner only. Raises DiskRefused."""
    write_whole(place, pair.private, mode=0o600)


def same_key(one: str, other: str) -> bool:
    """Whether two public lines hold the same key; comments do not matter."""
    return one.split()[:2] == other.split()[:2]
