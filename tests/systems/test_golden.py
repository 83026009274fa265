"""PROOF-2: what the examples come to, kept as files; `pytest --regolden` writes them anew."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from geos.wizard.systems.expressions import shipped_facts
from geos.wizard.systems.render import RenderedStack, render_bootstrap

GOLDEN = Path(__file__).resolve().parents[1] / "golden"


def compare(path: Path, text: str, request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--regolden"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    assert path.is_file(), f"no golden file; write it with pytest {__file__} --regolden"
    assert text == path.read_text(), f"{path.name} has changed; look at it, then pytest --regolden"


def test_PROOF_2_every_example(
    rendered: Callable[..., Mapping[str, RenderedStack]], example: str, request: pytest.FixtureRequest
) -> None:
    stacks = rendered(example)
    for layer, stack in stacks.items():
        compare(GOLDEN / example / f"{layer}.json", stack.text, request)
    kept = {path.stem for path in (GOLDEN / example).glob("*.json")}
    assert kept == set(stacks), "golden files of stacks that are no more"


def test_PROOF_2_bootstrap(request: pytest.FixtureRequest) -> None:
    compare(GOLDEN / "bootstrap.json", render_bootstrap(shipped_facts("us-east-1")).text, request)
