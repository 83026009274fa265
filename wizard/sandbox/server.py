"""The process of the simulated account: `python -m geos.wizard.sandbox.server`.

It listens on the loopback address only, writes where it listens to a state file that only its user can
read, and ends by itself after an hour in which nobody asked it anything. Its state is in memory.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from geos.wizard.sandbox.front import Front
    from geos.wizard.sandbox.seeds import Seed

IDLE_SECONDS = 3600.0
_POLL_SECONDS = 0.05
WARM_UP = {
    "iam": "list_users",
    "ec2": "describe_vpcs",
    "s3": "list_buckets",
    "cloudformation": "list_stacks",
    "dynamodb": "list_tables",
    "kms": "list_keys",
    "logs": "describe_log_groups",
    "ecr": "describe_repositories",
    "batch": "describe_job_queues",
    "sns": "list_topics",
    "events": "list_rules",
    "cloudwatch": "list_dashboards",
    "ssm": "describe_parameters",
}
"""What a deployment needs, and the call that has it read, in the order of need."""

Middleware = Callable[[Callable[..., Any]], Callable[..., Any]]


def make_app(seed: str | Seed = "new") -> Front:
    """The account as a WSGI application. moto's state is the process's: one account to a process."""
    _settle_environment()
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

    from geos.wizard.sandbox import corrections
    from geos.wizard.sandbox.front import Front
    from geos.wizard.sandbox.world import world_of

    corrections.apply()
    return Front(world_of(seed), DomainDispatcherApplication(create_backend_app))


def _settle_environment() -> None:
    """Switches that moto and botocore read from the environment, before either is imported."""
    os.environ.update(
        {
            "MOTO_IAM_LOAD_MANAGED_POLICIES": "true",
            # No web page has any business with the account.
            "MOTO_DISABLE_GLOBAL_CORS": "true",
            # botocore inside the server must find none of the user's own settings.
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }
    )
    for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_ENDPOINT_URL", "MOTO_ACCOUNT_ID"):
        os.environ.pop(name, None)


class IdleWatch:
    """Counts the time since the last request and ends the server when it is long enough."""

    def __init__(self, app: Callable[..., Any], seconds: float) -> None:
        self.app = app
        self.seconds = seconds
        self.last = time.monotonic()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        self.last = time.monotonic()
        found: Iterable[bytes] = self.app(environ, start_response)
        return found

    def wait(self, stop: threading.Event) -> None:
        """Returns when `stop` is set or nobody has asked for long enough."""
        while not stop.is_set():
            left = self.seconds - (time.monotonic() - self.last)
            if left <= 0:
                return
            stop.wait(left)


def serve(
    account: str,
    state_file: Path | None,
    *,
    port: int = 0,
    idle_seconds: float = IDLE_SECONDS,
    wrap: Middleware | None = None,
) -> None:
    """Run until a signal, an idle hour, or the state file names somebody else."""
    from werkzeug.serving import make_server

    front = make_app(account)
    app: Callable[..., Any] = front
    watch = IdleWatch(wrap(app) if wrap else app, idle_seconds)
    handler = _quiet_handler()
    server = make_server("127.0.0.1", port, watch, threaded=True, request_handler=handler)
    front.world.endpoint = f"http://127.0.0.1:{server.port}"
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    threading.Thread(target=server.serve_forever, args=(_POLL_SECONDS,), name="http", daemon=True).start()
    if state_file is not None:
        _write_state(state_file, server.port, account)
    threading.Thread(target=_warm_up, args=(front,), name="warm-up", daemon=True).start()
    watch.wait(stop)
    if state_file is not None:
        _remove_state(state_file)
    server.shutdown()
    front.world.stop_machines()


def _quiet_handler() -> type[Any]:
    from moto.moto_server.werkzeug_app import MotoRequestHandler

    class Quiet(MotoRequestHandler):
        """Requests are not worth a line each in the log."""

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            return

        def log_error(self, *said: Any) -> None:
            return  # container engines try TLS first, which is no fault; what fails here is logged where it fails

    return Quiet


def _warm_up(front: Front) -> None:
    """Modules and service models, read while the client is still thinking."""
    for service, operation in WARM_UP.items():
        # Under the account's lock, a piece at a time: two threads reading moto's modules, which import each
        # other in circles, would find half of them empty.
        with front.world.lock:
            getattr(front.world.clients.get(service, "us-east-1"), operation)()


def _write_state(path: Path, port: int, account: str) -> None:
    from geos.wizard.sandbox.edition import edition
    from geos.wizard.sandbox.seeds import ACCOUNT_ID

    path.parent.mkdir(parents=True, exist_ok=True)
    state = {
        "endpoint": f"http://127.0.0.1:{port}",
        "pid": os.getpid(),
        "account": ACCOUNT_ID,
        "account_kind": account,
        "started_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "edition": edition(),
    }
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as f:
        json.dump(state, f, indent=2)
        f.write("\n")
        f.flush()
        os.fsync(f.fileno())
    temporary.replace(path)


def _remove_state(path: Path) -> None:
    """Only our own: another sandbox may have taken the place."""
    with contextlib.suppress(OSError, ValueError, KeyError):
        if json.loads(path.read_text(encoding="utf-8"))["pid"] == os.getpid():
            path.unlink()


def main(argv: list[str] | None = None) -> int:
    from geos.wizard.sandbox.seeds import KINDS

    parser = argparse.ArgumentParser(prog="geos-sandbox", description="The simulated AWS account of geos.")
    parser.add_argument("--account", choices=KINDS, default="new")
    parser.add_argument("--state-file", type=Path)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--idle-seconds", type=float, default=IDLE_SECONDS)
    given = parser.parse_args(argv)
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING)
    serve(given.account, given.state_file, port=given.port, idle_seconds=given.idle_seconds)
    leave()
    return 0


def leave() -> None:
    """End at once: taking the emulator's memory apart in good order would take a second or two."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
