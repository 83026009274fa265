"""The stand-in for an engine at a registry: it logs in and pushes for real, to this computer alone."""

from __future__ import annotations

import base64
import gzip
import http.client
import json
import os
import re
from pathlib import Path

from geos.wizard.sandbox.hosts.docker_store import Failed, Store, digest_of, full_name, layer_of, say

MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
CONFIG = "application/vnd.docker.container.image.v1+json"
LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"
_LOOPBACK = re.compile(r"(127(?:\.\d+){3}|localhost):(\d+)")


class Remote:
    """A registry on this computer."""

    def __init__(self, name: str, authorization: str = "") -> None:
        place = _LOOPBACK.fullmatch(name)
        if place is None:
            raise Failed(f"a simulated image is pushed to this computer alone, not to {name}")
        self._host, self._port = place[1], int(place[2])
        self._headers = {"Authorization": f"Basic {authorization}"} if authorization else {}

    def ask(self, method: str, path: str, body: bytes = b"", kind: str = "") -> tuple[int, str]:
        """The status, and the place of an upload. Raises Failed with the registry's words."""
        connection = http.client.HTTPConnection(self._host, self._port, timeout=60)
        try:
            connection.request(method, path, body, {**self._headers, **({"Content-Type": kind} if kind else {})})
            response = connection.getresponse()
            text = response.read()
        except OSError as e:
            raise Failed(f"dial tcp {self._host}:{self._port}: connect: {e.strerror or e} (simulated)") from e
        finally:
            connection.close()
        if response.status >= 400 and method != "HEAD":
            raise Failed(_refusal(text, response.status))
        return response.status, response.headers.get("Location", "")


def _refusal(body: bytes, status: int) -> str:
    """As engines show it: the code in small words, then the message."""
    try:
        error = json.loads(body)["errors"][0]
        return f"{error['code'].lower().replace('_', ' ')}: {error['message']}"
    except (ValueError, KeyError, IndexError, TypeError):
        return f"received unexpected HTTP status: {status}"


def _config_file() -> Path:
    return Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker") / "config.json"


def _logins() -> dict[str, dict[str, str]]:
    try:
        found: dict[str, dict[str, str]] = json.loads(_config_file().read_text(encoding="utf-8"))["auths"]
    except (OSError, ValueError, KeyError):
        return {}
    return found


def _keep_logins(logins: dict[str, dict[str, str]]) -> None:
    place = _config_file()
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump({"auths": logins}, file)


def login(name: str, user: str, password: str) -> None:
    authorization = base64.b64encode(f"{user}:{password}".encode()).decode()
    try:
        Remote(name, authorization).ask("GET", "/v2/")
    except Failed as e:
        raise Failed(f"Error response from daemon: login attempt to http://{name}/v2/ failed with: {e}") from e
    _keep_logins({**_logins(), name: {"auth": authorization}})
    say("Login Succeeded (simulated)")


def logout(name: str) -> None:
    _keep_logins({known: login for known, login in _logins().items() if known != name})
    say(f"Removing login credentials for {name} (simulated)")


def push(name: str) -> None:
    registry, _, rest = full_name(name).partition("/")
    repository, _, reference = rest.rpartition(":")
    config = Store().find(name)
    remote = Remote(registry, _logins().get(registry, {}).get("auth", ""))
    say(f"The push refers to repository [{registry}/{repository}] (simulated)")
    text = json.dumps(config, sort_keys=True).encode()
    layer = gzip.compress(layer_of(config), mtime=0)
    for content in (layer, text):
        _upload(remote, repository, content)
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": {"mediaType": CONFIG, "size": len(text), "digest": digest_of(text)},
        "layers": [{"mediaType": LAYER, "size": len(layer), "digest": digest_of(layer)}],
    }
    body = json.dumps(manifest, indent=3).encode()
    remote.ask("PUT", f"/v2/{repository}/manifests/{reference}", body, MANIFEST)
    say(f"{reference}: digest: {digest_of(body)} size: {len(body)}")


def _upload(remote: Remote, repository: str, content: bytes) -> None:
    digest = digest_of(content)
    status, _ = remote.ask("HEAD", f"/v2/{repository}/blobs/{digest}")
    if status == 200:
        say(f"{digest[7:19]}: Layer already exists (simulated)")
        return
    _, place = remote.ask("POST", f"/v2/{repository}/blobs/uploads/")
    remote.ask("PUT", f"{place}?digest={digest}", content, "application/octet-stream")
    say(f"{digest[7:19]}: Pushed (simulated)")
