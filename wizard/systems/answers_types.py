"""What one answer may be: its type, its bounds, and the words that say so.

`parse` takes what stands in a file, on a command line or in an environment variable and gives the value, or
raises NotThat with the words of what was expected. Cross-field rules are not here: see answers.py.
"""

from __future__ import annotations

import difflib
import ipaddress
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from geos.wizard.systems.expressions import Value

LONGEST_TEXT = 1000
"""Characters; far above any name or address, far below what a template holds."""

LIKE_ENOUGH = 0.6
"""Ratio of difflib from which a word counts as a slip of another."""


class NotThat(Exception):
    """A value that does not fit. Carries what was expected and the nearest allowed value, if one is near."""

    def __init__(self, expected: str, nearest: str = "") -> None:
        super().__init__(expected)
        self.expected = expected
        self.nearest = nearest


@dataclass(frozen=True)
class Parameter:
    """One question: a key of geos.yaml, a flag, and a value of the templates, all of the same name."""

    name: str
    type: str
    group: str
    default: Value = None
    has_default: bool = False
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[Value, ...] = ()
    choice_help: Mapping[str, str] | None = None
    pattern: str = ""
    expected: str = ""
    """The pattern in words."""
    question: str = ""
    """Empty: never asked, only set by file, flag or environment."""
    help: str = ""
    when: str = ""
    """Expression: whether the question makes sense. Empty: always."""
    required: str = ""
    """Expression: whether an empty answer is refused. Empty: a parameter without default is required."""
    unit: str = ""
    cfn: str = ""
    """The CloudFormation parameter that takes this value in the stacks that have it."""
    order: int = 0

    @property
    def flag(self) -> str:
        return "--" + self.name.replace("_", "-")

    @property
    def variable(self) -> str:
        return "GEOS_" + self.name.upper()

    def expected_words(self) -> str:
        """What is allowed, as the end of a sentence."""
        if self.choices:
            return "one of " + ", ".join(_shown(c) for c in self.choices)
        if self.type in ("integer", "number"):
            return _number_words(self)
        return self.expected or _TYPES[self.type].words


@dataclass(frozen=True)
class _Type:
    words: str
    parse: Callable[[Any, Parameter], Value]


def parse(raw: Any, parameter: Parameter) -> Value:
    """The value that `raw` stands for. Raises NotThat."""
    try:
        value = _TYPES[parameter.type].parse(raw, parameter)
    except (ValueError, TypeError) as e:
        raise NotThat(parameter.expected_words(), _nearest_choice(raw, parameter)) from e
    if parameter.choices and value not in parameter.choices and value != "":
        raise NotThat(parameter.expected_words(), _nearest_choice(raw, parameter))
    return value


def nearest(word: str, among: Iterable[str]) -> str:
    """The one of `among` that `word` was probably meant to be, or "". Of equals the one that begins alike."""
    sought = word.lower()
    scored = [
        (round(difflib.SequenceMatcher(None, sought, name.lower()).ratio(), 6), _same_start(sought, name.lower()), name)
        for name in among
    ]
    best = max(scored, default=(0.0, 0, ""), key=lambda found: found[:2])
    return best[2] if best[0] >= LIKE_ENOUGH else ""


def _same_start(one: str, other: str) -> int:
    return next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def known_types() -> frozenset[str]:
    return frozenset(_TYPES)


def shown(raw: Any) -> str:
    """A value as a message quotes it."""
    text = raw if isinstance(raw, str) else _shown(raw)
    short = text if len(text) <= 60 else text[:57] + "..."
    return json.dumps(short, ensure_ascii=False) if isinstance(raw, str) else short


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)


def _nearest_choice(raw: Any, parameter: Parameter) -> str:
    return nearest(str(raw), (c for c in parameter.choices if isinstance(c, str)))


def _number_words(parameter: Parameter) -> str:
    kind = "a whole number" if parameter.type == "integer" else "a number"
    low, high = (None if b is None else str(b) for b in (parameter.minimum, parameter.maximum))
    if low and high:
        return f"{kind} from {low} to {high}"
    if low or high:
        return f"{kind} of at least {low}" if low else f"{kind} of at most {high}"
    return kind


# --- one function per type; ValueError or TypeError means: not that --------------------------


def _text(raw: Any, parameter: Parameter) -> str:
    if isinstance(raw, bool) or not isinstance(raw, str | int | float):
        raise TypeError
    text = str(raw)
    if len(text) > LONGEST_TEXT or any(ord(c) < 32 or 0x7F <= ord(c) < 0xA0 or 0xD800 <= ord(c) < 0xE000 for c in text):
        raise ValueError
    if parameter.pattern and text and re.fullmatch(parameter.pattern, text) is None:
        raise ValueError
    return text


def _formed(pattern: str) -> Callable[[Any, Parameter], str]:
    """A text type of one form; empty text stands for "none" where the parameter is optional."""
    compiled = re.compile(pattern)

    def parse_formed(raw: Any, parameter: Parameter) -> str:
        text = _text(raw, parameter)
        if text and compiled.fullmatch(text) is None:
            raise ValueError
        return text

    return parse_formed


