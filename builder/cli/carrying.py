"""A plan is carried out before somebody's eyes: one live region, then what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from geos.builder.build import Part
from geos.builder.doing import Outcome, carry_out
from geos.builder.plan import BuildPlan
from geos.builder.planning import GRACE
from geos.builder.progress import Board
from geos.builder.records import Records
from geos.builder.request import GCCLASSIC
from geos.wizard.cli.context import Context
from geos.wizard.errors import Cancelled, Exit, GeosError
from geos.wizard.paths import shown
from geos.wizard.ui import Live


def carry_out_shown(context: Context, plan: BuildPlan, known: Sequence[Part] = ()) -> Exit:
    """Raises Cancelled when the user wanted out; any other bad end of a part is shown, and told by the exit code."""
    records = Records()
    needs_aws = plan.build.request.push or any(part.host for part in plan.parts)
    with context.ui.live() as live:
        screen = _Drawn(live, plan, records.of(plan.build.build_id), context, known)
        try:
            outcome = carry_out(
                plan,
                context.aws if needs_aws else None,
                records,
                screen,
                headline=headline(plan),
                on_line=screen.line,
                known=known,
            )
        except KeyboardInterrupt as e:
            raise Cancelled(
                f"build {plan.build.build_id} was left without waiting for its cleanup.",
                hint=f"geos-build {context.account_flags()}clean removes what is left; the host ends by itself",
            ) from e
    return _told(context, outcome, records.of(plan.build.build_id))


def _told(context: Context, outcome: Outcome, folder: Path) -> Exit:
    if context.json:
        from geos.builder.views.as_json import outcome_json

        context.ui.data(outcome_json(outcome))
    else:
        from geos.builder.views.outcome import outcome as view

        context.ui.show(view(outcome, logs=shown(folder), flags=context.account_flags()))
    return exit_of(outcome)


def exit_of(outcome: Outcome) -> Exit:
    """The worst of all parts."""
    errors = [part.error for part in outcome.failed] + ([outcome.index_error] if outcome.index_error else [])
    if not errors:
        return Exit.OK
    if all(isinstance(error, Cancelled | KeyboardInterrupt) for error in errors):
        return Exit.CANCELLED
    told = [error.exit for error in errors if isinstance(error, GeosError) and not isinstance(error, Cancelled)]
    return told[0] if told else Exit.FAILED


def headline(plan: BuildPlan) -> str:
    request = plan.build.request
    what = " ".join(request.models) if request.models else Path(request.context).name
    arch = "+".join(request.architectures)
    version = f" {request.version}  {request.compiler}" if request.models else ""
    mpi = f" {request.mpi}" if request.models and request.models != (GCCLASSIC,) else ""
    return f"geos-build {arch}  {what}{version}{mpi}"


class _Drawn:
    """A running.Screen on the terminal."""

    def __init__(self, live: Live, plan: BuildPlan, folder: Path, context: Context, known: Sequence[Part]) -> None:
        self._live, self._plan, self._folder, self._ui = live, plan, folder, context.ui
        launched = [datetime.fromisoformat(part.launched) for part in known if part.launched]
        self._paid_since = min(launched, default=datetime.now(UTC))

    def draw(self, board: Board) -> None:
        from geos.builder.views.progress import progress

        self._live.show(progress(board.headline, self._right(), board.now, tail=self._tail()))

    def say(self, text: str) -> None:
        self._ui.say(text)

    def line(self, text: str) -> None:
        """Where nothing can be redrawn, a plain line for each change."""
        simulated = "simulated: " if self._plan.build.sandbox else ""
        self._live.show("", line=f"{simulated}{text}")

    def _right(self) -> str:
        from geos.wizard.ui.views.words import usd

        hourly, hours = self._plan.usd_per_hour, (datetime.now(UTC) - self._paid_since).total_seconds() / 3600
        cost = f"   ≈ {usd(hourly * hours)} so far" if hourly else ""
        simulated = "   simulated account" if self._plan.build.sandbox else ""
        return f"build {self._plan.build.build_id}{simulated or cost}"

    def _tail(self) -> str:
        logs = f"logs {shown(self._folder)}"
        if not any(part.host for part in self._plan.parts):
            return logs
        gone = datetime.fromisoformat(self._plan.build.expires).astimezone() - GRACE
        return f"gone by itself at {gone:%H:%M} at the latest   {logs}"
