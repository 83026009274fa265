"""The guided set-up: from "I have an AWS account", or none, to a deployed environment, question by question.

    run(context) -> Exit

asks what is not answered yet (steps.py reads like a table of contents), shows a review, writes the answers
file and, once agreed, deploys through the function that the `deploy` verb uses. The order of questions is
fixed; a question whose answer is in `context.given` is skipped.

What is promised whatever happens (Ctrl-C, credentials that fail half-way, a full disk): answers given so far
are kept in `context.unfinished`, and the next start offers to take them up again. Nothing in AWS is changed
before the review is agreed to.

Without somebody to ask (`ui.interactive` false, or `assume_yes`) no question is asked: defaults are taken, and
MissingAnswers (exit 2) names every question that has none, each with its flag.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geos.wizard.errors import Exit
from geos.wizard.facts import Target

if TYPE_CHECKING:
    from geos.wizard.aws import Aws
    from geos.wizard.guide.parts import Parts
    from geos.wizard.ui import Ui

Answers = Mapping[str, Any]
"""Flat snake_case keys, as in geos.yaml."""


@dataclass(frozen=True)
class Context:
    """All that the guided set-up is given; nothing is looked for elsewhere."""

    ui: Ui
    make_aws: Callable[[Target], Aws]
    """A door to the account that a target names."""
    start_sandbox: Callable[[str], Target]
    """Start the simulated account, or find it running, and say where it is; gets the region."""
    deploy: Callable[[Answers, Target], Exit]
    """What the `deploy` verb does once everything was agreed to: lock, change sets, progress, outputs. The
    set-up has shown its review by then; showing the change sets again is deploy's own affair."""
    write: Callable[[Answers, Path], None]
    """Write the answers file, whole or not at all."""
    given: Answers = field(default_factory=dict)
    """Answers that need no question: from flags, the environment or a file; not defaults."""
    origins: Mapping[str, str] = field(default_factory=dict)
    """Where each given answer came from, in words ("--region", "geos.yaml, line 3")."""
    sandbox: bool = False
    """--sandbox: no question about profiles."""
    endpoint: str = ""
    answers_file: Path = Path("geos.yaml")
    out: Path = Path("geos-out")
    unfinished: Path | None = None
    """Where answers are kept meanwhile; none: by the working folder, under the state folder."""
    assume_yes: bool = False
    plan_only: bool = False
    """Write the files and show the plan; change nothing in AWS."""
    parts: Parts | None = None
    """What the questions rest on: profiles, regions, prices, quotas. None: the real ones."""


def run(context: Context) -> Exit:
    """Lead through all questions. Raises geos errors; answers are kept before it does."""
    from geos.wizard.guide.flow import lead_through

    return lead_through(context)
