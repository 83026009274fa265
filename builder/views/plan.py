"""What a build would do and cost, before it does anything."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import PurePath

from rich.console import Group, RenderableType
from rich.text import Text

from geos.builder.plan import BuildPlan, Finding, PartPlan
from geos.builder.request import GCCLASSIC, GCHP
from geos.wizard.ui.views.words import (
    QUIET,
    answer,
    duration,
    indented,
    mark,
    next_step,
    pairs,
    remark,
    screen,
    table,
    usd,
    verbatim,
)

_MODELS = {GCCLASSIC: "GEOS-Chem Classic", GCHP: "GCHP"}


def plan(
    found: BuildPlan, *, steps: Sequence[str], command: str, verbose: bool = False, asks: bool = False
) -> RenderableType:
    """`command`: the same line without --plan. `verbose` shows the generated Dockerfile as well. `asks`: the question
    whether to build follows at once."""
    return screen(
        answer(headline(found)),
        remark("Simulated: the account is emulated, nothing costs anything.") if found.build.sandbox else None,
        Group(*(_finding(f) for f in found.findings)) if found.findings else None,
        *(_part(part, found) for part in found.parts),
        remark("steps     " + " · ".join(steps)),
        Group(*_warnings(found)) if found.experimental else None,
        *(verbatim(json.dumps(policy, indent=2)) for finding in found.findings for policy in finding.policies),
        *(_dockerfile(part) for part in found.parts[:1] if verbose),
        None if asks else next_step((command, "builds it, after asking"), *_more(found, command, verbose)),
    )


def headline(found: BuildPlan) -> str:
    request = found.build.request
    what = " and ".join(_MODELS[m] for m in request.models) if request.models else PurePath(request.context).name
    version = f" {request.version}" if request.models else ""
    where = " and ".join(request.architectures)
    return f"{what}{version} for {where}: {_cost(found)}."


def _cost(found: BuildPlan) -> str:
    if not any(part.host for part in found.parts):
        return "on your own machine, nothing is launched"
    worst = f"at most {usd(found.worst_usd)} if it ran until its time limit" if found.worst_usd is not None else ""
    likely = found.likely_usd
    if likely is None:
        return worst or "no price is known for this host"
    return f"≈ {usd(likely[0], unit=False)}–{usd(likely[1])}, {worst}"


def _finding(finding: Finding) -> RenderableType:
    named = mark(finding.word, finding.title.ljust(13))
    parts: list[RenderableType] = [table(("", ""), [(named, Text(finding.text))], keep=(0,), gap=2)]
    if finding.hint:
        parts.append(Text(f"                   {finding.hint}", style=QUIET, overflow="ignore"))
    return Group(*parts)


def _part(part: PartPlan, found: BuildPlan) -> RenderableType:
    return Group(Text(f"  {part.architecture}", style="bold"), pairs(_rows(part, found), indent=4))


def _rows(part: PartPlan, found: BuildPlan) -> Iterator[tuple[str, RenderableType]]:
    request, host = found.build.request, part.host
    if host:
        first, *others = (t.name for t in host.types)
        tried = f" (then {', '.join(others[:2])}{' …' if len(others) > 2 else ''})" if others else ""
        market = "Spot, else On-Demand" if host.spot else "On-Demand"
        yield "host", f"{first}{tried}, {market}, {host.volume_gib} GiB gp3, encrypted"
        price = f"{usd(host.cost.usd_per_hour)} an hour" if host.cost.usd_per_hour is not None else "price not known"
        yield "price", f"{price} (list price of {host.cost.date or '?'})"
        yield "starts from", f"{host.image.name}  {host.image.id}"
        yield "reached by", f"SSH from {host.admin_cidr} alone" if host.admin_cidr else "Session Manager; no open port"
        yield "gone", f"when it is done; by itself after {duration(found.build.wish.time_limit_seconds)}"
    else:
        yield "host", found.build.wish.address
    if part.recipe:
        mpi = f", {request.mpi}" if GCHP in request.models else ""
        base = part.recipe.base
        whose = f" (your own pin of {base.date})" if base.own else ""
        yield "built with", f"{request.compiler}{mpi}, tuned for {request.tune}, on {base.reference}{whose}"
    if part.seconds:
        yield (
            "takes",
            f"≈ {duration(part.seconds[0])} to {duration(part.seconds[1])} (sum of measured and quoted parts)",
        )
    elif part.earlier:
        yield "takes", f"{duration(part.earlier.seconds)} when it was last built here, on {part.earlier.date}"
    elif part.recipe is None:
        yield "takes", "not known: it was not built from here before"
    yield "pushed as", _pushed(part, found) if request.push else "nothing is pushed (--no-push)"


def _pushed(part: PartPlan, found: BuildPlan) -> str:
    index = f", and {found.index} for all" if found.index else ""
    return f"{found.build.repository}:{part.tags.fixed}, {part.tags.moving}{index}"


def _warnings(found: BuildPlan) -> Iterator[RenderableType]:
    for verdict in found.experimental:
        yield indented(f"? experimental: {verdict.pair}: {verdict.reason}")


def _dockerfile(part: PartPlan) -> RenderableType:
    if part.recipe is None:
        return remark("The Dockerfile is your own.")
    arguments = [(Text(name), Text(value)) for name, value in part.recipe.arguments]
    sources = [
        (f"{f.what}", f"{f.low:g}–{f.high:g} {f.unit}", f"{f.kind}: {f.source}, {f.date}") for f in part.recipe.figures
    ]
    return screen(
        table(("expected", "", "kind and source"), sources, keep=(1,)),
        table(("build argument", f"for {part.architecture}"), arguments),
        Text("  Dockerfile", style=QUIET),
        verbatim(part.recipe.dockerfile),
    )


def _more(found: BuildPlan, command: str, verbose: bool) -> Iterator[tuple[str, str]]:
    if not verbose and any(part.recipe for part in found.parts):
        yield f"{command} --plan -v", "shows the Dockerfile and where the figures are from"
