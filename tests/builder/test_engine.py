"""A real engine with a real registry: build, try, push, pull back, run; both architectures, one index; a full disk."""

from __future__ import annotations

import json
import subprocess
import urllib.request
from base64 import b64encode
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from parts.engine import Engine, emulate
from parts.missing import part

from geos.builder import buildlog, registry, smoke
from geos.builder.commands import Command
from geos.builder.docker import BUILDKIT, CLASSIC, Docker, digest_of_push, engine_of, inspected
from geos.builder.errors import (
    BaseImageMissing,
    BuildError,
    DownloadFailed,
    ImageBuildFailed,
    NoSpaceLeft,
    OutOfMemory,
    RegistryLoginRefused,
    TagTaken,
)
from geos.builder.images import ImageName
from geos.wizard.aws import Aws
from geos.wizard.facts import Target

if TYPE_CHECKING:
    from parts.emulator import Emulator
    from parts.registry import Registry

BUILDERS = (CLASSIC, BUILDKIT)
ARCHITECTURES = ("x86_64", "arm64")


@pytest.fixture(params=ARCHITECTURES)
def architecture(request: pytest.FixtureRequest) -> str:
    if request.param == "arm64":
        part(lambda: emulate("arm64"))
    return str(request.param)


def base(engine: Engine, architecture: str) -> str:
    return part(lambda: engine.base(f"geos-test-base:{architecture}", architecture))


def test_what_engine_it_is(engine: Engine) -> None:
    found = engine_of(engine.run(engine.docker.facts()).out)
    assert found.builder in BUILDERS
    assert Path(found.root) == engine.folder / "data"


@pytest.mark.parametrize("builder", BUILDERS)
def test_the_whole_way(
    engine: Engine, container_registry: Registry, architecture: str, builder: str, tmp_path: Path
) -> None:
    docker, host = engine.docker, engine.host()
    name = engine.build(
        tmp_path,
        "ARG BASE\nFROM ${BASE} AS first\nRUN uname -m > /machine\nFROM first AS made\nRUN test -s /machine\n"
        f"FROM ${{BASE}}\nCOPY --from=made /machine /\nLABEL {smoke.LABEL_SMOKE}='cat /machine'\n",
        args={"BASE": base(engine, architecture)},
        labels={"geos.build": "b-1"},
        architecture=architecture,
        builder=builder,
    )
    image = inspected(host.run(docker.inspect(name)).out)
    assert image.labels["geos.build"] == "b-1"
    smoke.require_architecture(image, architecture)
    assert len(smoke.run(host, smoke.checks(docker, name, image, architecture))) == 2
    place = ImageName(container_registry.name, "geos", f"{architecture}-{builder}")
    host.run(docker.login(container_registry.name, container_registry.password))
    host.run(docker.tag(name, str(place)))
    pushed = place.pinned(digest_of_push(host.run(docker.push(str(place))).text))
    host.run(docker.remove(name, str(place)))
    host.run(docker.pull(str(pushed), architecture=architecture))
    machine = {"x86_64": "x86_64", "arm64": "aarch64"}[architecture]
    assert host.run(docker.run(str(pushed), "cat", "/machine", architecture=architecture)).text.strip() == machine
    host.run(docker.remove(str(pushed)))
    host.run(docker.logout(container_registry.name))
    host.run(docker.forget())
    assert not Path(docker.config).exists()
    for command in host.said:
        assert container_registry.password not in repr(command) + str(command)


def test_steps_are_told(engine: Engine, tmp_path: Path) -> None:
    text = f"FROM {base(engine, 'x86_64')}\nRUN echo one\nRUN echo two\n"
    (tmp_path / "Dockerfile").write_text(text)
    for builder in BUILDERS:
        output = engine.run(engine.docker.build(str(tmp_path), "geos-test:steps", network="none", builder=builder))
        lines = (output.text + output.err.decode()).splitlines()
        marks = [mark for line in lines if (mark := buildlog.step_of(line))]
        assert [(m.number, m.of, m.words) for m in marks if "echo" in m.words] == [
            (2, 3, "RUN echo one"),
            (3, 3, "RUN echo two"),
        ]


