"""Ask one question in a terminal, drawn in place and wiped when answered.

Questions are questionary's; what they show is drawn here, on the prompt_toolkit that lies below it. Its own prompts
know no way back and no help (questionary issue 81), which every person who ever mistyped a region wants, and two
kinds of key handling side by side would not feel like one program.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from prompt_toolkit.application import Application
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.filters import Condition
from prompt_toolkit.formatted_text import ANSI, StyleAndTextTuples, to_formatted_text
from prompt_toolkit.input import Input
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.keys import Keys
from prompt_toolkit.layout import HSplit, Layout, VSplit, Window
from prompt_toolkit.layout.controls import BufferControl, FormattedTextControl
from prompt_toolkit.layout.processors import AfterInput, PasswordProcessor
from prompt_toolkit.output import ColorDepth, Output
from questionary import Question as Asked
from questionary import Style

from geos.wizard.errors import Cancelled
from geos.wizard.ui import Back, Question
from geos.wizard.ui import layout as lay
from geos.wizard.ui.choosing import Choosing

STYLE = Style.from_dict(
    {
        "program": "bold",
        "title": "bold",
        "quiet": "fg:ansibrightblack",
        "key": "bold",
        "heading": "fg:ansibrightblack",
        "cursor": "bold fg:ansicyan",
        "current": "bold",
        "disabled": "fg:ansibrightblack",
        "message": "fg:ansired",
        "help": "",
        "ok": "fg:ansigreen",
        "short": "fg:ansiyellow",
        "unknown": "fg:ansibrightblack",
        "failed": "fg:ansired",
        "simulated": "fg:ansiblue",
    }
)

# A lone Esc is told from an arrow key by waiting this long for more.
_ESC_SECONDS = 0.05
_LEAST_ROWS = 3
_FEW_ROWS = 6


class Prompt:
    """One question on one terminal."""

    def __init__(
        self,
        question: Question,
        intro: str,
        *,
        input: Input | None,  # noqa: A002
        output: Output,
        colour: bool,
        headless: bool = False,
    ) -> None:
        """`headless`: head line and intro were printed above already."""
        self.question = question
        self.intro = intro
        self.headless = headless
        self.helping = False
        self.message = ""
        self.touched = False
        self.choice = Choosing.start(question) if question.kind in ("choice", "choices") else None
        self.buffer = Buffer(multiline=False, on_text_changed=self._typed)
        self.app: Application[Any] = Application(
            layout=Layout(self._container()),
            key_bindings=self._keys(),
            style=STYLE,
            color_depth=None if colour else ColorDepth.DEPTH_1_BIT,
            erase_when_done=True,
            input=input,
            output=output,
        )
        self.app.ttimeoutlen = _ESC_SECONDS
        self.app.timeoutlen = _ESC_SECONDS

    def run(self) -> Any:
        """The answer. Raises Back or Cancelled."""
        try:
            return Asked(self.app).unsafe_ask()
        except (EOFError, KeyboardInterrupt) as e:
            raise Cancelled("stopped: nobody is there to answer any more.") from e

    # --- what is drawn ---------------------------------------------------------------------------

    @property
    def _width(self) -> int:
        return max(20, self.app.output.get_size().columns)

    @property
    def _height(self) -> int:
        return self.app.output.get_size().rows

    @property
    def head_line(self) -> str:
        """The first line, for when it is printed and not drawn."""
        return "\n".join("".join(text for _, text in line) for line in lay.head(self.question, self._width))

    @property
    def least_height(self) -> int:
        """Lines without which the question cannot be seen whole, or at least with a few of its rows."""
        rows = min(len(self.question.options), _FEW_ROWS)
        body = rows + 3 if self.choice is not None else 1
        return _height(self._top()) + body + _height(self._bottom())

    def _container(self) -> HSplit:
        parts: list[Any] = [Window(FormattedTextControl(self._top), dont_extend_height=True, wrap_lines=True)]
        if self.choice is not None:
            parts.append(
                Window(FormattedTextControl(self._table, focusable=True, show_cursor=False), dont_extend_height=True)
            )
        elif self.question.kind == "confirm":
            parts.append(Window(FormattedTextControl("", focusable=True, show_cursor=False), height=0))
        else:
            sign = Window(FormattedTextControl([("class:cursor", f"  {lay.CURSOR}  ")]), width=5)
            parts.append(VSplit([sign, Window(self._typing(), height=1)]))
        parts.append(Window(FormattedTextControl(self._bottom), dont_extend_height=True, wrap_lines=True))
        return HSplit(parts)

    def _typing(self) -> BufferControl:
        hidden = [PasswordProcessor("•")] if self.question.kind == "secret" else []
        return BufferControl(self.buffer, input_processors=[*hidden, AfterInput(self._ghost)])

    def _ghost(self) -> StyleAndTextTuples:
        """What Enter would take, in grey, as long as nothing was typed."""
        if self.buffer.text:
            return []
        if self._ghostly:
            return [("class:quiet", str(self.question.default))]
        return [("class:quiet", "(empty)")] if self.touched else []

    def _top(self) -> StyleAndTextTuples:
        pieces = _joined([[]] if self.headless else lay.head(self.question, self._width))
        if self.intro:
            pieces += [(style, text) for style, text, *_ in to_formatted_text(ANSI(self.intro.rstrip("\n")))]
            pieces.append(("", "\n\n"))
        room = self._width - (len("  (Y/n)") if self.question.kind == "confirm" else 0)
        text = lay.wrapped(self.question.text, room)
        if self.question.kind == "confirm":
            text[-1] += "  (Y/n)" if self.question.default else "  (y/N)"
        return [*pieces, ("class:title" if self.question.steps else "", "\n".join(text))]

    def _table(self) -> StyleAndTextTuples:
        state = self._choosing
        rows = state.visible()
        room = max(_LEAST_ROWS, self._height - self._others_height())
        shown = lay.window(len(rows), min(state.cursor, max(0, len(rows) - 1)), room)
        drawn = lay.table(
            rows[shown.start : shown.stop],
            self.question.columns,
            self._width,
            cursor=min(state.cursor, max(0, len(rows) - 1)) - shown.start,
            picked=frozenset(state.picked) if state.several else None,
            widths_of=self.question.options,
        )
        lines: list[lay.Line] = [[]]
        lines += [drawn.heading] if drawn.heading else []
        if shown.start:
            lines.append([("class:quiet", f"     … {shown.start} more above")])
        lines += drawn.rows
        if len(rows) - shown.stop:
            lines.append([("class:quiet", f"     … {len(rows) - shown.stop} more below")])
        if state.filtering or state.filter:
            lines.append(
                [("class:cursor", "  /  "), ("", state.filter), ("class:quiet", "_" if state.filtering else "")]
            )
        current = state.current()
        more = lay.details(current, self.question.columns, drawn) if current and not state.message else ""
        lines += [[("class:quiet", line)] for line in lay.wrapped(more, self._width, 5)]
        return _joined(lines)[:-1]

    def _others_height(self) -> int:
        """Lines that are not rows: head, intro, question, help, hints, and room for `… more` and the filter."""
        top = _height(self._top())
        bottom = _height(self._bottom())
        return top + bottom + 6

    def _bottom(self) -> StyleAndTextTuples:
        lines: list[lay.Line] = [[]]
        message = self.choice.message if self.choice else self.message
        lines += [[("class:message", line)] for line in lay.wrapped(message, self._width)]
        if self.helping:
            lines += [[("class:help", line)] for line in lay.wrapped(self._help(), self._width)] + [[]]
        elif message:
            lines.append([])
        return _joined([*lines, *lay.hints(self._hints(), self._width)])[:-1]

    def _help(self) -> str:
        return self.question.help or "There is no more to say about this one than is written above."

    def _hints(self) -> list[tuple[str, str]]:
        out = "keep and leave" if self.question.steps and self.question.kept else "leave"
        after = [("?", "help"), ("<", "back")] if self.question.steps else []
        if self.choice is None and self.question.kind != "confirm":
            first = [("Enter", "take")] + ([("Tab", "edit")] if self._ghostly else [])
        elif self.choice is None:
            first = [("y", "yes"), ("n", "no")]
        else:
            pick = [("Space", "pick")] if self.choice.several else []
            seek = [("/", "filter")] if len(self.question.options) > _LEAST_ROWS else []
            first = [("↑↓", "move" if pick else "choose"), *pick, ("Enter", "take"), *seek]
        return [*first, *after, ("Ctrl-C", out)]

    # --- what keys do ----------------------------------------------------------------------------

    @property
    def _choosing(self) -> Choosing:
        assert self.choice is not None
        return self.choice

    @property
    def _ghostly(self) -> bool:
        """Whether a default stands in for an answer that was not typed."""
        return not self.touched and self.question.default not in (None, "") and self.question.kind == "text"

    def _typed(self, _: Buffer) -> None:
        self.touched = True
        self.message = ""

    def _done(self, value: Any) -> None:
        self.app.exit(result=value)

    def _back(self) -> None:
        if self.question.steps:
            self.app.exit(exception=Back())

    def _toggle_help(self) -> None:
        self.helping = not self.helping

    def _keys(self) -> KeyBindings:
        keys = KeyBindings()
        bind = _Binder(keys)
        bind("c-c", lambda: self.app.exit(exception=Cancelled("stopped before anything was changed.")))
        bind("f1", self._toggle_help)
        if self.choice is not None:
            self._choice_keys(bind)
        elif self.question.kind == "confirm":
            self._confirm_keys(bind)
        else:
            self._text_keys(bind)
        return keys

    def _choice_keys(self, bind: _Binder) -> None:
        state = self._choosing
        filtering = Condition(lambda: state.filtering)
        page = 8
        for key, by in (("up", -1), ("down", 1), ("pageup", -page), ("pagedown", page), ("c-p", -1), ("c-n", 1)):
            bind(key, lambda by=by: state.move(by))
        bind("home", lambda: state.move(-len(state.visible()) - 1))
        bind("end", lambda: state.move(len(state.visible()) + 1))
        bind("enter", self._take)
        bind("escape", lambda: state.stop_filter() if state.filtering or state.filter else self._back())
        bind("backspace", state.rub, when=filtering)
        bind("<any>", lambda text: state.type(text), when=filtering, text=True)
        for key, act in (("/", state.start_filter), ("?", self._toggle_help), ("<", self._back)):
            bind(key, act, when=~filtering)
        for key, by in (("k", -1), ("j", 1)):
            bind(key, lambda by=by: state.move(by), when=~filtering)
        if state.several:
            bind("space", state.toggle, when=~filtering)

    def _take(self) -> None:
        answer = self._choosing.take()
        if answer is not None:
            self._done(answer)

    def _confirm_keys(self, bind: _Binder) -> None:
        for key, value in (("y", True), ("Y", True), ("n", False), ("N", False)):
            bind(key, lambda value=value: self._done(value))
        bind("enter", lambda: self._done(bool(self.question.default)))
        bind("?", self._toggle_help)
        for key in ("<", "escape"):
            bind(key, self._back)

    def _text_keys(self, bind: _Binder) -> None:
        empty = Condition(lambda: not self.buffer.text)
        bind("enter", self._take_text)
        bind("escape", self._back)
        bind("<", self._back, when=empty)
        bind("?", self._toggle_help, when=empty)
        bind("tab", self._edit_default)
        bind("c-d", lambda: self.app.exit(exception=EOFError()), when=empty)

    def _edit_default(self) -> None:
        if self._ghostly:
            self.buffer.text = str(self.question.default)
            self.buffer.cursor_position = len(self.buffer.text)

    def _take_text(self) -> None:
        text = self.buffer.text
        if not text and not self.touched and self.question.default is not None:
            text = str(self.question.default)
        text = text if self.question.kind == "secret" else text.strip()
        self.message = self.question.check(text)
        if not self.message:
            self._done(text)


class _Binder:
    """Bind a key to a plain function; with `text` it gets what was typed."""

    def __init__(self, keys: KeyBindings) -> None:
        self._keys = keys

    def __call__(
        self, key: Keys | str, act: Callable[..., object], *, when: Condition | Any = None, text: bool = False
    ) -> None:
        def handle(event: KeyPressEvent) -> None:
            if text and event.data.isprintable():
                act(event.data)
            elif not text:
                act()

        self._keys.add(key, filter=True if when is None else when)(handle)


def _joined(lines: list[lay.Line]) -> StyleAndTextTuples:
    pieces: StyleAndTextTuples = []
    for line in lines:
        pieces += [*line, ("", "\n")]
    return pieces


def _height(pieces: StyleAndTextTuples) -> int:
    return sum(piece[1].count("\n") for piece in pieces) + 1
