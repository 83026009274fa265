"""The last step: the review, the files, the deployment, and how long it all took."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from geos.wizard.errors import Cancelled, DiskRefused, Exit, GeosError, NeedsConfirmation
from geos.wizard.files import read_text, write_whole
from geos.wizard.guide import steps
from geos.wizard.guide.known import YOURS
from geos.wizard.guide.parts import Account, Review
from geos.wizard.guide.state import AGREED, SYSTEM, WAY
from geos.wizard.paths import shown, state_dir
from geos.wizard.ui import Option, Question
from geos.wizard.ui.views.review import review as review_view
from geos.wizard.ui.views.words import next_step

if TYPE_CHECKING:
    from geos.wizard.guide import Ready
    from geos.wizard.guide.flow import Guide

log = logging.getLogger("geos.guide")

DEPLOY, FILES, CHANGE, AGAIN = "deploy", "files", "change", "again"
END, STEP, INCREASE = "_end", "_step", "_increase"

_HELP = """\
Deploy: the files are written, then each stack is created, with progress; geos-setup destroy removes all of it.
Write the files: geos.yaml and the rendered templates, to be read, kept under version control, deployed later.
Change an answer: choose a step; its questions come again, with your answers standing there."""


_HELP_INCREASE = """\
A quota is a limit that AWS sets for each account. Asking for more costs nothing; AWS answers within minutes to
days, and may grant less. geos-setup quotas --request shows the reason that is sent, and files it later as well."""


def review(guide: Guide) -> Exit | None:
    """Show what all answers come to, and do what is then chosen. None: an answer is open again. Raises Back."""
    if _ask_again(guide):
        return None
    ready = guide.known.ready()
    found = _look(guide, ready)
    if isinstance(found, Review) and _offer_increases(guide, found, ready):
        found = _look(guide, ready)  # what was asked for stands there as such
    chosen = guide.ui.ask(guide.headed(_question(guide, found)))
    if chosen == CHANGE:
        _change(guide)
    if chosen not in (DEPLOY, FILES):
        return None
    if isinstance(found, Review):
        # The question and what stood above it are wiped; what was agreed to stays readable.
        guide.ui.say()
        guide.ui.say(review_view(found))
        guide.ui.say()
    return _deploy(guide, ready) if chosen == DEPLOY else _files_only(guide, ready)


def _ask_again(guide: Guide) -> bool:
    """Open the questions whose answers no longer go together, since one of them was changed; whether there are any."""
    settled, state = guide.known.settled(), guide.state
    wrong = [key for key in state.own if any(re.search(rf"\b{re.escape(key)}\b", fault) for fault in settled.faults)]
    wrong += [p.name for p in settled.missing if p.question]
    if not wrong:
        return False
    for fault in settled.faults:
        guide.ui.say(f"  ! {fault.removeprefix(f'{YOURS}: ')}")
    state.reopen(wrong)
    return True


def without_questions(guide: Guide) -> Exit:
    """With --yes, or with everything answered and --plan: review, files, deployment."""
    ready = guide.known.ready()
    account = guide.known.account()
    if isinstance(account, GeosError):
        raise account
    with guide.ui.waiting("checking quotas, permissions, prices", usually_seconds=6.0):
        found = guide.known.parts.review(ready, account)
    guide.ui.say(review_view(found))
    _write_policies(guide, found)
    if guide.context.plan_only:
        return _files_only(guide, ready)
    if not guide.context.assume_yes:
        raise NeedsConfirmation(
            f"nobody is there to agree to creating {found.deployment}.",
            hint="agree beforehand with --yes, or write the files only with --plan",
        )
    return _deploy(guide, ready)


def _look(guide: Guide, ready: Ready) -> Review | GeosError:
    account = guide.known.account()
    if not isinstance(account, Account):
        return account
    with guide.ui.waiting("checking quotas, permissions, prices", usually_seconds=6.0):
        try:
            found = guide.known.parts.review(ready, account)
        except GeosError as e:
            return e
    _write_policies(guide, found)
    return found


def _question(guide: Guide, found: Review | GeosError) -> Question:
    blocked = found.message if isinstance(found, GeosError) else found.blocked
    options = [Option(DEPLOY, ("deploy", "write the files, then create it"), disabled=blocked)]
    if guide.context.plan_only:
        options = []
    options += [
        Option(FILES, ("write the files", "create nothing in AWS")),
        Option(CHANGE, ("change an answer", "")),
    ]
    if blocked:
        options.append(Option(AGAIN, ("look again", "after something was put right")))
    intro = f"This could not be reviewed: {found.message}" if isinstance(found, GeosError) else review_view(found)
    default = FILES if guide.context.plan_only or blocked else DEPLOY
    return Question(END, "What now?", _HELP, "choice", tuple(options), ("", ""), default, intro)


def _offer_increases(guide: Guide, found: Review, ready: Ready) -> bool:
    """A short quota stops jobs and not the set-up, so the increase is offered here and now; whether it was filed."""
    if not found.increases or guide.context.plan_only:
        return False
    name = f"increase {found.deployment} {found.region} {found.increase_words}"
    if name in guide.known.said:
        return False
    question = Question(
        INCREASE,
        found.increase_words,
        _HELP_INCREASE,
        "confirm",
        default=True,
        intro=review_view(found),
        label="Ask AWS for higher quotas",
    )
    agreed = guide.ui.ask(guide.headed(question))
    guide.known.said.add(name)
    if not agreed:
        return False
    try:
        with guide.ui.waiting("filing the increase"):
            lines = guide.known.parts.file_increases(ready.aws, found)
    except GeosError as e:
        lines = (f"  ✗ {e.message}", f"    {e.hint}" if e.hint else "")
    for line in filter(None, lines):
        guide.ui.say(line)
    return True


def _change(guide: Guide) -> None:
    """Open the questions of one step again. Raises Back."""
    known = guide.known
    asked = {p.name: p.group for p in known.schema.in_order() if p.question}
    rows = [(name, title) for name, title, _ in steps.steps(known) if name != steps.REVIEW]
    options = tuple(Option(name, (title, _answers_of(guide, name, asked))) for name, title in rows)
    chosen = guide.ui.ask(
        guide.headed(Question(STEP, "Which step?", "Only its questions come again.", "choice", options, ("", "")))
    )
    own = {"account": [WAY, AGREED], "system": [SYSTEM]}
    keys = own.get(str(chosen)) or [key for key, group in asked.items() if group == chosen]
    settled = known.settled()
    # What a flag or a file said stands there as what was answered here does.
    guide.state.remembered |= {key: settled.values[key] for key in keys if key in asked and settled.is_given(key)}
    guide.state.reopen(keys)
    guide.keep()


def _answers_of(guide: Guide, step: str, groups: dict[str, str]) -> str:
    known = guide.known
    if step == "account":
        return known.way
    if step == "system":
        return known.system
    values = known.settled().values
    found = [values.get(key) for key, group in groups.items() if group == step and known.settled().applies.get(key)]
    return ", ".join(", ".join(map(str, v)) if isinstance(v, list) else str(v) for v in found if v not in (None, ""))


# --- files and deployment --------------------------------------------------------------------------


def _write(guide: Guide, ready: Ready) -> None:
    """geos.yaml and the rendered files; from here on nothing is unfinished any more."""
    from geos.wizard.systems.answers_files import answers_text

    path = guide.context.answers_file
    text = answers_text(ready.settled)
    there = read_text(path)
    if there is not None and there != text and not _may_replace(guide, path):
        raise Cancelled(f"{shown(path)} was left as it is, and nothing was created.")
    write_whole(path, text)
    written = [path, *guide.context.write_files(ready)]
    guide.finished()
    for one in written[:1]:
        flags = "--sandbox " if ready.aws.target.sandbox else ""
        guide.ui.say(f"  ✓ {shown(one)}  your answers; geos-setup {flags}deploy takes them from there")
    if len(written) > 1:
        guide.ui.say(f"  ✓ {shown(written[1].parent)}/  {len(written) - 1} rendered files")


def _may_replace(guide: Guide, path: Path) -> bool:
    if guide.context.assume_yes or not guide.ui.interactive:
        return True
    return guide.ui.confirm(f"{shown(path)} is there already. Replace it?", default=True)


def _deploy(guide: Guide, ready: Ready) -> Exit:
    _write(guide, ready)
    done = guide.context.deploy(ready)
    _remember_time(guide, ready, done)
    return done


def _files_only(guide: Guide, ready: Ready) -> Exit:
    _write(guide, ready)
    where = " --sandbox" if ready.aws.target.sandbox else ""
    guide.ui.show(
        next_step(
            (f"geos-setup{where} deploy", "creates it"),
            (f"geos-setup{where} quotas", "shows what fits today"),
            (f"geos-setup{where} estimate", "shows what it costs, line by line"),
        )
    )
    _remember_time(guide, ready, Exit.OK)
    return Exit.OK


def _write_policies(guide: Guide, found: Review) -> None:
    """What an administrator should allow, as files, because nobody can copy a policy off a screen."""
    folder = guide.context.out / found.deployment
    try:
        for name, text in found.policies.items():
            write_whole(folder / name, text, mode=0o644)
    except DiskRefused as e:
        guide.known.once("policies", f"  ! The missing permissions could not be written down: {e.message}")
        return
    if found.policies:
        lines = [f"    {shown(folder / name)}" for name in found.policies]
        guide.known.once("policies", "\n".join(["  ! What is missing, for your administrator:", *lines]))


def _remember_time(guide: Guide, ready: Ready, done: Exit) -> None:
    """From the first question to the end, on this machine only."""
    finished = datetime.now(UTC)
    try:
        seconds = round((finished - datetime.fromisoformat(guide.state.started)).total_seconds(), 1)
    except ValueError:
        seconds = 0.0
    entry = {
        "finished": finished.isoformat(timespec="seconds"),
        "seconds": seconds,
        "questions": len(guide.state.history),
        "resumed": guide.state.resumed,
        "system": guide.known.system,
        "sandbox": ready.aws.target.sandbox,
        "exit": int(done),
    }
    log.info("guided set-up %s", json.dumps(entry))
    append_line(state_dir() / "set-ups.jsonl", json.dumps(entry))


def append_line(path: Path, line: str, *, most: int = 200) -> None:
    """Add a line and forget the oldest; a full disk is no reason to fail here."""
    try:
        before: Sequence[str] = (read_text(path) or "").splitlines()
        write_whole(path, "\n".join([*before[1 - most :], line]) + "\n")
    except DiskRefused as e:
        log.info("not written: %s", e.message)
