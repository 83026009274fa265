"""The registry of the simulated account, as container engines speak to it (OCI distribution, /v2/).

What is pushed here is in ECR afterwards, and what ECR holds can be pulled. The token says who pushes and into which
region, so that one address serves all of them. Refusals are ECR's, word for word where an engine shows them.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

from geos.wizard.sandbox import access
from geos.wizard.sandbox.blobs import CHUNK_BYTES, Blob, Blobs
from geos.wizard.sandbox.services import ecr
from geos.wizard.sandbox.wire import ApiError, Call, Environ, StartResponse
from geos.wizard.sandbox.world import World

PREFIX = "/v2/"
LONGEST_MANIFEST = 4 << 20
_PATH = re.compile(r"/v2/(?P<name>.+)/(?P<kind>manifests|blobs/uploads|blobs|tags)/(?P<rest>[^/]*)")
_PHRASES = {
    200: "200 OK", 201: "201 Created", 202: "202 Accepted", 204: "204 No Content", 400: "400 Bad Request",
    401: "401 Unauthorized", 403: "403 Forbidden", 404: "404 Not Found", 405: "405 Method Not Allowed",
}  # fmt: skip
_API_CODES = {
    "RepositoryNotFoundException": (404, "NAME_UNKNOWN"),
    "ImageTagAlreadyExistsException": (400, "TAG_INVALID"),
    "ImageDigestDoesNotMatchException": (400, "DIGEST_INVALID"),
    "ReferencedImagesNotFoundException": (404, "MANIFEST_UNKNOWN"),
    "InvalidParameterException": (400, "MANIFEST_INVALID"),
    "AccessDeniedException": (403, "DENIED"),
}
"""ECR's code -> what the registry answers."""


class Refused(Exception):
    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: Iterable[bytes] = ()


@dataclass(frozen=True)
class Asked:
    """One request to one repository."""

    environ: Environ
    who: ecr.Pass
    name: str
    rest: str

    def query(self, name: str) -> str:
        found: str = parse_qs(self.environ.get("QUERY_STRING", "")).get(name, [""])[0]
        return found