def _bounded(number: float, parameter: Parameter) -> None:
    if parameter.minimum is not None and number < parameter.minimum:
        raise ValueError
    if parameter.maximum is not None and number > parameter.maximum:
        raise ValueError


def _integer(raw: Any, parameter: Parameter) -> int:
    if isinstance(raw, bool) or not isinstance(raw, str | int) or len(str(raw)) > 20:
        raise TypeError
    number = int(raw)
    _bounded(number, parameter)
    return number


def _number(raw: Any, parameter: Parameter) -> float | int:
    if isinstance(raw, bool) or not isinstance(raw, str | int | float):
        raise TypeError
    number = float(raw)
    if not abs(number) < 1e15:
        raise ValueError
    _bounded(number, parameter)
    return int(number) if number.is_integer() else number


_WORDS_OF_TRUTH = {"true": True, "yes": True, "on": True, "1": True} | dict.fromkeys(("false", "no", "off", "0"), False)


def _boolean(raw: Any, parameter: Parameter) -> bool:
    if isinstance(raw, bool):
        return raw
    found = _WORDS_OF_TRUTH.get(str(raw).strip().lower())
    if found is None:
        raise ValueError
    return found


def _choice(raw: Any, parameter: Parameter) -> Value:
    for choice in parameter.choices:
        if raw == choice and not isinstance(raw, bool):
            return choice
        if str(raw) == str(choice):
            return choice
    raise ValueError


def _list(raw: Any, parameter: Parameter) -> list[str]:
    items = _pieces(raw)
    return [_text(item, parameter) for item in items]


def _pieces(raw: Any) -> list[Any]:
    """Comma-separated text, a list, or a list of comma-separated texts (a repeated flag)."""
    if isinstance(raw, str):
        return [part.strip() for part in raw.split(",") if part.strip()]
    if isinstance(raw, Sequence):
        return [part for item in raw for part in (_pieces(item) if isinstance(item, str) else [item])]
    raise TypeError


def _instances(raw: Any, parameter: Parameter) -> list[str]:
    from geos.wizard.tables.instances import instances

    names = [_text(item, parameter) for item in _pieces(raw)]
    unknown = next((name for name in names if name not in instances()), None)
    if unknown is not None:
        words = f"a list of EC2 instance types that geos knows ({unknown} is not one)"
        raise NotThat(words, nearest(unknown, instances()))
    return list(dict.fromkeys(names))


def _region(raw: Any, parameter: Parameter) -> str:
    from geos.wizard.tables.regions import regions

    text = _text(raw, parameter)
    codes = [r.code for r in regions()]
    if text and text not in codes:
        raise NotThat(_TYPES["region"].words, nearest(text, codes))
    return text


def _cidr(raw: Any, parameter: Parameter) -> str:
    text = _text(raw, parameter)
    if not text:
        return text
    if "/" not in text:
        raise ValueError
    network = ipaddress.IPv4Network(text)
    _bounded(network.prefixlen, parameter)
    return str(network)


_DURATION = re.compile(r"(?P<count>\d{1,9})\s*(?P<unit>s|min|m|h|d|)")
_SECONDS = {"": 1, "s": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400}


def _duration(raw: Any, parameter: Parameter) -> int:
    """Seconds."""
    match = _DURATION.fullmatch(str(raw).strip()) if not isinstance(raw, bool) else None
    if match is None:
        raise ValueError
    seconds = int(match["count"]) * _SECONDS[match["unit"]]
    _bounded(seconds, parameter)
    return seconds


def _objects(raw: Any, parameter: Parameter) -> list[dict[str, Any]]:
    """Mappings as CloudFormation takes them; as text (flag, environment) they are JSON."""
    items = json.loads(raw) if isinstance(raw, str) and raw else raw or []
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise TypeError
    if not all(isinstance(key, str) for item in items for key in item):
        raise TypeError
    found: list[dict[str, Any]] = json.loads(json.dumps(items))  # what JSON cannot hold is refused here
    return found


_TYPES: dict[str, _Type] = {
    "text": _Type("text on one line", _text),
    "name": _Type(
        "lower-case letters, digits and hyphens, beginning with a letter and not ending in a hyphen",
        _formed(r"[a-z](?:[a-z0-9]|-(?=[a-z0-9]))*"),
    ),
    "integer": _Type("a whole number", _integer),
    "number": _Type("a number", _number),
    "boolean": _Type("true or false", _boolean),
    "choice": _Type("one of the choices", _choice),
    "list": _Type("a list of words", _list),
    "instances": _Type("a list of EC2 instance types", _instances),
    "region": _Type("an AWS region such as us-east-1", _region),
    "cidr": _Type("a network such as 10.0.0.0/16 (no bits set to the right of the mask)", _cidr),
    "email": _Type("an e-mail address", _formed(r"[^@\s\"<>,;]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")),
    "arn": _Type(
        "an ARN such as arn:aws:iam::123456789012:policy/limit",
        _formed(r"arn:[a-z-]+:[a-z0-9-]+:[a-z0-9-]*:([0-9]{12}|aws)?:\S+"),
    ),
    "duration": _Type("a time such as 90m, 24h or 86400 (seconds)", _duration),
    "objects": _Type("a list of mappings, as CloudFormation takes them", _objects),
}
