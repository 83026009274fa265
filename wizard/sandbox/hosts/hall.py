"""All machines of the simulated account that really run, as the sandbox's process holds them."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

from geos.wizard.sandbox.hosts.cloud_config import Orders

log = logging.getLogger(__name__)

END_SECONDS = 5.0


class Hall:
    """Instance id -> the process that is the machine."""

    def __init__(self) -> None:
        self._running: dict[str, tuple[subprocess.Popen[bytes], Path]] = {}

    def start(
        self, instance_id: str, orders: Orders, *, failing: tuple[str, ...] = (), ended: Callable[[str], None]
    ) -> None:
        """`ended` hears, from another thread, of a machine that ended by itself."""
        folder = Path(tempfile.mkdtemp(prefix=f"geos-sandbox-{instance_id}-"))
        told = {"name": instance_id, "orders": orders.to_json(), "failing": failing}
        handle = os.open(folder / "orders.json", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(told, file)
        process = subprocess.Popen(
            [sys.executable, "-m", "geos.wizard.sandbox.hosts.init", str(folder)],
            stdin=subprocess.PIPE,  # never written to: its end is the machine's
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._running[instance_id] = (process, folder)
        threading.Thread(target=self._watch, args=(instance_id, process, ended), daemon=True).start()

    def _watch(self, instance_id: str, process: subprocess.Popen[bytes], ended: Callable[[str], None]) -> None:
        process.wait()
        if self._running.pop(instance_id, None) is not None:
            ended(instance_id)

    def console(self, instance_id: str) -> str:
        """What the machine wrote so far; empty for one that does not run here."""
        if instance_id not in self._running:
            return ""
        try:
            return (self._running[instance_id][1] / "console").read_text(encoding="utf-8")
        except OSError:
            return ""

    def runs(self, instance_id: str) -> bool:
        return instance_id in self._running

    def end(self, instance_id: str) -> None:
        found = self._running.pop(instance_id, None)
        if found is None:
            return
        process, _ = found
        if process.stdin is not None:
            process.stdin.close()
        try:
            process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            log.warning("the machine %s did not end in time", instance_id)
            process.kill()

    def end_all(self) -> None:
        for instance_id in list(self._running):
            self.end(instance_id)
