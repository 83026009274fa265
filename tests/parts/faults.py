"""A layer around the simulated account that can be told, while it runs, to be slow, to fail and to remember."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from geos.wizard.sandbox.wire import ApiError, action_of, read_body, send, serialize, signed

CONTROL = "/geos-test/"
LONGEST_HOLD_SECONDS = 60.0
REGISTRY = "registry"
"""The service that a call of a container engine is noted under; its action is such as "PATCH blobs/uploads"."""

_READS = (
    "Describe", "List", "Get", "Head", "Lookup", "BatchGet", "Simulate", "Validate", "Estimate", "Detect", "Search",
    "StartQuotaUtilizationReport", "AssumeRole", "Query", "Scan",
)  # fmt: skip
_QUERY = frozenset({"sts", "cloudformation", "autoscaling", "sns", "elbv2", "rds", "iam"})


@dataclass
class Fault:
    """Which calls fail, and how. Calls are counted from the moment the fault is set, only those it selects."""

    kind: str
    """throttle, error, cut, expired, wrong, skew, denied, hold, or one of MACHINES."""
    n: int = 1
    """The first call it strikes; 0 strikes every one."""
    times: int = 1
    mutating: bool | None = None
    service: str = ""
    action: str = ""
    when: str = "before"
    """Of `cut` and `hold`: before the call is carried out, or after."""
    seen: int = 0
    struck: int = 0

    def strikes(self, service: str, action: str, mutating: bool) -> bool:
        if self.service not in ("", service) or self.action not in ("", action):
            return False
        if self.mutating is not None and self.mutating != mutating:
            return False
        self.seen += 1
        if self.n == 0 or self.n <= self.seen < self.n + self.times:
            self.struck += 1
            return True
        return False


@dataclass
class Seen:
    """One call that arrived."""

    service: str
    action: str
    region: str
    mutating: bool
    start: float
    end: float = 0.0
    status: int = 0
    fault: str = ""


@dataclass
class Faults:
    """WSGI middleware."""

    app: Callable[..., Iterable[bytes]]
    delay_seconds: float = 0.0
    faults: list[Fault] = field(default_factory=list)
    calls: list[Seen] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    held: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path.startswith(CONTROL):
            return self._control(path.removeprefix(CONTROL), json.loads(read_body(environ) or b"{}"), start_response)
        call = self._seen(environ, path)
        if call is None:
            return self.app(environ, start_response)
        with self.lock:
            self.calls.append(call)
            fault = next((f for f in self.faults if f.strikes(call.service, call.action, call.mutating)), None)
        if self.delay_seconds:
            threading.Event().wait(self.delay_seconds)
        try:
            return self._answer(environ, start_response, call, fault)
        finally:
            call.end = time.monotonic()

    def _seen(self, environ: dict[str, Any], path: str) -> Seen | None:
        """What is asked; None for what is neither AWS nor the registry of images."""
        if path.startswith("/v2/"):
            kind = next((k for k in ("blobs/uploads", "blobs", "manifests") if f"/{k}/" in path), "login")
            method = environ["REQUEST_METHOD"]
            return Seen(REGISTRY, f"{method} {kind}", "", method not in ("GET", "HEAD"), time.monotonic())
        who = signed(environ)
        if who is None:
            return None
        action = action_of(environ, who.service, read_body(environ))
        return Seen(who.service, action, who.region, not action.startswith(_READS), time.monotonic())

    def _answer(self, environ: dict[str, Any], start_response: Any, call: Seen, fault: Fault | None) -> Iterable[bytes]:
        def note(status: str, headers: Any, *rest: Any) -> Any:
            call.status = int(status.split()[0])
            return start_response(status, headers, *rest)

        if fault is None:
            return list(self.app(environ, note))
        call.fault = fault.kind
        if fault.kind in ("cut", "hold"):
            return self._interrupt(environ, note, fault)
        if call.service == REGISTRY:
            return send(registry_refusal(fault.kind), note)
        return send(serialize(environ, call.service, call.action, refusal(fault.kind, call.service)), note)

    def _interrupt(self, environ: dict[str, Any], note: Any, fault: Fault) -> Iterable[bytes]:
        answer = list(self.app(environ, note)) if fault.when == "after" else []
        if fault.kind == "hold":
            self.held.set()
            self.released.wait(LONGEST_HOLD_SECONDS)
            if fault.when == "before":
                answer = list(self.app(environ, note))
            return answer
        connection: socket.socket = environ["werkzeug.socket"]
        connection.shutdown(socket.SHUT_RDWR)
        if fault.when == "before":
            note("500 Cut", [])
        return answer

    # --- control -------------------------------------------------------------------------

    def _control(self, verb: str, data: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        answer: Any = {}
        if verb == "delay":
            self.delay_seconds = float(data["seconds"])
        elif verb == "fail":
            with self.lock:
                self.faults.append(Fault(**data))
        elif verb == "clear":
            with self.lock:
                self.faults.clear()
                self.calls.clear()
                self.delay_seconds = 0.0
            self.released.set()
            self.held, self.released = threading.Event(), threading.Event()
        elif verb == "calls":
            with self.lock:
                answer = [asdict(c) for c in self.calls]
        elif verb == "faults":
            with self.lock:
                answer = [asdict(f) for f in self.faults]
        elif verb == "held":
            answer = {"held": self.held.wait(float(data.get("seconds", 0)))}
        elif verb == "release":
            self.released.set()
        else:
            raise ValueError(f"no such control: {verb}")
        return send((200, {"Content-Type": "application/json"}, json.dumps(answer).encode()), start_response)


MACHINES = {
    "capacity": (
        "InsufficientInstanceCapacity",
        "We currently do not have sufficient capacity in the Availability Zone you requested.",
        500,
    ),
    "no-vcpus": (
        "VcpuLimitExceeded",
        "You have requested more vCPU capacity than your current vCPU limit of 5 allows for the instance bucket.",
        400,
    ),
    "kept": (
        "OperationNotPermitted",
        "The instance may not be terminated. Modify its 'disableApiTermination' instance attribute and try again.",
        400,
    ),
    "no-profile": (
        "InvalidParameterValue",
        "Value (geos-build) for parameter iamInstanceProfile.name is invalid.",
        400,
    ),
    "unverified": ("PendingVerification", "Your account is currently being verified.", 400),
    "marketplace": ("OptInRequired", "In order to use this AWS Marketplace product you need to accept terms.", 401),
}
"""What EC2 alone answers, to launches and ends of machines."""


def registry_refusal(kind: str) -> tuple[int, dict[str, str], bytes]:
    """The error of a registry, in the form of the OCI distribution specification."""
    status, code, message = {
        "throttle": (429, "TOOMANYREQUESTS", "Rate exceeded"),
        "error": (500, "INTERNAL_ERROR", "An internal failure occurred"),
        "expired": (403, "DENIED", "Your authorization token has expired. Reauthenticate and try again."),
        "wrong": (401, "UNAUTHORIZED", "Not Authorized"),
        "denied": (403, "DENIED", "User is not authorized to perform this action"),
    }[kind]
    body = json.dumps({"errors": [{"code": code, "message": message}]}).encode()
    return status, {"Content-Type": "application/json"}, body


def refusal(kind: str, service: str) -> ApiError:
    """The error that AWS would send, by the service's protocol."""
    if kind in MACHINES:
        return ApiError(*MACHINES[kind])
    family = service if service in ("ec2", "s3", "service-quotas") else "query" if service in _QUERY else "json"
    codes = {
        "throttle": {
            "ec2": ("RequestLimitExceeded", "Request limit exceeded.", 503),
            "s3": ("SlowDown", "Please reduce your request rate.", 503),
            "query": ("Throttling", "Rate exceeded", 400),
            "service-quotas": ("TooManyRequestsException", "Rate exceeded", 400),
            "json": ("ThrottlingException", "Rate exceeded", 400),
        },
        "error": {
            "ec2": ("InternalError", "An internal error has occurred", 500),
            "s3": ("InternalError", "We encountered an internal error. Please try again.", 500),
            "query": ("InternalFailure", "An internal failure occurred", 500),
            "json": ("InternalFailure", "An internal failure occurred", 500),
        },
        "expired": {
            "ec2": ("RequestExpired", "Request has expired.", 400),
            "s3": ("ExpiredToken", "The provided token has expired.", 400),
            "query": ("ExpiredToken", "The security token included in the request is expired", 403),
            "json": ("ExpiredTokenException", "The security token included in the request is expired", 400),
        },
        "wrong": {
            "ec2": ("AuthFailure", "AWS was not able to validate the provided access credentials", 401),
            "s3": ("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.", 403),
            "query": ("InvalidClientTokenId", "The security token included in the request is invalid.", 403),
            "json": ("UnrecognizedClientException", "The security token included in the request is invalid.", 400),
        },
        "skew": {
            "ec2": ("RequestExpired", "Request has expired.", 400),
            "s3": (
                "RequestTimeTooSkewed",
                "The difference between the request time and the current time is too large.",
                403,
            ),
            "query": (
                "SignatureDoesNotMatch",
                "Signature expired: 20260101T000000Z is now earlier than 20260101T001500Z (20260101T003000Z - 15 min.)",
                403,
            ),
            "json": (
                "InvalidSignatureException",
                "Signature expired: 20260101T000000Z is now earlier than 20260101T001500Z (20260101T003000Z - 15 min.)",
                400,
            ),
        },
        "denied": {
            "ec2": ("UnauthorizedOperation", "You are not authorized to perform this operation.", 403),
            "s3": ("AccessDenied", "Access Denied", 403),
            "query": ("AccessDenied", "User is not authorized to perform this action", 403),
            "json": ("AccessDeniedException", "User is not authorized to perform this action", 400),
        },
    }
    rows = codes[kind]
    return ApiError(*rows.get(family, rows["json"]))
