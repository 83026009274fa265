"""How an error leaves the program: one breath for a person, one object for a program."""

from __future__ import annotations

import argparse
import logging
import re
from pathlib import Path

from geos.wizard.errors import Exit, GeosError
from geos.wizard.paths import shown
from geos.wizard.ui import Ui

log = logging.getLogger("geos.cli")


def report_error(error: GeosError, ui: Ui, flags: argparse.Namespace, logfile: Path | None) -> int:
    """Show `error`; its exit code."""
    log.error("%s %s %s", error.code, error.aws_code, error.message, exc_info=error)
    place = shown(logfile) if logfile else ""
    hint = with_account(error.hint, flags)
    if flags.output == "json":
        ui.data(
            {
                "error": {
                    "code": error.code,
                    "message": error.message,
                    "hint": hint,
                    "aws_code": error.aws_code,
                    "log": place,
                }
            }
        )
        return error.exit
    if error.shown:
        return error.exit
    if error.exit == Exit.CANCELLED:
        ui.say(f"{error.message}{f' {hint}.' if hint else ''}")
        return error.exit
    from geos.wizard.ui.views.errors import error as view

    ui.say(view(error, log=place, hint=hint))
    return error.exit


_ASKS_AWS = re.compile(
    r"\bgeos-(?:setup (?=(?:check|quotas|plan|deploy|status|outputs|validate|destroy)\b)"
    r"|build (?!explain|matrix|completion)|recommend (?=(?:refresh|calibrate)\b))(?!.*--sandbox|.*--profile)"
)


def with_account(hint: str, flags: argparse.Namespace) -> str:
    """The commands in a hint reach the account that this one was meant for."""
    account = "--sandbox " if flags.sandbox else f"--profile {flags.profile} " if flags.profile else ""
    return _ASKS_AWS.sub(lambda found: found[0] + account, hint)


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
