"""The door: the sandbox reads nobody's profiles, and what is logged holds no secret."""

from __future__ import annotations

import http.server
import io
import logging
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from geos.wizard import errors
from geos.wizard.aws import Aws
from geos.wizard.facts import Target

WHO = b"""<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
<Arn>arn:aws:iam::123456789012:user/ana</Arn><UserId>U</UserId><Account>123456789012</Account>
</GetCallerIdentityResult><ResponseMetadata><RequestId>request-1</RequestId></ResponseMetadata></GetCallerIdentityResponse>"""


class Answering(http.server.BaseHTTPRequestHandler):
    seen: list[str]
    answer = (200, WHO, "text/xml")

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        type(self).seen.append(self.headers.get("Authorization", ""))
        status, body, kind = self.answer
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[tuple[str, type[Answering]]]:
    handler = type("Handler", (Answering,), {"seen": []})
    httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=httpd.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{httpd.server_address[1]}", handler
    httpd.shutdown()


def who(aws: Aws) -> str:
    with aws.door.asking("ask who you are"):
        return str(aws.door.client("sts").get_caller_identity()["Arn"])


def test_the_sandbox_ignores_profiles_and_keys(
    server: tuple[str, type[Answering]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    address, handler = server
    monkeypatch.setenv("AWS_PROFILE", "no-such-profile")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "REALKEY")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "realsecret")
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:1")
    aws = Aws(Target("us-east-1", endpoint=address, sandbox=True))
    assert who(aws).endswith("user/ana")
    assert "REALKEY" not in handler.seen[0]


def test_an_unknown_profile_is_an_error_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(errors.ProfileUnknown, match="ana"):
        who(Aws(Target("us-east-1", profile="ana")))


def test_no_credentials_is_an_error_of_ours(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(errors.NoCredentials):
        who(Aws(Target("us-east-1")))


def test_an_endpoint_that_is_not_aws_is_said_to_be_none(server: tuple[str, type[Answering]]) -> None:
    address, handler = server
    handler.answer = (200, b"<html>hello</html", "text/html")
    with pytest.raises(errors.NotAnswered):
        who(Aws(Target("us-east-1", endpoint=address, sandbox=True)))


def test_nobody_listening_is_no_network() -> None:
    with pytest.raises(errors.NoNetwork):
        who(Aws(Target("us-east-1", endpoint="http://127.0.0.1:1", sandbox=True)))


def test_regions_share_the_session_and_every_call_is_logged_without_its_parameters(
    server: tuple[str, type[Answering]],
) -> None:
    aws = Aws(Target("us-east-1", endpoint=server[0], sandbox=True))
    there = aws.in_region("eu-north-1")
    assert (there.region, there.door.botocore_session) == ("eu-north-1", aws.door.botocore_session)
    # A handler of its own: other tests of this process may have set up the log in other ways.
    told = io.StringIO()
    logger, handler = logging.getLogger("geos.aws"), logging.StreamHandler(told)
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        who(aws)
        who(there)
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)
    assert aws.door.calls == there.door.calls == 2
    assert told.getvalue().count("GetCallerIdentity 200 ok") == 2
    assert "request-1" in told.getvalue()
