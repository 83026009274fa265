"""What this container runs on: instance type, cores, memory killed, Spot notice. Every answer may be "unknown"."""

from __future__ import annotations

import os
import re
import urllib.request
from dataclasses import dataclass
from pathlib import Path

_SECONDS = 1.0


@dataclass(frozen=True)
class Machine:
    instance_type: str
    threads: int
    """OpenMP threads of the run."""
    cores: int
    """Physical cores that these occupy."""

    @property
    def line(self) -> str:
        """What geos-recommend's log readers look for."""
        told = f"instance_type={self.instance_type} " if self.instance_type else ""
        return f"geos: {told}cores={self.cores} threads={self.threads} nodes=1"


def this_machine(threads: int) -> Machine:
    usable = len(os.sched_getaffinity(0))
    asked = threads or _whole(os.environ.get("OMP_NUM_THREADS", "")) or usable
    return Machine(metadata("instance-type"), asked, -(-asked // threads_per_core()))


def threads_per_core(cpu: Path = Path("/sys/devices/system/cpu/cpu0/topology/thread_siblings_list")) -> int:
    """Siblings look like 0-1 or 0,48."""
    try:
        text = cpu.read_text().strip()
    except OSError:
        return 1
    ends = [int(n) for n in re.findall(r"\d+", text)]
    return ends[1] - ends[0] + 1 if "-" in text and len(ends) == 2 else max(1, len(ends))


def metadata(path: str) -> str:
    """From the instance's metadata service (the launch template's hop limit of 2 lets containers ask); "" without."""
    if os.environ.get("AWS_EC2_METADATA_DISABLED", "").lower() == "true":
        return ""
    service = os.environ.get("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://169.254.169.254").rstrip("/")
    if not service.startswith("http://"):
        return ""
    try:
        token = _ask(f"{service}/latest/api/token", "PUT", {"X-aws-ec2-metadata-token-ttl-seconds": "300"})
        return _ask(f"{service}/latest/meta-data/{path}", "GET", {"X-aws-ec2-metadata-token": token})
    except (OSError, ValueError):  # urllib's errors are OSErrors
        return ""


def _ask(address: str, method: str, headers: dict[str, str]) -> str:
    # Plain http is what the service speaks.
    asked = urllib.request.Request(address, method=method, headers=headers)  # noqa: S310
    with urllib.request.urlopen(asked, timeout=_SECONDS) as answer:  # noqa: S310
        return str(answer.read().decode()).strip()


def spot_notice() -> bool:
    """Whether AWS will take this instance back within two minutes."""
    return bool(metadata("spot/instance-action"))


def memory_kills() -> int:
    """How often the kernel has killed something of this container for want of memory (control groups 2, then 1)."""
    root = Path(os.environ.get("GEOS_CGROUP", "/sys/fs/cgroup"))
    for name in ("memory.events", "memory/memory.oom_control", "memory.oom_control"):
        try:
            match = re.search(r"^oom_kill (\d+)", (root / name).read_text(), re.MULTILINE)
        except OSError:
            continue
        if match:
            return int(match[1])
    return 0


def _whole(text: str) -> int:
    return int(text) if text.isdigit() else 0
