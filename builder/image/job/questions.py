"""Answers createRunDir.sh by the words of its questions and menus, since their numbers and order change by release.

The script asks at a terminal; each question ends with a prompt. What is asked for the first time and what is asked
again after an answer are told apart, and a question that nobody here knows ends the run instead of looping.
"""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from .endings import Code, Ended
from .settings import Settings

PROMPT = ">>> "
PATIENCE_SECONDS = 120.0
_LINE = re.compile(r"^\s*(\d+)\.\s+(.*?)\s*\*?\s*$", re.MULTILINE)
_SIMULATIONS = {
    "fullchem": "Full chemistry",
    "aerosol": "Aerosols only",
    "carbon": "Carbon",
    "Hg": "Hg",
    "POPs": "POPs",
    "tagO3": "Tagged O3",
    "TransportTracers": "TransportTracers",
    "metals": "Trace metals",
}
_OPTIONS = {
    "standard": "Standard",
    "benchmark": "Benchmark",
    "complexSOA": "Complex SOA",
    "marinePOA": "Marine POA",
    "aciduptake": "Acid uptake on dust",
}
_METS = {"merra2": "MERRA-2", "geosfp": "GEOS-FP", "geosit": "GEOS-IT"}
_GRIDS = {"4x5": "4.0x5.0", "2x2.5": "2.0x2.5"}


def answers(settings: Settings, parent: Path) -> dict[str, str]:
    """The beginning or a part of a question -> the words of its menu, or =what is typed."""
    return {
        "Choose simulation type": _SIMULATIONS[settings.simulation],
        "Choose additional simulation option": _OPTIONS[settings.option],
        "Choose complex SOA option": "Complex SOA",
        "Choose POPs type": "BaP",
        "use a single advected species": "Use all species",
        "Choose meteorology source": _METS[settings.met],
        "Enter y to acknowledge": "=y",
        "Choose horizontal resolution": _GRIDS.get(settings.grid, settings.grid),
        "Choose horizontal grid domain": settings.domain.title(),
        "Choose number of levels": str(settings.levels),
        "Enter path where the run directory will be created": f"={parent}",
        "track run directory changes with git": "=n",
        "KPP-Standalone": "=n",
    }


def reply(asked: str, known: Mapping[str, str]) -> str:
    """What is typed to the text of a question with its menu. Raises Ended. Pure."""
    found = [(asked.rfind(question), question) for question in known if question in asked]
    if not found:
        last = [line for line in asked.splitlines() if line.strip(" -=")][-3:]
        raise _unknown(f"createRunDir.sh asks what geos does not know: {' '.join(' '.join(last).split())[:200]}")
    _, question = max(found)
    wanted = known[question]
    if wanted.startswith("="):
        return wanted[1:]
    menu: dict[str, str] = {_squeezed(label): number for number, label in _LINE.findall(asked[asked.rfind(question) :])}
    exact = _squeezed(wanted)
    # A menu says "72 (native)" and "MERRA-2 (Recommended)".
    number: str | None = menu.get(exact) or next((n for label, n in menu.items() if label.split("(")[0] == exact), None)
    if number is None:
        raise _unknown(f'createRunDir.sh does not offer "{wanted}" where it asks "{question}"')
    return number


def create(script: Path, name: str, settings: Settings, parent: Path, home: Path) -> str:
    """Run createRunDir.sh to its end; what it said. Raises Ended."""
    known = answers(settings, parent)
    ours, theirs = pty.openpty()
    environment = {**os.environ, "HOME": str(home), "TERM": "dumb", "LC_ALL": "C.UTF-8"}
    process = subprocess.Popen(
        ["bash", script.name, name], cwd=script.parent, env=environment, stdin=theirs, stdout=theirs, stderr=theirs,
        start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    said, answered, asked_before = "", 0, ""
    try:
        while (chunk := _read(ours)) is not None:
            said += chunk.replace("\r\n", "\n")
            if not said.endswith(PROMPT) or len(said) <= answered:
                continue
            asked = said[answered:]
            answer = reply(asked, known)
            if asked_before and asked.strip().endswith(asked_before):
                raise _unknown(f"createRunDir.sh does not take the answer {answer}")
            os.write(ours, answer.encode() + b"\n")
            asked_before, answered = asked.strip(), len(said)
    finally:
        os.close(ours)
        if process.poll() is None:
            _end(process)
    if process.returncode != 0:
        raise _unknown(f"createRunDir.sh ended with {process.returncode}: {' '.join(said.split())[-300:]}")
    return said


def _read(terminal: int) -> str | None:
    """What came; None at the end. Raises Ended when nothing comes for too long."""
    until = time.monotonic() + PATIENCE_SECONDS
    while not select.select([terminal], [], [], 1.0)[0]:
        if time.monotonic() > until:
            raise _unknown("createRunDir.sh says nothing any more")
    try:
        return os.read(terminal, 65536).decode(errors="replace") or None
    except OSError:  # Linux: the other side has closed the terminal
        return None


def _end(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _squeezed(label: str) -> str:
    return re.sub(r"\s+", "", label).lower()


def _unknown(reason: str) -> Ended:
    return Ended(
        Code.BAD_CONFIGURATION, f"{reason}.", "this image's release may be newer than its scripts; take another image."
    )
