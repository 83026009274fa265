"""The real terminal: questions through questionary, everything else through rich. The only place that prints.

Both are imported when first needed, since together they cost 100 ms. Talk and questions go to stderr, results to
stdout. Colour follows NO_COLOR, --no-color and whether the stream is a terminal; nothing moves where the stream is
none or CI is set, there each change is one plain line.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TextIO, cast

from geos.wizard.errors import Cancelled, MissingAnswers, NeedsConfirmation
from geos.wizard.ui import Live, Question, Renderable
from geos.wizard.ui.keyboard import hushed
from geos.wizard.ui.light import Screen
from geos.wizard.ui.patient import Patient

if TYPE_CHECKING:
    from prompt_toolkit.input import Input
    from prompt_toolkit.output import Output
    from rich.console import Console

_SAY_AFTER_SECONDS = 0.3
_SAY_USUAL_AFTER_SECONDS = 10.0
_PLAIN_WIDTH = 80
"""Lines up to here are the same with and without wrapping, where there is no screen."""


class Terminal:
    """Implements `geos.wizard.ui.Ui`."""

    def __init__(
        self,
        *,
        no_color: bool = False,
        assume_yes: bool = False,
        json: bool = False,
        environ: Mapping[str, str] | None = None,
        stdin: TextIO | None = None,
        stdout: TextIO | None = None,
        stderr: TextIO | None = None,
        keys: Input | None = None,
        screen: Output | None = None,
    ) -> None:
        """`json`: stdout carries data only, what would be shown there goes to stderr. `keys` and `screen` stand in
        for the real ones in tests of the prompts."""
        environ = os.environ if environ is None else environ
        self._in = stdin or sys.stdin
        self._out, self._err = (cast(TextIO, Patient(s)) for s in (stdout or sys.stdout, stderr or sys.stderr))
        self._keys, self._screen = keys, screen
        self._assume_yes, self._json = assume_yes, json
        self._colour = not no_color and not environ.get("NO_COLOR")
        self._dumb = environ.get("TERM", "") == "dumb"
        self._moving = _is_terminal(self._err) and not environ.get("CI") and not self._dumb
        answering = keys is not None or (_is_terminal(self._in) and _is_terminal(self._err))
        self.interactive = answering and not assume_yes
        self._columns = int(columns) if (columns := environ.get("COLUMNS", "")).isdigit() else _PLAIN_WIDTH
        """Of a stream that is no terminal."""
        self._consoles: dict[int, Console] = {}
        self._drawing = False
        self._stop_telling: Callable[[], None] = lambda: None
        """Ends what is said of a wait, when somebody must be asked in the middle of it (a one-time code)."""
        for stream in (self._out, self._err):
            _survive_narrow_alphabets(stream)

    @property
    def width(self) -> int:
        return self._console(self._err).width

    # --- talk and results ------------------------------------------------------------------------

    def say(self, text: Renderable = "") -> None:
        self._print(self._err, text)

    def show(self, renderable: Renderable) -> None:
        self._print(self._err if self._json else self._out, renderable)

    def data(self, value: Any) -> None:
        text = value if isinstance(value, str) else _json(value)
        self._out.write(text.rstrip("\n") + "\n")
        self._out.flush()

    def _print(self, stream: TextIO, what: Renderable) -> None:
        if isinstance(what, str) and not _is_terminal(stream) and all(len(x) <= _PLAIN_WIDTH for x in what.split("\n")):
            stream.write(f"{what}\n")  # rich would do the same, 50 ms later
            stream.flush()
            return
        if isinstance(what, Screen) and not _is_terminal(stream):
            stream.write(what.plain(self._columns))
            stream.flush()
            return
        console = self._console(stream)
        if console.is_terminal:
            console.print(printable(what), markup=False, highlight=False, emoji=False, crop=False)
            return
        with console.capture() as captured:
            console.print(printable(what), markup=False, highlight=False, emoji=False, crop=False)
        # Columns are filled up with blanks, which a file or a mail need not carry.
        stream.write("".join(f"{line.rstrip()}\n" for line in captured.get().splitlines()))
        stream.flush()

    def _console(self, stream: TextIO) -> Console:
        from rich.console import Console

        found = self._consoles.get(id(stream))
        if found is None:
            found = self._consoles[id(stream)] = Console(
                file=stream,
                no_color=not self._colour,
                color_system="auto" if self._colour and _is_terminal(stream) else None,
                highlight=False,
                legacy_windows=False,
            )
        return found

    # --- questions -------------------------------------------------------------------------------

    def ask(self, question: Question) -> Any:
        if not self.interactive:
            raise MissingAnswers(
                f"there is no answer to: {question.text}",
                hint=f"give it with --{question.key.replace('_', '-')}, or run the command in a terminal",
            )
        answer = self._prompt(question)
        if question.steps:
            from geos.wizard.ui.views.answered import Answered

            self.say(Answered(question, answer))
        return answer

    def confirm(self, text: str, *, default: bool = False) -> bool:
        if self._assume_yes:
            return True
        if not self.interactive:
            raise NeedsConfirmation(
                f"nobody is there to agree to: {text}", hint="run it in a terminal, or agree beforehand with --yes"
            )
        answer = bool(self._prompt(Question("agreed", text, kind="confirm", default=default)))
        self.say(f"  {text}  {'yes' if answer else 'no'}")
        return answer

    def _prompt(self, question: Question) -> Any:
        from prompt_toolkit.output import create_output

        from geos.wizard.ui.prompt import Prompt

        if self._dumb and self._keys is None:
            from geos.wizard.ui.plain import ask_in_lines

            return ask_in_lines(question, self.say)
        self._stop_telling()
        output = self._screen or create_output(stdout=self._err)
        prompt = Prompt(question, self._drawn(question.intro), input=self._keys, output=output, colour=self._colour)
        if question.intro and prompt.least_height > output.get_size().rows:
            # Too tall to be redrawn with every key: what stands above scrolls by like any other talk.
            self.say(prompt.head_line)
            self.say(question.intro)
            prompt = Prompt(question, "", input=self._keys, output=output, colour=self._colour, headless=True)
        with _quiet_interrupts():
            return prompt.run()

    def _drawn(self, what: Renderable) -> str:
        """`what` as text with its colours, to be put above a question."""
        if isinstance(what, str):
            from geos.wizard.ui.layout import wrapped

            return "\n".join(wrapped(what, self.width)) if what else ""
        console = self._console(self._err)
        with console.capture() as captured:
            console.print(what, markup=False, highlight=False, emoji=False, crop=False)
        return captured.get()

    # --- waiting and progress ----------------------------------------------------------------------

    @contextlib.contextmanager
    def live(self) -> Iterator[Live]:
        if not self._moving:
            yield _Lines(self.say)
            return
        from rich.live import Live as RichLive

        with (
            hushed(self._in),
            RichLive(console=self._console(self._err), transient=True, refresh_per_second=8) as region,
        ):
            self._drawing = True
            try:
                yield _Region(region)
            finally:
                self._drawing = False

    @contextlib.contextmanager
    def waiting(self, what: str, *, usually_seconds: float = 0.0) -> Iterator[None]:
        if self._drawing:
            yield  # one thing at a time is told
            return
        self._drawing = True
        over = threading.Event()
        teller = threading.Thread(target=self._tell, args=(what, usually_seconds, over), daemon=True)

        def stop() -> None:
            over.set()
            teller.join()

        teller.start()
        self._stop_telling = stop
        try:
            with hushed(self._in) if self._moving else contextlib.nullcontext():
                yield
        finally:
            stop()
            self._drawing = False

    def _tell(self, what: str, usually_seconds: float, over: threading.Event) -> None:
        if over.wait(_SAY_AFTER_SECONDS):
            return
        usual = f", usually {_about(usually_seconds)}" if usually_seconds else ""
        if not self._moving:
            self.say(f"  … {what}")
            if usual and not over.wait(_SAY_USUAL_AFTER_SECONDS - _SAY_AFTER_SECONDS):
                self.say(f"  … still {what}{usual}")
            return
        from rich.live import Live as RichLive
        from rich.spinner import Spinner
        from rich.text import Text

        started = time.monotonic() - _SAY_AFTER_SECONDS
        spinner = Spinner("dots", Text(f"{what} …"))
        padded = _indented(spinner)
        with RichLive(padded, console=self._console(self._err), transient=True, refresh_per_second=8):
            while not over.wait(1.0):
                passed = time.monotonic() - started
                after = usual if passed >= _SAY_USUAL_AFTER_SECONDS else ""
                spinner.update(text=Text(f"{what} …  {passed:.0f} s{after}"))


_LONG = 50
"""Elements of a list that get a line each."""


def _json(value: Any) -> str:
    """Indented, but for long lists: indenting them takes ten times as long as writing them."""
    from json import JSONEncoder

    plain = JSONEncoder(ensure_ascii=False, default=str).encode
    indented = JSONEncoder(ensure_ascii=False, default=str, indent=2).encode
    if not isinstance(value, dict) or not any(isinstance(v, list) and len(v) > _LONG for v in value.values()):
        return indented(value)
    parts = []
    for name, part in value.items():
        if isinstance(part, list) and len(part) > _LONG:
            text = "[\n" + ",\n".join(f"    {plain(one)}" for one in part) + "\n  ]"
        else:
            text = indented(part).replace("\n", "\n  ")
        parts.append(f"  {plain(str(name))}: {text}")
    return "{\n" + ",\n".join(parts) + "\n}"


def printable(what: Renderable) -> Renderable:
    """Text wraps between words only: a path or command that is broken cannot be pasted."""
    if not isinstance(what, str):
        return what
    from rich.text import Text

    return Text(what, overflow="ignore")


class _Region:
    """A redrawn region."""

    def __init__(self, region: Any) -> None:
        self._region = region

    def show(self, renderable: Renderable, *, line: str = "") -> None:
        self._region.update(renderable)


class _Lines:
    """Where nothing can be redrawn: one line per change."""

    def __init__(self, say: Callable[[Renderable], None]) -> None:
        self._say = say

    def show(self, renderable: Renderable, *, line: str = "") -> None:
        if line:
            self._say(line)


def _indented(what: Renderable) -> Renderable:
    from rich.padding import Padding

    return Padding(what, (0, 0, 0, 2))


def _about(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def _is_terminal(stream: TextIO | None) -> bool:
    try:
        return stream is not None and stream.isatty()
    except ValueError:  # closed
        return False


def _survive_narrow_alphabets(stream: TextIO) -> None:
    """A terminal that cannot show ✓ shows ? instead of ending the program."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None and (getattr(stream, "encoding", "") or "").lower().replace("-", "") != "utf8":
        reconfigure(errors="replace")


@contextlib.contextmanager
def _quiet_interrupts() -> Iterator[None]:
    """A Ctrl-C that arrives between two key strokes is one as well."""
    try:
        yield
    except KeyboardInterrupt as e:
        raise Cancelled("stopped before anything was changed.") from e
