"""What shall be built, as the user said it: plain values, not yet judged."""

from __future__ import annotations

from dataclasses import dataclass

DEFAULT_VERSION = "14.7.1"
"""The newest release of GEOS-Chem Classic and GCHP (2026-04-17)."""
GCCLASSIC, GCHP = "gcclassic", "gchp"
ARM64, X86_64 = "arm64", "x86_64"


@dataclass(frozen=True)
class Request:
    architectures: tuple[str, ...]
    """arm64, x86_64 or both."""
    models: tuple[str, ...] = (GCCLASSIC,)
    """gcclassic, gchp or both; none for another project's context."""
    version: str = DEFAULT_VERSION
    compiler: str = "gcc12"
    mpi: str = "openmpi4"
    tune: str = "generic"
    tag: str = ""
    """"": <arch>-<version>-<compiler>-<mpi>."""
    repository: str = ""
    """"": the deployment's, or the project's name."""
    context: str = ""
    """Another project's folder; empty: GEOS-Chem itself."""
    dockerfile: str = "Dockerfile"
    """Relative to `context`."""
    push: bool = True
    cache: str = "none"
    """registry or none."""


@dataclass(frozen=True)
class HostWish:
    """On what it shall be built."""

    transport: str = "ssh"
    """ssh or ssm."""
    address: str = ""
    """ssh://user@address:port of a machine that is there already; empty: an EC2 host is launched."""
    host_key_file: str = ""
    """Its public host key."""
    identity_file: str = ""
    """The user's private key for it; empty: the agent's or the usual ones."""
    instance_types: tuple[str, ...] = ()
    """Tried in turn; none: the smallest fit for the model and architecture."""
    spot: bool = False
    keep: bool = False
    time_limit_seconds: int = 3 * 3600
    image_id: str = ""
    """An AMI; empty: the newest Rocky Linux 9."""
    admin_cidr: str = ""
    """Who may reach the host by SSH; empty: the caller's own address alone."""
    ssh_port: int = 22
    """Where the launched host listens."""
