"""The state of a choice while keys come in. No terminal here: a key is a method call."""

from __future__ import annotations

from dataclasses import dataclass, field

from geos.wizard.ui import Option, Question


@dataclass
class Choosing:
    """Where the cursor is, what is filtered, what is picked."""

    question: Question
    several: bool = False
    cursor: int = 0
    filter: str = ""
    filtering: bool = False
    picked: set[str] = field(default_factory=set)
    message: str = ""

    @classmethod
    def start(cls, question: Question) -> Choosing:
        """The cursor stands on the default, else on the first row that can be taken."""
        several = question.kind == "choices"
        default = question.default
        picked = {str(value) for value in default or ()} if several else set()
        state = cls(question, several, picked=picked)
        wanted = next(iter(default or ()), "") if several else ("" if default is None else str(default))
        free = [i for i, option in enumerate(question.options) if not option.disabled]
        named = [i for i in free if question.options[i].value == str(wanted)]
        state.cursor = (named or free or [0])[0]
        return state

    def visible(self) -> list[Option]:
        """Rows that hold every word of the filter, in any cell."""
        words = self.filter.casefold().split()
        if not words:
            return list(self.question.options)
        return [o for o in self.question.options if all(w in " ".join(o.cells).casefold() for w in words)]

    def current(self) -> Option | None:
        rows = self.visible()
        return rows[min(self.cursor, len(rows) - 1)] if rows else None

    def move(self, by: int) -> None:
        rows = len(self.visible())
        self.message = ""
        if rows:
            step = self.cursor + by
            # One step past an end goes round; a page stops there.
            self.cursor = step % rows if abs(by) == 1 else min(max(step, 0), rows - 1)

    def start_filter(self) -> None:
        self.filtering, self.message = True, ""

    def type(self, text: str) -> None:
        self._refilter(self.filter + text)

    def rub(self) -> None:
        if self.filter:
            self._refilter(self.filter[:-1])
        else:
            self.filtering = False

    def stop_filter(self) -> None:
        self.filtering = False
        self._refilter("")

    def _refilter(self, text: str) -> None:
        before = self.current()
        self.filter, self.message = text, ""
        rows = self.visible()
        self.cursor = rows.index(before) if before in rows else 0

    def toggle(self) -> None:
        """Space, where several can be picked."""
        option = self.current()
        if option is None:
            return
        if option.disabled:
            self.message = f"{option.cells[0]} cannot be taken: {option.disabled}"
        else:
            self.picked ^= {option.value}
            self.message = ""

    def take(self) -> object | None:
        """The answer, or None with `message` saying why there is none yet."""
        if self.several:
            values = [o.value for o in self.question.options if o.value in self.picked]
            self.message = self.question.check(",".join(values))
            return None if self.message else values
        option = self.current()
        if option is None:
            self.message = f'nothing holds "{self.filter}"'
            return None
        self.message = (
            f"{option.cells[0]} cannot be taken: {option.disabled}"
            if option.disabled
            else self.question.check(option.value)
        )
        return None if self.message else option.value
