"""The rules of the house that a linter does not know."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("wizard", "builder", "benchmarks", "templates")
SOURCES = sorted(p for package in PACKAGES for p in (ROOT / package).rglob("*.py"))

# What a folder may import, besides itself. Nothing here: anything below it in the list.
LAYERS: dict[str, tuple[str, ...]] = {
    "cfn": ("errors",),
    "tables": ("errors", "facts"),
    "aws": ("errors", "facts", "tables", "waiting", "version", "concurrently", "files", "paths"),
    "systems": ("errors", "facts", "tables", "cfn", "files", "paths", "sizing", "version"),
    "account": ("errors", "facts", "tables", "cfn", "aws", "systems", "concurrently", "waiting", "files", "paths"),
    "market": ("errors", "facts", "tables", "aws", "concurrently", "files", "paths"),
    "measuring": ("errors", "facts", "tables", "files", "paths"),
    "sizing": ("facts", "tables", "market", "measuring"),
    "deployment": (
        "errors", "facts", "tables", "cfn", "aws", "systems", "account", "concurrently", "waiting", "files", "paths",
        "version",
    ),
    "ui": (
        "errors", "facts", "files", "paths", "cfn", "systems", "account", "deployment", "sizing", "market", "measuring",
        "waiting",
    ),
}  # fmt: skip


def imports(path: Path) -> Iterator[tuple[str, bool]]:
    """(module, only for type checkers) of every geos.wizard import in a file."""
    tree = ast.parse(path.read_text())
    guarded = {
        id(node)
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and "TYPE_CHECKING" in ast.unparse(block.test)
        for node in ast.walk(block)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("geos.wizard"):
            names = [node.module or ""]
            if node.module == "geos.wizard":
                names = [f"geos.wizard.{alias.name}" for alias in node.names]
            for name in names:
                yield name, id(node) in guarded


@pytest.mark.parametrize("folder", LAYERS)
def test_imports_point_one_way(folder: str) -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in (ROOT / "wizard" / folder).rglob("*.py")
        for name, only_types in imports(path)
        if not only_types and name.split(".")[2:3] and name.split(".")[2] not in (folder, *LAYERS[folder])
    ]
    assert not wrong


def test_only_the_door_and_the_sandbox_import_boto3() -> None:
    wrong = [
        str(path.relative_to(ROOT))
        for path in SOURCES
        if not path.is_relative_to(ROOT / "wizard/aws") and not path.is_relative_to(ROOT / "wizard/sandbox")
        if "functions" not in path.parts  # what a template ships to Lambda
        if path != ROOT / "builder/image/job/store.py"  # the door of what runs inside an image
        if re.search(r"^\s*(import|from) (boto3|botocore)", path.read_text(), re.MULTILINE)
    ]
    assert not wrong


def test_only_the_sandbox_imports_moto() -> None:
    wrong = [
        str(path.relative_to(ROOT))
        for path in SOURCES
        if not path.is_relative_to(ROOT / "wizard/sandbox")
        if re.search(r"^\s*(import|from) moto", path.read_text(), re.MULTILINE)
    ]
    assert not wrong


def test_no_system_is_named_in_python() -> None:
    systems = {p.parent.name for p in (ROOT / "templates").glob("*/system.yaml")}
    assert systems
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Compare | ast.match_case):
                found = [s for s in systems if f"'{s}'" in ast.unparse(node)]
                assert not found, f"{path.relative_to(ROOT)} decides by the name of {found[0]}"


def test_every_sub_package_is_in_the_wheel() -> None:
    listed = set(tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"])
    present = {
        "geos." + ".".join(p.parent.relative_to(ROOT).parts)
        for package in PACKAGES
        for p in (ROOT / package).rglob("__init__.py")
    }
    assert listed == present


def test_templates_hold_data_only() -> None:
    assert [p.name for p in (ROOT / "templates").rglob("*.py") if "functions" not in p.parts] == ["__init__.py"]


def test_nothing_speaks_of_this_machine() -> None:
    own = re.compile(r"(?<![\w}/])/(work|tmp|root|home)/[a-z]")
    wrong = [
        f"{path.relative_to(ROOT)}: {line.strip()[:80]}"
        for path in (*SOURCES, *ROOT.glob("*.md"), *ROOT.glob("templates/**/*"), *ROOT.glob("examples/*.yaml"))
        if path.is_file() and "__pycache__" not in path.parts
        for line in path.read_text(errors="replace").splitlines()
        if own.search(line)
    ]
    assert not wrong
