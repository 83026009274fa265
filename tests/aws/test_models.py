"""Cut models answer as whole ones do, and what was cut by mistake is still answered."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore import xform_name

from geos.wizard.aws import Aws, models
from geos.wizard.facts import Target

HERE = Path(models.__file__).parent
SERVICES = ("batch", "cloudformation", "ec2", "iam", "s3", "service-quotas", "ssm")


def model(service: str) -> dict[str, Any]:
    found: dict[str, Any] = botocore.session.Session().get_service_data(service)
    return found


@pytest.fixture
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "geos"


def nobody() -> Aws:
    return Aws(Target("us-east-1", endpoint="http://127.0.0.1:1", sandbox=True))


@pytest.mark.parametrize("service", SERVICES)
def test_what_is_kept_is_unchanged_but_for_prose(service: str) -> None:
    whole = model(service)
    cut = models.cut(whole, models.names_used())
    assert 0 < len(cut["operations"]) < len(whole["operations"])
    for name, operation in cut["operations"].items():
        assert operation == models._plain(whole["operations"][name])
    for name, shape in cut["shapes"].items():
        assert shape == models._plain(whole["shapes"][name])


@pytest.mark.parametrize("service", SERVICES)
def test_every_shape_that_is_referred_to_is_there(service: str) -> None:
    cut = models.cut(model(service), models.names_used())
    assert set(models._references(cut["operations"])) <= set(cut["shapes"])
    assert set(models._references(cut["shapes"])) <= set(cut["shapes"])


def test_every_operation_called_in_the_folder_is_kept() -> None:
    called = {
        node.attr
        for path in HERE.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute)
    }
    whole = model("ec2")["operations"]
    kept = models.cut(model("ec2"), models.names_used())["operations"]
    assert {name for name in whole if xform_name(name) in called} <= set(kept)


def test_an_operation_that_was_cut_is_answered_by_the_whole_model(cache: Path) -> None:
    client = nobody().door.client("ec2")
    assert "CreateVerifiedAccessEndpoint" not in client.meta.service_model.operation_names
    assert callable(client.create_verified_access_endpoint)
    with pytest.raises(AttributeError):
        client.create_nonsense  # noqa: B018


def test_a_damaged_or_unwritable_cache_costs_time_only(cache: Path) -> None:
    nobody().door.client("sts")
    (kept,) = cache.glob("models-*/sts.json")
    kept.write_text("{")
    assert nobody().door.client("sts").meta.service_model.operation_names
    for path in cache.glob("models-*"):
        for file in path.iterdir():
            file.unlink()
        path.rmdir()
    cache.joinpath("models-old").mkdir()
    nobody().door.client("sts")
    assert [p.name for p in cache.glob("models-*")] != ["models-old"]
    assert not cache.joinpath("models-old").exists()
