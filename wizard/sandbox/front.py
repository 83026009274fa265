"""The first thing a request meets: what geos answers itself, what moto answers, and what nobody does.

Order of the questions: may this region be used, may this caller do this, does the sandbox answer it, does
moto. A call that neither knows gets the error AWS has for an unknown operation, never an invented answer.
"""

from __future__ import annotations

import importlib
import json
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from geos.wizard.sandbox import access, limits
from geos.wizard.sandbox.registry import PREFIX, Registry
from geos.wizard.sandbox.seeds import BadSeed, changed, seed_of_kind
from geos.wizard.sandbox.wire import (
    PASS,
    ApiError,
    Call,
    Environ,
    Reply,
    StartResponse,
    action_of,
    parse,
    read_body,
    send,
    serialize,
    signed,
)
from geos.wizard.sandbox.world import World

log = logging.getLogger(__name__)

CONTROL = "/geos-sandbox/"
_READS = ("Describe", "Get", "List")

Handler = Callable[[World, Call], object]
"""Answers a dictionary in the shapes of the service's model, or PASS; refuses by raising ApiError."""

_SERVICES = {
    "account": "account",
    "autoscaling": "autoscaling",
    "batch": "batch",
    "ce": "billing",
    "cloudformation": "cloudformation",
    "cloudwatch": "cloudwatch",
    "ec2": "ec2",
    "ecr": "ecr",
    "freetier": "billing",
    "iam": "iam",
    "lambda": "account_limits",
    "pricing": "pricing",
    "rds": "account_limits",
    "resourcegroupstaggingapi": "tagging",
    "service-quotas": "quotas",
    "ssm": "sessions",
}
"""Services with answers of our own, and the module in `services` that holds them."""


class Front:
    """The WSGI application of the sandbox. `moto` is moto's own dispatcher."""

    def __init__(self, world: World, moto: Any) -> None:
        self.world = world
        self.moto = moto
        world.app = self
        self._actions: dict[str, Mapping[str, Handler]] = {}
        self._registry = Registry(world)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if environ.get("PATH_INFO", "").startswith(CONTROL):
            return send(self._control(environ), start_response)
        who = signed(environ)
        if who is None and environ.get("PATH_INFO", "").startswith(PREFIX):
            # Images are large: only what touches the account happens under its lock.
            return self._registry(environ, start_response)
        body = read_body(environ) if who else b""
        # One request at a time: moto's backends know no threads, and modules that import each other in a
        # circle must not be read by two threads at once.
        with self.world.lock:
            if who is None:
                return self._moto(environ, start_response, "", "")
            call = Call(who.service, "", who.region, who.access_key, peer=_peer(environ))
            try:
                call = replace(call, action=action_of(environ, who.service, body))
                result = self._result(environ, call, body)
            except ApiError as e:
                result = e
            except Exception:
                # As with moto below: a fault of ours must look like one of AWS's, not end a connection.
                log.exception("the sandbox failed at %s %s", call.service, call.action)
                result = ApiError("InternalFailure", f"the sandbox failed at {call.service} {call.action}", 500)
            if result is PASS:
                return self._moto(environ, start_response, call.service, call.action)
            return send(serialize(environ, call.service, call.action, result), start_response)

    def _result(self, environ: Environ, call: Call, body: bytes) -> object:
        """Our own answer, a refusal, or PASS."""
        if not environ.get("geos.inner"):
            refusal = access.refusal(self.world, call)
            if refusal is not None:
                return refusal
        self.world.furnish(call.service)
        if not environ.get("geos.inner") or not call.action.startswith(_READS):
            self.world.used.add(call.service)
        full = limits.refusal(self.world, call, lambda: parse(environ, call.service, call.action, body))
        if full is not None:
            return full
        handler = self._handlers(call.service).get(call.action)
        if handler is None:
            return PASS
        return handler(self.world, replace(call, params=parse(environ, call.service, call.action, body)))

    def _handlers(self, service: str) -> Mapping[str, Handler]:
        if service not in self._actions:
            name = _SERVICES.get(service)
            module = importlib.import_module(f"geos.wizard.sandbox.services.{name}") if name else None
            self._actions[service] = module.ACTIONS.get(service, {}) if module else {}
        return self._actions[service]

    # --- moto ----------------------------------------------------------------------------

    def _moto_has(self, environ: Environ) -> bool:
        """Whether moto has the service at all; asked to serve one it lacks it falls over."""
        host = self.moto.infer_service_region_host(environ, environ.get("PATH_INFO", ""))
        return host is None or self.moto.get_backend_for_host(host) is not None

    def _moto(self, environ: Environ, start_response: StartResponse, service: str, action: str) -> Iterable[bytes]:
        told: list[Any] = []

        def hear(status: str, headers: Any, *_: Any) -> Any:
            told[:] = [status, headers]

        try:
            chunks = list(self.moto(environ, hear)) if self._moto_has(environ) else []
        except NotImplementedError:
            chunks = []
        except Exception:
            # moto is a hundred thousand lines of other people's test helper: whatever it trips over must
            # reach the client as AWS's "internal failure", not end the connection or a deployment thread.
            log.exception("moto failed at %s %s", service, action)
            failure = ApiError("InternalFailure", f"the emulator failed at {service} {action}", 500)
            return send(serialize(environ, service or "sts", action, failure), start_response)
        if not chunks and not told:
            return send(_unknown(environ, service, action), start_response)
        status, headers = told
        if status.startswith("404") and service and chunks and chunks[0].lstrip().startswith(b"<!doctype html"):
            # moto's way of saying that it has no such path.
            return send(_unknown(environ, service, action), start_response)
        start_response(status, headers)
        return chunks

    # --- control -------------------------------------------------------------------------

    def _control(self, environ: Environ) -> Reply:
        verb = environ["PATH_INFO"].removeprefix(CONTROL)
        try:
            data = json.loads(read_body(environ) or b"{}")
            answer = self._steer(verb, data)
        except (BadSeed, ValueError, KeyError) as e:
            return 400, {"Content-Type": "application/json"}, json.dumps({"error": str(e)}).encode()
        return 200, {"Content-Type": "application/json"}, json.dumps(answer).encode()

    def _steer(self, verb: str, data: dict[str, Any]) -> dict[str, Any]:
        if verb == "reset":
            kind = data.pop("account", "new")
            self.world.reset(changed(seed_of_kind(kind), data))
        elif verb == "seed":
            self.world.patch(data)
        elif verb == "inventory":
            from geos.wizard.sandbox.inventory import inventory

            return inventory(self.world, data.get("region", "us-east-1"))
        elif verb != "status":
            raise KeyError(f"no such control: {verb}")
        return {"account": self.world.account, "account_kind": self.world.seed.account}


def _peer(environ: Environ) -> tuple[int, int, str]:
    """Whose request it is, as far as ports tell; calls from within come from nowhere."""
    if environ.get("geos.inner"):
        return 0, 0, ""
    return int(environ.get("REMOTE_PORT") or 0), int(environ.get("SERVER_PORT") or 0), environ.get("HTTP_HOST", "")


def _unknown(environ: Environ, service: str, action: str) -> Reply:
    """AWS's code for an operation that a service does not have: by protocol."""
    form = environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded")
    code = "InvalidAction" if form else "UnknownOperationException"
    message = f"The action {action} is not simulated for {service}"
    return serialize(environ, service or "sts", action, ApiError(code, message))
