"""The client's side of ECR, against the simulated account over HTTP; pushes are those of a real engine."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geos.builder import registry
from geos.builder.buildlog import push_failure
from geos.builder.docker import digest_of_push, inspected
from geos.builder.errors import (
    BadImageName,
    DigestDiffers,
    IndexIncomplete,
    RegistryLoginRefused,
    RepositoryMissing,
    TagTaken,
)
from geos.builder.images import ImageName
from geos.wizard.aws import Aws
from geos.wizard.aws.ecr_facts import DOCKER_LIST, DOCKER_MANIFEST, Manifest, Token
from geos.wizard.errors import AccessDenied
from geos.wizard.facts import Target

if TYPE_CHECKING:
    from parts.emulator import Emulator
    from parts.engine import Engine

TAGS = {"Project": "geos-chem", "ManagedBy": "geos"}
NAME = "geos-chem"


@pytest.fixture
def aws(emulator: Emulator) -> Aws:
    return Aws(Target("us-east-1", "", emulator.endpoint, True, "123456789012"))


def image(name: str) -> Manifest:
    config = {"mediaType": "application/vnd.docker.container.image.v1+json", "size": 1, "digest": f"sha256:{name * 64}"}
    body = {"schemaVersion": 2, "mediaType": DOCKER_MANIFEST, "config": config, "layers": []}
    return Manifest(json.dumps(body), DOCKER_MANIFEST)


# --- the repository ----------------------------------------------------------------------------


def test_a_missing_repository_is_made(aws: Aws, emulator: Emulator) -> None:
    made = registry.ensure(aws, NAME, tags=TAGS)
    assert (made.created, made.remarks) == (True, ())
    assert made.repository.tag_mutability == "IMMUTABLE_WITH_EXCLUSION"
    assert (made.repository.moving_tags, made.repository.encryption) == (("*-latest",), "AES256")
    client = emulator.client("ecr")
    policy = json.loads(client.get_lifecycle_policy(repositoryName=NAME)["lifecyclePolicyText"])
    assert [rule["selection"].get("tagPatternList") for rule in policy["rules"]] == [None, ["arm64-*"], ["x86_64-*"]]
    rules = client.get_registry_scanning_configuration()["scanningConfiguration"]["rules"]
    assert rules == [
        {"scanFrequency": "SCAN_ON_PUSH", "repositoryFilters": [{"filter": NAME, "filterType": "WILDCARD"}]}
    ]
    told = client.list_tags_for_resource(resourceArn=made.repository.arn)["tags"]
    assert {t["Key"]: t["Value"] for t in told} == TAGS


def test_one_that_is_there_stays_as_it_is(aws: Aws, emulator: Emulator) -> None:
    emulator.client("ecr").create_repository(repositoryName=NAME)
    before = len(emulator.calls("ecr", mutating=True))
    found = registry.ensure(aws, NAME, tags=TAGS)
    assert not found.created
    assert "can be overwritten" in found.remarks[0]
    assert len(emulator.calls("ecr", mutating=True)) == before


def test_two_builds_that_make_it_at_once(aws: Aws, emulator: Emulator) -> None:
    """The other one's arrives between the look and the creation."""
    emulator.fail("hold", service="ecr", action="CreateRepository")
    with ThreadPoolExecutor(1) as pool:
        making = pool.submit(registry.ensure, aws, NAME, tags=TAGS)
        assert emulator.held()
        emulator.client("ecr").create_repository(repositoryName=NAME)
        emulator.release()
        assert not making.result(20).created


def test_a_cache_has_tags_that_move(aws: Aws) -> None:
    made = registry.ensure(aws, "geos-chem-cache", tags=TAGS, cache=True)
    assert (made.repository.tag_mutability, made.remarks) == ("MUTABLE", ())


def test_scans_that_others_asked_for_go_on(aws: Aws, emulator: Emulator) -> None:
    client = emulator.client("ecr")
    client.create_repository(repositoryName="theirs", imageScanningConfiguration={"scanOnPush": True})
    registry.ensure(aws, NAME, tags=TAGS)
    rules = client.get_registry_scanning_configuration()["scanningConfiguration"]["rules"]
    assert [f["filter"] for f in rules[0]["repositoryFilters"]] == ["theirs", NAME]
    registry.ensure(aws, "geos-chem-2", tags=TAGS)  # the pattern without a star covers it
    assert client.get_registry_scanning_configuration()["scanningConfiguration"]["rules"] == rules


def test_paid_scans_are_not_made_more(aws: Aws, emulator: Emulator) -> None:
    client = emulator.client("ecr")
    client.put_registry_scanning_configuration(scanType="ENHANCED", rules=[])
    made = registry.ensure(aws, NAME, tags=TAGS)
    assert "paid" in made.remarks[0]
    assert client.get_registry_scanning_configuration()["scanningConfiguration"]["rules"] == []


def test_who_may_not_set_scans_is_told_and_goes_on(aws: Aws, emulator: Emulator) -> None:
    emulator.seed(unreadable=["ecr:PutRegistryScanningConfiguration"])
    made = registry.ensure(aws, NAME, tags=TAGS)
    assert made.created
    assert "not scanned" in made.remarks[0]


