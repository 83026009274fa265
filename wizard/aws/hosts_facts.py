"""Machines for a while, as EC2 describes them. Imports nothing heavy, so that pure code can use them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

GONE_STATES = frozenset({"shutting-down", "terminated"})
"""Nothing is paid for an instance in these."""


@dataclass(frozen=True)
class MachineImage:
    """An AMI."""

    id: str
    name: str
    architecture: str
    """arm64 or x86_64, as EC2 spells them."""
    root_device: str
    created: str
    """UTC, ISO 8601; sorts by age."""
    owner_id: str = ""
    deprecated_from: str = ""
    root_gib: int = 0
    """Of the snapshot: a volume may not be smaller."""


@dataclass(frozen=True)
class Launch:
    """One machine to be started. The same token with the same content is the same machine."""

    client_token: str
    image: MachineImage
    instance_type: str
    subnet_id: str
    group_id: str
    volume_gib: int
    user_data: str = field(repr=False)
    tags: Mapping[str, str] = field(hash=False)
    public_address: bool = True
    spot: bool = False
    instance_profile: str = ""


@dataclass(frozen=True)
class HostState:
    """A launched machine as it is now."""

    id: str
    state: str
    """pending, running, shutting-down, terminated, stopping or stopped."""
    type: str
    zone: str
    lifecycle: str = ""
    """spot, or empty for On-Demand."""
    public_address: str = ""
    private_address: str = ""
    launched: str = ""
    """UTC, ISO 8601."""
    reason: str = ""
    """Why it changed its state, in EC2's words."""
    tags: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def gone(self) -> bool:
        return self.state in GONE_STATES


@dataclass(frozen=True)
class Remain:
    """Something that carries our tags and is still there."""

    kind: str
    """instance, volume, security-group, network-interface or spot-request."""
    id: str
    tags: Mapping[str, str] = field(default_factory=dict, hash=False)
    state: str = ""
    type: str = ""
    """Of an instance: its type; of a volume: gp3 …"""
    spot: bool = False
    size_gib: int = 0
