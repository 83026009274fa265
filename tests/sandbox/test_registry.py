"""The registry of the simulated account, as engines speak to it."""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from parts.emulator import Emulator

DOCKER = "application/vnd.docker.distribution.manifest.v2+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"


def digest_of(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


@dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def code(self) -> str:
        return str(json.loads(self.body)["errors"][0]["code"])


@dataclass
class Engine:
    """As much of one as a test needs, over HTTP."""

    emulator: Emulator
    region: str = "us-east-1"
    password: str = ""

    def login(self) -> Engine:
        client = self.emulator.client("ecr", self.region)
        token = client.get_authorization_token()["authorizationData"][0]["authorizationToken"]
        self.password = base64.b64decode(token).decode().partition(":")[2]
        return self

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        connection = http.client.HTTPConnection(self.emulator.endpoint.removeprefix("http://"), timeout=20)
        if self.password:
            headers["Authorization"] = "Basic " + base64.b64encode(f"AWS:{self.password}".encode()).decode()
        try:
            connection.request(method, path, body, headers)
            found = connection.getresponse()
            return Answer(found.status, found.headers, found.read())
        finally:
            connection.close()

    def upload(self, name: str, content: bytes, digest: str = "") -> Answer:
        begun = self.ask("POST", f"/v2/{name}/blobs/uploads/")
        if begun.status != 202:
            return begun
        return self.ask("PUT", f"{begun.headers['Location']}?digest={digest or digest_of(content)}", content)

    def push(self, name: str, tag: str, content: bytes = b"a layer") -> Answer:
        config = json.dumps({"architecture": "arm64", "of": content.decode()}).encode()
        for blob in (config, content):
            self.upload(name, blob)
        return self.put(name, tag, manifest(config, content))

    def put(self, name: str, reference: str, text: bytes, kind: str = DOCKER) -> Answer:
        return self.ask("PUT", f"/v2/{name}/manifests/{reference}", text, **{"Content-Type": kind})


def manifest(config: bytes, layer: bytes) -> bytes:
    parts = [{"digest": digest_of(content), "size": len(content)} for content in (config, layer)]
    return json.dumps({"schemaVersion": 2, "mediaType": DOCKER, "config": parts[0], "layers": [parts[1]]}).encode()


@pytest.fixture
def engine(emulator: Emulator) -> Engine:
    emulator.client("ecr").create_repository(
        repositoryName="geos",
        imageTagMutability="IMMUTABLE_WITH_EXCLUSION",
        imageTagMutabilityExclusionFilters=[{"filterType": "WILDCARD", "filter": "*-latest"}],
    )
    return Engine(emulator).login()


# --- who may come in ---------------------------------------------------------------------------


def test_nobody_without_a_login(engine: Engine, emulator: Emulator) -> None:
    answer = Engine(emulator).ask("GET", "/v2/")
    assert (answer.status, answer.code) == (401, "UNAUTHORIZED")
    assert answer.headers["WWW-Authenticate"].startswith("Basic ")
    for wrong in ("123456789012-auth-token", "x", "ä"):
        assert Engine(emulator, password=wrong).ask("GET", "/v2/").status == 401
    assert Engine(emulator).ask("GET", "/v2/", Authorization="Basic ???").status == 401
    assert Engine(emulator).ask("GET", "/v2/geos/tags/list").status == 401
    assert engine.ask("GET", "/v2/").status == 200


def test_a_token_ends(engine: Engine, emulator: Emulator) -> None:
    emulator.seed(registry_token_seconds=0)
    answer = engine.login().ask("GET", "/v2/")
    assert (answer.status, answer.code) == (403, "DENIED")
    assert b"expired" in answer.body


def test_tokens_end_with_the_account(engine: Engine, emulator: Emulator) -> None:
    emulator.reset()
    assert engine.ask("GET", "/v2/").status == 401


def test_a_token_opens_nothing_that_its_owner_may_not(engine: Engine, emulator: Emulator) -> None:
    assert engine.push("geos", "1").status == 201
    emulator.seed(unreadable=["ecr:PutImage"])
    answer = engine.push("geos", "2")
    assert (answer.status, answer.code) == (403, "DENIED")
    assert b"ecr:PutImage" in answer.body
    assert engine.ask("GET", "/v2/geos/manifests/1").status == 200


def test_a_token_is_for_one_region(engine: Engine, emulator: Emulator) -> None:
    answer = Engine(emulator, "eu-west-1").login().upload("geos", b"x")
    assert (answer.status, answer.code) == (404, "NAME_UNKNOWN")


# --- images ------------------------------------------------------------------------------------


def test_what_is_pushed_is_in_ecr_and_can_be_pulled(engine: Engine, emulator: Emulator) -> None:
    pushed = engine.push("geos", "1")
    digest = pushed.headers["Docker-Content-Digest"]
    (row,) = emulator.client("ecr").describe_images(repositoryName="geos")["imageDetails"]
    assert (row["imageDigest"], row["imageTags"], row["imageManifestMediaType"]) == (digest, ["1"], DOCKER)
    assert row["imageSizeInBytes"] == sum(len(b) for b in (b"a layer", b'{"architecture": "arm64", "of": "a layer"}'))
    for reference in ("1", digest):
        found = engine.ask("GET", f"/v2/geos/manifests/{reference}")
        assert (digest_of(found.body), found.headers["Content-Type"]) == (digest, DOCKER)
        head = engine.ask("HEAD", f"/v2/geos/manifests/{reference}")
        assert (head.status, head.body, head.headers["Content-Length"]) == (200, b"", str(len(found.body)))
    layer = engine.ask("GET", f"/v2/geos/blobs/{digest_of(b'a layer')}")
    assert layer.body == b"a layer"
    assert json.loads(engine.ask("GET", "/v2/geos/tags/list").body) == {"name": "geos", "tags": ["1"]}
    (got,) = emulator.client("ecr").batch_get_image(repositoryName="geos", imageIds=[{"imageTag": "1"}])["images"]
    assert digest_of(got["imageManifest"].encode()) == digest


def test_what_ecr_is_given_can_be_pulled(engine: Engine, emulator: Emulator) -> None:
    text = json.dumps({"schemaVersion": 2, "mediaType": DOCKER, "layers": []})
    emulator.client("ecr").put_image(repositoryName="geos", imageManifest=text, imageTag="1")
    assert engine.ask("GET", "/v2/geos/manifests/1").body == text.encode()


def test_tags_move_only_where_they_may(engine: Engine) -> None:
    assert engine.push("geos", "arm64-latest", b"one").status == 201
    assert engine.push("geos", "arm64-latest", b"two").status == 201
    assert engine.push("geos", "arm64-latest", b"two").status == 201
    assert engine.push("geos", "1", b"one").status == 201
    for content in (b"two", b"one"):  # ECR refuses the very same image too
        answer = engine.push("geos", "1", content)
        assert (answer.status, answer.code) == (400, "TAG_INVALID")
        assert b"immutable" in answer.body


def test_the_image_that_lost_its_tag_stays(engine: Engine, emulator: Emulator) -> None:
    first = engine.push("geos", "a-latest", b"one").headers["Docker-Content-Digest"]
    engine.push("geos", "a-latest", b"two")
    rows = emulator.client("ecr").describe_images(repositoryName="geos")["imageDetails"]
    assert {r["imageDigest"]: r.get("imageTags") for r in rows}[first] is None
    assert len(rows) == 2


def test_an_index_needs_its_parts(engine: Engine, emulator: Emulator) -> None:
    part = engine.push("geos", "arm64-1").headers["Docker-Content-Digest"]

    def index(digest: str) -> bytes:
        entry = {"mediaType": DOCKER, "digest": digest, "size": 1}
        return json.dumps({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [entry]}).encode()

    missing = engine.put("geos", "1", index(f"sha256:{'0' * 64}"), OCI_INDEX)
    assert (missing.status, missing.code) == (404, "MANIFEST_UNKNOWN")
    assert engine.put("geos", "1", index(part), OCI_INDEX).status == 201
    client = emulator.client("ecr")
    with pytest.raises(client.exceptions.ReferencedImagesNotFoundException):
        client.put_image(repositoryName="geos", imageManifest=index(f"sha256:{'0' * 64}").decode(), imageTag="2")


def test_a_manifest_by_its_digest(engine: Engine) -> None:
    config, layer = b"{}", b"x"
    for blob in (config, layer):
        engine.upload("geos", blob)
    text = manifest(config, layer)
    assert engine.put("geos", digest_of(text), text).status == 201
    assert engine.put("geos", digest_of(text), text).status == 201
    wrong = engine.put("geos", f"sha256:{'0' * 64}", text)
    assert (wrong.status, wrong.code) == (400, "DIGEST_INVALID")


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b'{"layers": [{}]}', b'{"layers": 1}', b"\xff"])
def test_manifests_that_are_none(engine: Engine, text: bytes) -> None:
    answer = engine.put("geos", "1", text)
    assert (answer.status, answer.code) == (400, "MANIFEST_INVALID")


