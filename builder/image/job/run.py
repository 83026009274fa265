"""One run from its three arguments to its summary: a list of steps that one can read as a table of contents."""

from __future__ import annotations

import datetime
import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import dryrun, model, rundir
from .endings import Code, Ended, check_stop
from .machine import Machine, spot_notice, this_machine
from .places import Arguments, Place, arguments, place
from .saving import Saver
from .settings import Settings, parse
from .staging import PUBLIC, Staged, Wanted, stage
from .store import Store
from .whole import is_whole

MODEL = Path(os.environ.get("GEOS_MODEL", "/opt/geos-chem"))
MARK, LOG = "run.json", "run.log"
STOP_SECONDS = float(os.environ.get("GEOS_STOP_SECONDS", "20"))
"""How long files are saved after SIGTERM. The kill comes 30 s after it, unless the agent was told otherwise."""
HURRY_SECONDS = 1.0
"""After a Spot notice a file counts as settled so soon."""


def say(text: str) -> None:
    sys.stderr.write(f"geos: {text}\n")
    sys.stderr.flush()


@dataclass
class Run:
    args: Arguments
    store: Store
    settings: Settings
    machine: Machine
    scratch: Path
    start: datetime.date
    """The first simulated day of this attempt."""
    folder: Path = Path()
    saver: Saver | None = None
    staged: Staged = field(default_factory=lambda: Staged(0, 0))
    began: float = field(default_factory=time.monotonic)
    model_seconds: float = 0.0
    claimed: bool = False
    """outputPath is this run's: from now on it is written to."""
    noticed: bool = False
    """A Spot notice has come."""

    # --- the steps -----------------------------------------------------------------------------

    def all(self) -> None:
        """Raises Ended."""
        for step in (
            self.check_executable,
            self.claim_output,
            self.create_rundir,
            self.own_files,
            self.find_start,
            self.configure,
            self.stage,
            self.simulate,
            self.finish,
        ):
            check_stop()
            step()

    def check_executable(self) -> None:
        if not os.access(self.executable, os.X_OK):
            there = sorted(p.name.partition("-")[2] for p in (MODEL / "bin").glob("gcclassic-*"))
            raise Ended(
                Code.BAD_CONFIGURATION,
                f"{self.settings.simulation} needs an executable for {self.settings.mechanism}; this image has "
                f"{', '.join(there) or 'none'}.",
                "choose another simulation or image.",
            )

    def claim_output(self) -> None:
        """outputPath belongs to one run: what lies there is either of this very run, or the job is refused."""
        mark = self.store.read(self.args.output / MARK)
        wanted = {"format": 1, "fingerprint": self.settings.fingerprint}
        if mark is None:
            self.store.write(json.dumps(wanted).encode(), self.args.output / MARK)
        elif _json(mark).get("fingerprint") != self.settings.fingerprint:
            raise Ended(
                Code.BAD_CONFIGURATION,
                f"{self.args.output} holds another run's results.",
                "submit with an outputPath of its own.",
            )
        self.claimed = True

    def create_rundir(self) -> None:
        say(f"creating the run directory for {self.settings.simulation} on {self.settings.grid}")
        self.folder = rundir.create(MODEL, self.settings, self.scratch, self.scratch / "home", self.data)

    def own_files(self) -> None:
        """The user's versions of the run directory's files."""
        if self.args.own is None:
            return
        names = rundir.replaceable(self.store.below(self.args.own))
        own = [n for n in names if n not in (self.args.config.name, self.settings.restart)]
        self.store.fetch({self.args.own / name: self.folder / name for name in own})
        if own:
            say(f"taken from {self.args.own}: {', '.join(sorted(own))}")

    def find_start(self) -> None:
        """The newest checkpoint of an earlier attempt, or the initial state."""
        saved = self.store.below(self.args.output / rundir.RESTARTS)
        while (day := rundir.newest_checkpoint(saved, self.settings)) is not None:
            wanted = [name for name in saved if f"{day:%Y%m%d}" in name]  # HEMCO's own restart too
            self.store.fetch({self.args.output / rundir.RESTARTS / n: self.restarts / n for n in wanted})
            if is_whole(self.restarts / rundir.restart_name(day)):
                say(f"going on from the checkpoint of {day}")
                self.start = day
                return
            say(f"the checkpoint of {day} is cut off; an earlier one is looked for")
            saved.pop(rundir.restart_name(day))
            (self.restarts / rundir.restart_name(day)).unlink()
        self.initial_state()

    def initial_state(self) -> None:
        first = self.restarts / rundir.restart_name(self.settings.start)
        if first.exists():
            return  # the user brought it
        if self.settings.restart:
            source = self.own_place(self.settings.restart)
            if self.store.size(source) is None:
                raise Ended(Code.MISSING_INPUT, f"the initial state {source} does not exist.", "upload it first.")
            self.store.fetch({source: first})
            return
        samples = (self.folder / rundir.SAMPLES).read_text()
        key = rundir.sample_restart(samples, self.settings)
        if not key:
            raise Ended(
                Code.MISSING_INPUT,
                f"the release has no sample of {self.settings.simulation}'s state on {self.settings.start}.",
                "give one as `restart`, or start on the sample's day.",
            )
        self.fetch_input(Wanted({key: first}))

    def configure(self) -> None:
        config = self.folder / rundir.CONFIG
        config.write_text(rundir.set_config(config.read_text(), self.settings, self.start, self.data))
        history = self.folder / rundir.HISTORY
        history.write_text(rundir.set_history(history.read_text(), self.settings.every_days))
        (self.folder / rundir.OUTPUT).mkdir(exist_ok=True)

    def stage(self) -> None:
        """The files that a dry run names, and no others."""
        log = self.folder / "dry-run.log"
        model.dry_run(self.executable, self.folder, log, self.machine)
        with log.open(errors="replace") as lines:
            needs = dryrun.read(lines)
        if not needs.finished:
            raise Ended(Code.MODEL_FAILED, "the dry run did not come to its end.", "see dry-run.log.")
        lost = tuple(path for path in needs.required if not dryrun.below_root(path))
        self.fetch_input(Wanted(self.below_data(needs.required), self.below_data(needs.optional), lost))

    def fetch_input(self, wanted: Wanted) -> None:
        """Raises Ended."""
        source = place(self.settings.input)
        store = Store(public=True) if source.bucket in PUBLIC else self.store
        staged = stage(store, source, wanted, self.scratch)
        if staged.files:
            say(f"staged {staged.files} files, {staged.size // 2**20} MiB, from {source}")
        self.staged = Staged(self.staged.files + staged.files, self.staged.size + staged.size)

    def simulate(self) -> None:
        self.saver = Saver(self.store, self.folder, self.args.output)
        say(f"running from {self.start} to {self.settings.end}, {self.machine.threads} threads")
        began = time.monotonic()
        try:
            model.run(self.executable, self.folder, self.log, self.machine, self.tick)
        finally:
            self.model_seconds = time.monotonic() - began

    def tick(self) -> None:
        assert self.saver is not None
        if not self.noticed and spot_notice():
            self.noticed = True
            say("AWS takes this instance back within two minutes; what there is is saved at once from now on")
        try:
            self.saver.save(*((HURRY_SECONDS,) if self.noticed else ()))
        except Ended as e:  # S3 has weak moments; the model goes on, and what is not saved yet is tried again
            say(f"not saved yet: {e.reason}")

    def finish(self) -> None:
        assert self.saver is not None
        self.saver.save(settled_seconds=0.0, final=True)
        self.saver.keep_last_checkpoint()

    # --- however it ends ---------------------------------------------------------------------

    def save_rest(self, code: Code) -> None:
        """After a failure or a stop. Raises Ended."""
        until = time.monotonic() + STOP_SECONDS
        if self.saver is not None and code != Code.OK:
            self.saver.save(settled_seconds=0.0, until=until)
        for path in (self.log, self.folder / "dry-run.log", self.folder / rundir.CONFIG, self.folder / rundir.HISTORY):
            if self.folder != Path() and path.exists():
                self.store.put(path, self.args.output / (self.log_name if path == self.log else path.name))

    # --- small things ------------------------------------------------------------------------

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began

    @property
    def log_name(self) -> str:
        """In S3: each attempt keeps its log."""
        return f"run-{attempt()}.log"

    @property
    def executable(self) -> Path:
        return MODEL / "bin" / f"gcclassic-{self.settings.mechanism}"

    @property
    def data(self) -> Path:
        return self.scratch / dryrun.ROOT

    @property
    def restarts(self) -> Path:
        return self.folder / rundir.RESTARTS

    @property
    def log(self) -> Path:
        return self.folder / LOG

    def below_data(self, paths: Sequence[str]) -> dict[str, Path]:
        """Keys in the input bucket -> where the model looks for them."""
        return {key: self.data / key for path in paths if (key := dryrun.below_root(path))}

    def own_place(self, text: str) -> Place:
        if not text.startswith("s3://"):
            if self.args.own is None:
                raise Ended(Code.BAD_CONFIGURATION, f"restart {text} is looked for below inputPath, which is none.")
            return place(str(self.args.own / text))
        found = place(text)
        if (found.bucket, found.owner) != (self.args.output.bucket, self.args.output.owner):
            raise Ended(Code.BAD_CONFIGURATION, f"restart {found} is not {self.args.output.owner}'s.")
        return found


def prepare(own: str, output: str, config: str) -> Run:
    """Everything that is judged before anything is done. Raises Ended."""
    args = arguments(own, output, config, os.environ.get("GEOS_USER", ""))
    store = Store()
    text = store.read(args.config)
    if text is None:
        raise Ended(Code.MISSING_INPUT, f"the configuration {args.config} does not exist.", "upload it first.")
    settings = parse(text, str(args.config))
    return Run(args, store, settings, this_machine(settings.threads), scratch_folder(), settings.start)


def scratch_folder() -> Path:
    """A folder of this run alone, on the mounted scratch disk where it may be written to."""
    for parent in (os.environ.get("GEOS_SCRATCH", "/scratch"), tempfile.gettempdir()):
        try:
            return Path(tempfile.mkdtemp(prefix="geos-", dir=parent))
        except OSError as e:
            say(f"{parent} cannot be used: {e.strerror or e}")
    raise Ended(Code.NO_ROOM, "no scratch folder can be written to.", "mount one that user 1000 may write to.")


def attempt() -> int:
    told = os.environ.get("AWS_BATCH_JOB_ATTEMPT", "1")
    return int(told) if told.isdigit() else 1


def _json(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
