"""Images are tried: with checks of a real engine where there is one, on images made for each fault."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from geos.builder import smoke
from geos.builder.docker import Docker, Inspected, inspected
from geos.builder.errors import SmokeTestFailed, WrongArchitecture
from geos.builder.host import Output

if TYPE_CHECKING:
    from parts.engine import Engine

BIN = smoke.EXECUTABLES
# Each stands in for an executable: what ldd and the shell make of it is what counts here.
LDD = "RUN printf '#!/bin/sh\\n%s\\n' > /bin/ldd && chmod +x /bin/ldd\n"
GOOD_LDD = LDD % 'echo "libnetcdff.so.7 => /usr/lib64/libnetcdff.so.7 (0x0)"'
STOPS = "#!/bin/sh\\necho geoschem_config.yml is missing\\nexit 255\\n"


def model(name: str, text: str = STOPS) -> str:
    return f"RUN mkdir -p {BIN} && printf '{text}' > {BIN}/{name} && chmod +x {BIN}/{name}\n"


def mpirun(ranks: int) -> str:
    lines = f"""i=0; while [ $i -lt {ranks} ]; do OMPI_COMM_WORLD_RANK=$i "$@"; i=$((i+1)); done"""
    text = f"#!/bin/sh\\nshift 2\\n{lines}\\n"
    return f"RUN printf '{text}' > /bin/mpirun && chmod +x /bin/mpirun\n"


def tried(engine: Engine, folder: Path, lines: str, architecture: str = "x86_64") -> tuple[smoke.Found, ...]:
    base = engine.base("geos-test-base:x86_64")
    name = engine.build(folder, f"FROM {base}\n{lines}")
    image = inspected(engine.run(engine.docker.inspect(name)).out)
    smoke.require_architecture(image, architecture)
    return smoke.run(engine.host(), smoke.checks(engine.docker, name, image, architecture))


def faults(engine: Engine, folder: Path, lines: str) -> str:
    with pytest.raises(SmokeTestFailed) as e:
        tried(engine, folder, lines)
    return e.value.message


CLASSIC = "LABEL geos.models=gcclassic\n"


def test_a_model_that_works(engine: Engine, tmp_path: Path) -> None:
    found = tried(engine, tmp_path, CLASSIC + GOOD_LDD + model("gcclassic-fullchem") + model("gcclassic-carbon"))
    assert [f.title for f in found] == ["architecture", "libraries of gcclassic", "gcclassic starts"]


def test_six_ranks(engine: Engine, tmp_path: Path) -> None:
    both = 'LABEL geos.models="gcclassic gchp"\n' + GOOD_LDD + model("gcclassic-fullchem") + model("gchp-fullchem")
    assert len(tried(engine, tmp_path, both + mpirun(6))) == 6
    assert "6 ranks start: 4 of 6 ranks started" in faults(engine, tmp_path, both + mpirun(4))
    assert "6 ranks start: 0 of 6 ranks started" in faults(engine, tmp_path, both)


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        (GOOD_LDD, "gcclassic-* is not there"),
        (LDD % 'echo "libhdf5.so.200 => not found"' + model("gcclassic-fullchem"), "libhdf5.so.200 => not found"),
        (LDD % 'echo "libc.so.6 => /lib64/libc.so.6"' + model("gcclassic-fullchem"), "not linked with netCDF"),
        (
            GOOD_LDD + model("gcclassic-fullchem") + model("gcclassic-carbon", "#!/bin/sh\\nkill -ILL $$\\n"),
            "instructions that this CPU does not have",
        ),
        (GOOD_LDD + model("gcclassic-fullchem", "#!/bin/sh\\nkill -SEGV $$\\n"), "it broke at its start"),
        (GOOD_LDD + model("gcclassic-fullchem", "#!/nowhere\\n"), "is not there"),
    ],
)
def test_models_that_do_not(engine: Engine, tmp_path: Path, lines: str, fault: str) -> None:
    said = faults(engine, tmp_path, CLASSIC + lines)
    assert fault in said
    assert said.startswith("the image does not work (")


def test_all_faults_are_told_at_once(engine: Engine, tmp_path: Path) -> None:
    said = faults(engine, tmp_path, 'LABEL geos.models="gcclassic gchp" geos.smoke="exit 3"\n')
    assert "6 of 7 checks" in said
    assert "the image's own test: ended with status 3" in said


def test_another_project_s_own_test(engine: Engine, tmp_path: Path) -> None:
    found = tried(engine, tmp_path, 'LABEL geos.smoke="test -e /bin/sh && echo fine"\n')
    assert [f.title for f in found] == ["architecture", "the image's own test"]


def test_an_image_without_a_shell(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    name = engine.build(tmp_path, "FROM scratch\nCOPY file /\n")
    image = inspected(engine.run(engine.docker.inspect(name)).out)
    assert len(smoke.run(engine.host(), smoke.checks(engine.docker, name, image, "x86_64"))) == 1
    pretends = Inspected(image.id, image.architecture, 1, {smoke.LABEL_MODELS: "gcclassic"})
    with pytest.raises(SmokeTestFailed):
        smoke.run(engine.host(), smoke.checks(engine.docker, name, pretends, "x86_64"))


def test_the_wrong_architecture(engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(WrongArchitecture) as e:
        tried(engine, tmp_path, "", "arm64")
    assert "the image is for x86_64, arm64 was asked for" in e.value.message


def test_an_image_that_says_arm64_and_is_not() -> None:
    check = smoke.checks(Docker("/c"), "a", Inspected("", "arm64", 1, {}), "arm64")[0]
    assert check.fault(Output(0, b"aarch64\n")) == ""
    assert check.fault(Output(0, b"x86_64\n")) == "it runs as x86_64, arm64 was asked for"
    assert "exec" in str(check.command) or "uname" in str(check.command)
    assert check.fault(Output(1, b"", b"exec /bin/sh: exec format error")) != ""
