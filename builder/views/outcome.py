"""What came of a build: the images first, then what it took, then what is left behind."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.text import Text

from geos.wizard.errors import Cancelled, GeosError
from geos.wizard.ui.views.words import QUIET, answer, duration, indented, mark, next_step, remark, screen, usd

if TYPE_CHECKING:
    from geos.builder.doing import Outcome, PartOutcome


def outcome(found: Outcome, *, logs: str, flags: str = "") -> RenderableType:
    return screen(
        answer(_headline(found)),
        Group(*(line for part in found.parts for line in _part(part, found))),
        Group(*_index(found)) if found.index or found.index_error else None,
        indented(_left(found)),
        Group(*_logs(found, logs)),
        next_step(*_next(found, flags)),
    )


def _headline(found: Outcome) -> str:
    simulated = " Simulated: no image left this machine." if found.build.sandbox else ""
    count, done = len(found.parts), len(found.done)
    if done == count:
        verb = "Pushed" if found.build.request.push else "Built and tested"
        name = f" to {found.build.repository}" if found.build.request.push else ""
        return f"{verb} {'one image' if count == 1 else f'{count} images'}{name}.{simulated}"
    if all(isinstance(part.error, Cancelled) for part in found.failed):
        return f"Stopped; {done} of {count} images are done."
    if done:
        return f"Partial: {done} of {count} images are done, {count - done} failed."
    return "No image was built."


def _part(part: PartOutcome, found: Outcome) -> Iterator[RenderableType]:
    took = duration(part.seconds)
    cost = f", ≈ {usd(part.usd)}" if part.usd is not None and not found.build.sandbox else ""
    if part.error is None:
        yield Text.assemble("  ", mark("ok", part.part.architecture), f"   {took}{cost}")
        for name in part.part.pushed:
            yield Text(f"      {name}", no_wrap=True, overflow="ignore")
        if part.part.image_digest:
            yield Text(f"      {part.part.image_digest}", style=QUIET, no_wrap=True, overflow="ignore")
        return
    if isinstance(part.error, Cancelled):
        yield Text(f"  · {part.part.architecture}   stopped after {took}{cost}")
        return
    yield Text.assemble("  ", mark("failed", part.part.architecture), f"   after {took}{cost}")
    message = part.error.message if isinstance(part.error, GeosError) else f"{type(part.error).__name__}: {part.error}"
    yield indented(Text(message), by=6)
    if isinstance(part.error, GeosError) and part.error.hint:
        yield indented(Text(part.error.hint, style="bright_black"), by=6)


def _index(found: Outcome) -> Iterator[RenderableType]:
    if found.index:
        name, _, digest = found.index.partition("  ")
        yield Text.assemble("  ", mark("ok", "all architectures"))
        yield Text(f"      {name}", no_wrap=True, overflow="ignore")
        yield Text(f"      {digest}", style=QUIET, no_wrap=True, overflow="ignore")
    if found.index_error:
        yield Text.assemble("  ", mark("failed", "all architectures"), f"   {found.index_error.message}")


def _logs(found: Outcome, folder: str) -> Iterator[RenderableType]:
    for part in found.parts:
        name = part.part.architecture
        yield from (indented(f"! {name}: {text}.") for text in part.part.remarks)
        if part.log_error:
            yield indented(f"! {name}: the log is not beside the image: {part.log_error.message}")
    yield remark(f"logs  {folder}")
    there = [part.part.log_at for part in found.parts if part.part.log_at]
    yield from (Text(f"        {place}", style=QUIET, no_wrap=True, overflow="ignore") for place in there)
    if not found.build.log_bucket:
        yield remark("      on this computer only: no deployment's bucket is known for them")


def _left(found: Outcome) -> RenderableType:
    if any(part.part.state == "lost" for part in found.parts):
        return Text("The host still builds and costs; it ends by itself at its time limit.")
    if found.staying:
        hosts = ", ".join(f"{part.user}@{part.host} ({part.instance_id})" for part in found.staying if part.host)
        return Text(f"~ kept: {hosts or 'the host'}; it costs until its time limit, or until geos-build clean --all.")
    if found.leftovers:
        return Text(f"! Still there: {', '.join(found.leftovers)}. geos-build clean removes them.")
    if found.build.wish.address:
        return Text("Nothing of the build is left on the machine but what was sent, for next time.")
    return Text("Nothing left behind: instance, volume, security group and key are gone.")


def _next(found: Outcome, flags: str) -> Iterator[tuple[str, str]]:
    own = found.build.build_id
    if any(part.part.state == "lost" for part in found.parts):
        yield f"geos-build {flags}attach {own}", "takes it up where the log stopped"
    elif found.failed and not all(isinstance(part.error, Cancelled) for part in found.failed):
        yield f"geos-build logs {own}", "everything the host said"
        codes = [part.error.code for part in found.failed if isinstance(part.error, GeosError)]
        if codes:
            yield f"geos-build explain {codes[0]}", "cause and cure"
    elif found.leftovers:
        yield f"geos-build {flags}clean", "removes what is left"
    elif found.done and found.build.request.push and not found.build.request.models:
        yield f"geos-build {flags}images --repository {found.build.repository}", "what is in the repository now"
    elif found.done and found.build.request.push:
        yield f"geos-setup {flags}deploy", "job definitions take the new image"
    else:
        yield f"geos-build {flags}list", "all builds"
