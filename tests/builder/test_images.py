from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geos.builder.errors import BadImageName
from geos.builder.images import (
    ImageName,
    Tags,
    cache_repository,
    check_repository,
    check_tag,
    index_tag,
    is_digest,
    tags,
)
from geos.builder.request import Request

STARTED = "2026-11-25T04:40:09Z"
ONE, BOTH = ("arm64",), ("arm64", "x86_64")
OTHER = Request(ONE, models=(), context="backend")


@pytest.mark.parametrize(
    ("request_", "fixed", "moving"),
    [
        (Request(ONE), "arm64-14.7.1-gcc12-openmpi4", "arm64-latest"),
        (Request(ONE, models=("gchp",)), "arm64-gchp-14.7.1-gcc12-openmpi4", "arm64-gchp-latest"),
        (
            Request(ONE, models=("gcclassic", "gchp")),
            "arm64-gcclassic-gchp-14.7.1-gcc12-openmpi4",
            "arm64-latest",
        ),
        (Request(ONE, tune="neoverse-v1"), "arm64-14.7.1-gcc12-openmpi4-neoverse-v1", "arm64-neoverse-v1-latest"),
        (Request(ONE, tag="mine"), "mine", "arm64-latest"),
        (Request(BOTH, tag="mine"), "arm64-mine", "arm64-latest"),
        (OTHER, "arm64-20261125-044009", "arm64-latest"),
    ],
)
def test_tags(request_: Request, fixed: str, moving: str) -> None:
    assert tags(request_, "arm64", STARTED) == Tags(fixed, moving)


@pytest.mark.parametrize(
    ("request_", "tag"),
    [
        (Request(BOTH), "14.7.1"),
        (Request(BOTH, compiler="gcc14"), "14.7.1-gcc14-openmpi4"),
        (Request(BOTH, models=("gchp",)), "gchp-14.7.1"),
        (Request(BOTH, tag="mine"), "mine"),
        (replace(OTHER, architectures=BOTH), "20261125-044009"),
    ],
)
def test_index_tag(request_: Request, tag: str) -> None:
    assert index_tag(request_, STARTED) == tag


some = st.sampled_from(["gcc12", "gcc14", "ifort"])
requests = st.builds(
    Request,
    architectures=st.sampled_from([ONE, ("x86_64",), BOTH]),
    models=st.sampled_from([(), ("gcclassic",), ("gchp",), ("gcclassic", "gchp")]),
    compiler=some,
    tune=st.sampled_from(["generic", "znver3"]),
    tag=st.sampled_from(["", "mine", "v1_2.3"]),
)


@given(requests)
def test_no_two_images_of_a_build_share_a_tag(request_: Request) -> None:
    named = [tags(request_, a, STARTED) for a in request_.architectures]
    every = [t.fixed for t in named] + [t.moving for t in named]
    every += [index_tag(request_, STARTED)] if len(request_.architectures) > 1 else []
    assert len(set(every)) == len(every)
    assert all(re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}", tag) for tag in every)
    assert all(t.moving.endswith("-latest") for t in named)
    assert not any(t.fixed.endswith("-latest") for t in named)


def test_names() -> None:
    name = ImageName("127.0.0.1:5000", "geos/chem", "14.7.1")
    assert str(name) == "127.0.0.1:5000/geos/chem:14.7.1"
    assert str(name.pinned("sha256:0")) == "127.0.0.1:5000/geos/chem@sha256:0"
    assert str(name.pinned("sha256:0").tagged("a")) == "127.0.0.1:5000/geos/chem:a"
    assert is_digest(f"sha256:{'a' * 64}")
    assert not is_digest("a" * 64)


@pytest.mark.parametrize("tag", ["", "-a", ".a", "a b", "ä", "a" * 129, "a/b", "a\n", "a+b"])
def test_bad_tags(tag: str) -> None:
    with pytest.raises(BadImageName) as e:
        check_tag(tag)
    assert "--tag" in e.value.hint


@pytest.mark.parametrize("name", ["", "a", "A/b", "a//b", "/a", "a/", "-ab", "a__b.", "a" * 257, "ab:1"])
def test_bad_repositories(name: str) -> None:
    with pytest.raises(BadImageName) as e:
        check_repository(name)
    assert "--repository" in e.value.hint


def test_good_names() -> None:
    assert check_repository("geos-chem/a_b.c") == "geos-chem/a_b.c"
    assert cache_repository("geos-chem") == "geos-chem-cache"
    assert check_tag("_a.b-c") == "_a.b-c"
