"""What a machine is told by its user data, as far as the sandbox can follow it. Pure.

Only documents in the form that geos-build writes make a machine start: SSH keys given, one user, and a boot
script. Anything else stays a machine in name alone, as all of them are in the emulator.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

HEADER = "#cloud-config"
LIMIT_OPTION = "--on-active="
SSH_PORT = 22


@dataclass(frozen=True)
class Orders:
    """How a machine is to start."""

    user: str
    host_private: str
    host_public: str
    authorized: tuple[str, ...]
    port: int
    script: str
    """Run once, as the boot's last act."""
    limit_seconds: float | None
    """When it switches itself off; None: never."""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @staticmethod
    def from_json(body: dict[str, Any]) -> Orders:
        return Orders(**{**body, "authorized": tuple(body["authorized"])})


def read_orders(text: str) -> Orders | None:
    """None: no document that makes a machine start here."""
    import yaml

    if not text.startswith(HEADER):
        return None
    try:
        body = yaml.safe_load(text)
        keys, user, commands = body["ssh_keys"], body["users"][0], body["runcmd"]
        script = commands[0]
        if len(commands) != 1 or script[:2] != ["sh", "-c"]:
            return None
        return Orders(
            str(user["name"]),
            str(keys["ed25519_private"]),
            str(keys["ed25519_public"]),
            tuple(str(key) for key in user["ssh_authorized_keys"]),
            _port(body.get("write_files") or []),
            str(script[2]),
            _limit(body.get("bootcmd") or []),
        )
    except (yaml.YAMLError, KeyError, IndexError, TypeError, ValueError, AttributeError):
        return None


def _port(files: list[dict[str, Any]]) -> int:
    for file in files:
        if str(file["path"]).startswith("/etc/ssh/sshd_config.d/"):
            for line in str(file["content"]).splitlines():
                name, _, value = line.strip().partition(" ")
                if name.lower() == "port":
                    return int(value)
    return SSH_PORT


def _limit(commands: list[list[str]]) -> float | None:
    for words in commands:
        if words[:1] == ["systemd-run"] and words[-1] == "poweroff":
            return next((float(w.removeprefix(LIMIT_OPTION)) for w in words if w.startswith(LIMIT_OPTION)), None)
    return None
