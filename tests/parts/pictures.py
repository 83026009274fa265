"""Draw the README's pictures anew: python tests/parts/pictures.py

Each is a real screen of a real run against a simulated account of its own. Needs tmux and the extra `sandbox`.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from parts.screen import Screen

HERE = Path(__file__).parents[2] / "examples" / "pictures"
STEPS = ("2 of 10", "Environment\n", "Owner\n", "Simulation\n", "Grid\n", "Simulated days", "Runs a month\n")
"""What the questions before the picture show."""
PROGRAM = [sys.executable, "-m", "geos.wizard.cli.setup", "--sandbox"]


def main() -> None:
    HERE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="geos-pictures-") as name:
        folder = Path(name)
        env = {f"XDG_{kind}_HOME": str(folder / kind) for kind in ("STATE", "CONFIG", "CACHE")} | {"HOME": name}
        everything = {**os.environ, **env}
        subprocess.run([*PROGRAM, "sandbox", "start", "--account", "established"], env=everything, check=True)
        try:
            _guided(env, folder)
        finally:
            subprocess.run([*PROGRAM, "sandbox", "stop"], env=everything, check=True)


def _guided(env: dict[str, str], folder: Path) -> None:
    with Screen(PROGRAM, width=80, height=27, env=env, cwd=folder) as screen:
        for step in (
            "2 of 10",
            "Environment\n",
            "Owner\n",
            "Simulation\n",
            "Grid\n",
            "Simulated days",
            "Runs a month\n",
        ):
            _enter(screen, step)
        screen.wait_for("5 of 10", at_most_seconds=60)
        screen.wait_for("quota today", at_most_seconds=60)
        screen.picture(HERE / "wizard.svg", title="geos-setup")


def _enter(screen: Screen, text: str) -> None:
    """Take the default of the question that shows `text`."""
    before = screen.wait_for(text, at_most_seconds=60)
    screen.press("Enter")
    screen.wait_changed(before)


if __name__ == "__main__":
    main()