def why_it_ended(engine: Engine, folder: Path, builder: str, step: str) -> BuildError:
    (folder / "Dockerfile").write_text(f"FROM {base(engine, 'x86_64')}\n{step}\n")
    line = engine.docker.build(str(folder), "geos-test:fails", network="none", builder=builder)
    output = engine.run(line, check=False)
    assert output.status != 0
    return buildlog.build_failure(output.text + output.err.decode())


@pytest.mark.parametrize("builder", BUILDERS)
@pytest.mark.parametrize(
    ("step", "kind"),
    [
        ("RUN sh -c 'exit 3'", ImageBuildFailed),
        ("RNU x", ImageBuildFailed),
        ("COPY nowhere /", ImageBuildFailed),
        ("RUN echo f951: Killed signal terminated program >&2; exit 1", OutOfMemory),
    ],
)
def test_why_a_real_build_ended(
    engine: Engine, tmp_path: Path, builder: str, step: str, kind: type[BuildError]
) -> None:
    assert type(why_it_ended(engine, tmp_path, builder, step)) is kind


def test_a_base_image_that_cannot_be_had(engine: Engine, tmp_path: Path) -> None:
    """No network here: the engine's own words for it."""
    (tmp_path / "Dockerfile").write_text("FROM geos-test-nowhere:1\n")
    output = engine.run(engine.docker.build(str(tmp_path), "geos-test:fails"), check=False)
    found = buildlog.build_failure(output.text + output.err.decode())
    assert type(found) in (DownloadFailed, BaseImageMissing), output.last_lines()


@pytest.mark.parametrize("builder", BUILDERS)
def test_a_full_disk(tmp_path: Path, builder: str) -> None:
    small = part(lambda: Engine(disk_mib=30))
    try:
        found = why_it_ended(small, tmp_path, builder, "RUN dd if=/dev/zero of=/large bs=1000000 count=60")
        assert type(found) is NoSpaceLeft
    finally:
        small.stop()


def test_what_is_left_of_an_engine(tmp_path: Path) -> None:
    """Nothing: neither a mount nor a process nor a file."""
    found = part(lambda: Engine(disk_mib=30))
    found.build(tmp_path, f"FROM {base(found, 'x86_64')}\nRUN echo 1\n")
    found.stop()
    assert str(found.folder) not in Path("/proc/mounts").read_text()
    assert not found.folder.exists()
    assert str(found.folder) not in subprocess.run(["ps", "ax"], capture_output=True, text=True, check=True).stdout


def test_a_wrong_password(engine: Engine, container_registry: Registry) -> None:
    output = engine.run(engine.docker.login(container_registry.name, "wrong"), check=False)
    assert output.status != 0
    assert isinstance(buildlog.push_failure(output.last_lines()), RegistryLoginRefused)


def test_a_push_without_a_login(engine: Engine, container_registry: Registry) -> None:
    name = f"{container_registry.name}/geos:none"
    engine.run(engine.docker.tag(base(engine, "x86_64"), name))
    output = engine.run(engine.docker.push(name), check=False)
    assert isinstance(buildlog.push_failure(output.last_lines()), RegistryLoginRefused)


def test_prune_removes_what_this_build_left_and_nothing_else(engine: Engine, tmp_path: Path) -> None:
    def ids() -> set[str]:
        listed = engine.run(Command((engine.client, "image", "ls", "--all", "--quiet", "--no-trunc"))).text
        return set(listed.split())

    text = f"FROM {base(engine, 'x86_64')}\nRUN echo %s\n"
    left = []
    for build in ("b-ours", "b-theirs"):
        name = engine.build(tmp_path, text % build, labels={"geos.build": build}, builder=BUILDKIT)
        left.append(inspected(engine.run(engine.docker.inspect(name)).out).id)
        engine.build(tmp_path, text % f"{build}-2", name=name, labels={"geos.build": build}, builder=BUILDKIT)
    assert set(left) <= ids()
    engine.run(engine.docker.prune("b-ours"))
    assert left[0] not in ids()
    assert left[1] in ids()


# --- both architectures under one name ---------------------------------------------------------


