"""How every geos command starts and ends: the one place where its parts are wired together and where errors end.

Only argparse and the list of errors are imported up here; `--help` and `--version` stay under 35 ms.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from geos.wizard.cli.parsing import Unusable, Words
from geos.wizard.errors import Cancelled, Exit, GeosError

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from geos.wizard.aws import Aws
    from geos.wizard.cli.context import Context
    from geos.wizard.cli.parsing import Answer
    from geos.wizard.facts import Target
    from geos.wizard.ui import Ui

MakeAws = Callable[["Target"], "Aws"]
MakeUi = Callable[["argparse.Namespace"], "Ui"]


class Program(NamedTuple):
    """One geos command."""

    words: Words
    parse: Callable[[Sequence[str]], tuple[argparse.Namespace, dict[str, Answer]]]
    """(flags with every gap filled, answers given as flags). Raises Unusable."""
    run: Callable[[Context], Exit]
    """Imports what it needs itself."""


def main(
    program: Program,
    argv: Sequence[str] | None = None,
    *,
    make_aws: MakeAws | None = None,
    make_ui: MakeUi | None = None,
) -> int:
    """Run one command; the exit code."""
    words = sys.argv[1:] if argv is None else argv
    try:
        flags, answers = program.parse(words)
    except Unusable as e:
        return _unusable(program, e, words, make_ui)
    if flags.version:
        from geos.wizard.version import VERSION

        sys.stdout.write(f"{program.words.prog} {VERSION}\n")
        return Exit.OK
    from geos.wizard import runlog

    log = runlog.start(flags.verb or _what_it_does(program), debug=flags.debug)
    try:
        return _run(program, flags, answers, log, make_aws, make_ui)
    finally:
        runlog.stop()


def _what_it_does(program: Program) -> str:
    """A log's name where no verb was given."""
    own = program.words.prog.removeprefix("geos-")
    return "wizard" if own == "setup" else own


def _run(
    program: Program,
    flags: argparse.Namespace,
    answers: dict[str, Answer],
    log: Path | None,
    make_aws: MakeAws | None,
    make_ui: MakeUi | None,
) -> int:
    from geos.wizard.cli.report import report_error, report_fault

    ui = (make_ui or _terminal)(flags)
    try:
        from geos.wizard.cli.context import Context
        from geos.wizard.interrupts import signals_like_ctrl_c

        with signals_like_ctrl_c():
            return program.run(Context(flags, answers, ui, make_aws or (lambda target: _aws(target, ui)), log))
    except KeyboardInterrupt:
        return report_error(Cancelled("interrupted.", hint="the same command goes on where it stopped"), ui, flags, log)
    except GeosError as e:
        return report_error(e, ui, flags, log)
    except BrokenPipeError:
        # Whoever read the output has gone (… | head); that is their right.
        sys.stderr.close()
        return Exit.OK
    except Exception as e:
        if flags.debug:
            raise
        return report_fault(e, ui, flags, log)


def _unusable(program: Program, error: Unusable, argv: Sequence[str], make_ui: MakeUi | None) -> int:
    """Words that cannot be parsed are told like any other error, also as JSON where that was asked for."""
    from geos.wizard import runlog
    from geos.wizard.cli.parsing import without_verb
    from geos.wizard.cli.report import report_error
    from geos.wizard.errors import UsageError

    flags = without_verb(program.words, argv)
    log = runlog.start("words", debug=False)
    try:
        return report_error(UsageError(error.message, hint=error.hint), (make_ui or _terminal)(flags), flags, log)
    finally:
        runlog.stop()


def _terminal(flags: argparse.Namespace) -> Ui:
    from geos.wizard.ui.terminal import Terminal

    return Terminal(no_color=flags.no_color, assume_yes=flags.yes, json=flags.output != "table")


def _aws(target: Target, ui: Ui) -> Aws:
    from geos.wizard.aws import Aws
    from geos.wizard.ui import Question

    def ask_code(question: str) -> str:
        help_text = "The six digits that your second factor shows now; the profile's role wants them."
        return str(ui.ask(Question("mfa_code", question.strip().rstrip(":") or "One-time code", help_text)))

    return Aws(target, ask_code=ask_code if ui.interactive else None)