def test_who_may_not_create_is_told_which_action(aws: Aws, emulator: Emulator) -> None:
    emulator.seed(unreadable=["ecr:CreateRepository"])
    with pytest.raises(AccessDenied) as e:
        registry.ensure(aws, NAME, tags=TAGS)
    assert "ecr:CreateRepository" in e.value.hint


def test_a_name_that_cannot_be_is_refused_before_any_call(aws: Aws, emulator: Emulator) -> None:
    with pytest.raises(BadImageName):
        registry.ensure(aws, "Geos", tags=TAGS)
    assert emulator.calls("ecr") == []


# --- tokens ------------------------------------------------------------------------------------


def test_a_token_leads_to_the_sandbox_and_is_not_shown(aws: Aws, emulator: Emulator) -> None:
    token = registry.token(aws)
    assert (f"http://{token.registry}", token.user) == (emulator.endpoint, "AWS")
    assert token.password not in repr(token)
    assert registry.fresh(aws, token) is token
    assert registry.fresh(aws, None).password != token.password


NOW = datetime(2026, 11, 25, tzinfo=UTC)


@given(
    st.timedeltas(timedelta(0), timedelta(days=2)),
    st.one_of(st.timedeltas(timedelta(seconds=1), timedelta(hours=12)), st.just(timedelta(days=-4000))),
)
def test_a_token_is_renewed_while_it_is_still_good(age: timedelta, life: timedelta) -> None:
    """Also where an emulator says that it ended in 2015."""
    token = Token("r", "AWS", "p", NOW - age, NOW - age + life)
    good_for = life if life > timedelta(0) else timedelta(hours=12)
    assert registry.is_old(token, NOW) == (age * 2 >= good_for)


# --- what lies there ---------------------------------------------------------------------------


def test_images_are_listed_newest_first_and_none_is_no_fault(aws: Aws) -> None:
    assert registry.images(aws, NAME) == ()
    assert registry.image(aws, NAME, "1") is None
    registry.ensure(aws, NAME, tags=TAGS)
    assert registry.images(aws, NAME) == ()
    aws.ecr.put_manifest(NAME, image("a"), "arm64-1")
    (found,) = registry.images(aws, NAME)
    assert (found.digest, found.tags, found.is_index) == (image("a").digest, ("arm64-1",), False)


def test_a_tag_that_moves_and_one_that_does_not(aws: Aws) -> None:
    registry.ensure(aws, NAME, tags=TAGS)
    for name in ("a", "b"):
        aws.ecr.put_manifest(NAME, image(name), f"arm64-{name}")
        registry.add_tag(aws, NAME, image(name).digest, "arm64-latest")
        registry.add_tag(aws, NAME, image(name).digest, "arm64-latest")  # once more is no fault
        registry.add_tag(aws, NAME, image(name).digest, f"arm64-{name}")
        assert aws.ecr.tagged(NAME)["arm64-latest"] == image(name).digest
    with pytest.raises(TagTaken) as e:
        registry.add_tag(aws, NAME, image("b").digest, "arm64-a")
    assert image("a").digest in e.value.message
    assert len(registry.images(aws, NAME)) == 2


def test_what_was_pushed_is_what_lies_there(aws: Aws) -> None:
    registry.ensure(aws, NAME, tags=TAGS)
    aws.ecr.put_manifest(NAME, image("a"), "1")
    assert registry.verify(aws, NAME, "1", image("a").digest).tags == ("1",)
    with pytest.raises(DigestDiffers) as e:
        registry.verify(aws, NAME, "1", image("b").digest)
    assert image("a").digest in e.value.message
    assert image("b").digest in e.value.message


def test_a_tag_that_is_taken_by_the_very_image(aws: Aws) -> None:
    registry.ensure(aws, NAME, tags=TAGS)
    aws.ecr.put_manifest(NAME, image("a"), "1")
    config = json.loads(image("a").text)["config"]["digest"]
    for local_id in (config, image("a").digest):  # Docker's own store, containerd's
        assert registry.same_as_local(aws, NAME, "1", local_id).digest == image("a").digest
    for local_id in (image("b").digest, ""):
        with pytest.raises(TagTaken):
            registry.same_as_local(aws, NAME, "1", local_id)


# --- the index ---------------------------------------------------------------------------------


def test_one_name_for_both(aws: Aws) -> None:
    registry.ensure(aws, NAME, tags=TAGS)
    aws.ecr.put_manifest(NAME, image("a"), "arm64-1")
    aws.ecr.put_manifest(NAME, image("b"), "x86_64-1")
    children = {"arm64": "arm64-1", "x86_64": image("b").digest}
    digest = registry.write_index(aws, NAME, "1", children)
    found = registry.image(aws, NAME, "1")
    assert found is not None
    assert (found.digest, found.media_type, found.is_index) == (digest, DOCKER_LIST, True)
    assert registry.write_index(aws, NAME, "1", dict(reversed(children.items()))) == digest


