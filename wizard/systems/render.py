"""A system and its answers become CloudFormation: one JSON text per stack, the same bytes every time.

Templates are Jinja over JSON. Everything that `{{ … }}` puts out is written as JSON by the environment itself,
so a value can never end a string or open an object, whatever is in it; macros give finished JSON. Commas
before a closing bracket are dropped, which lets loops and conditions end every item with one.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geos.wizard.cfn.load import Template
from geos.wizard.cfn.resolve import Pseudo, Resolved, resolve
from geos.wizard.errors import RenderFailed
from geos.wizard.paths import cache_dir
from geos.wizard.systems.answers import cfn_text
from geos.wizard.systems.expressions import Facts, Value, evaluate, value_of
from geos.wizard.systems.manifest import StackSpec, System, templates_folder
from geos.wizard.version import VERSION

if TYPE_CHECKING:
    from jinja2.runtime import Context

BOOTSTRAP_STACK = "geos-bootstrap"
"""State bucket and lock, once per region, shared by all deployments there."""


@dataclass(frozen=True)
class RenderedStack:
    """One stack, ready for CloudFormation."""

    layer: str
    stack_name: str
    region: str
    text: str = field(repr=False)
    body: Mapping[str, Any] = field(repr=False)
    tags: Mapping[str, str] = field(default_factory=dict, repr=False)
    inputs: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Parameter -> output of an earlier stack, where the names differ."""
    answers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """CloudFormation parameter -> text, from the answers."""

    @property
    def template(self) -> Template:
        return Template(self.stack_name, dict(self.body))

    @property
    def capabilities(self) -> tuple[str, ...]:
        """What CloudFormation wants to hear before it makes IAM resources."""
        types = {r["Type"] for r in self.body["Resources"].values()}
        return ("CAPABILITY_NAMED_IAM",) if any(t.startswith("AWS::IAM::") for t in types) else ()


def render(system: System, answers: Mapping[str, Value], facts: Facts) -> tuple[RenderedStack, ...]:
    """Every stack of the system that these answers ask for, in the order of deployment.

    `answers` are settled values. Raises RenderFailed with file, line and name.
    """
    context = _context(system.name, system.jobs, answers, facts)
    environment = _environment(system.folder)
    parameters = {
        p.cfn: cfn_text(answers[name]) for name, p in system.schema.parameters.items() if p.cfn and name in answers
    }
    wanted = (s for s in system.stacks if not s.when or evaluate(s.when, context))
    return tuple(_render_stack(environment, spec, context, parameters) for spec in wanted)


def render_bootstrap(facts: Facts) -> RenderedStack:
    """The stack that holds geos's own state bucket and lock in a region."""
    tags = {"Project": "geos", "Environment": "shared", "Owner": "geos", "ManagedBy": "geos"}
    environment = _environment(templates_folder().joinpath("bootstrap"))
    context = {"tags": tags, "facts": facts, "lock_table": "geos-deploy-lock", "state_bucket": "geos-state"}
    spec = StackSpec("bootstrap", "bootstrap.json.j2")
    body, text = _render_text(environment, spec.template, context)
    return RenderedStack("bootstrap", BOOTSTRAP_STACK, facts.region, text, body, tags)


def parameters_for(stack: RenderedStack, outputs: Mapping[str, Value]) -> dict[str, Value]:
    """Values for the parameters that the template declares.

    `outputs`: name -> value of all earlier stacks' outputs. An output wins over an answer of the same name;
    parameters with neither keep their default and are left out.
    """
    found: dict[str, Value] = {}
    for name in stack.body.get("Parameters", {}):
        source = stack.inputs.get(name, name)
        if source in outputs:
            found[name] = outputs[source]
        elif name in stack.answers:
            found[name] = stack.answers[name]
    return found


