"""The steps of the guided set-up, in order. Each yields the questions that are still open, the first one first.

A step looks at what is answered and known and decides anew each time, so that going back is nothing but taking an
answer back and looking again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from geos.wizard.errors import GeosError
from geos.wizard.guide import account
from geos.wizard.guide.asking import Asking
from geos.wizard.guide.questions import question_for, typed
from geos.wizard.guide.state import SYSTEM, WAY
from geos.wizard.systems.answers_types import Parameter
from geos.wizard.ui import Option, Question
from geos.wizard.ui.views.words import usd

if TYPE_CHECKING:
    from geos.wizard.guide.known import Known
    from geos.wizard.guide.parts import Choices

Ask = Callable[["Known"], Iterator[Asking]]

ACCOUNT, REVIEW = "account", "review"

TITLES = {ACCOUNT: "Account", SYSTEM: "System", REVIEW: "Review"}
"""Steps of our own; all others are groups of questions and bring their titles along."""


def steps(known: Known) -> list[tuple[str, str, Ask]]:
    """(name, title, questions) of every step."""
    groups = [
        (group.name, group.title, _asking_group(group.name))
        for group in known.schema.groups
        if group.name not in TITLES and any(p.question for p in known.schema.in_order() if p.group == group.name)
    ]
    return [
        (ACCOUNT, TITLES[ACCOUNT], account.questions),
        (SYSTEM, TITLES[SYSTEM], system_question),
        *groups,
        (REVIEW, TITLES[REVIEW], lambda _: iter(())),
    ]


def system_question(known: Known) -> Iterator[Asking]:
    """Which of the systems."""
    if known.system_is_open:
        yield Asking(SYSTEM, lambda: _system_question(known))


def _system_question(known: Known) -> Question:
    titles = known.parts.systems()
    options = tuple(Option(t.name, (t.title, t.summary)) for t in titles)
    default = known.state.remembered.get(SYSTEM, options[0].value if options else "")
    help_text = "A system is a set of stacks that belong together. More can be set up later, beside this one."
    return Question(SYSTEM, "What should be set up?", help_text, "choice", options, ("system", "what it is"), default)


def _asking_group(name: str) -> Ask:
    def ask(known: Known) -> Iterator[Asking]:
        for parameter in known.schema.in_order():
            if parameter.group == name and parameter.question and known.is_open(parameter.name):
                yield _asking(known, parameter)

    return ask


def _asking(known: Known, parameter: Parameter) -> Asking:
    table = TABLES.get(parameter.name) or TABLES.get(parameter.type)
    if table is None:
        return Asking(parameter.name, lambda: plain(known, parameter))
    return Asking(parameter.name, lambda: table(known, parameter))


def answered(known: Known, key: str) -> Question | None:
    """The question behind an answer of last time, without what would have to be looked up for it."""
    if key == WAY:
        return account.way_question(known)
    if key == SYSTEM:
        return _system_question(known)
    parameter = known.schema.parameters.get(key)
    return None if parameter is None else question_for(parameter, None, lambda _: "")


def plain(known: Known, parameter: Parameter) -> Question:
    """The question as the manifest has it."""
    return question_for(parameter, known.proposal(parameter.name), known.check(parameter))


# --- questions that are answered from a table --------------------------------------------------


def region_table(known: Known, parameter: Parameter) -> Question:
    """Where to run: the regions ranked by what could run there today."""
    found = known.region_facts()
    if isinstance(found, GeosError):
        return replace(plain(known, parameter), intro=f"The regions could not be compared: {found.message}")
    return _from_table(known, parameter, known.parts.regions(found, known.settled()), "choice")


def instance_table(known: Known, parameter: Parameter) -> Question:
    """Which machines: time and cost where they were measured, else price per core."""
    return _looked_up(
        known,
        parameter,
        lambda: known.parts.instances(known.aws(), known.settled(), known.facts(), parameter.name),
        "choices",
    )


def vpc_table(known: Known, parameter: Parameter) -> Question:
    return _looked_up(known, parameter, lambda: known.parts.vpcs(known.aws()), "choice")


def subnet_table(known: Known, parameter: Parameter) -> Question:
    vpc_id = str(known.settled().values.get("vpc_id") or "")
    return _looked_up(known, parameter, lambda: known.parts.subnets(known.aws(), vpc_id), "choices")


def way_out_table(known: Known, parameter: Parameter) -> Question:
    """How instances reach the internet, each way with what it costs while nothing runs."""
    base = plain(known, parameter)
    costs = known.parts.ways_out(known.settled(), known.facts())
    if not costs:
        return base
    options = tuple(
        replace(o, cells=(o.cells[0], f"{usd(costs[o.value])}" if o.value in costs else "?", *o.cells[1:]))
        for o in base.options
    )
    return replace(base, options=options, columns=("", "idle a month", ""))


TABLES: dict[str, Callable[[Known, Parameter], Question]] = {
    "region": region_table,
    "instances": instance_table,
    "vpc_id": vpc_table,
    "subnet_ids": subnet_table,
    "nat_mode": way_out_table,
}
"""By a parameter's name or type."""


def _looked_up(known: Known, parameter: Parameter, look: Callable[[], Choices], kind: str) -> Question:
    """The table, or the plain question with the reason why there is none."""
    try:
        with known.ui.waiting(f"looking up {parameter.question.casefold()}"):
            choices = look()
    except GeosError as e:
        return replace(plain(known, parameter), intro=f"What there is to choose is not known: {e.message}")
    return _from_table(known, parameter, choices, kind)


def _from_table(known: Known, parameter: Parameter, choices: Choices, kind: str) -> Question:
    base = plain(known, parameter)
    free = [o.value for o in choices.options if not o.disabled]
    if not free:
        # An answer taken back may be from another table, of another network: it is not proposed here.
        known_here = [v for v in _several(known.state.remembered.get(parameter.name)) if v in _values(choices)]
        intro = choices.intro or "There is nothing to choose from."
        return replace(base, intro=intro, default=typed(known_here))
    return Question(
        base.key,
        base.text,
        base.help,
        kind,
        choices.options,
        choices.columns,
        _proposed(known, parameter.name, choices, free, kind),
        choices.intro,
        base.check,
    )


def _proposed(known: Known, name: str, choices: Choices, free: list[str], kind: str) -> Any:
    """What stands marked: the answer taken back, else what the table proposes, else the default where it is free."""
    wanted = (known.state.remembered.get(name), choices.default, known.settled().values.get(name))
    if kind == "choices":
        named = ([v.strip() for v in _several(value) if v.strip() in free] for value in wanted)
        return next((values for values in named if values), [])
    return next((value for value in wanted if value in free), free[0])


def _values(choices: Choices) -> set[str]:
    return {o.value for o in choices.options}


def _several(value: Any) -> list[str]:
    return [str(v) for v in value] if isinstance(value, list | tuple) else str(value or "").split(",")
