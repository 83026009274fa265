"""Expressions in a system's folder: Jinja's own, sandboxed, evaluated to values and not to text.

A manifest writes them as `{{ … }}`. They see the other answers, `facts`, `images`, `jobs` (the manifest's
section of that name) and `system` (the folder's name), and cannot reach anything else.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from geos.wizard.errors import BadManifest
from geos.wizard.facts import InstanceType

Value = Any
"""What an answer or an expression can be: text, number, boolean, None, or lists and mappings of them."""

CONTEXT_NAMES = frozenset({"facts", "images", "jobs", "system"})
"""Names an expression may use beside the answers."""

_WHOLE = re.compile(r"\A\s*\{\{(?P<inside>.*)\}\}\s*\Z", re.DOTALL)


def _shipped_instances() -> Mapping[str, InstanceType]:
    from geos.wizard.tables.instances import instances

    return instances()


@dataclass(frozen=True)
class Facts:
    """What is known of account and region when answers are settled. None: not read, so nothing follows from it."""

    region: str = ""
    profile_region: str = ""
    """The region that the profile names."""
    account_id: str = ""
    partition: str = "aws"
    zones: tuple[str, ...] = ()
    offered: frozenset[str] | None = None
    """Instance types sold in the region."""
    instances: Mapping[str, InstanceType] = field(default_factory=_shipped_instances, repr=False)
    vcpu_quota_on_demand: float | None = None
    vcpu_quota_spot: float | None = None
    images: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Images in the deployment's repositories: "repository:tag" -> digest. Expressions see them as `images`, apart
    from `facts`, because an answers file must not keep a digest that the next build makes old."""
    caller: str = ""
    """A short name of who is asking, proposed as owner."""

    def has_type(self, name: str) -> bool:
        """Whether CloudFormation knows a type of resources in the region; what no table tells counts as known."""
        from geos.wizard.tables.types import resource_type

        known = resource_type(name)
        return known is None or not self.region or known.is_in(self.region)

    def best_architecture(
        self,
        *,
        model: str,
        simulation: str,
        grid: str,
        vcpus: int,
        memory_mib: float,
        instance_types: Sequence[str],
        purchase: str,
    ) -> str:
        """The architecture of the type that the sizing puts first for one job; "" when none of them takes it."""
        from geos.wizard.sizing.jobs import Workload, recommend, recommended_architecture
        from geos.wizard.tables.prices import price

        job = Workload(
            model, simulation, grid, 1.0, vcpus, memory_mib, instance_types=tuple(instance_types), purchase=purchase
        )
        known = {name: found for name in instance_types if (found := price(name, self.region)) is not None}
        return recommended_architecture(
            recommend(
                job,
                prices=known,
                offered=self.offered,
                quota_vcpus_on_demand=self.vcpu_quota_on_demand,
                quota_vcpus_spot=self.vcpu_quota_spot,
            )
        )


def shipped_facts(region: str) -> Facts:
    """Facts of a region from the shipped tables alone, for work without an account."""
    from geos.wizard.tables.instances import offered, offers_known
    from geos.wizard.tables.regions import region as known_region

    known = known_region(region)
    return Facts(
        region=region,
        partition=known.partition if known else "aws",
        offered=offered(region) if offers_known(region) else None,
    )


def is_expression(raw: object) -> bool:
    return isinstance(raw, str) and _WHOLE.match(raw) is not None


@functools.cache
def _environment() -> Any:
    from jinja2 import StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)
    environment.filters |= {"facts_of": facts_of, "newest_of_each": newest_of_each}
    return environment


def facts_of(names: Iterable[str], table: Mapping[str, Any], attribute: str) -> list[Any]:
    """One fact of each of `names`: a filter, since expressions have no loops."""
    return [getattr(table[name], attribute) for name in names]


def newest_of_each(images: Mapping[str, str], repository: str, pattern: str) -> list[str]:
    """Of a repository's images whose whole tag fits `pattern`, the highest version of each variant, in the variants'
    order, as `variant:version@digest`.

    `images`: repository:tag -> digest. `pattern` has a group `version` of numbers with dots between them; the tag
    without it is the variant.
    """
    newest: dict[str, tuple[tuple[int, ...], str]] = {}
    for name, digest in images.items():
        place, _, tag = name.partition(":")
        match = re.fullmatch(pattern, tag) if place == repository else None
        if match is None:
            continue
        version = match["version"]
        variant = tag[: match.start("version") - 1] + tag[match.end("version") :]
        found = tuple(map(int, version.split("."))), f"{variant}:{version}@{digest}"
        newest[variant] = max(found, newest.get(variant, found))
    return [entry for _, (_, entry) in sorted(newest.items())]


def _inside(text: str) -> str:
    match = _WHOLE.match(text)
    if match is None:
        raise BadManifest(f"{text!r} is not an expression; those are written {{{{ … }}}}.")
    return match["inside"].strip()


@functools.cache
def names_in(text: str) -> frozenset[str]:
    """The names that an expression, or a message holding some, refers to. Raises BadManifest for bad syntax."""
    from jinja2 import TemplateSyntaxError, meta

    try:
        return frozenset(meta.find_undeclared_variables(_environment().parse(text)))
    except TemplateSyntaxError as e:
        raise BadManifest(f"{text!r}: {e.message}.") from e


@functools.cache
def _compiled(inside: str) -> Any:
    from jinja2 import TemplateSyntaxError

    try:
        return _environment().compile_expression(inside, undefined_to_none=False)
    except TemplateSyntaxError as e:
        raise BadManifest(f"{{{{ {inside} }}}}: {e.message}.") from e


def evaluate(text: str, context: Mapping[str, Value]) -> Value:
    """The value of the expression `text`. Raises BadManifest: a manifest's fault, since answers are checked before."""
    from jinja2 import TemplateError, Undefined

    inside = _inside(text)
    try:
        found = _compiled(inside)(**context)
        if isinstance(found, Undefined):
            str(found)  # a strict Undefined tells its name by refusing this
    except (TemplateError, TypeError, ValueError, ZeroDivisionError, KeyError, OverflowError) as e:
        raise BadManifest(f"{{{{ {inside} }}}}: {e}.") from e
    return found


def value_of(raw: Value, context: Mapping[str, Value]) -> Value:
    """`raw` itself, or what it comes to when it is an expression; lists and mappings item by item."""
    if isinstance(raw, Mapping):
        return {key: value_of(item, context) for key, item in raw.items()}
    if isinstance(raw, list):
        return [value_of(item, context) for item in raw]
    return evaluate(raw, context) if is_expression(raw) else raw


def fill(text: str, context: Mapping[str, Value]) -> str:
    """A message with expressions inside."""
    from jinja2 import TemplateError

    try:
        return str(_environment().from_string(text).render(**context))
    except TemplateError as e:
        raise BadManifest(f"{text!r}: {e}.") from e
