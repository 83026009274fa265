"""Where a host answers to SSH, and as whom. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

_HOST = re.compile(r"ssh://(?:(?P<user>[^@/:]+)@)?(?P<host>\[[0-9a-fA-F:.]+\]|[^@/:\[\]]+)(?::(?P<port>\d{1,5}))?/?")


@dataclass(frozen=True)
class Address:
    host: str
    port: int = 22
    user: str = "rocky"

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.user}@{host}:{self.port}"


def host_of(address: str) -> tuple[str, str, int] | None:
    """(user, host, port) of ssh://user@address:port; the user empty where none is named. None for anything else."""
    found = _HOST.fullmatch(address)
    port = int(found["port"] or 22) if found else 0
    if found is None or not 0 < port < 65536:
        return None
    return found["user"] or "", found["host"].strip("[]"), port
