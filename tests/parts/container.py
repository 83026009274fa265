"""The real entrypoint outside Docker: its files, a stand-in for the model, the sandbox's S3 over HTTP.

box = Container(tmp_path, emulator)
box.upload("ana/configurations/july.yaml", CONFIG)
ended = box.run(standin="slow=0.2")
ended.code, ended.said, box.summary(), box.results()
"""

from __future__ import annotations

import http.server
import json
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from parts.emulator import Emulator
from parts.standin_model import INPUTS

PARTS = Path(__file__).resolve().parent
ENTRYPOINT = PARTS.parents[1] / "builder" / "image" / "entrypoint.sh"
BUCKET, PUBLIC = "user-data", "geos-chem"
OWN, OUTPUT, CONFIG = f"s3://{BUCKET}/ana/uploads/july", f"s3://{BUCKET}/ana/results/july", "run.yaml"
SETTINGS = "simulation: fullchem\ngrid: 4x5\nstart: 2019-07-01\nend: 2019-07-05\nthreads: 2\n"
STATE = b"\x89HDF\r\n\x1a\n the sample state"
RESTART = "GEOSCHEM_RESTARTS/GC_14.7.0/GEOSChem.Restart.fullchem.20190701_0000z.nc4"


@dataclass(frozen=True)
class EndedRun:
    code: int
    out: str
    said: str
    """On standard error."""


@dataclass
class Container:
    folder: Path
    emulator: Emulator
    more: dict[str, str] = field(default_factory=dict)
    """Environment variables."""

    def __post_init__(self) -> None:
        client = self.emulator.client("s3")
        for bucket in (BUCKET, PUBLIC):
            client.create_bucket(Bucket=bucket)
        for name in INPUTS:
            # Stored without the archives' links, as the public bucket has it.
            self.publish(name.replace("RIPA", "RIP"), name.encode() * 100)
        self.publish(RESTART, STATE)
        self.upload(f"ana/uploads/july/{CONFIG}", SETTINGS)
        self.make_model()

    def make_model(self) -> None:
        model = self.folder / "model"
        (model / "bin").mkdir(parents=True)
        (model / "source/gcclassic/run").mkdir(parents=True)
        (self.folder / "scratch").mkdir()
        (self.folder / "cgroup").mkdir()
        (self.folder / "cgroup/memory.events").write_text("oom 0\noom_kill 0\n")
        (model / "inventory").write_text("gcclassic.version=14.7.1\ncompiler=stand-in\n")
        executable = model / "bin/gcclassic-fullchem"
        executable.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{PARTS / "standin_model.py"}" "$@"\n')
        executable.chmod(executable.stat().st_mode | stat.S_IXUSR)
        script = model / "source/gcclassic/run/createRunDir.sh"
        script.write_text((PARTS / "standin_rundir.sh").read_text())

    def environment(self, standin: str = "", attempt: int = 1) -> dict[str, str]:
        base = {name: os.environ[name] for name in ("PATH", "HOME")}
        return {
            **base,
            **self.emulator.env(),
            "GEOS_PYTHON": sys.executable,
            "GEOS_MODEL": str(self.folder / "model"),
            "GEOS_SCRATCH": str(self.folder / "scratch"),
            "GEOS_CGROUP": str(self.folder / "cgroup"),
            "GEOS_POLL_SECONDS": "0.1",
            "GEOS_SETTLED_SECONDS": "0.05",
            "TMPDIR": str(self.folder),
            "AWS_BATCH_JOB_ATTEMPT": str(attempt),
            "AWS_BATCH_JOB_ID": "job-1",
            "STANDIN": standin,
            **self.more,
        }

    def start(
        self, own: str = OWN, output: str = OUTPUT, config: str = CONFIG, *, standin: str = "", attempt: int = 1
    ) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [str(ENTRYPOINT), own, output, config], env=self.environment(standin, attempt), text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def run(self, *arguments: str, standin: str = "", attempt: int = 1) -> EndedRun:
        return self.end(self.start(*arguments, standin=standin, attempt=attempt))

    def end(self, process: subprocess.Popen[str]) -> EndedRun:
        out, said = process.communicate(timeout=60)
        return EndedRun(process.returncode, out, said)

    def publish(self, key: str, body: bytes) -> None:
        """In the public bucket, for everybody."""
        self.emulator.client("s3").put_object(Bucket=PUBLIC, Key=key, Body=body, ACL="public-read")

    def upload(self, key: str, body: str | bytes) -> None:
        self.emulator.client("s3").put_object(
            Bucket=BUCKET, Key=key, Body=body if isinstance(body, bytes) else body.encode()
        )

    def results(self, run: str = "july") -> dict[str, bytes]:
        """Name below the run's results -> content."""
        client, prefix = self.emulator.client("s3"), f"ana/results/{run}/"
        entries = client.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", ())
        return {e["Key"][len(prefix) :]: client.get_object(Bucket=BUCKET, Key=e["Key"])["Body"].read() for e in entries}

    def summary(self, run: str = "july") -> dict[str, Any]:
        return dict(json.loads(self.results(run)["summary.json"]))

    def tag(self, name: str) -> str:
        """The value of geos:class."""
        tags = self.emulator.client("s3").get_object_tagging(Bucket=BUCKET, Key=f"ana/results/july/{name}")["TagSet"]
        return {t["Key"]: str(t["Value"]) for t in tags}["geos:class"]

    def wait_for(self, name: str, seconds: float = 30.0) -> None:
        """Until that result is in S3."""
        for _ in range(int(seconds / 0.05)):
            if name in self.results():
                return
            threading.Event().wait(0.05)
        raise AssertionError(f"{name} did not appear; there are {sorted(self.results())}")


@contextmanager
def metadata_service(answers: dict[str, str]) -> Iterator[dict[str, str]]:
    """The instance's metadata, version 2: a token first. `answers` may change while it runs."""

    class Service(http.server.BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            self._say(200, "token-1" if self.path == "/latest/api/token" else "")

        def do_GET(self) -> None:
            known = answers.get(self.path.removeprefix("/latest/meta-data/"))
            allowed = self.headers.get("X-aws-ec2-metadata-token") == "token-1"
            self._say(401 if not allowed else 200 if known else 404, known or "")

        def _say(self, status: int, text: str) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Service)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield {
            "AWS_EC2_METADATA_DISABLED": "false",
            "AWS_EC2_METADATA_SERVICE_ENDPOINT": f"http://127.0.0.1:{server.server_port}",
        }
    finally:
        server.shutdown()
        server.server_close()
