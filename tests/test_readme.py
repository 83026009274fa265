"""What README.md says is so: its commands are run as they stand, in order, in an empty folder."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from geos.builder.cli import words as build_words
from geos.wizard.cli import words
from geos.wizard.cli.parsing import build_parser
from geos.wizard.cli.recommend import words as recommend_words

PROJECT = Path(__file__).parents[1]
README = (PROJECT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```sh\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
LINES = [line.split("  #")[0].strip() for block in BLOCKS for line in block.splitlines()]
PROGRAMS = {"geos-setup": words, "geos-recommend": recommend_words, "geos-build": build_words}
COMMANDS = [line for line in LINES if line.split(" ")[0] in PROGRAMS]
EXAMPLES = sorted((PROJECT / "examples").glob("geos-*.yaml"))
SAYS_NO = {"check", "quotas"}
"""May end with 3 in a brand-new account, whose quotas are short; that is their answer."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An empty folder with the examples, a home and a simulated account of its own."""
    place = tmp_path_factory.mktemp("readme")
    (place / "examples").symlink_to(PROJECT / "examples")
    yield place
    run(place, "geos-setup sandbox stop")


def run(place: Path, line: str) -> subprocess.CompletedProcess[str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "GEOS_", "XDG_"))}
    homes = {f"XDG_{name}_HOME": str(place / name.lower()) for name in ("STATE", "CONFIG", "CACHE")}
    environment = {**kept, **homes, "HOME": str(place), "AWS_EC2_METADATA_DISABLED": "true"}
    program, *rest = shlex.split(line)
    command = [str(Path(sys.executable).with_name(program)), *rest]
    return subprocess.run(
        command, cwd=place, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )


def verb_of(line: str) -> str:
    return next((word for word in shlex.split(line) if word in words.VERBS), "")


@pytest.mark.xdist_group("readme")
def test_every_command_ends_as_it_should(folder: Path) -> None:
    assert len(COMMANDS) > 10
    for line in COMMANDS:
        done = run(folder, line)
        expected = (0, 3) if verb_of(line) in SAYS_NO else (0,)
        assert done.returncode in expected, f"{line}\n{done.stdout}{done.stderr}"
        assert "Traceback" not in done.stderr
        assert done.stdout.strip(), f"{line} shows nothing"
    assert '"deployments": []' in run(folder, "geos-setup --sandbox status -o json").stdout


@pytest.mark.parametrize("target", sorted({w for line in LINES for w in re.findall(r"^make (\w+)", line)}))
def test_the_make_targets_exist(target: str) -> None:
    done = subprocess.run(["make", "-n", target], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    wanted = {"try": "geos-setup --sandbox", "test": "pytest"}[target]
    assert wanted in done.stdout


def test_the_start_is_two_commands() -> None:
    assert [line for line in LINES if line.startswith("make ")] == ["make try", "make test"]


def test_every_verb_and_common_flag_is_told() -> None:
    told = README + build_parser(words.WORDS).format_help()
    for word in [*words.VERBS, *(name for names, _ in words.COMMON for name in names)]:
        assert re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", told), word


def test_every_flag_of_the_readme_exists() -> None:
    for line in COMMANDS:
        program, *rest = shlex.split(line)
        PROGRAMS[program].parse(rest)


def test_links_lead_somewhere() -> None:
    for place in re.findall(r"\]\(([^)#]+)\)", README):
        if "://" not in place:
            assert (PROJECT / place).exists(), place


def test_it_stays_short() -> None:
    assert len(README.splitlines()) <= 80


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda p: p.stem)
def test_an_example_renders_and_is_estimated_without_an_account(folder: Path, example: Path) -> None:
    done = run(folder, f"geos-setup estimate --answers examples/{example.name} -o json")
    assert done.returncode == 0, f"{done.stdout}{done.stderr}"
    assert '"lines": [' in done.stdout
    settings = run(folder, f"geos-setup config show --answers examples/{example.name} -o json")
    assert settings.returncode == 0
    assert '"missing": []' in settings.stdout
    assert f'"examples/{example.name}, line ' in settings.stdout


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda p: p.stem)
def test_the_line_in_an_example_is_true(example: Path) -> None:
    for line in re.findall(r"^#\s+(geos-setup .*)$", example.read_text(encoding="utf-8"), re.MULTILINE):
        words.parse(shlex.split(line)[1:])
        assert example.name in line