def resolve_stacks(stacks: Iterable[RenderedStack], pseudo: Pseudo | None = None) -> tuple[Resolved, ...]:
    """Every stack evaluated, each with the outputs of those before it; what only deployment tells is Unknown.

    `pseudo` gives account and partition; region and stack name are the stack's own.
    """
    outputs: dict[str, Value] = {}
    found = []
    for stack in stacks:
        own = _own_pseudo(stack, pseudo or Pseudo())
        resolved = resolve(stack.template, parameters_for(stack, outputs), own)
        outputs |= resolved.outputs
        found.append(resolved)
    return tuple(found)


def _own_pseudo(stack: RenderedStack, pseudo: Pseudo) -> Pseudo:
    suffix = "amazonaws.com.cn" if pseudo.partition == "aws-cn" else "amazonaws.com"
    return Pseudo(
        account_id=pseudo.account_id,
        region=stack.region or pseudo.region,
        partition=pseudo.partition,
        stack_name=stack.stack_name,
        url_suffix=suffix,
        availability_zones=pseudo.availability_zones,
    )


# --- Jinja -----------------------------------------------------------------------------------


def _context(system: str, jobs: Mapping[str, Any], answers: Mapping[str, Value], facts: Facts) -> dict[str, Value]:
    deployment = f"{answers.get('project', '')}-{answers.get('environment', '')}"
    tags = {
        "Project": answers.get("project", ""),
        "Environment": answers.get("environment", ""),
        "Owner": answers.get("owner", ""),
        "ManagedBy": "geos",
    }
    return {**answers, "facts": facts, "jobs": jobs, "system": system, "deployment": deployment, "tags": tags}


@functools.cache
def _environment(folder: Path) -> Any:
    from jinja2 import FunctionLoader, StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    def load(name: str) -> tuple[str, str | None, Callable[[], bool] | None] | None:
        for place in (folder, templates_folder()):
            file = place.joinpath(name)
            if file.is_file():
                return file.read_text(encoding="utf-8"), f"{folder.name}/{name}" if place is folder else name, None
        return None

    environment = ImmutableSandboxedEnvironment(
        loader=FunctionLoader(load),
        undefined=StrictUndefined,
        autoescape=True,  # macros then give Markup, which tells their finished JSON from plain text
        finalize=_as_json(),
        bytecode_cache=_compiled_templates(),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["file"] = lambda name: folder.joinpath(name).read_text(encoding="utf-8")
    # These mark text as finished; with them a value could get past _as_json.
    for name in ("safe", "tojson", "xmlattr", "urlize", "escape", "e", "forceescape"):
        del environment.filters[name]
    environment.filters |= {
        "tag_list": _tag_list,
        "short_hash": _short_hash,
        "json_text": _json_text,
        "plain": _plain,
        "part_of_network": _part_of_network,
    }
    return environment


def _compiled_templates() -> Any:
    """Compiled templates are kept between runs: compiling takes 0.2 s, reading 5 ms. None where that cannot be."""
    from jinja2 import FileSystemBytecodeCache

    class Kept(FileSystemBytecodeCache):
        def dump_bytecode(self, bucket: Any) -> None:
            with contextlib.suppress(OSError):  # a full disk costs time, not the command
                super().dump_bytecode(bucket)

    folder = cache_dir() / f"templates-{VERSION}"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError:
        return None
    return Kept(str(folder), "%s.cache")


def _as_json() -> Any:
    from jinja2 import Undefined, pass_context
    from markupsafe import Markup

    def fail_undefined(value: object) -> Any:
        if isinstance(value, Undefined):
            str(value)  # raises, and tells the name
        raise TypeError(f"{type(value).__name__} has no form in JSON")

    # pass_context keeps Jinja from working constants out at compile time, where they would be taken for Markup.
    @pass_context
    def finalize(_context: Context, value: object) -> Markup:
        if isinstance(value, Markup):
            return value
        return Markup(json.dumps(value, default=fail_undefined, allow_nan=False))  # noqa: S704 - JSON, not HTML

    return finalize


def _tag_list(tags: Mapping[str, str], **more: str) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in {**tags, **more}.items()]


