"""Which deployment is meant."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from geos.wizard.aws.stack_facts import StackFact
from geos.wizard.deployment.find import deployment_of, deployments_in, find_deployment, layer_of, none_found
from geos.wizard.deployment.records import Record, Records
from geos.wizard.errors import AmbiguousDeployment, Exit, NoDeployment


def record(name: str) -> Record:
    return Record(name, "tiny", "111122223333", "us-east-1", "", False)


def not_asked() -> list[str]:
    raise AssertionError("the account need not be asked")


def test_the_flag_wins_then_the_answers(tmp_path: Path) -> None:
    records = Records(tmp_path)
    records.write(record("tiny-dev"))
    found = find_deployment(named="tiny-prod", from_answers="tiny-dev", records=records, in_account=not_asked)
    assert (found.deployment, found.record) == ("tiny-prod", None)
    found = find_deployment(named="", from_answers="tiny-dev", records=records, in_account=not_asked)
    assert found.record == record("tiny-dev")


def test_the_only_one_in_the_folder_needs_no_account(tmp_path: Path) -> None:
    records = Records(tmp_path)
    records.write(record("tiny-dev"))
    assert find_deployment(named="", from_answers="", records=records, in_account=not_asked).deployment == "tiny-dev"


def test_several_are_listed(tmp_path: Path) -> None:
    records = Records(tmp_path)
    records.write(record("tiny-dev"))
    records.write(record("tiny-prod"))
    with pytest.raises(AmbiguousDeployment, match="tiny-dev, tiny-prod") as raised:
        find_deployment(named="", from_answers="", records=records, in_account=not_asked)
    assert raised.value.exit == Exit.USAGE


def test_the_account_answers_last(tmp_path: Path) -> None:
    records = Records(tmp_path)
    found = find_deployment(named="", from_answers="", records=records, in_account=lambda: ["b-dev"])
    assert (found.deployment, found.record) == ("b-dev", None)
    with pytest.raises(AmbiguousDeployment, match="a-dev, b-dev"):
        find_deployment(named="", from_answers="", records=records, in_account=lambda: ["b-dev", "a-dev"])
    with pytest.raises(NoDeployment):
        find_deployment(named="", from_answers="", records=records, in_account=list)


def test_none_of_that_name_says_how_to_go_on() -> None:
    assert "tiny-dev" in none_found("tiny-dev").message
    assert none_found().exit == Exit.USAGE


TAGS = {"ManagedBy": "geos", "Project": "tiny", "Environment": "dev"}


def stack(name: str, day: int, status: str = "CREATE_COMPLETE", **tags: str) -> StackFact:
    return StackFact(name, f"id/{name}", status, tags={**TAGS, **tags}, created=datetime(2026, 11, day, tzinfo=UTC))


def test_deployments_are_told_by_tags_and_ordered_by_creation() -> None:
    found = deployments_in(
        [
            stack("tiny-dev-batch", 2),
            stack("tiny-dev-core", 1),
            stack("tiny-prod-core", 1, Environment="prod"),
            stack("other", 1, ManagedBy="someone"),
            stack("geos-bootstrap", 1, Project="geos", Environment="shared"),
            stack("tiny-dev-old", 1, "DELETE_COMPLETE"),
        ]
    )
    assert {name: [s.name for s in stacks] for name, stacks in found.items()} == {
        "tiny-dev": ["tiny-dev-core", "tiny-dev-batch"],
        "tiny-prod": ["tiny-prod-core"],
    }


def test_only_what_geos_made_belongs_to_a_deployment() -> None:
    assert deployment_of(TAGS) == "tiny-dev"
    assert deployment_of({"Project": "tiny", "Environment": "dev"}) == ""
    assert deployment_of({"ManagedBy": "geos"}) == ""


def test_the_layer_is_the_rest_of_the_name() -> None:
    assert layer_of("tiny-dev-core", "tiny-dev") == "core"
    assert layer_of("geos-bootstrap", "tiny-dev") == "geos-bootstrap"
