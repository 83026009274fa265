"""AWS's wire formats, both ways, from botocore's own service models.

moto ships the parsers and serializers; this module calls them for the services that the sandbox answers
itself, so that a service is one function from parameters to a dictionary in the shapes AWS documents.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from botocore.model import OperationNotFoundError
from moto.core.exceptions import ServiceException
from moto.core.model import OperationModel
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import get_service_router
from moto.core.serialize import XFormedAttributePicker, get_serializer_class
from moto.core.utils import get_service_model
from werkzeug.exceptions import NotFound

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Reply = tuple[int, dict[str, str], bytes]

PASS = object()
"""A handler's word that moto should answer after all."""

SERVICE_OF_SIGNING_NAME = {
    "servicequotas": "service-quotas",
    "monitoring": "cloudwatch",
    "tagging": "resourcegroupstaggingapi",
    "elasticfilesystem": "efs",
    "elasticloadbalancing": "elbv2",
    "states": "stepfunctions",
    "aps": "amp",
}
"""botocore's name of a service where it differs from the name its requests are signed for."""

ACTION_PREFIX = {
    "service-quotas": "servicequotas",
    "resourcegroupstaggingapi": "tag",
    "efs": "elasticfilesystem",
    "elbv2": "elasticloadbalancing",
    "stepfunctions": "states",
}
"""The prefix of a service's IAM actions where it differs from botocore's name."""


class ApiError(ServiceException):
    """An error answer: AWS's code, AWS's text and, where it is not 400, the HTTP status."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(code, message)
        self.status = status


@dataclass(frozen=True)
class Call:
    """One request, understood."""

    service: str
    action: str
    region: str
    access_key: str
    params: dict[str, Any] = field(default_factory=dict, repr=False)
    peer: tuple[int, int, str] = (0, 0, "")
    """The caller's port, ours, and the name it called us by; nothing for calls from within."""

    @property
    def own_user(self) -> bool:
        """Whether this computer's user, who runs the sandbox, made the call."""
        from geos.wizard.sandbox.hosts.caller import is_own_user

        return is_own_user(*self.peer)

    @property
    def iam_action(self) -> str:
        return f"{ACTION_PREFIX.get(self.service, self.service)}:{self.action}"


@dataclass(frozen=True)
class Signed:
    """What the Authorization header tells."""

    access_key: str
    region: str
    service: str


def signed(environ: Environ) -> Signed | None:
    """Who calls which service where; None for unsigned requests."""
    header = environ.get("HTTP_AUTHORIZATION", "")
    if "Credential=" not in header:
        return None
    scope = header.split("Credential=", 1)[1].split(",")[0].strip().split("/")
    if len(scope) < 5:
        return None
    key, _, region, service, _ = scope[-5:]
    return Signed(key, region, SERVICE_OF_SIGNING_NAME.get(service.lower(), service.lower()))


def read_body(environ: Environ) -> bytes:
    """The request's body, left readable for whoever comes next. Chunked bodies are left alone."""
    length = environ.get("CONTENT_LENGTH")
    if not length:
        return b""
    body: bytes = environ["wsgi.input"].read(int(length))
    environ["wsgi.input"] = io.BytesIO(body)
    return body


def action_of(environ: Environ, service: str, body: bytes) -> str:
    """The operation's name; empty when it cannot be told."""
    target = environ.get("HTTP_X_AMZ_TARGET", "")
    if target:
        return str(target.rsplit(".", 1)[-1])
    path = environ.get("PATH_INFO", "")
    if path.startswith("/service/") and "/operation/" in path:
        return str(path.rsplit("/", 1)[-1])
    if environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
        from urllib.parse import parse_qs

        return parse_qs(body.decode("utf-8", "replace")).get("Action", [""])[0]
    return _rest_action(environ, service)


def _rest_action(environ: Environ, service: str) -> str:
    try:
        operation, _ = get_service_router(service).match(Request(environ.copy()))
    except (NotFound, NotImplementedError, KeyError):
        return ""
    return str(operation.name)


def parse(environ: Environ, service: str, action: str, body: bytes) -> dict[str, Any]:
    """The parameters of a request, under AWS's own names."""
    model = get_service_model(service)
    operation = model.operation_model(action)
    request = Request({**environ, "wsgi.input": io.BytesIO(body)})
    protocol = determine_request_protocol(model, request.content_type)
    url_params: dict[str, Any] = {}
    if protocol.startswith("rest"):
        _, url_params = get_service_router(service).match(request)
    parsed = PROTOCOL_PARSERS[protocol](operation, map_type=dict).parse(
        {
            "method": request.method,
            "values": request.values,
            "headers": request.headers,
            "body": body,
            "url_path": request.path,
            "url_params": url_params,
        }
    )
    return dict(parsed or {})


def serialize(environ: Environ, service: str, action: str, result: object) -> Reply:
    """`result` (a dictionary, None or an ApiError) as AWS would send it."""
    model = get_service_model(service)
    try:
        operation = model.operation_model(action)
    except OperationNotFoundError:
        operation = OperationModel({}, model)
    protocol = determine_request_protocol(model, environ.get("CONTENT_TYPE", ""))
    serializer = get_serializer_class(model.service_name, protocol)(
        operation_model=operation, pretty_print=False, value_picker=XFormedAttributePicker()
    )
    done = serializer.serialize(result)
    body = done["body"]
    status = result.status if isinstance(result, ApiError) else done["status_code"]
    return int(status), dict(done["headers"]), body.encode() if isinstance(body, str) else bytes(body)


def send(reply: Reply, start_response: StartResponse) -> Iterable[bytes]:
    from http import HTTPStatus

    status, headers, body = reply
    phrase = HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else "Error"
    headers = {k: v for k, v in headers.items() if k.lower() not in ("content-length", "status")}
    start_response(f"{status} {phrase}", [*headers.items(), ("Content-Length", str(len(body)))])
    return [body]