def test_a_manifest_without_its_layers(engine: Engine) -> None:
    answer = engine.put("geos", "1", manifest(b"{}", b"never sent"))
    assert (answer.status, answer.code) == (404, "BLOB_UNKNOWN")


# --- their bytes -------------------------------------------------------------------------------


def test_a_layer_in_pieces(engine: Engine) -> None:
    """As engines send them: chunks of unknown length. Larger than what is kept in memory."""
    content = bytes(range(256)) * 12_000
    place = engine.ask("POST", "/v2/geos/blobs/uploads/").headers["Location"]
    half = len(content) // 2
    sent = engine.ask("PATCH", place, iter([content[:1000], content[1000:half]]))
    assert (sent.status, sent.headers["Range"]) == (202, f"0-{half - 1}")
    assert engine.ask("GET", place).headers["Range"] == f"0-{half - 1}"
    assert engine.ask("PATCH", sent.headers["Location"], iter([content[half:]])).status == 202
    assert engine.ask("PUT", f"{place}?digest={digest_of(content)}", b"").status == 201
    found = engine.ask("GET", f"/v2/geos/blobs/{digest_of(content)}")
    assert (found.body == content, found.headers["Content-Length"]) == (True, str(len(content)))
    assert engine.ask("HEAD", f"/v2/geos/blobs/{digest_of(content)}").headers["Content-Length"] == str(len(content))


