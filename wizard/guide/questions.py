"""From a parameter of a system's manifest to a question. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from geos.wizard.systems.answers_types import Parameter
from geos.wizard.ui import Option, Question

Check = Callable[[str], str]


def question_for(parameter: Parameter, default: Any, check: Check) -> Question:
    """The question without its head line. `check` gets what was typed and says what is wrong with it."""
    text = parameter.question
    if parameter.unit and parameter.unit.casefold().removesuffix("s") not in text.casefold():
        text += f" [{parameter.unit}]"
    help_text = _help(parameter)
    match parameter.type:
        case "boolean":
            return Question(parameter.name, text, help_text, "confirm", default=bool(default))
        case _ if parameter.choices:
            return Question(
                parameter.name,
                text,
                help_text,
                "choice",
                options=_options(parameter),
                columns=("", "") if parameter.choice_help else ("",),
                default="" if default is None else str(default),
                check=check,
            )
        case _:
            return Question(parameter.name, text, help_text, "text", default=typed(default), check=check)


def typed(value: Any) -> str:
    """A value as somebody would type it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _options(parameter: Parameter) -> tuple[Option, ...]:
    told: Mapping[str, str] = parameter.choice_help or {}
    return tuple(
        Option(str(c), (str(c), str(told.get(str(c), "") or told.get(c, "")))) if told else Option(str(c), (str(c),))
        for c in parameter.choices
    )


def _help(parameter: Parameter) -> str:
    """What `?` shows: the manifest's words, what may be answered, and how to answer it beforehand."""
    lines = [parameter.help] if parameter.help else []
    if not parameter.choices and parameter.type not in ("boolean", "text"):
        lines.append(f"Expected: {parameter.expected_words()}.")
    lines.append(f"In geos.yaml: {parameter.name}, as a flag: {parameter.flag}")
    return "\n".join(lines)
