"""Builds that are known, newest first."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import PurePath
from typing import TYPE_CHECKING

from rich.console import RenderableType

from geos.builder.build import Build, Part
from geos.builder.closing import OPEN
from geos.builder.views.proposals import plan_line
from geos.wizard.ui.views.words import answer, count, duration, indented, next_step, remark, screen, table, usd

if TYPE_CHECKING:
    from geos.builder.cli.list import Known, Listing

_SIGN = {"done": "✓", "failed": "✗", "running": "?", "lost": "!", "cancelled": "·"}
SHOWN = 15


def listing(found: Listing, *, now: datetime, flags: str = "") -> RenderableType:
    running = [k for k in found.known if any(p.state in OPEN and not _is_gone(k, p, found) for p in k.parts)]
    machines = [one for one in found.there if one.kind == "instance"]
    rows = [row for known in found.known[:SHOWN] for row in _rows(known, found, now)]
    return screen(
        answer(_headline(found, len(running), len(machines))),
        table(("build", "", "what", "started (UTC)", "took", "image"), rows, keep=(0, 1)) if rows else None,
        remark(f"{len(found.known) - SHOWN} older ones are not shown.") if len(found.known) > SHOWN else None,
        *(indented(f"! {text}") for text in found.broken),
        indented(f"? the account could not be asked: {found.unread}") if found.unread else None,
        next_step(*_next(running, found, flags)),
    )


def _headline(found: Listing, running: int, machines: int) -> str:
    if not found.known and not found.there:
        return "No build is known here, and none left anything in the account."
    there = f"{count(machines, 'host')} in the account" if machines else "no host in the account"
    return f"{count(len(found.known), 'build')} known here, {running} may be running; {there}."


def _is_gone(known: Known, part: Part, found: Listing) -> bool:
    return (known.build.build_id, part.architecture) in found.gone


def _rows(known: Known, found: Listing, now: datetime) -> Iterator[tuple[str, ...]]:
    for part in known.parts or (Part("?"),):
        gone = _is_gone(known, part, found)
        yield (
            known.build.build_id,
            part.architecture,
            _what(known.build),
            known.build.started[:16].replace("T", " "),
            "?" if gone else _took(known.build, part, now),
            "· its host is gone" if gone else f"{_SIGN.get(part.state, '?')} {part.image_digest[7:19] or part.state}",
        )


def _what(build: Build) -> str:
    if not build.request.models:
        return PurePath(build.request.context).name
    return f"{' and '.join(build.request.models)} {build.request.version} {build.request.compiler}"


def _took(build: Build, part: Part, now: datetime) -> str:
    try:
        end = datetime.fromisoformat(part.ended) if part.ended else now
        seconds = (end - datetime.fromisoformat(part.began or build.started)).total_seconds()
        hours = (end - datetime.fromisoformat(part.launched)).total_seconds() / 3600 if part.launched else 0.0
    except ValueError:
        return "?"
    cost = f", {usd(part.usd_per_hour * hours)}" if part.usd_per_hour and part.ended and not build.sandbox else ""
    return duration(seconds) + cost if part.ended else f"{duration(seconds)} so far"


def _next(running: list[Known], found: Listing, flags: str) -> Iterator[tuple[str, str]]:
    for known in running[:2]:
        yield f"geos-build {flags}attach {known.build.build_id}", "takes it up again"
    own = {known.build.build_id for known in running}
    if found.gone or any(one.build_id not in own for one in found.there):
        yield f"geos-build {flags}clean", "removes what ended builds left"
    elif not running:
        yield plan_line(flags), "what a build takes and costs"
