"""Answers: one schema for geos.yaml, flags and the environment; settled with their origins, all faults at once.

    schema = load_system("some-system").schema
    layers = [from_flags(schema, given), from_environment(schema, os.environ), read_answers(path), …]
    settled = settle(schema, layers, facts)      # never raises for what a user wrote
    settled.require()                            # raises BadAnswers or MissingAnswers
    settled.values["max_vcpus"], settled.origins["max_vcpus"]

Layers come strongest first. Defaults may depend on facts and on other answers; they are settled in the order
of their dependencies.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from geos.wizard.errors import BadAnswers, BadManifest, MissingAnswers
from geos.wizard.systems.answers_types import NotThat, Parameter, nearest, parse, shown
from geos.wizard.systems.expressions import CONTEXT_NAMES, Facts, Value, evaluate, fill, names_in, value_of
from geos.wizard.systems.schema import Group, Rule, Schema, dependencies, expressions_in

__all__ = [
    "Answers", "Given", "Group", "Rule", "Schema", "Settled", "cfn_text", "check_one", "dependencies",
    "environment_names", "from_environment", "from_flags", "settle",
]  # fmt: skip

DEFAULT = "default"


# --- where answers come from -----------------------------------------------------------------


@dataclass(frozen=True)
class Given:
    """One answer as somebody gave it."""

    raw: Any
    origin: str
    """As a message names the place: "geos.yaml, line 3", "--max-vcpus", "GEOS_MAX_VCPUS"."""
    written: str | None = None
    """The scalar's own text in a file, where 007 is still 007."""


@dataclass(frozen=True)
class Answers:
    """All answers of one source."""

    source: str
    given: Mapping[str, Given] = field(repr=False)

    def __bool__(self) -> bool:
        return bool(self.given)


def from_flags(schema: Schema, flags: Mapping[str, Any]) -> Answers:
    """`flags`: parameter name -> what the command line said; None means that the flag was not given."""
    return Answers(
        "flags",
        {name: Given(raw, "--" + name.replace("_", "-")) for name, raw in flags.items() if raw is not None},
    )


def from_environment(schema: Schema, environment: Mapping[str, str]) -> Answers:
    """GEOS_<KEY> for every key, and AWS's own variables for profile and region. Empty ones count as not set."""
    found: dict[str, Given] = {}
    for name, variables in ((n, environment_names(p)) for n, p in schema.parameters.items()):
        set_one = next((v for v in variables if environment.get(v)), None)
        if set_one:
            found[name] = Given(environment[set_one], set_one)
    return Answers("environment", found)


_AWS_VARIABLES = {"profile": ("AWS_PROFILE",), "region": ("AWS_REGION", "AWS_DEFAULT_REGION")}


def environment_names(parameter: Parameter) -> tuple[str, ...]:
    return (parameter.variable, *_AWS_VARIABLES.get(parameter.name, ()))


# --- settling --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Settled:
    """Every parameter with its value and where that came from, and all that is wrong."""

    schema: Schema = field(repr=False)
    values: Mapping[str, Value]
    """Parameters whose value is not known (see `missing`) are left out."""
    origins: Mapping[str, str] = field(repr=False)
    applies: Mapping[str, bool] = field(repr=False)
    """Whether the parameter's `when` holds, so that asking makes sense."""
    missing: tuple[Parameter, ...] = ()
    """Required, without answer."""
    faults: tuple[str, ...] = ()
    """Sentences, each with its place."""
    warnings: tuple[str, ...] = ()

    def require(self) -> Settled:
        """Itself when nothing is wrong. Raises BadAnswers with all faults, or MissingAnswers."""
        if self.faults:
            raise BadAnswers(self.faults, hint="geos-setup config show lists every key and where its value came from")
        if self.missing:
            names = ", ".join(f"{p.name} ({p.flag})" for p in self.missing)
            raise MissingAnswers(f"Not answered: {names}.", hint="give the flags named, or write the keys in geos.yaml")
        return self

    def is_given(self, name: str) -> bool:
        return self.origins.get(name, DEFAULT) != DEFAULT


