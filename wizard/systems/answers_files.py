"""geos.yaml: read with line numbers, written with the help texts as comments; and the flags that mirror it.

The file holds values only. Keys or values that look like secrets are refused, both ways: secrets belong in
Secrets Manager, and credentials in AWS's own profile.
"""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from geos.wizard.errors import BadAnswers
from geos.wizard.systems.answers import Answers, Given, Schema, Settled, dependencies
from geos.wizard.systems.answers_types import Parameter
from geos.wizard.systems.expressions import Value

IDENTITY = ("system", "project", "environment")
"""What tells one deployment from another: always written, so that a changed default cannot rename it."""

_SECRET_KEY = re.compile(r"password|passwd|secret|token|private_?key|access_?key|credential", re.IGNORECASE)
_SECRET_VALUE = re.compile(r"\b(AKIA|ASIA)[A-Z0-9]{16}\b|-----BEGIN [A-Z ]*PRIVATE KEY-----")


def read_answers(path: Path, *, name: str = "") -> Answers | None:
    """The answers in a file, or None when there is no such file. `name` is how messages call it.

    Raises BadAnswers when it is no flat YAML mapping or seems to hold a secret, DiskRefused when it cannot be read.
    Keys and values are checked by `settle`.
    """
    from geos.wizard.files import read_text

    text = read_text(path)
    return None if text is None else parse_answers(text, name or path.name)


def parse_answers(text: str, name: str) -> Answers:
    """As read_answers, from text."""
    from geos.wizard.systems.lined import NotReadable, parse

    try:
        document = parse(text)
    except NotReadable as e:
        place = f"{name}, line {e.line}" if e.line else name
        raise BadAnswers([f"{place}: {e.reason}."], hint="one key: value on each line") from e
    if document.value is None:
        return Answers(name, {})
    if not isinstance(document.value, dict):
        raise BadAnswers([f"{name}: one key: value on each line was expected."])
    given: dict[str, Given] = {}
    faults: list[str] = []
    for key, raw in document.value.items():
        place = f"{name}, line {document.line((str(key),))}"
        given[str(key)] = Given(raw, place, document.written.get((str(key),)))
        if looks_secret(str(key), raw):
            faults.append(f'{place}: "{key}" looks like a secret, and this file is no place for one.')
    if faults:
        raise BadAnswers(faults, hint="keep credentials in an AWS profile: aws configure, or aws configure sso")
    return Answers(name, given)


def looks_secret(key: str, value: Any) -> bool:
    return bool(_SECRET_KEY.search(key)) or (isinstance(value, str) and bool(_SECRET_VALUE.search(value)))


# --- writing ---------------------------------------------------------------------------------


def answers_text(settled: Settled, *, also: Collection[str] = ()) -> str:
    """geos.yaml: what was answered, or follows from what was read of the account, as values to keep; all other
    defaults as comments, so that a reader sees what could be set. `also` names parameters to keep as values."""
    schema = settled.schema
    lines = ["# Answers of geos-setup; every key is also a flag (max_vcpus: --max-vcpus).", ""]
    titles = {g.name: g.title for g in schema.groups}
    group = None
    for parameter in schema.in_order():
        if parameter.group != group:
            group = parameter.group
            lines += [f"# --- {titles.get(group, group)} ---", ""]
        lines += _entry(parameter, settled, also)
    return "\n".join(lines).rstrip("\n") + "\n"


def _entry(parameter: Parameter, settled: Settled, also: Collection[str]) -> list[str]:
    name = parameter.name
    if looks_secret(name, settled.values.get(name)):
        raise BadAnswers([f"{name} looks like a secret; it is not written to an answers file."])
    lines = [f"# {line}" for line in textwrap.wrap(_comment(parameter), 98, break_on_hyphens=False)]
    read_off = "facts" in dependencies(parameter) and settled.applies.get(name, False)
    keep = settled.is_given(name) or name in also or name in IDENTITY or read_off
    value = settled.values.get(name)
    written = f"{name}: {yaml_text(value)}".rstrip()
    return [*lines, written if keep and value is not None else f"# {written}", ""]


def _comment(parameter: Parameter) -> str:
    """The help text and, where that narrows the choice, what is allowed."""
    bounded = parameter.choices or parameter.minimum is not None or parameter.maximum is not None
    words = f" Allowed: {parameter.expected_words()}." if bounded else ""
    return (parameter.help or parameter.question) + words


def write_answers(path: Path, settled: Settled, *, also: Collection[str] = ()) -> None:
    """Write geos.yaml, whole or not at all. Raises DiskRefused."""
    from geos.wizard.files import write_whole

    write_whole(path, answers_text(settled, also=also))


_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*")
_YAML_WORDS = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n"})


def yaml_text(value: Value) -> str:
    """A value on one line of YAML: plain where that is safe, else quoted."""
    if isinstance(value, str):
        if _PLAIN.fullmatch(value) and value.lower() not in _YAML_WORDS:
            return value
        return '"' + "".join(map(_quoted, value)) + '"'
    if isinstance(value, list):
        return "[" + ", ".join(map(yaml_text, value)) + "]"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{yaml_text(str(k))}: {yaml_text(v)}" for k, v in value.items()) + "}"
    return "" if value is None else json.dumps(value)


def _quoted(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    return character if character.isprintable() else f"\\U{ord(character):08X}"


# --- flags -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Flag:
    """What a command line needs to know of one parameter; plain values, so that building a parser stays quick."""

    parameter: str
    name: str
    negative: str = ""
    """--no-flow-logs for a boolean, else empty."""
    repeatable: bool = False
    """A list: comma-separated, or the flag several times."""
    metavar: str = ""
    help: str = ""
    group: str = ""


def flags(schema: Schema) -> tuple[Flag, ...]:
    """The flags of every parameter, in the order of the questions."""
    return tuple(_flag(parameter) for parameter in schema.in_order())


_METAVARS = {
    "integer": "N",
    "number": "N",
    "list": "A,B",
    "instances": "TYPE,TYPE",
    "cidr": "CIDR",
    "email": "ADDRESS",
    "arn": "ARN",
    "region": "REGION",
    "duration": "TIME",
    "objects": "JSON",
    "boolean": "",
}


def _flag(parameter: Parameter) -> Flag:
    boolean = parameter.type == "boolean"
    metavar = "|".join(map(str, parameter.choices)) if 0 < len(parameter.choices) <= 6 else ""
    help_text = parameter.question or parameter.help
    return Flag(
        parameter=parameter.name,
        name=parameter.flag,
        negative="--no-" + parameter.name.replace("_", "-") if boolean else "",
        repeatable=parameter.type in ("list", "instances"),
        metavar=metavar or _METAVARS.get(parameter.type, "TEXT"),
        help=help_text + (f" [{parameter.unit}]" if parameter.unit else ""),
        group=parameter.group,
    )


def as_given(values: Mapping[str, Any], origin: str) -> Answers:
    """Values that a program holds (the wizard's own answers, a user file already read), under one origin."""
    return Answers(origin, {name: Given(raw, origin) for name, raw in values.items() if raw is not None})
