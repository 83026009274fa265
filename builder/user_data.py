"""What a launched host does first: limit its own life, take its keys, get a container engine, and say so.

cloud-init's own "done" is no use on Enterprise Linux 9, where it hides errors. So the boot script keeps a note of
the step it is at, and whatever happens writes it with the exit code where the build's user can read it.
The document is JSON, which is YAML too: nothing has to be quoted by hand.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from geos.builder.keys import KeyPair

BOOT_FOLDER = ".geos-boot"
"""In the user's home on the host."""
SENTINEL, BOOT_LOG = f"{BOOT_FOLDER}/ready.json", f"{BOOT_FOLDER}/boot.log"
CLOUD_INIT_LOG = "/var/log/cloud-init-output.log"
MOST_BYTES = 16 * 1024
"""EC2 takes no more user data than that."""
SSH_PORT = 22
TIMER = "geos-time-limit"
DOCKER_REPOSITORY = "https://download.docker.com/linux/rhel/docker-ce.repo"
ENGINE_PACKAGES = ("docker-ce", "docker-ce-cli", "containerd.io", "docker-buildx-plugin")
"""After Rocky Linux's own instructions; containerd.io brings its own runc and cannot live beside podman's."""


@dataclass(frozen=True)
class Boot:
    """What a host has to know."""

    build_id: str
    user: str
    host_key: KeyPair
    authorized_key: str
    """The public half of the key that opens the host."""
    time_limit_seconds: int
    ssh_port: int = SSH_PORT
    agent_url: str = ""
    """Where the Session Manager agent's package is; empty: no agent."""


def agent_url(region: str, architecture: str) -> str:
    """Where AWS publishes the Session Manager agent for that region."""
    machine = "linux_arm64" if architecture == "arm64" else "linux_amd64"
    place = f"s3.{region}.amazonaws.com{'.cn' if region.startswith('cn-') else ''}"
    return f"https://{place}/amazon-ssm-{region}/latest/{machine}/amazon-ssm-agent.rpm"


def user_data(boot: Boot) -> str:
    """A cloud-config document. The one secret in it is the host's own key, which lives as long as the host."""
    text = "#cloud-config\n" + json.dumps(_config(boot), indent=1) + "\n"
    if len(text.encode()) > MOST_BYTES:
        raise ValueError(f"user data of {len(text.encode())} bytes; EC2 takes {MOST_BYTES}")
    return text


def _config(boot: Boot) -> dict[str, Any]:
    config: dict[str, Any] = {
        # The earliest that cloud-init runs anything. A timer, not `shutdown +N`, which locks users out five minutes
        # before; not waited for, because at this time of the boot nothing else may depend on it.
        "bootcmd": [
            [
                "systemd-run",
                "--no-block",
                f"--unit={TIMER}",
                "--timer-property=AccuracySec=1s",
                f"--on-active={boot.time_limit_seconds}",
                "systemctl",
                "poweroff",
            ]
        ],
        "ssh_deletekeys": True,
        "ssh_keys": {"ed25519_private": boot.host_key.private, "ed25519_public": boot.host_key.public},
        "ssh_pwauth": False,
        "disable_root": True,
        # Made before the engine is there: the first login is in the group already.
        "groups": ["docker"],
        "users": [
            {
                "name": boot.user,
                "groups": ["docker"],
                "shell": "/bin/bash",
                "lock_passwd": True,
                "sudo": "ALL=(ALL) NOPASSWD:ALL",
                "ssh_authorized_keys": [boot.authorized_key],
            }
        ],
        "runcmd": [["sh", "-c", boot_script(boot)]],
    }
    if boot.ssh_port != SSH_PORT:
        config["write_files"] = [{"path": "/etc/ssh/sshd_config.d/10-geos.conf", "content": f"Port {boot.ssh_port}\n"}]
    return config


def boot_script(boot: Boot) -> str:
    parts = [_BEGIN.format(user=boot.user, folder=BOOT_FOLDER, build=boot.build_id)]
    if boot.ssh_port != SSH_PORT:
        parts.append(_MOVE_SSH.format(port=boot.ssh_port))
    if boot.agent_url:
        parts.append(_AGENT.format(url=boot.agent_url))
    parts.append(_ENGINE.format(repository=DOCKER_REPOSITORY, packages=" ".join(ENGINE_PACKAGES)))
    return "\n".join(parts)


_BEGIN = """\
set -eu
home=$(getent passwd {user} | cut -d: -f6)
: "${{home:?}}"
folder="$home/{folder}"
install -d -m 755 -o {user} "$folder"
exec >"$folder/boot.log" 2>&1
step='begin'
engine=''
finish() {{
  rc=$?
  printf '{{"build": "{build}", "step": "%s", "rc": %d, "engine": "%s"}}\\n' "$step" "$rc" "$engine" \\
    >"$folder/ready.json.part"
  mv "$folder/ready.json.part" "$folder/ready.json"
}}
trap finish EXIT
try() {{
  attempt=1
  until "$@"; do
    [ "$attempt" -lt 4 ] || return 1
    echo "attempt $attempt failed: $*"
    sleep $((attempt * 10))
    attempt=$((attempt + 1))
  done
}}
"""
_MOVE_SSH = """\
step='move SSH to port {port}'
if command -v getenforce >/dev/null && [ "$(getenforce)" != Disabled ]; then
  command -v semanage >/dev/null || try dnf -y install policycoreutils-python-utils
  semanage port -a -t ssh_port_t -p tcp {port} || semanage port -m -t ssh_port_t -p tcp {port}
fi
if systemctl -q is-active firewalld; then firewall-cmd --add-port={port}/tcp; fi
systemctl restart sshd
"""
_AGENT = """\
step='install the Session Manager agent'
rpm -q amazon-ssm-agent || try dnf -y install {url}
systemctl enable --now amazon-ssm-agent
"""
_ENGINE = """\
step='install the container engine'
if ! command -v docker; then
  try dnf -y install dnf-plugins-core
  try dnf config-manager --add-repo {repository}
  dnf -y remove podman buildah runc
  try dnf -y install {packages}
fi
step='start the container engine'
systemctl enable --now docker
try docker info
engine=$(docker version --format '{{{{.Server.Version}}}}')
step='done'
"""


@dataclass(frozen=True)
class Sentinel:
    """What the boot script wrote when it ended."""

    build_id: str
    step: str
    rc: int
    engine: str = ""

    @property
    def ok(self) -> bool:
        return self.rc == 0


def read_sentinel(text: str) -> Sentinel | None:
    """None: it is not one (yet)."""
    try:
        body = json.loads(text)
        return Sentinel(str(body["build"]), str(body["step"]), int(body["rc"]), str(body.get("engine", "")))
    except (ValueError, KeyError, TypeError):
        return None
