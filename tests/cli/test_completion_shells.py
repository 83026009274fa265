"""TAB in real shells: the script is loaded, words are typed, and what the shell makes of them counts."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pexpect
import pytest

PROGRAMS = {
    "geos-setup": "from geos.wizard.cli.setup import main",
    "geos-recommend": "from geos.wizard.cli.recommend import main",
    "geos-build": "from geos.builder.cli import main",
}
TAB = "\t"
START = {
    "bash": ["bash", "--noprofile", "--norc", "-i"],
    "zsh": ["zsh", "-f", "-i"],
    "fish": ["fish", "--no-config", "--private", "-i"],
}
SHOW = {
    "bash": "{program}() {{ printf 'typed'; printf '<%s>' \"$@\"; echo; }}",
    "zsh": "{program}() {{ printf 'typed'; printf '<%s>' \"$@\"; echo; }}",
    "fish": "function {program}; printf 'typed'; printf '<%s>' $argv; echo; end",
}
"""In place of the command: shows with which words it was called."""
READY = {
    "bash": "PS1=; ",
    "zsh": "autoload -Uz compinit; compinit -u -D; unsetopt PROMPT_SP; PS1=; zstyle ':completion:*' insert-tab false; ",
    "fish": "",
}
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[()=>][A-Z0-9]?|\x1b\][^\x07]*\x07")

CASES = [
    ("geos-setup", "dep", "<deploy>"),
    ("geos-setup", "--sandbox des", "<--sandbox><destroy>"),
    ("geos-setup", "destroy --keep-d", "<destroy><--keep-data>"),
    ("geos-setup", "deploy --max-v", "<deploy><--max-vcpus>"),
    ("geos-setup", "sandbox sto", "<sandbox><stop>"),
    ("geos-setup", "status -o j", "<status><-o><json>"),
    ("geos-setup", "status --output t", "<status><--output><table>"),
    ("geos-setup", "explain GEOS-Q001", "<explain><GEOS-Q001>"),
    ("geos-setup", "check --template ma", "<check><--template><main stack.yaml>"),
    ("geos-setup", "completion z", "<completion><zsh>"),
    ("geos-recommend", "acc", "<accuracy>"),
    ("geos-recommend", "--compare-a", "<--compare-arch>"),
    ("geos-recommend", "--grid 4x5 --save-plot pict", "<--grid><4x5><--save-plot><pictures/>"),
    ("geos-recommend", "accuracy --rows my", "<accuracy><--rows><my-runs.csv>"),
    ("geos-recommend", "accuracy --save-p", "<accuracy><--save-plot>"),
    ("geos-recommend", "-o ya", "<-o><yaml>"),
    ("geos-recommend", "learn july", "<learn><july.log>"),
    ("geos-recommend", "learn july.log --one", "<learn><july.log><--one-run>"),
    ("geos-recommend", "check july.log --tol", "<check><july.log><--tolerance>"),
    ("geos-recommend", "import my", "<import><my-runs.csv>"),
    ("geos-recommend", "--deadline july", "<--deadline><july>"),
    ("geos-recommend", "zzz", "<zzz>"),
    ("geos-build", "expl", "<explain>"),
    ("geos-build", "completion f", "<completion><fish>"),
]


@cache
def script(program: str, shell: str) -> str:
    code = f"import sys; {PROGRAMS[program]}; sys.exit(main(['completion', {shell!r}]))"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


class Shell:
    """An interactive shell on a pseudo-terminal with all scripts loaded."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        # fish asks the terminal what it can; nobody answers here.
        settings = {"TERM": "dumb", "HOME": str(folder), "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
        self.child = pexpect.spawn(
            START[name][0], START[name][1:], env=settings, cwd=str(folder), encoding="utf-8", timeout=30,
            dimensions=(40, 400),
        )  # fmt: skip
        self.child.delaybeforesend = None
        for program in PROGRAMS:
            path = folder / f".{program}.{name}"
            path.write_text(script(program, name) + "\n" + SHOW[name].format(program=program) + "\n")
        sources = "; ".join(f"source {folder}/.{program}.{name}" for program in PROGRAMS)
        self.child.send(f"{READY[name]}{sources}; echo rea''dy\r")
        self.child.expect("ready\r?\n")

    def words(self, typed: str) -> str:
        """What a command was called with after TAB and Enter."""
        self.child.send(f"{typed}{TAB}")
        self.child.send("\r")
        self.child.expect(r"typed((?:<[^>]*>)+)[\r\n]")
        found: str = self.child.match[1]
        return ESCAPES.sub("", found)


@pytest.fixture(scope="module", params=START)
def shell(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    name = request.param
    if not shutil.which(name):
        pytest.skip(f"NOT CHECKED: there is no {name} here")
    folder = tmp_path_factory.mktemp(name)
    for file in ("july.log", "my-runs.csv", "main stack.yaml"):
        (folder / file).touch()
    (folder / "pictures").mkdir()
    found = Shell(name, folder)
    yield found
    found.child.close(force=True)


@pytest.mark.parametrize(("program", "typed", "expected"), CASES, ids=[f"{p} {t}" for p, t, _ in CASES])
def test_tab_completes(shell: Shell, program: str, typed: str, expected: str) -> None:
    if shell.name == "zsh":
        expected = expected.replace("/>", ">")  # its emulation of bash adds no slash to a folder
    assert shell.words(f"{program} {typed}") == expected


def test_what_zsh_gets_is_for_zsh() -> None:
    assert "bashcompinit" in script("geos-setup", "zsh")
    assert "bashcompinit" not in script("geos-setup", "bash")