class Registry:
    """A WSGI application."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._actions: dict[tuple[str, str], tuple[str, Callable[[Asked], Answer]]] = {
            ("manifests", "GET"): ("BatchGetImage", self._manifest),
            ("manifests", "HEAD"): ("BatchGetImage", self._manifest),
            ("manifests", "PUT"): ("PutImage", self._put_manifest),
            ("blobs", "GET"): ("GetDownloadUrlForLayer", self._blob),
            ("blobs", "HEAD"): ("BatchCheckLayerAvailability", self._blob),
            ("blobs/uploads", "POST"): ("InitiateLayerUpload", self._begin),
            ("blobs/uploads", "PATCH"): ("UploadLayerPart", self._append),
            ("blobs/uploads", "PUT"): ("CompleteLayerUpload", self._finish),
            ("blobs/uploads", "GET"): ("UploadLayerPart", self._how_far),
            ("blobs/uploads", "DELETE"): ("UploadLayerPart", self._drop),
            ("tags", "GET"): ("ListImages", self._tags),
        }

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        try:
            answer = self._answer(environ)
        except Refused as e:
            answer = _refusal(e)
        except ApiError as e:
            status, code = _API_CODES.get(str(e.code), (400, "DENIED"))
            answer = _refusal(Refused(status, code, str(e.message)))
        headers = {"Docker-Distribution-Api-Version": "registry/2.0", "Content-Length": "0", **answer.headers}
        start_response(_PHRASES[answer.status], list(headers.items()))
        return () if environ["REQUEST_METHOD"] == "HEAD" else answer.body

    def _answer(self, environ: Environ) -> Answer:
        who = self._who(environ)
        if environ["PATH_INFO"] == PREFIX:
            return Answer(200)
        found = _PATH.fullmatch(environ["PATH_INFO"])
        method = environ["REQUEST_METHOD"]
        if found is None or (found["kind"], method) not in self._actions:
            raise Refused(404 if found is None else 405, "UNSUPPORTED", "The operation is unsupported.")
        action, do = self._actions[found["kind"], method]
        self._allow(who, action)
        return do(Asked(environ, who, found["name"], found["rest"]))

    def _who(self, environ: Environ) -> ecr.Pass:
        kind, _, rest = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
        if kind.lower() != "basic":
            raise Refused(401, "UNAUTHORIZED", "no basic auth credentials")
        try:
            user, _, password = base64.b64decode(rest, validate=True).decode().partition(":")
        except ValueError:
            user, password = "", ""
        found = ecr.passes(self.world).get(password) if user == ecr.USER else None
        if found is None:
            raise Refused(401, "UNAUTHORIZED", "Not Authorized")
        if datetime.now(UTC) >= found.expires:
            text = "Your authorization token has expired. Reauthenticate and try again."
            raise Refused(403, "DENIED", text)
        return found

    def _allow(self, who: ecr.Pass, action: str) -> None:
        """As the caller of GetAuthorizationToken: a token opens nothing that its owner may not."""
        with self.world.lock:
            self.world.used.add("ecr")
            refusal = access.refusal(self.world, Call("ecr", action, who.region, who.access_key))
        if refusal is not None:
            raise refusal

    # --- images ------------------------------------------------------------------------------

    def _manifest(self, asked: Asked) -> Answer:
        with self.world.lock:
            image = ecr.image_in(ecr.repository(self.world, asked.who.region, asked.name), asked.rest)
        if image is None:
            raise Refused(404, "MANIFEST_UNKNOWN", "Requested image not found")
        body = image.get_image_manifest().encode()
        return Answer(200, _about(body, image.get_image_digest(), image.image_manifest_media_type), [body])

    def _put_manifest(self, asked: Asked) -> Answer:
        body = b"".join(_body(asked.environ))
        if len(body) > LONGEST_MANIFEST:
            raise Refused(400, "MANIFEST_INVALID", "The manifest is too large")
        by_digest = asked.rest.startswith("sha256:")
        tag, digest = ("", asked.rest) if by_digest else (asked.rest, "")
        text, media_type = body.decode(errors="replace"), asked.environ.get("CONTENT_TYPE", "")
        self._require_layers(asked, text)
        with self.world.lock:
            try:
                image = ecr.store(self.world, asked.who.region, asked.name, text, media_type, tag, digest)
            except ApiError as e:
                if e.code != "ImageAlreadyExistsException":
                    raise
                place = ecr.repository(self.world, asked.who.region, asked.name)
                image = ecr.image_in(place, asked.rest)  # pushed once more, and nothing changed
        found = image.get_image_digest()
        return Answer(201, {"Location": f"/v2/{asked.name}/manifests/{found}", "Docker-Content-Digest": found})

    def _require_layers(self, asked: Asked, text: str) -> None:
        try:
            manifest = json.loads(text)
            parts = [*manifest.get("layers", ()), *([manifest["config"]] if "config" in manifest else [])]
            digests = [part["digest"] for part in parts if not part.get("urls")]
        except (ValueError, TypeError, AttributeError, KeyError):
            raise Refused(400, "MANIFEST_INVALID", "Invalid JSON syntax") from None
        missing = [d for d in digests if self._blobs.find(asked.who.region, asked.name, d) is None]
        if missing:
            text = f"Layers with digests '[{', '.join(missing)}]' required for pushing image into repository with name "
            raise Refused(404, "BLOB_UNKNOWN", f"{text}'{asked.name}' do not exist")

    def _tags(self, asked: Asked) -> Answer:
        with self.world.lock:
            place = ecr.repository(self.world, asked.who.region, asked.name)
            tags = sorted(tag for image in place.images for tag in image.image_tags)
        body = json.dumps({"name": asked.name, "tags": tags}).encode()
        return Answer(200, {"Content-Type": "application/json", "Content-Length": str(len(body))}, [body])

    # --- their bytes -------------------------------------------------------------------------

    @property
    def _blobs(self) -> Blobs:
        return self.world.part("ecr-blobs", Blobs)

    def _blob(self, asked: Asked) -> Answer:
        self._require_repository(asked)
        blob = self._blobs.find(asked.who.region, asked.name, asked.rest)
        if blob is None:
            raise Refused(404, "BLOB_UNKNOWN", "blob unknown to registry")
        headers = {"Content-Type": "application/octet-stream", "Docker-Content-Digest": asked.rest}
        return Answer(200, {**headers, "Content-Length": str(blob.size)}, blob.read())

    def _begin(self, asked: Asked) -> Answer:
        self._require_repository(asked)
        upload = self._blobs.begin()
        if asked.query("digest"):  # all in one request
            return self._finish(Asked(asked.environ, asked.who, asked.name, upload))
        return Answer(202, {**_upload(asked, upload, 0), "Range": "0-0"})

    def _append(self, asked: Asked) -> Answer:
        blob = self._upload(asked)
        for chunk in _body(asked.environ):
            blob.write(chunk)
        return Answer(202, _upload(asked, asked.rest, blob.size))

    def _how_far(self, asked: Asked) -> Answer:
        return Answer(204, _upload(asked, asked.rest, self._upload(asked).size))

    def _finish(self, asked: Asked) -> Answer:
        blob = self._upload(asked)
        for chunk in _body(asked.environ):
            blob.write(chunk)
        if blob.digest != asked.query("digest"):
            self._blobs.drop(asked.rest)
            raise Refused(400, "DIGEST_INVALID", "The digest is not that of what was uploaded")
        self._blobs.finish(asked.rest, asked.who.region, asked.name)
        place = f"/v2/{asked.name}/blobs/{blob.digest}"
        return Answer(201, {"Location": place, "Docker-Content-Digest": blob.digest})

    def _drop(self, asked: Asked) -> Answer:
        self._blobs.drop(asked.rest)
        return Answer(204)

    def _upload(self, asked: Asked) -> Blob:
        found = self._blobs.upload(asked.rest)
        if found is None:
            raise Refused(404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry")
        return found

    def _require_repository(self, asked: Asked) -> None:
        with self.world.lock:
            ecr.repository(self.world, asked.who.region, asked.name)


def _body(environ: Environ) -> Iterable[bytes]:
    """As it comes: layers are as large as they like."""
    source = environ["wsgi.input"]
    left = int(environ.get("CONTENT_LENGTH") or 0)
    if environ.get("wsgi.input_terminated"):  # sent in chunks, without a length
        while chunk := source.read(CHUNK_BYTES):
            yield chunk
        return
    while left and (chunk := source.read(min(CHUNK_BYTES, left))):
        left -= len(chunk)
        yield chunk


def _about(body: bytes, digest: str, media_type: str) -> dict[str, str]:
    return {"Content-Type": media_type, "Content-Length": str(len(body)), "Docker-Content-Digest": digest}


def _upload(asked: Asked, upload: str, size: int) -> dict[str, str]:
    place = f"/v2/{asked.name}/blobs/uploads/{upload}"
    return {"Location": place, "Docker-Upload-UUID": upload, "Range": f"0-{max(0, size - 1)}"}


def _refusal(refused: Refused) -> Answer:
    body = json.dumps({"errors": [{"code": refused.code, "message": refused.message}]}).encode()
    headers: dict[str, Any] = {"Content-Type": "application/json", "Content-Length": str(len(body))}
    if refused.status == 401:
        headers["WWW-Authenticate"] = 'Basic realm="geos sandbox",service="ecr.amazonaws.com"'
    return Answer(refused.status, headers, [body])
