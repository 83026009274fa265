"""The conversation: put the first open question, take the answer, look again.

Nothing is remembered but the answers (state.py); so going back from any question is taking an answer back.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from geos.wizard.errors import Cancelled, GeosError, MissingAnswers
from geos.wizard.guide import Context, account, ending, steps, unfinished
from geos.wizard.guide.asking import Asking
from geos.wizard.guide.known import Known
from geos.wizard.guide.state import AGREED, SYSTEM, WAY, State
from geos.wizard.ui import Back, Question

if TYPE_CHECKING:
    from geos.wizard.errors import Exit


class Guide:
    """One run of the guided set-up."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.ui = context.ui
        self.state = State(started=datetime.now(UTC).isoformat(timespec="seconds"))
        self.known = Known(context, self.state)
        self._place = context.unfinished or unfinished.place()
        self._keeps = True

    def run(self) -> Exit:
        if not self.ui.interactive:
            return self._without_questions()
        try:
            self._refuse_bad_answers()
            self._offer_to_go_on()
            return self._lead()
        except KeyboardInterrupt as e:
            raise self._kept(Cancelled("Stopped.")) from e
        except GeosError as e:
            raise self._kept(e) from e

    def _refuse_bad_answers(self) -> None:
        """What flags, environment and files say wrongly is told before twenty questions, not after."""
        settled = self.known.settled(online=False)
        if settled.faults:
            settled.require()

    def _lead(self) -> Exit:
        while True:
            try:
                found = self._next_open()
                if found is not None:
                    self._put(*found)
                elif (done := ending.review(self)) is not None:
                    return done
            except Back:
                self._go_back()

    def _next_open(self) -> tuple[int, str, Asking] | None:
        """(number of the step, its title, its first open question)."""
        for number, (_, title, ask) in enumerate(steps.steps(self.known), 1):
            for asking in ask(self.known):
                return number, title, asking
        return None

    def _put(self, number: int, title: str, asking: Asking) -> None:
        answer = self.ui.ask(self.headed(asking.build(), number, title))
        self._accept(asking.key, answer)

    def headed(self, question: Question, number: int = 0, title: str = "") -> Question:
        """The question with its head line; without a number it belongs to the last step."""
        all_steps = steps.steps(self.known)
        number = number or len(all_steps)
        place, title = self.known.place, title or all_steps[number - 1][1]
        return replace(question, step=number, steps=len(all_steps), title=title, place=place)

    def _accept(self, key: str, answer: Any) -> None:
        if key == WAY:
            try:
                answer = account.resolve(self, str(answer))
            except Back:
                return  # the list comes again
            self.known.problem = None
        if key == AGREED and answer != account.GO_ON:
            self.state.reopen([WAY])
            return
        self.state.take(key, answer)
        self.keep()

    def _go_back(self) -> None:
        """To the question before; a warning that was agreed to leads back to the choice of the account."""
        key = self.state.back()
        if key:
            self.state.reopened.add(key)
        if key == AGREED:
            self.state.reopen([WAY])

    def dialog(self, questions: tuple[Question, ...]) -> dict[str, Any]:
        """A few questions of the first step that are not kept; back from the first one leaves (Back)."""
        given: dict[str, Any] = {}
        i = 0
        while i < len(questions):
            try:
                given[questions[i].key] = self.ui.ask(self.headed(questions[i], 1))
                i += 1
            except Back:
                if i == 0:
                    raise
                i -= 1
        return given

    # --- keeping and going on ------------------------------------------------------------------

    def _offer_to_go_on(self) -> None:
        found = unfinished.find(self._place)
        if found is None:
            return
        amount = len(found.parameters)
        answers = f"{amount} answer{'' if amount == 1 else 's'}"
        ago = unfinished.age_words(found)
        if self.ui.confirm(f"A set-up begun {ago} was not finished ({answers}). Go on with it?", default=True):
            self.state = found
            self.known = Known(self.context, found)
            self._show_answers()
        else:
            unfinished.drop(self._place)

    def _show_answers(self) -> None:
        """What was answered another time, as it stood on the screen then."""
        from geos.wizard.ui.views.answered import Answered

        for key in self.state.history:
            question = steps.answered(self.known, key)
            if question is not None:
                self.ui.say(Answered(question, self.state.own[key], quiet=True))

    def keep(self) -> None:
        wrong = unfinished.keep(self._place, self.state)
        self._keeps = not wrong
        if wrong:
            self.known.once("keep", f"  ! Answers cannot be kept for a later start: {wrong}")

    def _kept(self, error: GeosError) -> GeosError:
        """The same error, saying how to go on."""
        if not self.state.own or not self._keeps or not self._place.exists():
            return error
        again = "geos-setup --sandbox" if self.context.sandbox else "geos-setup"
        if isinstance(error, Cancelled):
            return Cancelled("Stopped; your answers are kept.", hint=f"{again} goes on where you were")
        self.ui.say(f"  Your answers are kept; {again} goes on where you were.")
        return error

    def finished(self) -> None:
        """The answers are in the answers file now."""
        unfinished.drop(self._place)

    # --- without anybody to ask --------------------------------------------------------------------

    def _without_questions(self) -> Exit:
        if not self.context.assume_yes:
            self._name_what_is_missing()
        if self.known.system_is_open:
            self.state.own[SYSTEM] = self.known.system
        self.known.settled(online=False).require()
        found = self.known.account()
        if isinstance(found, GeosError):
            raise found
        self.ui.say(account.identity_words(found))
        warning = account.warning_about(found)
        if warning:
            self.ui.say(f"  ! {warning}")
        return ending.without_questions(self)

    def _name_what_is_missing(self) -> None:
        """Raises MissingAnswers with every question that would be asked, each with its flag."""
        known = self.known
        settled = known.settled(online=False)
        if settled.faults:
            settled.require()
        missing = ["system (--system)"] if known.system_is_open else []
        for parameter in known.schema.in_order():
            asked = parameter.question and parameter.group not in steps.TITLES
            if asked and known.is_open(parameter.name, online=False):
                missing.append(f"{parameter.name} ({parameter.flag})")
        if missing:
            raise MissingAnswers(
                f"there is no terminal to ask in, and these are not answered: {', '.join(missing)}.",
                hint="give the flags, or --answers FILE, or --yes to take the defaults",
            )
