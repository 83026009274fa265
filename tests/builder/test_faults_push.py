"""A real engine pushes to the simulated account, and the registry fails at each of its calls."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from parts.engine import Engine
from parts.faults import REGISTRY
from parts.missing import part

from geos.builder import buildlog, registry
from geos.builder.docker import digest_of_push
from geos.builder.errors import RegistryLoginRefused
from geos.builder.images import ImageName
from geos.wizard.aws import Aws
from geos.wizard.facts import Target

if TYPE_CHECKING:
    from parts.emulator import Emulator

CALLS = ("HEAD blobs", "POST blobs/uploads", "PATCH blobs/uploads", "PUT blobs/uploads", "PUT manifests")
"""What a push consists of."""
REFUSED = {"expired": "the registry does not accept the token", "denied": "your identity may not push there"}
"""How the registry refuses for good -> what the message must say."""


@pytest.fixture
def aws(emulator: Emulator) -> Aws:
    return Aws(Target("us-east-1", "", emulator.endpoint, True, "123456789012"))


@pytest.fixture
def image(engine: Engine, aws: Aws, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Named for the repository, with a layer that is not there yet; the engine is logged in."""
    registry.ensure(aws, "geos", tags={})
    token = registry.token(aws)
    engine.run(engine.docker.login(token.registry, token.password))
    name = str(ImageName(token.registry, "geos", "1"))
    base = part(lambda: engine.base("geos-test-base:x86_64", "x86_64"))
    engine.build(tmp_path, f"FROM {base}\nRUN echo '{request.node.name}' > /what\n", name=name)
    yield name
    engine.run(engine.docker.remove(name))
    engine.run(engine.docker.forget())


@pytest.mark.parametrize("kind", REFUSED)
@pytest.mark.parametrize("call", CALLS)
def test_a_push_that_is_refused_names_the_cause_and_the_next_one_arrives(
    engine: Engine, emulator: Emulator, aws: Aws, image: str, call: str, kind: str
) -> None:
    emulator.fail(kind, n=0, service=REGISTRY, action=call)
    output = engine.run(engine.docker.push(image), check=False)
    assert emulator.faults()[0]["struck"]
    told = buildlog.push_failure(output.text + output.err.decode(errors="replace"))
    assert output.status != 0
    assert isinstance(told, RegistryLoginRefused)
    # A refusal of a question for headers alone has no room for a reason.
    assert REFUSED["denied" if call.startswith("HEAD") else kind] in told.message, told.message
    assert registry.images(aws, "geos") == ()
    emulator.clear()
    arrives(engine, aws, image)


@pytest.mark.parametrize("call", CALLS)
def test_a_line_that_is_cut_once_stops_no_push(
    engine: Engine, emulator: Emulator, aws: Aws, image: str, call: str
) -> None:
    emulator.fail("cut", n=1, service=REGISTRY, action=call)
    output = engine.run(engine.docker.push(image), check=False)
    assert emulator.faults()[0]["struck"]
    if output.status == 0:  # tried again by the engine itself
        registry.verify(aws, "geos", "1", digest_of_push(output.text))
        return
    told = buildlog.push_failure(output.text + output.err.decode(errors="replace"))
    assert "connection" in told.message, told.message
    arrives(engine, aws, image)


def arrives(engine: Engine, aws: Aws, image: str) -> None:
    output = engine.run(engine.docker.push(image))
    registry.verify(aws, "geos", "1", digest_of_push(output.text))
