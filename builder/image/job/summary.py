"""summary.json: what became of a run, for programs. `geos-recommend learn` reads the log that it names."""

from __future__ import annotations

import datetime
import os
import re
from pathlib import Path
from typing import Any

from .endings import Code
from .run import MODEL, Run, attempt
from .rundir import restart_day
from .settings import Settings

NAME = "summary.json"
_SECONDS_A_DAY = 86_400


def summary(run: Run, code: Code, reason: str) -> dict[str, Any]:
    settings = run.settings
    told = {
        "format": 1,
        "state": code.name.lower(),
        "exit_code": int(code),
        "reason": reason,
        "ended": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "attempt": attempt(),
        "job": os.environ.get("AWS_BATCH_JOB_ID", ""),
        "model": "GEOS-Chem Classic",
        "simulation": settings.simulation,
        "option": settings.option,
        "met": settings.met,
        "grid": settings.grid,
        "start": str(run.start),
        "end": str(settings.end),
        "resumed": run.start != settings.start,
        "newest_checkpoint": newest_checkpoint(run),
        "wall_seconds": round(run.seconds, 1),
        "model_seconds": round(run.model_seconds, 1),
        "peak_memory_gib": peak_memory_gib(run.folder / "time.txt"),
        "instance_type": run.machine.instance_type,
        "cores": run.machine.cores,
        "threads": run.machine.threads,
        "nodes": 1,
        "staged_files": run.staged.files,
        "staged_bytes": run.staged.size,
        "saved_files": len(run.saver.saved) if run.saver else 0,
        "log": run.log_name,
        "image": inventory(),
    }
    return told | (speed(settings, run) if code == Code.OK else {})


def speed(settings: Settings, run: Run) -> dict[str, float]:
    """Of a finished attempt."""
    days = (settings.end - run.start).days
    if run.model_seconds <= 0:
        return {"simulated_days": days}
    return {
        "simulated_days": days,
        "simulated_days_per_day": round(days * _SECONDS_A_DAY / run.model_seconds, 2),
    }


def newest_checkpoint(run: Run) -> str:
    names = run.saver.checkpoints if run.saver else ()
    return str(restart_day(Path(names[-1]).name)) if names else ""


def peak_memory_gib(measured: Path) -> float | None:
    """By `time -v`; None when the model has not run."""
    try:
        found = re.search(r"Maximum resident set size \(kbytes\): (\d+)", measured.read_text())
    except OSError:
        return None
    return round(int(found[1]) / 2**20, 3) if found else None


def inventory() -> dict[str, str]:
    """What the image was built of."""
    try:
        lines = (MODEL / "inventory").read_text().splitlines()
    except OSError:
        return {}
    return dict(line.split("=", 1) for line in lines if "=" in line)
