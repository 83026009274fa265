"""From flags, or the answers of a deployment, to a question; everything that is wrong with it at once."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from geos.benchmarks import configurations
from geos.benchmarks.configurations import GCCLASSIC, MODELS
from geos.benchmarks.inputs import METS
from geos.benchmarks.model import LABELS
from geos.wizard.errors import BadQuestion, NothingToSize, UnknownType
from geos.wizard.sizing import reading
from geos.wizard.sizing.catalogue import all_regions
from geos.wizard.sizing.reading import Unclear
from geos.wizard.sizing.values import ANY, MEMORY_MARGIN, ON_DEMAND, SPOT, Ask

if TYPE_CHECKING:
    import argparse

    from geos.wizard.cli.context import Context
    from geos.wizard.sizing.catalogue import Catalogue

T = TypeVar("T")

FALLBACK_REGION = "us-east-1"
"""Where the input data lie."""
_MODEL_WORDS = {"classic": GCCLASSIC, "geoschemclassic": GCCLASSIC, "geoschem": GCCLASSIC, "gc": GCCLASSIC}
_ARCH_WORDS = {"aarch64": "arm64", "arm": "arm64", "graviton": "arm64", "amd64": "x86_64", "x86": "x86_64"}
_PURCHASE_WORDS = {"ondemand": ON_DEMAND, "both": ANY}
NEEDED = ("grid", "days")


class Heard(NamedTuple):
    """A question as far as it was told."""

    ask: Ask
    missing: tuple[str, ...]
    """Of NEEDED."""
    remarks: tuple[str, ...]
    """What was taken for granted."""


def heard(context: Context) -> Heard:
    """Raises BadQuestion with every fault."""
    ear = _Ear(context)
    ask, remarks = ear.ask(), ear.remarks
    if ear.faults:
        raise BadQuestion(ear.faults, hint="geos-recommend --help lists the flags")
    return Heard(ask, ear.missing(ask), tuple(remarks))


class _Ear:
    """Reads one flag after the other and keeps what is wrong."""

    def __init__(self, context: Context) -> None:
        self.faults: list[str] = []
        self.remarks: list[str] = []
        self._flags: argparse.Namespace = context.flags
        self._context = context
        self._told = deployment_answers(context)

    def _text(self, flag: str) -> str:
        given = str(getattr(self._flags, flag) or "").strip()
        return given or self._told.get(flag, "")

    def _read(self, flag: str, read: Callable[[str], T], otherwise: T) -> T:
        text = self._text(flag)
        # An empty word that was given is one that a script failed to fill in.
        if not text:
            return otherwise
        try:
            return read(text)
        except Unclear as e:
            self.faults.append(_sentence(f"--{flag.replace('_', '-')} {e}"))
            return otherwise

    def ask(self) -> Ask:
        grid = self._text("grid").lower()
        model = self._model(grid)
        # One that no model has is told about with the rest of the set-up.
        simulation = self._read("simulation", _simulation, "fullchem")
        purchase = self._read("purchase", reading.one_of((SPOT, ON_DEMAND, ANY), _PURCHASE_WORDS), ANY)
        ask = Ask(
            model=model,
            simulation=simulation,
            grid=grid,
            days=self._days(),
            version=self._read("model_version", reading.release, ""),
            met=self._read("met", reading.one_of(METS), ""),
            runs=self._read("runs", reading.whole(reading.MOST_RUNS), 1),
            budget_usd=self._read("budget", reading.usd, None),
            deadline_hours=self._read("deadline", reading.hours, None),
            architecture=self._read("arch", reading.one_of(("arm64", "x86_64"), _ARCH_WORDS), ""),
            purchase=purchase,
            regions=self._regions(),
            nodes=self._read("nodes", reading.whole(reading.MOST_NODES), 0),
            max_vcpus=self._read("max_vcpus", reading.whole(reading.MOST_VCPUS), 0),
            memory_margin=self._read("memory_margin", reading.share, MEMORY_MARGIN),
            instances=_listed(self._text("instance")),
            excluded=_listed(self._text("exclude")),
            least_label=self._read("min_label", reading.one_of(LABELS[:-1]), ""),
        )
        self._check_setup(ask)
        return ask

    def _model(self, grid: str) -> str:
        found = configurations.grid(grid) if grid else None
        guess = found.model if found else GCCLASSIC
        return self._read("model", reading.one_of(MODELS, _MODEL_WORDS), guess)

    def _days(self) -> float:
        start = self._read("start", reading.day, None)
        end = self._read("end", reading.day, None)
        days = self._read("days", reading.days, 0.0)
        if not self._flags.start and not self._flags.end:
            return days
        if start is None or end is None:
            if not self.faults:
                self.faults.append(f"--{'end' if start else 'start'} is missing: --start and --end go together.")
            return days
        span = float((end - start).days)
        if span <= 0:
            self.faults.append(f"--end is {end}, which is not after --start {start}.")
        elif self._flags.days and days != span:
            self.faults.append(f"--days is {days:g}, and from {start} to {end} are {span:g}; give one of them.")
        return max(0.0, span)

    def _regions(self) -> tuple[str, ...]:
        text = self._text("region") or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or ""
        text = text or profiles_region(self._flags.profile)
        if not text:
            self.remarks.append(f"no region was named; {FALLBACK_REGION} is where the input data lie")
            return (FALLBACK_REGION,)
        named = _listed(text.lower())
        if named == ("all",):
            return all_regions()
        from geos.wizard.tables.regions import region, regions

        for name in named:
            if region(name) is None:
                near = reading.nearest(name, [r.code for r in regions()])
                self.faults.append(_sentence(f'--region is "{name}"; {near}'))
        return named

    def _check_setup(self, ask: Ask) -> None:
        """What the model itself cannot do."""
        if not ask.grid:
            return
        nodes = ask.nodes or 1
        told = configurations.faults(ask.model, ask.simulation, ask.grid, "", ask.days or 1.0, 0, nodes)
        self.faults += map(_sentence, told)

    def missing(self, ask: Ask) -> tuple[str, ...]:
        inverse = ask.budget_usd is not None or ask.deadline_hours is not None
        length = () if ask.days or inverse else ("days",)
        return (*(() if ask.grid else ("grid",)), *length)


def _sentence(words: str) -> str:
    return words if words.endswith("?") else f"{words}."


def _simulation(text: str) -> str:
    known = {name: name for model in MODELS for name in configurations.simulations(model)}
    try:
        return reading.one_of(tuple(known))(text)
    except Unclear:
        return text.strip().lower()


def profiles_region(profile: str) -> str:
    """Of the profile in use, where there is a file of profiles at all."""
    if not Path(os.environ.get("AWS_CONFIG_FILE") or Path.home() / ".aws" / "config").is_file():
        return ""
    from geos.wizard.aws.profile_region import profile_region

    return profile_region(profile or os.environ.get("AWS_PROFILE", ""))


def _listed(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word.strip() for word in text.split(",") if word.strip()))


def deployment_answers(context: Context) -> dict[str, str]:
    """With --config or --answers: what they say, by the names of our flags."""
    if not (context.flags.config or context.flags.answers):
        return {}
    from geos.wizard.study import workload_of

    settled = context.given.offline
    settled.require()
    values = settled.values
    workload = workload_of(context.offline_design)
    told = {"region": str(values.get("region") or "")}
    if workload is not None:
        told |= {
            "model": workload.model,
            "simulation": workload.simulation,
            "grid": workload.grid,
            "days": f"{workload.simulated_days:g}",
            "purchase": workload.purchase,
            "instance": ",".join(workload.instance_types),
        }
    return {flag: text for flag, text in told.items() if text}


def check_types(ask: Ask, catalogue: Catalogue) -> None:
    """Raises UnknownType for a glob that no type matches, NothingToSize for a catalogue without any offer."""
    from fnmatch import fnmatchcase

    if not any(catalogue.offers.values()):
        raise NothingToSize(
            f"no instance type is known to be offered in {', '.join(ask.regions)}.",
            hint="geos-recommend refresh reads what AWS offers; --region names another one",
        )
    for glob in ask.instances:
        if not any(fnmatchcase(name, glob) for name in catalogue.types):
            raise unknown_type("--instance", glob, catalogue)


def unknown_type(flag: str, name: str, catalogue: Catalogue) -> UnknownType:
    from geos.wizard.tables.instances import any_instance

    if any_instance(name) is not None:
        return UnknownType(
            f"{flag} {name} is an instance type that geos does not size (GPU, bare metal or an older family).",
            hint="geos-recommend -v lists those it does",
        )
    return UnknownType(
        _sentence(f"{flag} {name} is no instance type that geos knows; {reading.nearest(name, catalogue.types)}"),
        hint="geos-recommend -v lists them",
    )


_AGAIN = (
    "model", "simulation", "grid", "model_version", "met", "days", "start", "end", "runs", "budget", "deadline", "arch",
    "purchase", "region", "nodes", "max_vcpus", "memory_margin", "instance", "exclude", "min_label",
)  # fmt: skip


def as_flags(flags: argparse.Namespace, ask: Ask) -> str:
    """The flags that ask the same question again."""
    from shlex import quote

    given = {name: str(getattr(flags, name) or "") for name in _AGAIN}
    account = "--sandbox " if flags.sandbox else f"--profile {quote(flags.profile)} " if flags.profile else ""
    if flags.config or flags.answers:
        given |= {"config": flags.config, "answers": flags.answers}
    else:
        # What was answered in a terminal is not among the flags.
        answered = {
            "grid": ask.grid,
            "simulation": "" if ask.simulation == Ask.simulation else ask.simulation,
            "days": f"{ask.days:g}" if ask.days and not given["start"] else "",
            "deadline": f"{ask.deadline_hours:g}h" if ask.deadline_hours is not None else "",
            "budget": f"{ask.budget_usd:g}" if ask.budget_usd is not None else "",
        }
        given |= {name: text for name, text in answered.items() if not given[name]}
    return account + "".join(f"--{name.replace('_', '-')} {quote(text)} " for name, text in given.items() if text)
