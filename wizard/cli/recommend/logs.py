"""What `learn` and `check` have in common: logs read, and whatever they do not tell asked for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from geos.wizard.cli.recommend.told import whole
from geos.wizard.errors import LogIncomplete, LogUnusable, UsageError

if TYPE_CHECKING:
    from geos.benchmarks.logs import LogRefused
    from geos.wizard.cli.context import Context
    from geos.wizard.measuring.learning import Told, Understood
    from geos.wizard.ui import Question

_FLAGS = {
    "machine": "instance",
    "cores": "cores",
    "version": "model-version",
    "simulation": "simulation",
    "grid": "grid",
}
"""What a log may leave open -> the flag that tells it."""
_NUMBERS = ("cores", "threads")


def read(context: Context) -> tuple[list[Understood], list[LogRefused]]:
    """The runs of the files named, complete, and the files that hold none.

    Raises LogUnusable when no file holds a run, LogIncomplete when nobody can tell what is missing.
    """
    from dataclasses import replace

    from geos.wizard.measuring.learning import understand

    flags = context.flags
    told = _told(context)
    with context.ui.waiting("reading logs"):
        found, refused = understand([Path(name) for name in flags.logs], one_run=flags.one_run)
    if not found:
        raise LogUnusable(
            "\n".join(f"{one.name}: {one.kind}; {one.reason}." for one in refused),
            hint="give the standard output of runs that ended; geos-recommend explain GEOS-R031",
        )
    return [_complete(context, replace(one, told=told)) for one in found], refused


def _told(context: Context) -> Told:
    from geos.wizard.measuring.learning import Told

    flags = context.flags
    if "," in flags.instance:
        raise UsageError(f"--instance names several types: {flags.instance}.", hint="one type, for all logs named")
    return Told(
        machine=flags.instance.strip(),
        cores=whole(flags, "cores"),
        threads=whole(flags, "threads"),
        nodes=whole(flags, "nodes"),
        version=flags.model_version.strip(),
        simulation=flags.simulation.strip().lower(),
        grid=flags.grid.strip().lower(),
    )


def _complete(context: Context, found: Understood) -> Understood:
    """Ask for what is missing, one thing after the other; what makes no sense is refused."""
    from dataclasses import replace

    from geos.wizard.measuring.learning import faults

    asks = context.ui.interactive and not context.flags.yes
    while found.missing or (asks and found.threads_open):
        if not asks:
            lacking = " ".join(f"--{_FLAGS[name]} …" for name in found.missing)
            raise LogIncomplete(
                f"{found.name} does not tell {' and '.join(found.missing)}.",
                hint=f"geos-recommend {context.flags.verb} {found.paths[0]} {lacking}",
            )
        name = next(iter(found.missing), "threads")
        answer = str(context.ui.ask(_question(found, name))).strip()
        found = replace(found, told=_with(found.told, name, answer))
    if wrong := faults(found):
        raise UsageError("\n".join(f"{found.name}: {fault}." for fault in wrong), hint="correct what was told")
    return found


def _with(told: Told, name: str, answer: str) -> Told:
    from dataclasses import replace

    answers: dict[str, Any] = {name: int(answer) if name in _NUMBERS else answer}
    return replace(told, **answers)


def _question(found: Understood, name: str) -> Question:
    from geos.wizard.measuring.machines import is_known
    from geos.wizard.ui import Question

    def check(text: str) -> str:
        if name == "machine" and not is_known(text.strip()):
            return "an instance type was expected, such as c8g.16xlarge"
        if name in _NUMBERS and not (text.strip().isdigit() and int(text) > 0):
            return "a whole number above 0 was expected"
        return "" if text.strip() else "something was expected"

    words, help_text = _QUESTIONS[name]
    return Question(name, f"{found.name}: {words}", help_text, default=_usual(found, name), check=check, label=words)


def _usual(found: Understood, name: str) -> str:
    """All cores of the machine, and all hardware threads of these."""
    from geos.wizard.measuring.machines import find_machine

    machine = find_machine(found.machine)
    if machine is None or not machine.physical_cores:
        return ""
    if name == "cores":
        return str(machine.physical_cores)
    return str((found.cores or 0) * machine.threads_per_core) if name == "threads" else ""


_QUESTIONS = {
    "machine": (
        "instance type",
        "The model does not print where it runs. A line `geos: instance_type=… cores=…` in the job script does.",
    ),
    "cores": (
        "physical cores used",
        "Cores and not hyper-threads: a c7i.16xlarge has 64 vCPUs and 32 cores, a c8g.16xlarge 64 and 64.",
    ),
    "threads": (
        "OpenMP threads used",
        "OMP_NUM_THREADS of the run. With two threads on each core GEOS-Chem Classic is 10 to 20 % faster.",
    ),
    "version": ("GEOS-Chem release", "Such as 14.7.1; releases differ in speed as much as machines do."),
    "simulation": ("simulation", "Such as fullchem, carbon or transporttracers."),
    "grid": ("grid", "Such as 4x5, 2x2.5, c48 or c180."),
}
