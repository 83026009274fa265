"""A second, stricter emulator, in an environment of its own: it pins another botocore than geos uses."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import venv
from collections.abc import Iterator
from pathlib import Path

VERSION = "1.5.33"
HERE = Path(__file__).resolve().parent


def environment() -> Path:
    """A Python with ministack, made once beside the one that runs the tests. Raises CalledProcessError."""
    home = Path(sys.prefix) / f"ministack-{VERSION}"
    python = home / "bin/python"
    if not (home / "ready").exists():
        venv.create(home, with_pip=True, clear=True)
        words = [str(python), "-m", "pip", "install", "--quiet", f"ministack=={VERSION}"]
        subprocess.run(words, check=True, capture_output=True, text=True, timeout=300)
        (home / "ready").touch()
    return python


@contextlib.contextmanager
def running(folder: Path) -> Iterator[str]:
    """Its address, for as long as the block lasts."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "MINISTACK_ACCOUNT_ID": "123456789012",
    }
    with (folder / "ministack.log").open("w") as log:
        words = [str(environment()), str(HERE / "ministack_plugin.py")]
        process = subprocess.Popen(words, env=settings, cwd=folder, stdout=log, stderr=log)
        try:
            _wait(f"http://127.0.0.1:{port}", process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(20)


def _wait(address: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=2).close()
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"the second emulator did not start; it ended with {process.poll()}")
