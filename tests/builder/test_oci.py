"""What a tag names, asked of a real registry; and `geos-build base`, which pins the answer."""

from __future__ import annotations

import base64
import hashlib
import http.client
import http.server
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest
from fakes.ui import ScriptedUi
from hypothesis import given
from hypothesis import strategies as st
from parts.commands import Geos, typed

from geos.builder import recipe
from geos.builder.base import BaseImage, own_file, pin, pinned_base, shipped_base
from geos.builder.cli import main
from geos.builder.errors import BadBaseImage, RegistryDoesNotTell
from geos.builder.oci import Named, named_by
from geos.wizard.errors import Exit

if TYPE_CHECKING:
    from parts.emulator import Emulator
    from parts.registry import Registry

INDEX = "application/vnd.oci.image.index.v1+json"
IMAGE = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
REPOSITORY = "team/base"
TOKEN = "for-everybody"
"""What the front below gives to whoever asks."""


@dataclass
class Front:
    """A registry that wants a token which it gives to everybody, as public ones do; behind it is the real one."""

    behind: Registry
    server: http.server.ThreadingHTTPServer
    asked: list[str] = field(default_factory=list)
    """Scopes for which a token was fetched."""
    answers: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    """Path -> what is answered instead."""

    @property
    def name(self) -> str:
        return f"127.0.0.1:{self.server.server_port}"


@pytest.fixture
def front(container_registry: Registry) -> Iterator[Front]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    found = Front(container_registry, server)
    server.front = found  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield found
    server.shutdown()
    server.server_close()


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        front: Front = self.server.front  # type: ignore[attr-defined]
        place = urlsplit(self.path)
        if place.path in front.answers:
            return self._answer(*front.answers[place.path])
        if place.path == "/token":
            front.asked += parse_qs(place.query)["scope"]
            return self._answer(200, json.dumps({"token": TOKEN}).encode())
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            realm = f'Bearer realm="http://{front.name}/token",service="front",scope="repository:{REPOSITORY}:pull"'
            return self._answer(401, b"{}", **{"WWW-Authenticate": realm})
        status, headers, body = ask(front.behind, "GET", self.path, Accept=self.headers["Accept"])
        return self._answer(status, body, **{"Docker-Content-Digest": headers.get("Docker-Content-Digest", "")})

    def _answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            if value:
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *said: object) -> None:
        return


def ask(
    registry: Registry, method: str, path: str, body: bytes = b"", **headers: str
) -> tuple[int, http.client.HTTPMessage, bytes]:
    login = base64.b64encode(f"{registry.user}:{registry.password}".encode()).decode()
    connection = http.client.HTTPConnection("127.0.0.1", registry.port, timeout=10)
    connection.request(method, path, body, {"Authorization": f"Basic {login}", **headers})
    response = connection.getresponse()
    found = (response.status, response.headers, response.read())
    connection.close()
    return found


def blob(registry: Registry, content: bytes) -> str:
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    _, headers, _ = ask(registry, "POST", f"/v2/{REPOSITORY}/blobs/uploads/")
    place = urlsplit(headers["Location"])
    status, _, said = ask(registry, "PUT", f"{place.path}?{place.query}&digest={digest}", content)
    assert status == 201, said
    return digest


def manifest(registry: Registry, reference: str, body: dict[str, object]) -> tuple[str, int]:
    text = json.dumps(body).encode()
    reference = reference or f"sha256:{hashlib.sha256(text).hexdigest()}"
    kind = str(body["mediaType"])
    status, _, said = ask(registry, "PUT", f"/v2/{REPOSITORY}/manifests/{reference}", text, **{"Content-Type": kind})
    assert status == 201, said
    return f"sha256:{hashlib.sha256(text).hexdigest()}", len(text)


def image(registry: Registry, architecture: str, reference: str = "") -> dict[str, object]:
    config = json.dumps({"architecture": architecture, "os": "linux"}).encode()
    described = {"mediaType": CONFIG, "size": len(config), "digest": blob(registry, config)}
    body: dict[str, object] = {"schemaVersion": 2, "mediaType": IMAGE, "config": described, "layers": []}
    digest, size = manifest(registry, reference, body)
    platform = {"architecture": architecture, "os": "linux"}
    return {"mediaType": IMAGE, "size": size, "digest": digest, "platform": platform}


def index(registry: Registry, tag: str, *architectures: str) -> str:
    children = [image(registry, name) for name in architectures]
    return manifest(registry, tag, {"schemaVersion": 2, "mediaType": INDEX, "manifests": children})[0]


# --- asked -----------------------------------------------------------------------------------


def test_a_real_registry_tells_by_a_token_for_everybody(front: Front) -> None:
    digest = index(front.behind, "9", "amd64", "arm64")
    assert named_by(f"{front.name}/{REPOSITORY}:9") == Named(digest, ("arm64", "x86_64"))
    assert front.asked == [f"repository:{REPOSITORY}:pull"]


def test_a_single_image_says_nothing_of_architectures(front: Front) -> None:
    there = image(front.behind, "amd64", "single")
    assert named_by(f"{front.name}/{REPOSITORY}:single") == Named(str(there["digest"]), ())


def test_a_registry_that_wants_a_login_is_not_asked_with_one(container_registry: Registry) -> None:
    with pytest.raises(RegistryDoesNotTell, match="after a login only"):
        named_by(f"{container_registry.name}/{REPOSITORY}:9")


