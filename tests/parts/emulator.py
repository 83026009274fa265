"""The simulated account in its own process, with a layer around it that can be told to be slow and to fail.

emulator.reset()                       a new account, nothing else
emulator.seed(quotas={...})            what it is like (fields of geos.wizard.sandbox.seeds.Seed)
emulator.delay(0.1)                    every call takes 100 ms more
emulator.fail("throttle", n=3)         the third call from now is throttled
emulator.fail("cut", n=2, mutating=True, when="after")
emulator.fail("hold", n=2, mutating=True); emulator.held(10); … kill the client …; emulator.release()
emulator.calls()                       every call: service, action, region, mutating, start, end, status, fault
emulator.inventory("us-east-1")        everything that exists
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from geos.wizard.facts import SANDBOX_KEY_ID, SANDBOX_SECRET_KEY

ACCOUNT = "123456789012"
START_SECONDS = 30.0
_STEP_SECONDS = 0.02


class Emulator:
    """A handle on the process."""

    def __init__(self, account: str = "new") -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="geos-emulator-")
        state = Path(self._folder.name) / "state.json"
        self._log = (Path(self._folder.name) / "log").open("wb")
        command = [sys.executable, str(Path(__file__).resolve()), account, str(state)]
        # The server reads its input until it ends, which it does with this process, however that ends.
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=self._log, stderr=self._log)
        self.endpoint = self._wait(state)
        self._clients: dict[tuple[str, str], Any] = {}

    def _wait(self, state: Path) -> str:
        for _ in range(int(START_SECONDS / _STEP_SECONDS)):
            if state.exists():
                return str(json.loads(state.read_text())["endpoint"])
            if self._process.poll() is not None:
                break
            threading.Event().wait(_STEP_SECONDS)
        raise RuntimeError("the emulator did not start: " + self.log())

    def log(self) -> str:
        """What the server wrote: tracebacks of what went wrong inside it."""
        return Path(self._log.name).read_text(errors="replace")

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._log.close()
        self._folder.cleanup()

    # --- what the account is like --------------------------------------------------------

    def reset(self, account: str = "new", **seed: Any) -> None:
        """Everything is forgotten: resources, faults, calls. `seed` as for `seed()`."""
        self._post("geos-test/clear")
        self._post("geos-sandbox/reset", {"account": account, **seed})

    def seed(self, **fields: Any) -> None:
        """Change what the account is like; what exists stays."""
        self._post("geos-sandbox/seed", fields)

    def inventory(self, region: str = "us-east-1") -> dict[str, dict[str, Any]]:
        """Kind -> ARN -> facts, of everything in the region and in the global services."""
        return dict(self._post("geos-sandbox/inventory", {"region": region}))

    # --- how it answers ------------------------------------------------------------------

    def delay(self, seconds: float) -> None:
        self._post("geos-test/delay", {"seconds": seconds})

    def fail(self, kind: str, n: int = 1, **selection: Any) -> None:
        """`kind`: throttle, error, cut, expired, wrong, skew, denied, hold. See faults.Fault for the selection."""
        self._post("geos-test/fail", {"kind": kind, "n": n, **selection})

    def faults(self) -> list[dict[str, Any]]:
        """The faults set, with how often each was met (`seen`) and how often it struck (`struck`)."""
        return list(self._post("geos-test/faults"))

    def clear(self) -> None:
        """No more faults, no delay, an empty record of calls. The account stays as it is."""
        self._post("geos-test/clear")

    def held(self, seconds: float = 10.0) -> bool:
        """Wait until a call is held; whether one is."""
        return bool(self._post("geos-test/held", {"seconds": seconds})["held"])

    def release(self) -> None:
        self._post("geos-test/release")

    # --- what it saw ---------------------------------------------------------------------

    def calls(self, service: str = "", action: str = "", *, mutating: bool | None = None) -> list[dict[str, Any]]:
        return [
            c
            for c in self._post("geos-test/calls")
            if service in ("", c["service"]) and action in ("", c["action"]) and mutating in (None, c["mutating"])
        ]

    # --- for clients ---------------------------------------------------------------------

    def env(self, region: str = "us-east-1") -> dict[str, str]:
        """Environment variables that make any AWS program talk to this account."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": SANDBOX_KEY_ID,
            "AWS_SECRET_ACCESS_KEY": SANDBOX_SECRET_KEY,
            "AWS_REGION": region,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def client(self, service: str, region: str = "us-east-1") -> Any:
        """A boto3 client that does not retry."""
        import boto3
        from botocore.config import Config

        if (service, region) not in self._clients:
            self._clients[service, region] = boto3.client(
                service,
                region_name=region,
                endpoint_url=self.endpoint,
                aws_access_key_id=SANDBOX_KEY_ID,
                aws_secret_access_key=SANDBOX_SECRET_KEY,
                config=Config(retries={"total_max_attempts": 1}),
            )
        return self._clients[service, region]

    def _post(self, path: str, data: dict[str, Any] | None = None) -> Any:
        place = urlsplit(self.endpoint)
        connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=120)
        try:
            connection.request("POST", f"/{path}", json.dumps(data or {}), {"Content-Type": "application/json"})
            response = connection.getresponse()
            text = response.read()
        finally:
            connection.close()
        if response.status != 200:
            raise RuntimeError(f"{path}: {response.status} {text.decode(errors='replace')[:500]}\n{self.log()[-4000:]}")
        return json.loads(text)


def most_in_flight(calls: Iterable[dict[str, Any]]) -> int:
    """How many calls were under way at the busiest moment."""
    moments = sorted((t, change) for c in calls for t, change in ((c["start"], 1), (c["end"], -1)))
    busy = most = 0
    for _, change in moments:
        busy += change
        most = max(most, busy)
    return most


def most_per_second(calls: Iterable[dict[str, Any]]) -> int:
    """How many calls began within the busiest second."""
    starts = sorted(c["start"] for c in calls)
    return max((sum(1 for t in starts[i:] if t < s + 1) for i, s in enumerate(starts)), default=0)


def _end_with_the_tests() -> None:
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)


def _serve(account: str, state_file: Path) -> None:
    # This file runs as a program of its own; its neighbours are found as pytest finds them.
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from geos.wizard.sandbox.server import leave, serve
    from parts.faults import Faults

    threading.Thread(target=_end_with_the_tests, daemon=True).start()
    serve(account, state_file, wrap=Faults)
    leave()


if __name__ == "__main__":
    _serve(sys.argv[1], Path(sys.argv[2]))
