"""A simulated account has its machines here, on this computer: at its loopback address, as the user who runs it."""

from __future__ import annotations

import getpass
import ipaddress
import socket
from urllib.parse import urlsplit

ADDRESS = "127.0.0.1"
RANGE = f"{ADDRESS}/32"


def is_here(endpoint: str) -> bool:
    """Whether calls to `endpoint` stay on this machine."""
    name = urlsplit(endpoint).hostname or ""
    try:
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def user() -> str:
    return getpass.getuser()


def free_port() -> int:
    """A port that nothing listens on now: two hosts on one machine cannot share port 22."""
    with socket.socket() as s:
        s.bind((ADDRESS, 0))
        return int(s.getsockname()[1])
