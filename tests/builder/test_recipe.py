"""What an image is built of: arguments, labels, expectations, and the base image's pin."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geos.builder import base
from geos.builder.base import BaseImage, parse_pin, shipped_base, write_pin
from geos.builder.errors import BadBaseImage
from geos.builder.recipe import COMMITS, inventory, labels, recipe
from geos.builder.request import ARM64, DEFAULT_VERSION, GCCLASSIC, GCHP, X86_64, Request

DIGEST = "sha256:" + "ab" * 32
OURS = BaseImage("registry.example:5000/geos/base:9", DIGEST, "a test", "2026-11-25")


def test_arguments_tell_all_that_varies() -> None:
    made = recipe(Request((ARM64, X86_64), (GCCLASSIC, GCHP), tune="neoverse-v1"), ARM64, OURS)
    assert made.platform == "linux/arm64"
    assert dict(made.arguments) == {
        "BASE": f"registry.example:5000/geos/base:9@{DIGEST}",
        "ARCHITECTURE": "arm64",
        "MODELS": "gcclassic gchp",
        "VERSION": DEFAULT_VERSION,
        "COMPILER": "gcc12",
        "MPI": "openmpi4",
        "TUNE_FLAG": "-mcpu=neoverse-v1",
        "COMMIT_GCCLASSIC": COMMITS[GCCLASSIC, DEFAULT_VERSION],
        "COMMIT_GCHP": COMMITS[GCHP, DEFAULT_VERSION],
    }


def test_classic_brings_no_mpi_and_an_unknown_release_no_commit() -> None:
    arguments = dict(recipe(Request((X86_64,), version="14.8.0-alpha.4"), X86_64).arguments)
    assert arguments["MPI"] == "none"
    assert arguments["COMMIT_GCCLASSIC"] == ""
    assert arguments["TUNE_FLAG"] == "-march=x86-64-v3"


def test_the_default_release_is_pinned_for_both_models() -> None:
    for model in (GCCLASSIC, GCHP):
        assert re.fullmatch(r"[0-9a-f]{40}", COMMITS[model, DEFAULT_VERSION])


def test_labels_tell_commits_compiler_flags_cpu_and_base() -> None:
    made = recipe(Request((X86_64,)), X86_64, OURS)
    found = labels(
        made,
        inventory("gcclassic.commit=c36e\ngcclassic.commit.HEMCO=07da\ncompiler=GNU Fortran 12.2.1\nempty=\nnoise"),
        {"builder-cpu": "AMD EPYC 9R14", "ami": "ami-1"},
    )
    assert found["org.opencontainers.image.version"] == DEFAULT_VERSION
    assert found["org.opencontainers.image.base.digest"] == DIGEST
    assert found["geos.gcclassic.commit"] == "c36e"
    assert found["geos.gcclassic.commit.HEMCO"] == "07da"
    assert found["geos.compiler"] == "GNU Fortran 12.2.1"
    assert found["geos.builder-cpu"] == "AMD EPYC 9R14"
    assert "geos.empty" not in found


def test_an_unpinned_base_claims_no_digest() -> None:
    made = recipe(Request((X86_64,)), X86_64, replace(OURS, digest=""))
    assert dict(made.arguments)["BASE"] == OURS.image
    assert not [name for name, _ in made.labels if name.endswith("digest")]


@pytest.mark.parametrize(
    "request_",
    [
        Request((X86_64,)),
        Request((X86_64,), (GCHP,)),
        Request((X86_64,), (GCHP,), mpi="intelmpi"),
        Request((ARM64,), (GCCLASSIC, GCHP)),
    ],
)
def test_each_expectation_has_kind_source_and_date(request_: Request) -> None:
    made = recipe(request_, request_.architectures[0])
    for figure in made.figures:
        assert 0 < figure.low < figure.high
        assert figure.kind in ("measured", "quoted", "estimate")
        assert figure.source
        assert re.fullmatch(r"\d{4}-\d{2}", figure.date)
    low, high = made.seconds
    assert 60 < low < high < 3 * 3600  # what a build host lives
    assert made.disk_gb > 0


def test_gchp_takes_longer_and_more_room() -> None:
    small, large = recipe(Request((X86_64,)), X86_64), recipe(Request((X86_64,), (GCHP,)), X86_64)
    assert large.seconds > small.seconds
    assert large.disk_gb > small.disk_gb


# --- the base image's pin --------------------------------------------------------------------


def test_the_shipped_pin_names_a_digest_and_who_said_so() -> None:
    found = shipped_base()
    assert found.image.endswith("rockylinux/rockylinux:9")
    assert found.digest.startswith("sha256:")
    assert found.source
    assert found.reference == f"{found.image}@{found.digest}"


def test_a_refresh_keeps_the_comments() -> None:
    from importlib.resources import files

    text = files("geos.builder").joinpath(base.FILE).read_text()
    fresh = replace(shipped_base(), digest=DIGEST, source="registry", date="2026-12-24")
    written = write_pin(fresh, text)
    assert parse_pin(written) == fresh
    assert [line for line in written.splitlines() if line.startswith("#")] == [
        line for line in text.splitlines() if line.startswith("#")
    ]


@given(
    st.builds(
        BaseImage,
        st.sampled_from(("docker.io/rockylinux/rockylinux:9", "localhost:5000/a/b", "quay.io/x/y_z:1.2-a")),
        st.sampled_from(("", DIGEST)),
        st.text(st.characters(categories=("L", "Nd", "P")), max_size=40).map(str.strip),
        st.dates().map(str),
    )
)
def test_what_is_written_is_read_again(found: BaseImage) -> None:
    assert parse_pin(write_pin(found, "# kept\n")) == found


@given(st.text(max_size=200))
def test_any_text_is_a_pin_or_refused_in_our_words(text: str) -> None:
    try:
        parse_pin(text)
    except BadBaseImage as e:
        assert e.exit == 2


def test_every_fault_of_a_pin_is_told_at_once() -> None:
    with pytest.raises(BadBaseImage) as refused:
        parse_pin("image: Rocky\nimage: again\nnonsense\ndigest: sha256:12\n")
    for said in ("line 2 says image again", "line 3 is none of", "source is missing", "date is missing"):
        assert said in refused.value.message
    with pytest.raises(BadBaseImage) as refused:
        parse_pin("image: Rocky\ndigest: sha256:12\nsource: x\ndate: today\n")
    for said in ('"Rocky" is not the name', '"sha256:12" is not a digest', '"today" is not a date'):
        assert said in refused.value.message
    with pytest.raises(BadBaseImage):
        write_pin(replace(OURS, source="two\nlines"), "")