def _short_hash(value: Value) -> str:
    """Six characters that change with `value`: for names of resources whose change means replacement."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:6]


def _json_text(value: Value) -> str:
    """JSON inside a JSON string, as some properties want it."""
    return json.dumps(value, separators=(",", ":"))


def _part_of_network(cidr: str, index: int, parts: int = 8) -> str:
    """The network number `index` when `cidr` is cut into `parts` (a power of two) equal ones."""
    import ipaddress

    whole = ipaddress.ip_network(cidr)
    return str(list(whole.subnets(prefixlen_diff=parts.bit_length() - 1))[index])


def _plain(text: object) -> str:
    """Text for use inside Fn::Sub, where ${ would begin a reference."""
    return str(text).replace("${", "${!")


# --- one stack -------------------------------------------------------------------------------


def _render_stack(
    environment: Any, spec: StackSpec, context: Mapping[str, Value], parameters: Mapping[str, str]
) -> RenderedStack:
    body, text = _render_text(environment, spec.template, {**context, "layer": spec.layer})
    return RenderedStack(
        layer=spec.layer,
        stack_name=f"{context['deployment']}-{spec.layer}",
        region=str(value_of(spec.region, context)) if spec.region else context["facts"].region,
        text=text,
        body=body,
        tags=context["tags"],
        inputs=spec.inputs,
        answers={name: value for name, value in parameters.items() if name in body.get("Parameters", {})},
    )


_COMMA = re.compile(r'("(?:[^"\\]|\\.)*")|,(?=\s*[}\]])')


def _render_text(environment: Any, name: str, context: Mapping[str, Value]) -> tuple[dict[str, Any], str]:
    raw = _rendered(environment, name, context)
    tidy = _COMMA.sub(lambda m: m.group(1) or "", raw)
    try:
        body = json.loads(tidy, object_pairs_hook=_no_doubles)
    except json.JSONDecodeError as e:
        line = tidy.splitlines()[e.lineno - 1].strip()[:80] if tidy.strip() else ""
        raise RenderFailed(f"{name}: the rendered text is not JSON: {e.msg} near: {line}") from e
    except ValueError as e:
        raise RenderFailed(f"{name}: {e}.") from e
    empty = _first_null(body, "")
    if empty:
        raise RenderFailed(f"{name}: {empty} has no value.")
    return body, json.dumps(body, indent=2) + "\n"


def _rendered(environment: Any, name: str, context: Mapping[str, Value]) -> str:
    from jinja2 import TemplateError, TemplateNotFound, TemplateSyntaxError

    try:
        return str(environment.get_template(name).render(**context))
    except TemplateSyntaxError as e:
        raise RenderFailed(f"{e.filename or name}, line {e.lineno}: {e.message}.") from e
    except TemplateNotFound as e:
        raise RenderFailed(f"{name}: the template {e.name} does not exist.") from e
    except (TemplateError, TypeError, ValueError, KeyError, ZeroDivisionError) as e:
        raise RenderFailed(f"{_place(e, name)}: {e}.") from e


def _place(error: BaseException, name: str) -> str:
    """File and line of the template where it happened: Jinja puts them into the traceback."""
    step, place = error.__traceback__, name
    while step is not None:
        file = step.tb_frame.f_code.co_filename
        if file.endswith(".j2"):
            place = f"{file}, line {step.tb_lineno}"
        step = step.tb_next
    return place


def _no_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [key for key, _ in pairs]
        raise ValueError(f"the key {next(n for n in names if names.count(n) > 1)} stands twice in one object")
    return found


def _first_null(value: Any, place: str) -> str:
    if value is None:
        return place
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return next((found for key, item in items if (found := _first_null(item, f"{place}.{key}".lstrip(".")))), "")
