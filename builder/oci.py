"""What a tag names in a public registry, asked without an engine and without a login (OCI distribution API)."""

from __future__ import annotations

import hashlib
import http.client
import json
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from geos.builder.caller import why_unanswered
from geos.builder.errors import RegistryDoesNotTell
from geos.builder.here import is_here

DOCKER_HUB = "docker.io"
_ADDRESS = {DOCKER_HUB: "registry-1.docker.io"}
"""Where a registry answers, when that is not at its name."""
_INDEXES = ("application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json")
_IMAGES = ("application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json")
_ARCHITECTURES = {"amd64": "x86_64"}
"""Its name here, where that differs."""
_PARAMETER = re.compile(r'([a-z]+)="([^"]*)"')
_SAID = {
    401: "it is not there, or not for everybody",
    403: "it is not there, or not for everybody",
    404: "there is no such image",
    429: "this address has asked too often",
}
_MOST_BYTES = 4 << 20
PATIENCE_SECONDS = 20.0


@dataclass(frozen=True)
class Named:
    """What a tag names now."""

    digest: str
    architectures: tuple[str, ...]
    """Of an index; empty for a single image, which does not say so itself."""


@dataclass(frozen=True)
class _Place:
    """registry/repository:tag, taken apart."""

    registry: str
    repository: str
    tag: str

    @property
    def manifest(self) -> str:
        host = _ADDRESS.get(self.registry, self.registry)
        # As engines do: a registry on this very machine needs no TLS.
        scheme = "http" if is_here(f"//{host}") else "https"
        return f"{scheme}://{host}/v2/{self.repository}/manifests/{self.tag}"


def named_by(image: str) -> Named:
    """`image`: a name with its registry, such as docker.io/rockylinux/rockylinux:9. Raises RegistryDoesNotTell."""
    place = _place(image)
    try:
        return _named(_manifest(place), image)
    except urllib.error.HTTPError as e:
        raise _refused(e, place, image) from e
    except (OSError, http.client.HTTPException) as e:
        why = why_unanswered(getattr(e, "reason", e), PATIENCE_SECONDS)
        raise RegistryDoesNotTell(
            f"{place.registry} does not tell what {image} names: {why}.",
            hint="ask again with a network; until then builds go on with the pin that they have",
        ) from e


def _place(image: str) -> _Place:
    registry, _, rest = image.partition("/")
    repository, _, tag = rest.partition(":")
    official = registry == DOCKER_HUB and "/" not in repository
    return _Place(registry, f"library/{repository}" if official else repository, tag or "latest")


@dataclass(frozen=True)
class _Answer:
    body: bytes
    headers: Mapping[str, str]


def _manifest(place: _Place) -> _Answer:
    accepted = {"Accept": ", ".join((*_INDEXES, *_IMAGES))}
    try:
        return _get(place.manifest, accepted)
    except urllib.error.HTTPError as e:
        if e.code != http.HTTPStatus.UNAUTHORIZED:
            raise
        challenge = e.headers.get("WWW-Authenticate", "")
    return _get(place.manifest, accepted, token=_token(challenge, place))


def _token(challenge: str, place: _Place) -> str:
    """One for everybody, from where the registry points to. Raises RegistryDoesNotTell."""
    kind, _, rest = challenge.partition(" ")
    said = dict(_PARAMETER.findall(rest))
    realm = said.pop("realm", "")
    if kind.lower() != "bearer" or not (realm.startswith("https://") or is_here(realm)):
        raise RegistryDoesNotTell(
            f"{place.registry} tells what {place.repository}:{place.tag} names after a login only.",
            hint="only public images can be asked for; write the digest into the pin yourself",
        )
    wanted = {"service": said.get("service", ""), "scope": said.get("scope", f"repository:{place.repository}:pull")}
    answer = _json(_get(f"{realm}?{urllib.parse.urlencode(wanted)}", {}).body)
    return str(answer.get("token") or answer.get("access_token") or "")


def _get(address: str, headers: Mapping[str, str], *, token: str = "") -> _Answer:
    asked = urllib.request.Request(address, headers=dict(headers))  # noqa: S310 - https, or this machine
    if token:
        asked.add_unredirected_header("Authorization", f"Bearer {token}")
    with urllib.request.urlopen(asked, timeout=PATIENCE_SECONDS) as response:  # noqa: S310
        return _Answer(response.read(_MOST_BYTES), response.headers)


def _named(answer: _Answer, image: str) -> Named:
    """The digest is worked out from the bytes: what the registry says beside them has to be the same."""
    digest = f"sha256:{hashlib.sha256(answer.body).hexdigest()}"
    manifest = _json(answer.body)
    if manifest.get("schemaVersion") != 2 or answer.headers.get("Docker-Content-Digest", digest) != digest:
        raise RegistryDoesNotTell(f"what was answered for {image} is no image.", hint="ask again later")
    platforms = [child.get("platform", {}) for child in manifest.get("manifests", ()) if isinstance(child, dict)]
    names = {str(p.get("architecture", "")) for p in platforms if p.get("os") == "linux"}
    return Named(digest, tuple(sorted(_ARCHITECTURES.get(name, name) for name in names)))


def _json(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _refused(error: urllib.error.HTTPError, place: _Place, image: str) -> RegistryDoesNotTell:
    why = _SAID.get(error.code, f"it answered {error.code} {error.reason}")
    return RegistryDoesNotTell(f"{place.registry} does not tell what {image} names: {why}.", hint="ask again later")
