"""A system is a folder: system.yaml, one Jinja template per stack, a README. This reads system.yaml.

The folder stands in the package `geos.templates`, or anywhere when it is given as a path. Parameters, groups
and rules common to all systems (templates/common.yaml) are put under the system's own; the system's win.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from geos.wizard.errors import BadManifest, UnknownSystem
from geos.wizard.systems.answers import Group, Rule, Schema, dependencies
from geos.wizard.systems.answers_types import Parameter, nearest
from geos.wizard.systems.expressions import CONTEXT_NAMES, names_in
from geos.wizard.systems.lined import Lined, NotReadable, parse
from geos.wizard.systems.lined import Path as LinePath
from geos.wizard.systems.schema_check import Fault, faults

WORKLOAD = "workload"
"""Group of the questions about what will be run."""


@dataclass(frozen=True)
class StackSpec:
    """One stack of a system, as the manifest names it."""

    layer: str
    template: str
    region: str = ""
    """Empty: the deployment's region. May be an expression."""
    when: str = ""
    inputs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class SystemTitle:
    """A line of the menu."""

    name: str
    title: str
    summary: str
    menu_order: int


@dataclass(frozen=True)
class System:
    """A manifest, checked. `workload`, `cost`, `checks` and `readiness` are as written, within the schema."""

    name: str
    title: str
    summary: str
    menu_order: int | None
    folder: Path = field(repr=False)
    schema: Schema = field(repr=False)
    stacks: tuple[StackSpec, ...] = ()
    jobs: Mapping[str, Any] = field(default_factory=dict, repr=False)
    workload: Mapping[str, Any] = field(default_factory=dict, repr=False)
    cost: Mapping[str, Any] = field(default_factory=dict, repr=False)
    checks: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)
    readiness: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)


def templates_folder() -> Path:
    from importlib.resources import files

    return Path(str(files("geos.templates")))


@functools.cache
def list_systems() -> tuple[SystemTitle, ...]:
    """The systems of the menu, in its order."""
    found = []
    for folder in templates_folder().iterdir():
        if folder.is_dir() and folder.joinpath("system.yaml").is_file():
            system = load_system(folder.name)
            if system.menu_order is not None:
                found.append(SystemTitle(system.name, system.title, system.summary, system.menu_order))
    return tuple(sorted(found, key=lambda s: (s.menu_order, s.name)))


@functools.cache
def load_system(name_or_path: str | Path) -> System:
    """Read a system by its name, or by the path of its folder. Raises UnknownSystem, BadManifest."""
    folder = _folder(name_or_path)
    place = f"{folder.name}/system.yaml"
    document = _read(folder.joinpath("system.yaml"), place)
    _hold_against_schema(document, place, "")
    system = _system(folder, document.value)
    _check_names(system, document, place)
    return system


def common_schema() -> Schema:
    """The questions of every system, for verbs that run before a system is chosen."""
    common = _common().value
    return Schema("", _parameters(common["parameters"], ""), _groups(common), _rules(common))


# --- reading ---------------------------------------------------------------------------------


def _folder(name_or_path: str | Path) -> Path:
    path = Path(name_or_path)
    if path.name != str(name_or_path) and path.joinpath("system.yaml").is_file():
        return path
    if path.name == str(name_or_path):
        folder = templates_folder().joinpath(path.name)
        if folder.joinpath("system.yaml").is_file():
            return folder
    known = sorted(f.name for f in templates_folder().iterdir() if f.joinpath("system.yaml").is_file())
    near = nearest(str(name_or_path), known)
    raise UnknownSystem(
        f'There is no system "{name_or_path}".' + (f' Did you mean "{near}"?' if near else ""),
        hint="systems: " + ", ".join(known),
    )


def _read(file: Path, place: str) -> Lined:
    try:
        document = parse(file.read_text(encoding="utf-8"))
    except NotReadable as e:
        raise BadManifest(f"{place}, line {e.line}: {e.reason}.") from e
    except (OSError, UnicodeDecodeError) as e:
        raise BadManifest(f"{place} cannot be read: {e}.") from e
    return document


@functools.cache
def _schema_file() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(templates_folder().joinpath("system.schema.json").read_text(encoding="utf-8"))
    return found


@functools.cache
def _common() -> Lined:
    document = _read(templates_folder().joinpath("common.yaml"), "common.yaml")
    _hold_against_schema(document, "common.yaml", "common")
    return document


def _hold_against_schema(document: Lined, place: str, definition: str) -> None:
    """Raises BadManifest with every fault: file, line, key, reason."""
    root = _schema_file()
    schema = root["$defs"][definition] if definition else root
    found = [
        f"{place}, line {document.line(tuple(str(p) if not isinstance(p, int) else p for p in path))}: "
        f"{'.'.join(map(str, path)) or 'the file'} {reason}."
        for path, reason in faults(document.value, schema, root)
    ]
    if found:
        raise BadManifest("\n".join(found), hint="the form is described in templates/system.schema.json")


