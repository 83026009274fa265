"""How an error leaves the program: one breath for a person, one object for a program."""

from __future__ import annotations

import argparse
import logging
from pathlib import Path

from geos.wizard.errors import BadAnswers, Exit, GeosError
from geos.wizard.paths import shown
from geos.wizard.ui import Ui

log = logging.getLogger("geos.cli")


def report_error(error: GeosError, ui: Ui, flags: argparse.Namespace, logfile: Path | None) -> int:
    """Show `error`; its exit code."""
    log.error("%s %s %s", error.code, error.aws_code, error.message, exc_info=error)
    place = shown(logfile) if logfile else ""
    if flags.output == "json":
        ui.data(
            {
                "error": {
                    "code": error.code,
                    "message": error.message,
                    "hint": error.hint,
                    "aws_code": error.aws_code,
                    "log": place,
                }
            }
        )
        return error.exit
    if error.shown:
        return error.exit
    if error.exit == Exit.CANCELLED:
        ui.say(f"{error.message}{f' {error.hint}.' if error.hint else ''}")
        return error.exit
    faults = error.faults if isinstance(error, BadAnswers) else (error.message,)
    for fault in faults:
        ui.say(f"error: {fault}")
    if len(faults) > 1:
        ui.say(f"{len(faults)} faults; nothing was created.")
    if error.hint:
        ui.say(f"  try: {error.hint}")
    aws = f"  AWS: {error.aws_code}" if error.aws_code else ""
    ui.say(f"  {error.code}{aws}  (geos-setup explain {error.code}){f'  log {place}' if place else ''}")
    return error.exit


def report_fault(fault: Exception, ui: Ui, flags: argparse.Namespace, logfile: Path | None) -> int:
    """A fault of our own: say so, keep the traceback in the log."""
    log.error("a fault of geos", exc_info=fault)
    return report_error(
        GeosError(
            f"geos met a fault of its own ({type(fault).__name__}: {fault}).",
            hint="please report it with the log; --debug shows the traceback",
        ),
        ui,
        flags,
        logfile,
    )
