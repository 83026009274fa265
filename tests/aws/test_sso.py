"""The login of IAM Identity Center against a server that answers as AWS documents it."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from fakes.ui import BACK, ScriptedUi

from geos.wizard.aws.profiles import profiles
from geos.wizard.aws.sso import SsoLogin, session_name
from geos.wizard.errors import AwsRefused, GeosError, SsoLoggedOut
from geos.wizard.guide.sso import sign_in
from geos.wizard.ui import Back

LAB = {"accountId": "123456789012", "accountName": "Lab"}


@dataclass
class IdentityCenter:
    """What the organisation's server does."""

    looks_until_confirmed: int = 2
    refuses: str = ""
    accounts: list[dict[str, str]] = field(
        default_factory=lambda: [{"accountId": "123456789012", "accountName": "Lab"}]
    )
    expires_in: int = 600
    asked: list[str] = field(default_factory=list)
    url: str = ""

    def answer(self, path: str, body: dict[str, Any]) -> tuple[int, str, dict[str, Any]]:
        place = path.split("?")[0]
        self.asked.append(place)
        match place:
            case "/client/register":
                return 200, "", {"clientId": "client", "clientSecret": "hush", "clientSecretExpiresAt": 1_900_000_000}
            case "/device_authorization":
                told = {"deviceCode": "device", "userCode": "ABCD-EFGH", "interval": 0, "expiresIn": self.expires_in}
                return 200, "", told | {"verificationUri": "https://x/d", "verificationUriComplete": "https://x/d?c=1"}
            case "/token":
                if self.refuses:
                    return 400, self.refuses, {"error": "no"}
                self.looks_until_confirmed -= 1
                if self.looks_until_confirmed >= 0:
                    return 400, "AuthorizationPendingException", {"error": "authorization_pending"}
                return 200, "", {"accessToken": "token", "expiresIn": 28800, "refreshToken": "again"}
            case "/assignment/accounts":
                return 200, "", {"accountList": self.accounts}
            case "/assignment/roles":
                return 200, "", {"roleList": [{"roleName": "User"}, {"roleName": "Admin"}]}
            case _:
                return 404, "ResourceNotFoundException", {}


@pytest.fixture
def center(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[IdentityCenter]:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    found = IdentityCenter()

    class Handler(BaseHTTPRequestHandler):
        def _reply(self) -> None:
            size = int(self.headers.get("Content-Length", 0))
            status, error, told = found.answer(self.path, json.loads(self.rfile.read(size) or b"{}"))
            self.send_response(status)
            if error:
                self.send_header("x-amzn-ErrorType", error)
            text = json.dumps(told).encode()
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def do_GET(self) -> None:
            self._reply()

        def do_POST(self) -> None:
            self._reply()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield found
    server.shutdown()
    server.server_close()


ANSWERS = {
    "sso_start_url": "https://my-org.awsapps.com/start",
    "sso_region": "eu-west-1",
    "account": "123456789012",
    "role": "User",
    "default_region": "eu-north-1",
}


def signed_in(center: IdentityCenter, ui: ScriptedUi) -> str:
    return sign_in(ui, ui.ask, set(), lambda url, region: SsoLogin(url, region, endpoint=center.url))


def test_a_login_ends_with_a_profile_that_aws_tools_understand(center: IdentityCenter, tmp_path: Path) -> None:
    ui = ScriptedUi(ANSWERS)
    assert signed_in(center, ui) == "lab-user"
    assert "ABCD-EFGH" in ui.words
    assert "https://x/d?c=1" in ui.words
    (profile,) = profiles()
    assert (profile.name, profile.how, profile.region) == ("lab-user", "SSO login", "eu-north-1")
    (cached,) = (tmp_path / ".aws" / "sso" / "cache").glob("*.json")
    assert json.loads(cached.read_text())["accessToken"] == "token"
    assert cached.stat().st_mode & 0o077 == 0

    # In a process of its own, because botocore settles on its cache folder when it is imported.
    look = (
        "import botocore.session as b; print(b.Session(profile='lab-user').get_auth_token().get_frozen_token().token)"
    )
    told = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "token"


def test_a_second_profile_shares_the_session(center: IdentityCenter, tmp_path: Path) -> None:
    signed_in(center, ScriptedUi(ANSWERS))
    signed_in(center, ScriptedUi({**ANSWERS, "role": "Admin"}))
    assert (tmp_path / "config").read_text().count("[sso-session my-org]") == 1
    assert [p.name for p in profiles()] == ["lab-user", "lab-admin"]


def test_a_login_that_is_refused_is_an_error_of_ours(center: IdentityCenter) -> None:
    center.refuses = "AccessDeniedException"
    with pytest.raises(GeosError) as e:
        signed_in(center, ScriptedUi(ANSWERS))
    assert e.value.aws_code == "AccessDeniedException"


def test_a_login_nobody_confirms_ends(center: IdentityCenter) -> None:
    center.looks_until_confirmed, center.expires_in = 10**6, 1
    with pytest.raises(SsoLoggedOut):
        signed_in(center, ScriptedUi(ANSWERS))


def test_a_login_without_accounts_says_whom_to_ask(center: IdentityCenter) -> None:
    center.accounts = []
    with pytest.raises(GeosError) as e:
        signed_in(center, ScriptedUi(ANSWERS))
    assert "administrator" in e.value.hint


def test_back_leaves_the_login_and_nothing_is_written(center: IdentityCenter) -> None:
    for key in ANSWERS:
        with pytest.raises(Back):
            signed_in(center, ScriptedUi({**ANSWERS, key: BACK}))
    assert profiles() == ()


def test_an_unreachable_server_is_an_error_of_ours(center: IdentityCenter) -> None:
    login = SsoLogin("https://x.awsapps.com/start", "eu-west-1", endpoint="http://127.0.0.1:1")
    with pytest.raises((GeosError, AwsRefused)):
        login.begin()


@pytest.mark.parametrize(
    ("url", "name"),
    [("https://my-org.awsapps.com/start", "my-org"), ("https://sso.example.org/x", "sso"), ("https://", "sso")],
)
def test_sessions_are_named_after_their_page(url: str, name: str) -> None:
    assert session_name(url) == name
