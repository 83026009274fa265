"""A real terminal for tests and pictures: a private tmux server, what it shows, and that as SVG or PNG.

    with Screen("geos-setup --sandbox", width=80, height=30) as screen:
        screen.wait_for("Which region")
        screen.press("Down", "Enter")
        screen.picture(Path("region.png"))

Pictures need rich; PNG also cairosvg, which no test needs.
"""

from __future__ import annotations

import io
import os
import re
import shlex
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from uuid import uuid4

FONTS = "DejaVu Sans Mono, Menlo, Consolas, monospace"


class Screen:
    """One command in a terminal of its own. Needs tmux."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        width: int = 80,
        height: int = 40,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> None:
        self._server = f"geos-{uuid4().hex[:10]}"
        self._status = Path(tempfile.mkdtemp(prefix="geos-screen-")) / "status"
        self.width = width
        # Without this prompt_toolkit waits for a cursor position that nobody reports.
        settings = {"PROMPT_TOOLKIT_NO_CPR": "1", "TERM": "xterm-256color", **(env or {})}
        words = ["env", *(f"{key}={value}" for key, value in settings.items()), *command]
        line = f"{shlex.join(words)}; echo $? > {shlex.quote(str(self._status))}"
        self._tmux(
            "-f", os.devnull, "new-session", "-d", "-x", str(width), "-y", str(height), "-c", str(cwd or Path.cwd()),
            line, ";", "set-option", "-g", "remain-on-exit", "on", ";", "set-option", "-g", "status", "off",
        )  # fmt: skip

    def _tmux(self, *words: str) -> str:
        done = subprocess.run(["tmux", "-L", self._server, *words], capture_output=True, text=True, check=True)
        return done.stdout

    def __enter__(self) -> Screen:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        subprocess.run(["tmux", "-L", self._server, "kill-server"], capture_output=True, check=False)
        self._status.unlink(missing_ok=True)
        self._status.parent.rmdir()

    def text(self, *, history: bool = False) -> str:
        """What is on the screen, without colour; with `history` also what scrolled off."""
        return self._tmux("capture-pane", "-p", "-J", *(["-S", "-"] if history else []))

    def ansi(self, *, history: bool = False) -> str:
        return self._tmux("capture-pane", "-p", "-e", *(["-S", "-"] if history else []))

    def press(self, *keys: str) -> None:
        """Keys by tmux's names: Enter, Down, Escape, C-c, BSpace, Space."""
        self._tmux("send-keys", *keys)

    def type(self, text: str) -> None:
        self._tmux("send-keys", "-l", text)

    def wait_for(self, text: str, *, at_most_seconds: float = 15.0) -> str:
        """Until `text` stands on the screen; fails with what stands there instead."""
        deadline = time.monotonic() + at_most_seconds
        seen = ""
        while time.monotonic() < deadline:
            seen = self.text()
            if text in seen:
                return seen
            time.sleep(0.02)
        raise AssertionError(f"{text!r} did not appear within {at_most_seconds} s; the screen shows:\n{seen}")

    def wait_gone(self, text: str, *, at_most_seconds: float = 15.0) -> str:
        deadline = time.monotonic() + at_most_seconds
        seen = text
        while time.monotonic() < deadline:
            seen = self.text()
            if text not in seen:
                return seen
            time.sleep(0.02)
        raise AssertionError(f"{text!r} is still there after {at_most_seconds} s:\n{seen}")

    def wait_changed(self, before: str, *, at_most_seconds: float = 15.0) -> str:
        """Until the screen shows something else than `before`."""
        deadline = time.monotonic() + at_most_seconds
        while time.monotonic() < deadline:
            seen = self.text()
            if seen != before:
                return seen
            time.sleep(0.02)
        raise AssertionError(f"nothing changed within {at_most_seconds} s:\n{before}")

    def exit_status(self, *, at_most_seconds: float = 30.0) -> int:
        """The command's exit status, once it ended."""
        deadline = time.monotonic() + at_most_seconds
        while time.monotonic() < deadline:
            if self._status.exists() and (text := self._status.read_text().strip()):
                return int(text)
            time.sleep(0.02)
        raise AssertionError(f"the command still runs after {at_most_seconds} s:\n{self.text(history=True)}")

    def picture(self, path: Path, *, title: str = "geos-setup", history: bool = False) -> None:
        save_picture(self.ansi(history=history), path, width=self.width, title=title)


def save_picture(ansi: str, path: Path, *, width: int = 80, title: str = "geos-setup") -> None:
    """Terminal output as .svg or .png."""
    svg = as_svg(ansi, width=width, title=title)
    if path.suffix == ".svg":
        path.write_text(svg, encoding="utf-8")
        return
    import cairosvg

    cairosvg.svg2png(bytestring=svg.encode(), write_to=str(path), scale=1.0)


def as_svg(ansi: str, *, width: int = 80, title: str = "geos-setup") -> str:
    """Terminal output as an SVG that needs no font from elsewhere."""
    from rich.console import Console
    from rich.text import Text

    console = Console(record=True, width=width, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    for line in ansi.rstrip("\n").split("\n"):
        console.print(Text.from_ansi(line), soft_wrap=False, no_wrap=True, overflow="crop", crop=True)
    svg = console.export_svg(title=title)
    svg = re.sub(r"@font-face\s*\{.*?\}", "", svg, flags=re.DOTALL)
    # Columns drift with any font but a monospaced one that is there.
    return svg.replace("Fira Code, monospace", FONTS).replace("font-family: Fira Code", f"font-family: {FONTS}")