def cfn_text(value: Value) -> str:
    """A value as a CloudFormation parameter takes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return ""
    return ",".join(cfn_text(v) for v in value) if isinstance(value, list) else str(value)


def settle(schema: Schema, layers: Sequence[Answers], facts: Facts) -> Settled:
    """Put the layers together, strongest first, and work out the defaults. Raises BadManifest only."""
    return _Settling(schema, facts).run(layers)


def check_one(parameter: Parameter, raw: Any) -> str:
    """The sentence that says why `raw` is no answer to this question; "" when it is one."""
    try:
        parse(raw, parameter)
    except NotThat as e:
        return _fault_words(parameter.name, raw, e)
    return ""


def _fault_words(name: str, raw: Any, fault: NotThat) -> str:
    hint = f' Did you mean "{fault.nearest}"?' if fault.nearest else ""
    return f"{name} is {shown(raw)}; {fault.expected} was expected.{hint}"


def _parse_given(given: Given, parameter: Parameter) -> Value:
    if given.written is not None and parameter.type in ("text", "name", "region", "email", "choice", "cidr", "arn"):
        texts = parameter.type != "choice" or all(isinstance(c, str) for c in parameter.choices)
        return parse(given.written if texts else given.raw, parameter)
    return parse(given.raw, parameter)


_UNSETTLED = object()


class _Settling:
    """Holds what is known while one set of answers is settled."""

    def __init__(self, schema: Schema, facts: Facts) -> None:
        self.schema = schema
        self.facts = facts
        self.values: dict[str, Value] = {}
        self.origins: dict[str, str] = {}
        self.applies: dict[str, bool] = {}
        self.faults: list[str] = []
        self.warnings: list[str] = []
        self.missing: list[Parameter] = []
        self.doubtful: set[str] = set()
        """Names with a faulty answer: rules about them would only repeat the fault."""

    def run(self, layers: Sequence[Answers]) -> Settled:
        given = self._read(layers)
        for parameter in self.schema.in_dependency_order():
            self._settle_one(parameter, given)
        for rule in self.schema.rules:
            self._hold(rule)
        missing = {p.name for p in self.missing}
        return Settled(
            self.schema,
            {name: self.values[name] for name in (p.name for p in self.schema.in_order()) if name in self.values},
            self.origins,
            self.applies,
            tuple(p for p in self.schema.in_order() if p.name in missing) if missing else (),
            tuple(self.faults),
            tuple(self.warnings),
        )

    def _read(self, layers: Sequence[Answers]) -> dict[str, tuple[Value, str]]:
        found: dict[str, tuple[Value, str]] = {}
        for layer in layers:
            for name, given in layer.given.items():
                self._read_one(name, given, found)
        return found

    def _read_one(self, name: str, given: Given, found: dict[str, tuple[Value, str]]) -> None:
        parameter = self.schema.parameters.get(name)
        if parameter is None:
            self.faults.append(f"{given.origin}: {_unknown_key(name, self.schema)}")
            return
        if given.raw is None:
            return  # `key:` with nothing behind it: not answered
        try:
            value = _parse_given(given, parameter)
        except NotThat as e:
            self.doubtful.add(name)
            self.faults.append(_at(given.origin, name, _fault_words(name, given.raw, e)))
            return
        found.setdefault(name, (value, given.origin))

    def _context(self) -> dict[str, Value]:
        known = {"facts": self.facts, "images": self.facts.images}
        return {**self.values, **known, "jobs": self.schema.jobs, "system": self.schema.system}

    def _known(self, text: str) -> bool:
        """Whether all answers that an expression rests on are settled."""
        return all(n in self.values or n in CONTEXT_NAMES or n not in self.schema.parameters for n in names_in(text))

    def _truth(self, text: str, otherwise: bool) -> bool:
        if not text:
            return otherwise
        return bool(evaluate(text, self._context())) if self._known(text) else False

    def _settle_one(self, parameter: Parameter, given: Mapping[str, tuple[Value, str]]) -> None:
        name = parameter.name
        self.applies[name] = self._truth(parameter.when, otherwise=True)
        value, origin = given.get(name, (_UNSETTLED, DEFAULT))
        if value is _UNSETTLED:
            value = self._default(parameter)
        elif not self.applies[name] and value not in ("", None, []):
            self.warnings.append(f"{origin}: {name} has no effect with the other answers.")
        required = self._truth(parameter.required, otherwise=not parameter.has_default) and self.applies[name]
        if required and name not in self.doubtful and value in (_UNSETTLED, "", None, []):
            self.missing.append(parameter)
            return
        if value is not _UNSETTLED:
            self.values[name] = self._sold(parameter, value)
            self.origins[name] = origin
        elif not required and name not in self.doubtful and not parameter.has_default:
            self.values[name] = None
            self.origins[name] = DEFAULT

    def _default(self, parameter: Parameter) -> Value:
        if not parameter.has_default or not all(self._known(text) for text in expressions_in(parameter.default)):
            return _UNSETTLED
        raw = value_of(parameter.default, self._context())
        if raw is None:
            return None
        try:
            return parse(raw, parameter)
        except NotThat as e:
            place = f"{self.schema.system}: the default of {parameter.name}"
            raise BadManifest(f"{place} comes to {shown(raw)}; {e.expected} was expected.") from e

    def _sold(self, parameter: Parameter, value: Value) -> Value:
        """Instance types that the region lacks are dropped, with a word about each."""
        if parameter.type != "instances" or self.facts.offered is None:
            return value
        lacking = [name for name in value if name not in self.facts.offered]
        if lacking:
            region = self.facts.region
            self.warnings.append(f"{parameter.name}: {region} does not offer {', '.join(lacking)}; left out.")
        return [name for name in value if name in self.facts.offered]

    def _hold(self, rule: Rule) -> None:
        about = set(rule.about)
        if about & self.doubtful or not self._known(rule.that):
            return
        if evaluate(rule.that, self._context()):
            return
        place = next((self.origins[n] for n in rule.about if self.origins.get(n, DEFAULT) != DEFAULT), "")
        words = fill(rule.message, self._context())
        self.faults.append(f"{place}: {words}" if place else words)


def _at(origin: str, name: str, words: str) -> str:
    """A flag or variable names the key itself; a file needs its place before it."""
    if origin.startswith("--") or origin.isupper():
        return origin + words.removeprefix(name)
    return f"{origin}: {words}"


def _unknown_key(name: str, schema: Schema) -> str:
    near = nearest(name, schema.parameters)
    return f'unknown key "{name}".' + (f' Did you mean "{near}"?' if near else "")
