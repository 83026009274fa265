"""A real container registry with a login: Debian's docker-registry, a user AWS and a password of its own."""

from __future__ import annotations

import http.client
import secrets
import shutil
import socket
import subprocess
import tempfile
import threading
from pathlib import Path

from parts.missing import Missing, require

START_SECONDS = 10.0
_STEP_SECONDS = 0.02


class Registry:
    def __init__(self) -> None:
        require("docker-registry", "docker-registry")
        require("htpasswd", "apache2-utils")
        self.folder = Path(tempfile.mkdtemp(prefix="geos-registry-"))
        self.user, self.password = "AWS", secrets.token_urlsafe(32)
        words = ["htpasswd", "-iBn", self.user]
        hashed = subprocess.run(words, input=self.password, capture_output=True, text=True, check=True).stdout
        (self.folder / "htpasswd").write_text(hashed)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.name = f"127.0.0.1:{self.port}"
        (self.folder / "config.yml").write_text(
            f"version: 0.1\nlog: {{level: error}}\nhttp: {{addr: '{self.name}', secret: x}}\n"
            f"storage: {{filesystem: {{rootdirectory: {self.folder}/data}}, delete: {{enabled: true}}}}\n"
            f"auth: {{htpasswd: {{realm: test, path: {self.folder}/htpasswd}}}}\n"
        )
        self._log = (self.folder / "log").open("wb")
        words = ["docker-registry", "serve", str(self.folder / "config.yml")]
        self._process = subprocess.Popen(words, stdout=self._log, stderr=self._log)
        for _ in range(int(START_SECONDS / _STEP_SECONDS)):
            if self._answers():
                return
            threading.Event().wait(_STEP_SECONDS)
        said = (self.folder / "log").read_text(errors="replace")[-500:]
        self.stop()
        raise Missing(f"the registry does not start here: {said}")

    def _answers(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/v2/")
            return connection.getresponse().status == 401
        except OSError:
            return False
        finally:
            connection.close()

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(10)
        self._log.close()
        shutil.rmtree(self.folder, ignore_errors=True)