@pytest.mark.parametrize(
    ("path", "answer", "said"),
    [
        (f"/v2/{REPOSITORY}/manifests/9", (404, b"{}"), "there is no such image"),
        (f"/v2/{REPOSITORY}/manifests/9", (429, b"{}"), "asked too often"),
        (f"/v2/{REPOSITORY}/manifests/9", (520, b"{}"), "answered 520"),
        (f"/v2/{REPOSITORY}/manifests/9", (200, b"<html>"), "no image"),
        (f"/v2/{REPOSITORY}/manifests/9", (200, b"[]"), "no image"),
        ("/token", (403, b"{}"), "not for everybody"),
        ("/token", (200, b"no json"), "not for everybody"),
    ],
)
def test_why_it_does_not_tell(front: Front, path: str, answer: tuple[int, bytes], said: str) -> None:
    front.answers[path] = answer
    with pytest.raises(RegistryDoesNotTell, match=said) as raised:
        named_by(f"{front.name}/{REPOSITORY}:9")
    assert raised.value.exit == Exit.COULD_NOT_CHECK


def test_bytes_that_are_not_what_their_digest_says_are_refused(front: Front) -> None:
    class Lying(_Handler):
        def _answer(self, status: int, body: bytes, **headers: str) -> None:
            super()._answer(status, body, **{**headers, "Docker-Content-Digest": "sha256:" + "0" * 64})

    front.server.RequestHandlerClass = Lying
    index(front.behind, "9", "amd64")
    with pytest.raises(RegistryDoesNotTell, match="no image"):
        named_by(f"{front.name}/{REPOSITORY}:9")


def test_nobody_there() -> None:
    with pytest.raises(RegistryDoesNotTell) as raised:
        named_by("127.0.0.1:9/team/base:9")
    assert "refused" in raised.value.message
    assert "Errno" not in raised.value.message


# --- pinned ----------------------------------------------------------------------------------


@pytest.fixture
def geos(capsys: pytest.CaptureFixture[str]) -> Geos:
    return typed(main, capsys)


@pytest.fixture
def old_pin(front: Front) -> BaseImage:
    """A pin of the user's own, of an image that the tag does not name any more."""
    found = BaseImage(f"{front.name}/{REPOSITORY}:9", "sha256:" + "a" * 64, "a test", "2026-01-01", own=True)
    pin(found)
    return found


def test_what_is_pinned_is_shown_without_asking_anybody(geos: Geos) -> None:
    told = geos("base", "-o", "json").data
    assert told["reference"] == shipped_base().reference
    assert (told["own"], told["newest"]) == (False, None)
    assert shipped_base().digest in geos("base").out


def test_a_renewed_pin_is_what_later_builds_start_from(geos: Geos, front: Front, old_pin: BaseImage) -> None:
    digest = index(front.behind, "9", "amd64", "arm64")
    shown = geos("base", "--refresh", "--yes")
    assert shown.code == Exit.OK
    assert digest in shown.out
    found = pinned_base()
    assert (found.digest, found.source, found.own) == (digest, "registry", True)
    assert found.image == old_pin.image
    again = geos("base", "--refresh", "-o", "json")
    assert again.code == Exit.OK
    assert again.data["newest"] == {"digest": digest, "architectures": ["arm64", "x86_64"]}


def test_nothing_is_pinned_without_a_yes(geos: Geos, front: Front, old_pin: BaseImage) -> None:
    index(front.behind, "9", "amd64")
    ui = ScriptedUi(answers=[False])
    assert geos("base", "--refresh", ui=ui).code == Exit.CANCELLED
    assert geos("base", "--refresh", "-o", "json").error["code"] == "GEOS-T013"
    assert pinned_base() == old_pin


def test_without_a_network_the_pin_stays(geos: Geos) -> None:
    pin(BaseImage("127.0.0.1:9/team/base:9", "", "a test", "2026-01-01"))
    done = geos("base", "--refresh", "--yes", "-o", "json")
    assert done.code == Exit.COULD_NOT_CHECK
    assert done.error["code"] == "GEOS-B073"
    assert pinned_base().date == "2026-01-01"


def test_the_way_back_is_the_pin_that_geos_ships(geos: Geos, old_pin: BaseImage) -> None:
    assert pinned_base() == old_pin
    assert "geos-build base --shipped" in geos("base").out
    assert geos("base", "--shipped").code == Exit.OK
    assert pinned_base() == shipped_base()
    assert geos("base", "--shipped").code == Exit.OK


def test_a_pin_that_was_edited_badly_is_told_with_the_way_out(geos: Geos, old_pin: BaseImage) -> None:
    own_file().write_text(own_file().read_text().replace("digest: sha256", "digest: sha"))
    with pytest.raises(BadBaseImage, match=r"base\.pin"):
        pinned_base()
    done = geos("base", "-o", "json")
    assert done.code == Exit.USAGE
    assert "--shipped" in done.error["hint"]
    assert geos("base", "--shipped").code == Exit.OK


@pytest.mark.skipif(not recipe.shipped(), reason="NO RECIPE: this copy of geos builds no GEOS-Chem; not tested")
def test_the_plan_says_whose_pin_it_is(
    geos: Geos, emulator: Emulator, old_pin: BaseImage, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in emulator.env().items():
        monkeypatch.setenv(name, value)
    plan = geos("--arch", "x86_64", "--plan")
    assert "your own pin of 2026-01-01" in plan.out
    assert geos("--arch", "x86_64", "--plan", "-o", "json").data["parts"][0]["build_arguments"]["BASE"] == (
        old_pin.reference
    )


@given(st.dates(), st.from_regex(r"sha256:[0-9a-f]{64}", fullmatch=True))
def test_any_pin_reads_back(tmp_path_factory: pytest.TempPathFactory, date: object, digest: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))
        assert not Path(own_file()).exists()
        found = BaseImage("docker.io/team/base:9", digest, "registry", str(date), own=True)
        pin(found)
        assert pinned_base() == found
