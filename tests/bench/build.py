"""geos-build in the simulated account: what a whole build takes over the engine's own `docker build` and `docker push`
of the same context, and how long it is from the first thing created to the first step of the Dockerfile.

The host is a real OpenSSH server of this machine, its engine a real one, everything is in the engine's cache, and both
sides push a new image to the same local registry, in turn. The engine's side has logged in before its time begins.
"""

from __future__ import annotations

import contextlib
import json
import statistics
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from parts.engine import Engine
from parts.missing import Missing
from parts.sshd import Sshd, sshd

from geos.builder import registry
from geos.builder.docker import LABEL_BUILD
from geos.wizard.aws import Aws
from geos.wizard.facts import Target

if TYPE_CHECKING:
    from tests.bench.__main__ import Report

RUNS = 5
REPOSITORY = "bench"
_BASE = "geos-bench:base"
_DOCKERFILE = f'FROM {_BASE}\nCOPY hello /hello\nCMD ["cat", "/hello"]\n'
_FIRST_STEP = "step 1 of "
_CLEAN = ("Nothing left behind", "Nothing of the build is left")


@dataclass(frozen=True)
class Built:
    """One whole process."""

    seconds: float
    to_first_step: float
    """From the line that tells of the first thing it does after it was agreed to."""


@dataclass
class Yard:
    """All that both sides share."""

    geos: str
    environment: dict[str, str]
    engine: Engine
    registry: str
    context: Path
    made: int = 0

    def by_engine(self) -> float:
        self.made += 1
        name = f"{self.registry}/{REPOSITORY}:engine-{self.made}"
        label = f"{LABEL_BUILD}=engine-{self.made}"  # a new image each time, as on the other side
        started = time.perf_counter()
        self.docker("build", "--label", label, "--tag", name, str(self.context))
        self.docker("push", name)
        return time.perf_counter() - started

    def docker(self, *words: str, told: bytes = b"") -> None:
        line = [self.engine.client, *words]
        subprocess.run(line, check=True, capture_output=True, input=told, env=self.environment)

    def by_geos(self, *more: str) -> Built:
        """Raises SystemExit with what it said when it ended badly or left something."""
        self.made += 1
        words = [self.geos, "--sandbox", "--arch", "x86_64", "--context", str(self.context)]
        words += ["--repository", REPOSITORY, "--tag", f"geos-{self.made}", "--yes", *more]
        started = time.perf_counter()
        lines = list(_heard(words, self.environment))
        seconds = time.perf_counter() - started
        if not any(line.strip().startswith(_CLEAN) for _, line in lines):
            raise SystemExit(f"{' '.join(words)} left something:\n{''.join(line for _, line in lines)[-3000:]}")
        return Built(seconds, _between(words, lines))


def _heard(words: Sequence[str], environment: Mapping[str, str]) -> Iterator[tuple[float, str]]:
    """Each line of a command, and when it was there."""
    process = subprocess.Popen(
        words, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert process.stdout is not None
    said = []
    for line in process.stdout:
        said.append(line)
        yield time.perf_counter(), line
    if process.wait():
        raise SystemExit(f"{' '.join(words)} ended with {process.returncode}\n{''.join(said)[-3000:]}")


def _between(words: Sequence[str], lines: Sequence[tuple[float, str]]) -> float:
    begun = [at for at, line in lines if line.startswith("simulated: ")]
    first = [at for at, line in lines if _FIRST_STEP in line]
    if not begun or not first:
        raise SystemExit(f"{' '.join(words)} told of no step:\n{''.join(line for _, line in lines)[-3000:]}")
    return first[0] - begun[0]


def whole_builds(report: Report, command: str, environment: Mapping[str, str]) -> None:
    """`command`: the installed geos-setup; geos-build lies beside it."""
    try:
        with _yard(command, environment) as yard, _own_machine(yard) as own:
            _rows(report, yard, "a launched host", "launch", ())
            _rows(report, yard, "--host ssh://", "connection", own)
    except Missing as e:
        print(f"  {e}: WHOLE BUILDS ARE NOT MEASURED", flush=True)


def _rows(report: Report, yard: Yard, where: str, what: str, more: Sequence[str]) -> None:
    own, peer = [], []
    for _ in range(RUNS + 1):  # the first fills the engine's cache
        peer.append(yard.by_engine())
        own.append(yard.by_geos(*more))
    took = statistics.median(built.seconds for built in own[1:])
    engine = statistics.median(peer[1:])
    told = f"{took:.2f} s in all, docker build + push {engine:.2f} s"
    report.row(f"a build's overhead, {where}", took - engine, 2.0, "s", told)
    first = statistics.median(built.to_first_step for built in own[1:])
    report.row(f"{what} to the first build step, {where}", first, 1.5, "s")


@contextlib.contextmanager
def _yard(command: str, environment: Mapping[str, str]) -> Iterator[Yard]:
    """An engine, the simulated account whose machines have it, and a context."""
    with contextlib.ExitStack() as undo:
        engine = Engine()
        undo.callback(engine.stop)
        folder = Path(undo.enter_context(TemporaryDirectory(prefix="geos-bench-build-")))
        env = {**environment, **engine.env, "DOCKER_BUILDKIT": "1", "DOCKER_CONFIG": str(folder / "docker")}
        env |= {"XDG_STATE_HOME": str(folder / "state"), "XDG_CACHE_HOME": str(folder / "cache")}
        engine.base(_BASE)
        context = folder / "context"
        context.mkdir()
        (context / "Dockerfile").write_text(_DOCKERFILE)
        (context / "hello").write_text("hello\n")
        setup = [command, "sandbox"]
        subprocess.run([*setup, "start"], check=True, capture_output=True, env=env)
        undo.callback(subprocess.run, [*setup, "stop"], check=True, capture_output=True, env=env)
        account = Aws(Target("us-east-1", endpoint=_endpoint(setup, env), sandbox=True))
        token = account.ecr.token()
        yard = Yard(command.replace("geos-setup", "geos-build"), env, engine, token.registry, context)
        yard.docker("login", "--username", token.user, "--password-stdin", token.registry, told=token.password.encode())
        registry.ensure(account, REPOSITORY, tags={})
        yield yard


def _endpoint(setup: Sequence[str], environment: Mapping[str, str]) -> str:
    told = subprocess.run([*setup, "status", "-o", "json"], check=True, capture_output=True, env=environment).stdout
    return str(json.loads(told)["endpoint"])


@contextlib.contextmanager
def _own_machine(yard: Yard) -> Iterator[tuple[str, ...]]:
    """The flags that name a machine with the same engine."""
    with sshd(started=False) as server:
        place = server.folder / "config"
        given = " ".join(f"{name}={value}" for name, value in yard.engine.env.items())
        place.write_text(place.read_text().replace("SetEnv ", f"SetEnv {given} "))
        server.start()
        yield _flags(server)


def _flags(server: Sshd) -> tuple[str, ...]:
    folder = server.folder
    address = f"ssh://{server.address.user}@127.0.0.1:{server.port}"
    return ("--host", address, "--host-key", f"{folder}/host.pub", "--identity", f"{folder}/user")
