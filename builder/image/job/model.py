"""Run the model under `time -v`, its words into a log and to the container's output, and find out how it ended."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO, BinaryIO

from .endings import Code, Ended, check_stop
from .machine import Machine, memory_kills

TIME = "/usr/bin/time"
LAST_WORDS = "E N D   O F   G E O S"
POLL_SECONDS = float(os.environ.get("GEOS_POLL_SECONDS", "10"))
TERM_SECONDS = 5.0
_FULL = 64 * 2**20
_SHOWN_LINES = 12


def run(executable: Path, folder: Path, log: Path, machine: Machine, tick: Callable[[], None]) -> None:
    """To the model's end; `tick` is called every few seconds. Raises Ended when it did not come to its own end."""
    measured = folder / "time.txt"
    kills = memory_kills()
    environment = {**os.environ, "OMP_NUM_THREADS": str(machine.threads)}
    environment.setdefault("OMP_STACKSIZE", "500m")
    with log.open("wb") as file:
        _say(file, f"{machine.line}\n".encode())
        process = subprocess.Popen(
            [TIME, "-v", "-o", str(measured), str(executable)], cwd=folder, env=environment,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        reader = threading.Thread(target=_copy, args=(process.stdout, file), daemon=True)
        reader.start()
        try:
            _wait(process, tick)
        finally:
            _end(process)
            reader.join(TERM_SECONDS)
            if measured.exists():
                _say(file, measured.read_bytes())
    if (ended := how_it_ended(process.returncode, log, folder, memory_kills() - kills)) is not None:
        raise ended


def dry_run(executable: Path, folder: Path, log: Path, machine: Machine) -> None:
    """Only what would be read, into `log`. Raises Ended."""
    environment = {**os.environ, "OMP_NUM_THREADS": str(machine.threads)}
    with log.open("wb") as file:
        process = subprocess.Popen(
            [str(executable), "--dryrun"], cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=file,
            stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        try:
            process.wait()
        finally:
            _end(process)
    if process.returncode != 0:
        raise Ended(
            Code.MODEL_FAILED,
            f"the dry run ended with {process.returncode}: {_last_words(log)}",
            "the configuration files do not fit this release; see dry-run.log.",
        )


def how_it_ended(status: int, log: Path, folder: Path, kills: int) -> Ended | None:
    """None: well."""
    if kills > 0 or status in (-signal.SIGKILL, 128 + signal.SIGKILL):
        why = "the kernel killed it" if kills > 0 else "it was killed (signal 9), which hardly anybody else does"
        return Ended(
            Code.OUT_OF_MEMORY, f"the model ran out of memory: {why}.", "submit with more memory, or a coarser grid."
        )
    if status == 0 and LAST_WORDS in _tail(log):
        return None
    if shutil.disk_usage(folder).free < _FULL:
        return Ended(Code.NO_ROOM, "the scratch disk is full.", "deploy with more scratch, or write fewer diagnostics.")
    return Ended(
        Code.MODEL_FAILED,
        f"the model ended with {status}: {_last_words(log)}",
        "see run.log below outputPath; the newest checkpoint is kept.",
    )


def _wait(process: subprocess.Popen[bytes], tick: Callable[[], None]) -> None:
    while True:
        try:
            process.wait(POLL_SECONDS)
            return
        except subprocess.TimeoutExpired:
            check_stop()
            tick()


def _end(process: subprocess.Popen[bytes]) -> None:
    """The model and all that it started."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is not None:
            return
        os.killpg(process.pid, number)
        try:
            process.wait(TERM_SECONDS)
        except subprocess.TimeoutExpired:
            continue


def _copy(said: IO[bytes], file: BinaryIO) -> None:
    while chunk := os.read(said.fileno(), 65536):
        _say(file, chunk)


def _say(file: BinaryIO, chunk: bytes) -> None:
    for to in (file, sys.stdout.buffer):
        to.write(chunk)
        to.flush()


def _tail(log: Path) -> str:
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 20_000))
        return file.read().decode(errors="replace")


def _last_words(log: Path) -> str:
    """The first error that the end of the log tells, or its last line."""
    lines = [line.strip() for line in _tail(log).splitlines() if line.strip(" =*-")]
    model = [line for line in lines if not line.startswith(("Command ", "Exit status"))]
    for index, line in enumerate(model):
        if "ERROR" in line:
            return " ".join(model[index : index + 2])[:300]
    said = [line for line in model if ":" not in line or "Command terminated" in line]
    return (said or model or ["nothing was said"])[-1][:300]