def test_a_layer_that_was_damaged_on_its_way(engine: Engine) -> None:
    answer = engine.upload("geos", b"content", digest_of(b"other content"))
    assert (answer.status, answer.code) == (400, "DIGEST_INVALID")
    assert engine.ask("HEAD", f"/v2/geos/blobs/{digest_of(b'content')}").status == 404


def test_a_layer_at_once_and_one_given_up(engine: Engine) -> None:
    digest = digest_of(b"x")
    assert engine.ask("POST", f"/v2/geos/blobs/uploads/?digest={digest}", b"x").status == 201
    place = engine.ask("POST", "/v2/geos/blobs/uploads/").headers["Location"]
    assert engine.ask("DELETE", place).status == 204
    assert engine.ask("PATCH", place, b"x").code == "BLOB_UPLOAD_UNKNOWN"


def test_layers_of_one_repository_are_not_another_s(engine: Engine, emulator: Emulator) -> None:
    emulator.client("ecr").create_repository(repositoryName="other")
    engine.upload("geos", b"x")
    assert engine.ask("HEAD", f"/v2/other/blobs/{digest_of(b'x')}").status == 404


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/v2/nowhere/blobs/uploads/", 404),
        ("HEAD", f"/v2/nowhere/blobs/{digest_of(b'')}", 404),
        ("GET", "/v2/nowhere/manifests/1", 404),
        ("GET", "/v2/geos/manifests/1", 404),
        ("GET", "/v2/nowhere/tags/list", 404),
        ("DELETE", "/v2/geos/manifests/1", 405),
        ("GET", "/v2/_catalog", 404),
        ("GET", "/v2//", 404),
    ],
)
def test_what_is_not_there(engine: Engine, method: str, path: str, status: int) -> None:
    assert engine.ask(method, path).status == status


def test_signed_calls_below_the_same_path_go_elsewhere(emulator: Emulator) -> None:
    """API Gateway's own paths begin with /v2/ as well."""
    made = emulator.client("apigatewayv2").create_api(Name="a", ProtocolType="HTTP")
    assert [a["ApiId"] for a in emulator.client("apigatewayv2").get_apis()["Items"]] == [made["ApiId"]]
