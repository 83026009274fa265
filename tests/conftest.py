"""What every test has: no way to a real account, and one simulated account for the whole session."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from parts.emulator import Emulator
    from parts.engine import Engine
    from parts.registry import Registry


@pytest.fixture(autouse=True)
def _no_real_account(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """The user's credentials, profiles and geos's own files are out of reach."""
    home = tmp_path_factory.mktemp("home")
    for name in [n for n in os.environ if n.startswith(("AWS_", "GEOS_", "XDG_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    for name, folder in (("STATE", ".local/state"), ("CONFIG", ".config"), ("CACHE", ".cache")):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(home / folder))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(home / ".aws" / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(home / ".aws" / "credentials"))


@pytest.fixture(scope="session")
def _emulator_process() -> Iterator[Emulator]:
    from parts.emulator import Emulator

    found = Emulator()
    yield found
    found.stop()


@pytest.fixture
def emulator(_emulator_process: Emulator) -> Iterator[Emulator]:
    """A brand-new simulated account, the way it is before anybody works with it."""
    _emulator_process.reset()
    said = len(_emulator_process.log())
    yield _emulator_process
    # pytest shows this where a test failed: what went wrong inside the server.
    print(_emulator_process.log()[said:])


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """A real container engine, in a folder of its own; skips where there can be none."""
    from parts.engine import Engine
    from parts.missing import part

    found = part(Engine)
    yield found
    found.stop()


@pytest.fixture(scope="session")
def container_registry() -> Iterator[Registry]:
    """A real registry with a login."""
    from parts.missing import part
    from parts.registry import Registry

    found = part(Registry)
    yield found
    found.stop()


@pytest.fixture
def home() -> Path:
    """The test's own home folder."""
    return Path(os.environ["HOME"])


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--regolden", action="store_true", help="write the golden files of rendered templates anew")
