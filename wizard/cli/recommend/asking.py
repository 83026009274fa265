"""The question by questions, for whoever runs geos-recommend without flags in a terminal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from geos.benchmarks import configurations
from geos.benchmarks.configurations import GCHP
from geos.benchmarks.memory import memory_need
from geos.wizard.cli.recommend.question import Heard
from geos.wizard.sizing import reading
from geos.wizard.sizing.reading import Unclear
from geos.wizard.sizing.values import Ask
from geos.wizard.ui import Back, Option, Question

if TYPE_CHECKING:
    from geos.wizard.cli.context import Context

TITLE = "geos-recommend"
_MODELS = {
    "gcclassic": ("GEOS-Chem Classic", "one machine, latitude-longitude grids"),
    GCHP: ("GCHP", "MPI, cubed sphere"),
}
_COMMON = ("fullchem", "aerosol", "carbon", "ch4", "co2", "hg", "tago3", "transporttracers", "tomas", "rrtmg")


def ask_for(context: Context, told: Heard) -> Heard:
    """Whatever flags have not told, one question after the other; `<` goes back. Raises Cancelled."""
    ask, steps = told.ask, _steps(context, told)
    at = 0
    while at < len(steps):
        make, take = steps[at]
        question = replace(make(ask), step=at + 1, steps=len(steps), program=TITLE, kept=False)
        try:
            ask = take(ask, context.ui.ask(question))
            at += 1
        except Back:
            at = max(0, at - 1)
    return told._replace(ask=ask, missing=())


_Step = tuple[Callable[[Ask], Question], Callable[[Ask, str], Ask]]


def _steps(context: Context, told: Heard) -> list[_Step]:
    flags = context.flags
    steps: list[_Step] = []
    if "grid" in told.missing:
        if not flags.model:
            steps.append((_model, lambda ask, answer: replace(ask, model=answer)))
        steps.append((_grid, lambda ask, answer: replace(ask, grid=answer)))
        if not flags.simulation:
            steps.append((_simulation, lambda ask, answer: replace(ask, simulation=answer)))
    if "days" in told.missing:
        steps.append((_days, lambda ask, answer: replace(ask, days=reading.days(answer))))
        steps.append(
            (_deadline, lambda ask, answer: replace(ask, deadline_hours=reading.hours(answer) if answer else None))
        )
        steps.append((_budget, lambda ask, answer: replace(ask, budget_usd=reading.usd(answer) if answer else None)))
    return steps


def _model(ask: Ask) -> Question:
    return Question(
        "model",
        "Which model?",
        "GEOS-Chem Classic runs on one machine, with a global or nested grid in degrees. GCHP runs on a cubed sphere "
        "and can be spread over several machines; it needs ten times the memory at the coarsest grid already.",
        kind="choice",
        options=tuple(Option(name, words) for name, words in _MODELS.items()),
        columns=("model", ""),
        default=ask.model,
        title="Model",
        label="Model",
    )


def _grid(ask: Ask) -> Question:
    options = []
    for name in configurations.grids(ask.model):
        found, need = configurations.grid(name), memory_need(ask.model, name)
        columns = f"{found.columns:,}" if found and found.columns else "-"
        options.append(Option(name, (name, columns, f"{need.gib_least:.0f}" if need else "?")))
    return Question(
        "grid",
        "Which grid?",
        "The finer the grid, the more columns of air: work grows with them, memory as well. Speeds are published for "
        "4x5, 2x2.5, c24, c48 and c180; grids between are reckoned, nested ones and c360 are not.",
        kind="choice",
        options=tuple(options),
        columns=("grid", "columns", "GiB at least"),
        default=options[0].value,
        title="Grid",
        label="Grid",
    )


def _simulation(ask: Ask) -> Question:
    known = configurations.simulations(ask.model)
    names = [name for name in _COMMON if name in known]
    names += [name for name in known if name not in names]
    return Question(
        "simulation",
        "Which simulation?",
        "Usable timings are published for full chemistry only. For all others memory and disk are sized, and the "
        "types are put in order by price per core.",
        kind="choice",
        options=tuple(Option(name, (name,)) for name in names),
        columns=("simulation",),
        default="fullchem",
        title="Simulation",
        label="Simulation",
    )


def _days(ask: Ask) -> Question:
    return Question(
        "days",
        "How many days does a run simulate?",
        "A number of days: 31, 365. With flags, --start and --end do the same, and --runs asks for several runs.",
        default="365",
        check=_checked(reading.days),
        title="Length",
        label="Days",
    )


def _deadline(ask: Ask) -> Question:
    return Question(
        "deadline",
        "Until when? (48h, 3d; empty: no matter)",
        "The time that all runs may take, counted from their start. Types that likely need longer are left out.",
        default="",
        check=lambda text: _checked(reading.hours)(text) if text.strip() else "",
        title="Deadline",
        label="Deadline",
    )


def _budget(ask: Ask) -> Question:
    return Question(
        "budget",
        "For how many USD at most? (empty: no matter)",
        "What the instances of all runs may cost. Storage and building the image are not part of it.",
        default="",
        check=lambda text: _checked(reading.usd)(text) if text.strip() else "",
        title="Budget",
        label="Budget",
    )


def _checked(read: Callable[[str], object]) -> Callable[[str], str]:
    def check(text: str) -> str:
        try:
            read(text)
        except Unclear as e:
            return f"it {e}"
        return ""

    return check
