"""The guided set-up: from "I have an AWS account", or none, to a deployed environment, question by question.

    run(context) -> Exit

asks what is not answered yet (steps.py reads like a table of contents), shows a review, writes the answers
file and, once agreed, deploys through the function that the `deploy` verb uses. The order of questions is
fixed; a question that flags, environment or a file have answered is skipped.

What is promised whatever happens (Ctrl-C, credentials that fail half-way, a full disk): answers given so far
are kept in `context.unfinished`, and the next start offers to take them up again. Nothing in AWS is changed
before the review is agreed to.

Without somebody to ask (`ui.interactive` is false) nothing is asked: MissingAnswers (exit 2) names every
question with its flag; with `assume_yes` only those that have no default, which is taken for all others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from geos.wizard.errors import Exit
from geos.wizard.facts import Target

if TYPE_CHECKING:
    from geos.wizard.aws import Aws
    from geos.wizard.guide.parts import Parts
    from geos.wizard.systems.answers import Answers, Schema, Settled
    from geos.wizard.systems.expressions import Facts
    from geos.wizard.ui import Ui


@dataclass(frozen=True)
class Ready:
    """What the set-up ends with: every answer, the account they are for, and what is known of it."""

    settled: Settled
    aws: Aws
    facts: Facts


@dataclass(frozen=True)
class Context:
    """All that the guided set-up is given; nothing is looked for elsewhere."""

    ui: Ui
    make_aws: Callable[[Target], Aws]
    """A door to the account that a target names."""
    sandbox_target: Callable[[str], Target]
    """Start the simulated account, or find it running, and say where it is; gets the region."""
    layers: Callable[[Schema], Sequence[Answers]]
    """What flags, environment and files answer of a system's questions, strongest first. Defaults not among them."""
    deploy: Callable[[Ready], Exit]
    """What the `deploy` verb does, for somebody who has seen the review and agreed."""
    write_files: Callable[[Ready], Sequence[Path]]
    """Render to geos-out/<deployment>/ as `--plan` does; the files written."""
    system: str = ""
    """Named already by flag, environment or file."""
    sandbox: bool = False
    """--sandbox: no question about profiles."""
    endpoint: str = ""
    """AWS_ENDPOINT_URL; empty for AWS itself."""
    answers_file: Path = Path("geos.yaml")
    out: Path = Path("geos-out")
    unfinished: Path | None = None
    """Where answers are kept meanwhile; None: by the working folder, under the state folder."""
    assume_yes: bool = False
    plan_only: bool = False
    """Write the files and show the plan; change nothing in AWS."""
    parts: Parts | None = None
    """What the questions rest on: profiles, regions, prices, quotas. None: the real ones."""


def run(context: Context) -> Exit:
    """Lead through all questions. Raises geos errors; answers are kept before it does."""
    from geos.wizard.guide.flow import Guide

    return Guide(context).run()
