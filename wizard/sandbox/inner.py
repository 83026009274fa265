"""AWS clients inside the sandbox: botocore's, with the wire replaced by a function call.

The stack engine makes and removes resources through the same APIs a user would call, so nothing exists in
the simulated account that its own services do not show.
"""

from __future__ import annotations

import io
import threading
from typing import TYPE_CHECKING, Any

from werkzeug.test import EnvironBuilder, run_wsgi_app

from geos.wizard.facts import SANDBOX_KEY_ID, SANDBOX_SECRET_KEY

if TYPE_CHECKING:
    from collections.abc import Callable

ENDPOINT = "http://127.0.0.1"
"""Never connected to. An address, because moto takes the first label of a host name for a bucket."""


class _Raw(io.BytesIO):
    """A response body as botocore reads it."""

    def stream(self, **_: Any) -> Any:
        while chunk := self.read(65536):
            yield chunk


class Clients:
    """One client per service and region, made when first asked for. Safe to use from several threads."""

    def __init__(self, app: Callable[..., Any]) -> None:
        self._app = app
        self._clients: dict[tuple[str, str], Any] = {}
        self._lock = threading.Lock()
        self._session: Any = None

    def get(self, service: str, region: str) -> Any:
        with self._lock:
            key = (service, region)
            if key not in self._clients:
                self._clients[key] = self._make(service, region)
            return self._clients[key]

    def _make(self, service: str, region: str) -> Any:
        from botocore.config import Config
        from botocore.session import Session

        if self._session is None:
            # Nothing of the user's own AWS configuration may reach the simulated account.
            self._session = Session({"profile": (None, None, None, None), "config_file": (None, None, "", None)})
        client = self._session.create_client(
            service,
            region_name=region,
            endpoint_url=ENDPOINT,
            aws_access_key_id=SANDBOX_KEY_ID,
            aws_secret_access_key=SANDBOX_SECRET_KEY,
            config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}, inject_host_prefix=False),
        )
        client.meta.events.register("before-send", self._answer)
        return client

    def _answer(self, request: Any, **_: Any) -> Any:
        from botocore.awsrequest import AWSResponse

        body = request.body
        if hasattr(body, "read"):
            body = body.read()
        builder = EnvironBuilder(
            path=request.url.removeprefix(ENDPOINT) or "/",
            base_url=ENDPOINT,
            method=request.method,
            headers=[(k, v if isinstance(v, str) else v.decode()) for k, v in request.headers.items()],
            data=body.encode() if isinstance(body, str) else body or b"",
        )
        try:
            environ = builder.get_environ()
        finally:
            builder.close()
        environ["geos.inner"] = True
        chunks, status, headers = run_wsgi_app(self._app, environ, buffered=True)
        return AWSResponse(request.url, int(status.split()[0]), dict(headers), _Raw(b"".join(chunks)))