def test_one_index_over_two_real_images(engine: Engine, emulator: Emulator, tmp_path: Path) -> None:
    """Pushed to the simulated account; an engine for either architecture pulls its own by the common name."""
    part(lambda: emulate("arm64"))
    aws = Aws(Target("us-east-1", "", emulator.endpoint, True, "123456789012"))
    registry.ensure(aws, "geos", tags={})
    token = registry.token(aws)
    engine.run(engine.docker.login(token.registry, token.password))
    for architecture in ARCHITECTURES:
        text = f"FROM {base(engine, architecture)}\nRUN uname -m > /machine\n"
        place = f"{token.registry}/geos:{architecture}-1"
        engine.build(tmp_path, text, name=place, architecture=architecture)
        engine.run(engine.docker.push(place))
        engine.run(engine.docker.remove(place))
    digest = registry.write_index(aws, "geos", "1", {a: f"{a}-1" for a in ARCHITECTURES})
    name = ImageName(token.registry, "geos", "1")
    for architecture, machine in (("x86_64", "x86_64"), ("arm64", "aarch64")):
        output = engine.run(engine.docker.pull(str(name), architecture=architecture))
        assert f"Digest: {digest}" in output.text
        said = engine.run(engine.docker.run(str(name), "cat", "/machine", architecture=architecture)).text
        assert said.strip() == machine
        engine.run(engine.docker.remove(str(name)))
    engine.run(engine.docker.forget())
    with pytest.raises(TagTaken):
        registry.write_index(aws, "geos", "1", {"arm64": "arm64-1"})


def test_our_index_is_one_for_a_real_registry_too(engine: Engine, container_registry: Registry, tmp_path: Path) -> None:
    """Debian's docker-registry checks what an index names."""
    from geos.builder.index import index_over
    from geos.wizard.aws.ecr_facts import DOCKER_MANIFEST, Manifest

    place = ImageName(container_registry.name, "indexed", "x86_64-1")
    name = engine.build(tmp_path, f"FROM {base(engine, 'x86_64')}\nRUN echo indexed\n")
    engine.run(engine.docker.login(container_registry.name, container_registry.password))
    engine.run(engine.docker.tag(name, str(place)))
    digest = digest_of_push(engine.run(engine.docker.push(str(place))).text)
    answer = ask(container_registry, "GET", f"/v2/indexed/manifests/{digest}", Accept=DOCKER_MANIFEST)
    child = Manifest(answer.decode(), DOCKER_MANIFEST)
    assert child.digest == digest
    index = index_over({"x86_64": child})
    ask(container_registry, "PUT", "/v2/indexed/manifests/1", index.text.encode(), **{"Content-Type": index.media_type})
    output = engine.run(engine.docker.pull(str(place.tagged("1"))))
    assert f"Digest: {index.digest}" in output.text
    engine.run(engine.docker.forget())


def ask(place: Registry, method: str, path: str, body: bytes | None = None, **headers: str) -> bytes:
    login = b64encode(f"{place.user}:{place.password}".encode()).decode()
    headers["Authorization"] = f"Basic {login}"
    request = urllib.request.Request(f"http://{place.name}{path}", body, headers, method=method)
    with urllib.request.urlopen(request, timeout=20) as answer:
        found: bytes = answer.read()
        return found


def test_other_clients(engine: Engine, tmp_path: Path) -> None:
    """Newer clients have no BuildKit of their own: what they say of themselves leads to a line that works."""
    for client in ("/usr/bin/docker", "/usr/local/bin/docker"):
        if not Path(client).exists():
            continue
        docker = Docker(str(tmp_path / "config"), (client,))
        found = engine_of(engine.run(docker.facts()).out)
        (tmp_path / "Dockerfile").write_text(f"FROM {base(engine, 'x86_64')}\nRUN echo {client}\n")
        engine.run(docker.build(str(tmp_path), "geos-test:client", network="none", builder=found.builder))
        said: list[dict[str, Any]] = json.loads(engine.run(docker.inspect("geos-test:client")).out)
        assert said[0]["RepoTags"] == ["geos-test:client"]