def _system(folder: Path, raw: Mapping[str, Any]) -> System:
    common = _common().value
    workload = raw.get("workload", {})
    parameters = _parameters(common["parameters"], "")
    parameters |= _parameters(raw["parameters"], "system")
    parameters |= {n: replace(p, group=WORKLOAD) for n, p in _parameters(workload.get("parameters", {}), "").items()}
    jobs = raw.get("jobs", {})
    schema = Schema(
        system=folder.name,
        parameters=parameters,
        groups=_groups(common),
        rules=_rules(common) + _rules(raw),
        jobs=jobs,
    )
    return System(
        name=folder.name,
        title=raw["title"],
        summary=raw.get("summary", ""),
        menu_order=raw.get("menu_order"),
        folder=folder,
        schema=schema,
        stacks=tuple(StackSpec(**spec) for spec in raw["stacks"]),
        jobs=jobs,
        workload={key: value for key, value in workload.items() if key != "parameters"},
        cost=raw.get("cost", {}),
        checks=tuple(raw.get("checks", [])),
        readiness=tuple(raw.get("readiness", [])),
    )


def _groups(raw: Mapping[str, Any]) -> tuple[Group, ...]:
    return tuple(Group(g["name"], g["title"], g.get("help", "")) for g in raw.get("groups", []))


def _rules(raw: Mapping[str, Any]) -> tuple[Rule, ...]:
    return tuple(Rule(r["that"], tuple(r["about"]), r["message"]) for r in raw.get("rules", []))


def _parameters(raw: Mapping[str, Any], group: str) -> dict[str, Parameter]:
    return {name: _parameter(name, spec, group) for name, spec in raw.items()}


_SAME_NAME = ("pattern", "expected", "question", "help", "when", "required", "unit", "cfn", "order")


def _parameter(name: str, spec: Mapping[str, Any], group: str) -> Parameter:
    choices = spec.get("choices", [])
    return Parameter(
        name=name,
        type=spec["type"],
        group=spec.get("group", group),
        default=spec.get("default"),
        has_default="default" in spec,
        minimum=spec.get("min"),
        maximum=spec.get("max"),
        choices=tuple(choices),
        choice_help=choices if isinstance(choices, Mapping) else None,
        **{key: spec[key] for key in _SAME_NAME if key in spec},
    )


def _check_names(system: System, document: Lined, place: str) -> None:
    """Every name in an expression, every group, parameter and template named must exist. Raises BadManifest."""
    complaints = [*_parameter_faults(system, document), *_rule_faults(system.schema), *_stack_faults(system)]
    if complaints:
        raise BadManifest("\n".join(f"{place}, line {document.line(path)}: {words}." for path, words in complaints))
    system.schema.in_dependency_order()


def _name_faults(subject: Parameter | Rule, schema: Schema) -> Iterator[str]:
    """Sentence ends about names in its expressions that do not exist, or expressions that cannot be read."""
    try:
        if isinstance(subject, Rule):
            names = names_in(subject.that) | names_in(subject.message) | set(subject.about)
        else:
            names = dependencies(subject)
    except BadManifest as e:
        yield f"has an expression that cannot be read: {e.message.rstrip('.')}"
        return
    for unknown in sorted(names - CONTEXT_NAMES - schema.parameters.keys()):
        yield f'refers to "{unknown}", which is neither a parameter nor a fact'


def _parameter_faults(system: System, document: Lined) -> Iterator[Fault]:
    groups = {g.name for g in system.schema.groups}
    for name, parameter in system.schema.parameters.items():
        own: LinePath = ("parameters", name)
        path = own if own in document.lines else (WORKLOAD, *own)
        yield from ((path, f"{name} {words}") for words in _name_faults(parameter, system.schema))
        if parameter.group not in groups:
            yield path, f'{name} is in group "{parameter.group}", which common.yaml does not have'
        if parameter.type == "choice" and not parameter.choices:
            yield path, f"{name} is a choice without choices"


def _rule_faults(schema: Schema) -> Iterator[Fault]:
    for rule in schema.rules:
        yield from ((("rules",), f"a rule {words}") for words in _name_faults(rule, schema))


def _stack_faults(system: System) -> Iterator[Fault]:
    for i, stack in enumerate(system.stacks):
        if not system.folder.joinpath(stack.template).is_file():
            yield ("stacks", i, "template"), f"the template {stack.template} does not exist"
        if stack.layer in {s.layer for s in system.stacks[:i]}:
            yield ("stacks", i, "layer"), f"the layer {stack.layer} stands twice"