def test_no_index_over_some(aws: Aws) -> None:
    registry.ensure(aws, NAME, tags=TAGS)
    aws.ecr.put_manifest(NAME, image("a"), "arm64-1")
    with pytest.raises(IndexIncomplete) as e:
        registry.write_index(aws, NAME, "1", {"arm64": "arm64-1", "x86_64": "x86_64-1"})
    assert "no image for x86_64" in e.value.message
    assert "arm64 is there" in e.value.message
    assert registry.image(aws, NAME, "1") is None


def test_an_index_whose_part_goes_meanwhile(aws: Aws, emulator: Emulator) -> None:
    registry.ensure(aws, NAME, tags=TAGS)
    aws.ecr.put_manifest(NAME, image("a"), "arm64-1")
    emulator.fail("hold", service="ecr", action="PutImage")
    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(registry.write_index, aws, NAME, "1", {"arm64": "arm64-1"})
        assert emulator.held()
        emulator.client("ecr").batch_delete_image(repositoryName=NAME, imageIds=[{"imageTag": "arm64-1"}])
        emulator.release()
        with pytest.raises(IndexIncomplete):
            writing.result(20)


def test_an_index_under_a_tag_that_is_taken(aws: Aws) -> None:
    registry.ensure(aws, NAME, tags=TAGS)
    aws.ecr.put_manifest(NAME, image("a"), "1")
    with pytest.raises(TagTaken):
        registry.write_index(aws, NAME, "1", {"arm64": "1"})


# --- with a real engine ------------------------------------------------------------------------


@pytest.fixture
def built(engine: Engine, tmp_path: Path) -> str:
    """The name of a small image that is like no other."""
    base = engine.base("geos-test-base:x86_64")
    (tmp_path / "Dockerfile").write_text(f"FROM {base}\nRUN echo {tmp_path} > /made\n")
    name = f"geos-test:{abs(hash(str(tmp_path)))}"
    engine.run(engine.docker.build(str(tmp_path), name, network="none"))
    return name


def push(engine: Engine, token: Token, local: str, repository: str, tag: str) -> str:
    name = str(ImageName(token.registry, repository, tag))
    engine.run(engine.docker.login(token.registry, token.password))
    engine.run(engine.docker.tag(local, name))
    try:
        output = engine.run(engine.docker.push(name), check=False)
    finally:
        engine.run(engine.docker.logout(token.registry))
        engine.run(engine.docker.forget())
        engine.run(engine.docker.remove(name))
    if output.status:
        raise push_failure(output.text + output.err.decode())
    return digest_of_push(output.text)


def test_a_real_push_is_in_ecr(aws: Aws, engine: Engine, built: str) -> None:
    registry.ensure(aws, NAME, tags=TAGS)
    digest = push(engine, registry.token(aws), built, NAME, "x86_64-1")
    found = registry.verify(aws, NAME, "x86_64-1", digest)
    assert found.size_bytes
    assert found.size_bytes > 100_000
    # Once more: ECR refuses, and what lies there is what was built.
    with pytest.raises(TagTaken):
        push(engine, registry.token(aws), built, NAME, "x86_64-1")
    local = inspected(engine.run(engine.docker.inspect(built)).out)
    assert registry.same_as_local(aws, NAME, "x86_64-1", local.id).digest == digest


def test_a_real_push_under_a_name_that_is_taken(aws: Aws, engine: Engine, built: str) -> None:
    registry.ensure(aws, NAME, tags=TAGS)
    aws.ecr.put_manifest(NAME, image("a"), "x86_64-1")
    with pytest.raises(TagTaken):
        push(engine, registry.token(aws), built, NAME, "x86_64-1")
    local = inspected(engine.run(engine.docker.inspect(built)).out)
    with pytest.raises(TagTaken):
        registry.same_as_local(aws, NAME, "x86_64-1", local.id)


def test_a_real_push_to_nowhere(aws: Aws, engine: Engine, built: str) -> None:
    with pytest.raises(RepositoryMissing):
        push(engine, registry.token(aws), built, "nowhere", "1")


def test_a_real_push_with_a_token_that_is_over(aws: Aws, engine: Engine, built: str, emulator: Emulator) -> None:
    registry.ensure(aws, NAME, tags=TAGS)
    emulator.seed(registry_token_seconds=0)
    token = registry.token(aws)
    output = engine.run(engine.docker.login(token.registry, token.password), check=False)
    assert output.status
    assert isinstance(push_failure(output.last_lines()), RegistryLoginRefused)


def test_a_pushed_image_can_be_pulled_and_run(aws: Aws, engine: Engine, built: str) -> None:
    registry.ensure(aws, NAME, tags=TAGS)
    token = registry.token(aws)
    digest = push(engine, token, built, NAME, "x86_64-1")
    said = engine.run(engine.docker.run(built, "cat", "/made")).text
    engine.run(engine.docker.remove(built))
    name = str(ImageName(token.registry, NAME).pinned(digest))
    engine.run(engine.docker.login(token.registry, token.password))
    engine.run(engine.docker.pull(name))
    assert engine.run(engine.docker.run(name, "cat", "/made")).text == said
    engine.run(engine.docker.remove(name))
    engine.run(engine.docker.forget())
