"""The way to a build host over loopback: a context against `tar | ssh` of OpenSSH, and the log of a run as it grows.

Both sides pay for their connection, and bring the same files onto the same disk, which is at rest before each of the
alternating runs.
"""

from __future__ import annotations

import os
import shlex
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from parts.memory import resident_mb
from parts.sshd import PROGRAM, Sshd, sshd

from geos.builder import detached
from geos.builder.commands import script
from geos.builder.context.scan import scan
from geos.builder.context.upload import upload
from geos.builder.ssh import connect

if TYPE_CHECKING:
    from tests.bench.__main__ import Report

FOLDERS, FILES_IN_EACH, FILE_BYTES = 50, 100, 40_000
RUNS = 5
LOG_MB = 1000
TICKS, TICK_SECONDS = 150, 0.02
_FLOOD = "head -c $1 /dev/zero | tr '\\0' x"
_CLOCK = "for i in $(seq $1); do date +%s.%N; sleep $2; done"


def way_to_host(report: Report) -> None:
    if not Path(PROGRAM).exists():
        print("  no OpenSSH server: THE WAY TO A HOST IS NOT MEASURED")
        return
    with sshd() as server, tempfile.TemporaryDirectory(prefix="geos-bench-upload-") as folder:
        _context(report, server, Path(folder))
        _log(report, server)


# --- a context -------------------------------------------------------------------------------


def _context(report: Report, server: Sshd, folder: Path) -> None:
    root = folder / "context"
    for i in range(FOLDERS):
        (root / f"{i}").mkdir(parents=True)
        for j in range(FILES_IN_EACH):
            (root / f"{i}/{j}").write_bytes(os.urandom(FILE_BYTES))
    own, peer = [], []
    for number in range(RUNS + 1):  # the first is for the disk's cache
        took = (_by_tar_and_ssh(root, server, folder), _by_geos(root, server, folder / f"memory-{number}"))
        peer.append(took[0])
        own.append(took[1])
    ratio = statistics.median(own[1:]) / statistics.median(peer[1:])
    size = FOLDERS * FILES_IN_EACH * FILE_BYTES / 1e6
    told = f"{size / statistics.median(own[1:]):.0f} MB/s, tar | ssh {size / statistics.median(peer[1:]):.0f} MB/s"
    report.row("context of 200 MB in 5,000 files, of tar | ssh's time", ratio, 1 / 0.9, "x", told)
    again = [_again(root, server, folder / f"memory-{RUNS}") for _ in range(RUNS)]
    report.row("the same context, unchanged", statistics.median(again), 0.5, "s")


def _by_geos(root: Path, server: Sshd, memory: Path) -> float:
    shutil.rmtree(server.home / "context", ignore_errors=True)
    os.sync()
    started = time.perf_counter()
    host = connect(server.address, server.login)
    upload(host, scan(root), str(server.home / "context"), memory)
    took = time.perf_counter() - started
    host.close()
    return took


def _by_tar_and_ssh(root: Path, server: Sshd, folder: Path) -> float:
    there = server.home / "by-tar"
    shutil.rmtree(there, ignore_errors=True)
    there.mkdir()
    known = folder / "known_hosts"
    known.write_text(f"[127.0.0.1]:{server.port} {server.login.host_key}\n")
    options = ["-o", f"UserKnownHostsFile={known}", "-o", "StrictHostKeyChecking=yes", "-o", "BatchMode=yes"]
    who = ["-i", str(server.login.key_file), "-p", str(server.port), f"{server.address.user}@127.0.0.1"]
    ssh = shlex.join(["ssh", "-F", "none", *options, *who, f"tar -xpf - -C {there}"])
    os.sync()
    started = time.perf_counter()
    subprocess.run(["sh", "-c", f"tar -C {shlex.quote(str(root))} -cf - . | {ssh}"], check=True)
    return time.perf_counter() - started


def _again(root: Path, server: Sshd, memory: Path) -> float:
    host = connect(server.address, server.login)
    started = time.perf_counter()
    sent = upload(host, scan(root), str(server.home / "context"), memory)
    took = time.perf_counter() - started
    host.close()
    assert sent.sent_bytes == 0, "something was sent again"
    return took


# --- a log -----------------------------------------------------------------------------------


def _log(report: Report, server: Sshd) -> None:
    host = connect(server.address, server.login)
    size = LOG_MB * 1_000_000
    before = resident_mb()
    peak, seen = before, 0

    def count(chunk: bytes) -> None:
        nonlocal peak, seen
        seen += len(chunk)
        peak = max(peak, resident_mb())

    started = time.perf_counter()
    detached.start(host, str(server.home / "flood"), script(_FLOOD, str(size)), unit="geos-bench")
    detached.follow(host, str(server.home / "flood"), 0, count)
    rate = seen / (time.perf_counter() - started) / 1e6
    assert seen == size, "a part of the log is missing"
    report.row("50 MB of a log that is written at once", 50 / rate, 1.0, "s", f"{rate:.0f} MB/s")
    report.row(f"memory that {LOG_MB} MB of log take here", peak - before, 20, "MB")
    report.row("a line of a log, until it is here, at worst", max(_behind(server)), 0.3, "s", f"{TICKS} lines")
    host.close()


def _behind(server: Sshd) -> list[float]:
    """Of each line: between being written and being here."""
    host = connect(server.address, server.login)
    found: list[float] = []

    def hear(chunk: bytes) -> None:
        found.extend(time.time() - float(line) for line in chunk.split())

    folder = str(server.home / "clock")
    detached.start(host, folder, script(_CLOCK, str(TICKS), str(TICK_SECONDS)), unit="geos-bench")
    detached.follow(host, folder, 0, hear)
    host.close()
    return found
