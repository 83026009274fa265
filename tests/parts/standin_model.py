"""A stand-in for GEOS-Chem Classic: it simulates nothing, and says so in the first line of its log.

It reads the dates from geoschem_config.yml, asks for its input in a dry run, and for each day writes a diagnostic and
a restart file, which are whole HDF5 files as far as a superblock tells. The state it hands on is a digest of the last
state and the day, so that a run that was interrupted ends in the same bytes as one that was not, or is wrong.

STANDIN: words like `slow=0.2 kill-on=2019-07-03 fail-on=… oom-on=… cut-on=… full-log`, for one attempt.
"""

from __future__ import annotations

import datetime
import hashlib
import os
import re
import signal
import sys
import threading
from pathlib import Path

INPUTS = ("HEMCO/OFFLINE/v2025-01/dust.nc", "GEOS_4x5/MERRA2/met.nc4", "CHEM_INPUTS/gmi.clim.RIPA.geos5.2x25.nc")
OPTIONAL = "HEMCO/NOAA/methane.nc"
WORDS = dict(word.partition("=")[::2] for word in os.environ.get("STANDIN", "").split())


def main() -> int:
    config = Path("geoschem_config.yml").read_text()
    start, end = (_day(config, name) for name in ("start_date", "end_date"))
    root = Path(re.search(r"root_data_dir: (\S+)", config)[1])  # type: ignore[index]
    print("stand-in for GEOS-Chem: nothing is simulated", flush=True)
    if "--dryrun" in sys.argv:
        return _dry_run(root, start)
    for name in INPUTS:
        (root / name).read_bytes()  # a traceback, as the model has, when it is not there
    _head(start, end)
    _run(start, end)
    return 0


def _run(start: datetime.date, end: datetime.date) -> None:
    state = _restart(start).read_bytes()
    day = start
    while day < end:
        threading.Event().wait(float(WORDS.get("slow", "0")))
        _strike(day)
        state = hashlib.sha256(state[-32:] + str(day).encode()).digest()
        after = day + datetime.timedelta(1)
        _hdf5(Path(f"OutputDir/GEOSChem.SpeciesConc.{day:%Y%m%d}_0000z.nc4"), state)
        _hdf5(_restart(after), state, cut=WORDS.get("cut-on") == str(after))
        print(f"---> DATE: {after:%Y/%m/%d}  UTC: 00:00  X-HRS: {24 * (after - start).days}", flush=True)
        if WORDS.get("cut-on") == str(after):
            os.kill(os.getppid(), signal.SIGTERM)  # `time`; what this leaves is what a reclaim leaves
            threading.Event().wait(60)
        day = after
    print("\n  Timer name                       DD-hh:mm:ss.SSS     Total Seconds")
    print("  GEOS-Chem                     :  00-00:00:12.500            12.500")
    print("===> SIMULATION END TIME: 2026/03/02 10:05 <===")
    print("**************   E N D   O F   G E O S -- C H E M   **************", flush=True)


def _strike(day: datetime.date) -> None:
    if WORDS.get("fail-on") == str(day):
        print("GEOS-Chem ERROR: the stand-in was told to fail\n -> at stand-in", flush=True)
        sys.exit(1)
    if WORDS.get("oom-on") == str(day):
        events = Path(os.environ["GEOS_CGROUP"]) / "memory.events"
        events.write_text("oom 1\noom_kill 1\n")
        os.kill(os.getpid(), signal.SIGKILL)
    if WORDS.get("kill-on") == str(day):
        os.kill(os.getpid(), signal.SIGKILL)
    if WORDS.get("eat-on") == str(day):
        held = []
        while True:  # until the kernel's memory group says no
            held.append(bytearray(b"x" * (8 * 2**20)))


def _dry_run(root: Path, start: datetime.date) -> int:
    print("!!! GEOS-CHEM IS IN DRY-RUN MODE!")
    for name in INPUTS:
        there = (root / name).exists()
        print(f"HEMCO: Opening {root}/{name}" if there else f"HEMCO: REQUIRED FILE NOT FOUND {root}//{name}")
    print(f"HEMCO: OPTIONAL FILE NOT FOUND {root}/{OPTIONAL}")
    if not _restart(start).exists():
        print(f"HEMCO: REQUIRED FILE NOT FOUND ./{_restart(start)}")
    print("**************   E N D   O F   G E O S -- C H E M   **************", flush=True)
    return 0


def _head(start: datetime.date, end: datetime.date) -> None:
    print("*************   S T A R T I N G   G E O S - C H E M   *************")
    for name, value in (
        ("GEOS-Chem version", "14.7.1"),
        ("Compiler", "GNU Fortran compiler (aka gfortran)"),
        ("Simulation name", "fullchem"),
        ("Start time of run", f"{start:%Y%m%d} 000000"),
        ("End time of run", f"{end:%Y%m%d} 000000"),
        ("Meteorology field", "MERRA2"),
        ("Grid resolution", "4.0x5.0"),
    ):
        print(f"{name:<28}: {value}")
    print("===> SIMULATION START TIME: 2026/03/02 10:00 <===", flush=True)


def _hdf5(path: Path, body: bytes, *, cut: bool = False) -> None:
    """A superblock of version 0, whose end of file is true unless `cut`."""
    head = bytearray(96)
    head[:8] = b"\x89HDF\r\n\x1a\n"
    head[40:48] = (96 + len(body) + (1000 if cut else 0)).to_bytes(8, "little")
    path.write_bytes(bytes(head) + body)


def _restart(day: datetime.date) -> Path:
    return Path(f"Restarts/GEOSChem.Restart.{day:%Y%m%d}_0000z.nc4")


def _day(config: str, name: str) -> datetime.date:
    found = re.search(rf"{name}: \[(\d+)", config)
    assert found is not None
    return datetime.datetime.strptime(found[1], "%Y%m%d").date()


if __name__ == "__main__":
    sys.exit(main())
