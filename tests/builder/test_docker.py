"""Command lines are compared whole; answers are those that engines gave."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geos.builder.commands import Command
from geos.builder.docker import (
    BUILDKIT,
    BUILDX,
    CLASSIC,
    Cache,
    Docker,
    architecture_of,
    digest_of_push,
    engine_of,
    inspected,
)
from geos.builder.errors import EngineUnusable, PushFailed

ECR = "123456789012.dkr.ecr.us-east-1.amazonaws.com"
DIGEST = f"sha256:{'5a' * 32}"
docker = Docker("/b/docker")


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (docker.facts(), "docker info --format '{{json .}}'"),
        (docker.logout(ECR), f"docker logout {ECR}"),
        (docker.tag("geos:b-1", f"{ECR}/geos-chem:1"), f"docker tag geos:b-1 {ECR}/geos-chem:1"),
        (docker.push(f"{ECR}/geos-chem:1"), f"docker push {ECR}/geos-chem:1"),
        (docker.pull("a:1", architecture="arm64"), "docker pull --platform linux/arm64 a:1"),
        (docker.inspect("a:1"), "docker image inspect a:1"),
        (docker.remove("a:1", "b:1"), "docker image rm --force a:1 b:1"),
        (docker.prune("b-1"), "docker image prune --force --filter label=geos.build=b-1"),
        (docker.create_builder("geos"), "docker buildx create --name geos --driver docker-container"),
        (docker.remove_builder("geos"), "docker buildx rm --force geos"),
        (
            docker.run("a:1", "-c", "uname -m", entrypoint="sh", architecture="x86_64", user="geos"),
            "docker run --rm --network none --platform linux/amd64 --user geos --entrypoint sh a:1 -c 'uname -m'",
        ),
    ],
)
def test_lines(line: Command, text: str) -> None:
    assert str(line) == f"env DOCKER_CONFIG=/b/docker {text}"


BUILT = {
    CLASSIC: "env DOCKER_CONFIG=/b/docker DOCKER_BUILDKIT=0 docker build --file /b/context/deploy/Dockerfile "
    "--tag geos:b-1 --platform linux/arm64 --target model --network host --build-arg 'FLAGS=-O2 -g' "
    "--label geos.build=b-1 /b/context",
    BUILDKIT: "env DOCKER_CONFIG=/b/docker DOCKER_BUILDKIT=1 docker build --file /b/context/deploy/Dockerfile "
    "--tag geos:b-1 --platform linux/arm64 --target model --network host --build-arg 'FLAGS=-O2 -g' "
    "--label geos.build=b-1 --progress plain /b/context",
    BUILDX: "env DOCKER_CONFIG=/b/docker docker buildx build --file /b/context/deploy/Dockerfile "
    "--tag geos:b-1 --platform linux/arm64 --target model --network host --build-arg 'FLAGS=-O2 -g' "
    "--label geos.build=b-1 --progress plain --provenance=false --load --builder geos "
    f"--cache-from type=registry,ref={ECR}/geos-chem-cache:arm64 --cache-to type=registry,"
    f"ref={ECR}/geos-chem-cache:arm64,mode=max,image-manifest=true,oci-mediatypes=true /b/context",
}


@pytest.mark.parametrize("builder", BUILT)
def test_build(builder: str) -> None:
    line = docker.build(
        "/b/context",
        "geos:b-1",
        dockerfile="deploy/Dockerfile",
        args={"FLAGS": "-O2 -g"},
        labels={"geos.build": "b-1"},
        architecture="arm64",
        target="model",
        network="host",
        builder=builder,
        cache=Cache(f"{ECR}/geos-chem-cache:arm64") if builder == BUILDX else None,
    )
    assert str(line) == BUILT[builder]


def test_with_sudo_the_settings_are_on_the_other_side_of_it() -> None:
    """sudo drops the environment: what env sets before it would be lost, and the login with it."""
    line = Docker("/b/docker", ("sudo", "-n", "docker")).push("a:1")
    assert line.words == ("sudo", "-n", "env", "DOCKER_CONFIG=/b/docker", "docker", "push", "a:1")


@given(st.text(st.characters(codec="utf-8"), min_size=1))
def test_a_token_is_in_standard_input_and_nowhere_else(token: str) -> None:
    line = docker.login(ECR, f"secret-{token}")
    assert line.stdin == f"secret-{token}".encode()
    assert f"secret-{token}" not in str(line) + repr(line)
    assert line.words[-4:] == ("--username", "AWS", "--password-stdin", ECR)


# --- answers -----------------------------------------------------------------------------------


def told(**changes: Any) -> bytes:
    """As docker 28.2.2 without plug-ins tells it, cut to what is read."""
    said: dict[str, Any] = {
        "ServerVersion": "28.2.2",
        "Architecture": "aarch64",
        "DockerRootDir": "/var/lib/docker",
        "Driver": "overlay2",
        "DriverStatus": [["Backing Filesystem", "xfs"]],
        "ClientInfo": {"Version": "28.2.2", "Plugins": [], "Context": "default"},
    }
    return json.dumps({**said, **changes}).encode()


@pytest.mark.parametrize(
    ("client", "builder"),
    [
        ({"Version": "28.2.2", "Plugins": []}, CLASSIC),
        ({"Version": "28.2.2", "Plugins": [{"Name": "buildx", "Version": "v0.24.0"}]}, BUILDX),
        ({"Version": "28.2.2", "Plugins": [{"Name": "buildx", "Err": "exec format error"}]}, CLASSIC),
        ({"Version": "28.2.2", "Plugins": None}, CLASSIC),
        ({"Debug": False, "Context": "default", "Plugins": [], "Warnings": None}, BUILDKIT),
    ],
)
def test_how_an_engine_builds(client: dict[str, Any], builder: str) -> None:
    engine = engine_of(told(ClientInfo=client))
    assert (engine.builder, engine.registry_cache) == (builder, builder == BUILDX)


def test_engine() -> None:
    engine = engine_of(told())
    assert (engine.version, engine.architecture, engine.root) == ("28.2.2", "arm64", "/var/lib/docker")
    assert not engine.containerd_store
    assert engine_of(told(DriverStatus=[["driver-type", "io.containerd.snapshotter.v1"]])).containerd_store


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"bash: docker: command not found",
        b"[]",
        told(ServerVersion=""),
        told(ServerErrors=["Cannot connect to the Docker daemon at unix:///var/run/docker.sock."]),
    ],
)
def test_no_engine(answer: bytes) -> None:
    with pytest.raises(EngineUnusable) as e:
        engine_of(answer)
    assert "systemctl start docker" in e.value.hint


@given(st.binary())
def test_whatever_it_says_it_is_an_engine_or_none(answer: bytes) -> None:
    with contextlib.suppress(EngineUnusable):
        assert engine_of(answer).version


def test_digest_of_a_push() -> None:
    said = (
        f"The push refers to repository [{ECR}/geos-chem]\n5ad6ae9c8d58: Pushed\narm64-1: digest: {DIGEST} size: 738\n"
    )
    assert digest_of_push(said) == DIGEST
    assert digest_of_push(said.replace("\n", "\r\n")) == DIGEST
    with pytest.raises(PushFailed):
        digest_of_push("5ad6ae9c8d58: Pushed\n")


def test_inspected() -> None:
    row = {"Id": DIGEST, "Architecture": "amd64", "Size": 7, "Config": {"Labels": {"a": "b"}}, "RepoDigests": ["x"]}
    image = inspected(json.dumps([row]).encode())
    assert (image.id, image.architecture, image.size_bytes, image.labels) == (DIGEST, "x86_64", 7, {"a": "b"})
    assert inspected(json.dumps([{**row, "Config": {"Labels": None}}]).encode()).labels == {}


def test_architectures() -> None:
    assert [architecture_of(word) for word in ("aarch64", "amd64", "riscv64")] == ["arm64", "x86_64", "riscv64"]
