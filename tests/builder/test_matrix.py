"""What can be built: the table's statements, the verdicts made of them, and what is offered instead."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geos.builder import matrix
from geos.builder.errors import ImpossiblePair, UnknownChoice
from geos.builder.matrix import EXPERIMENTAL, IMPOSSIBLE, POSSIBLE, Pair
from geos.builder.request import ARM64, GCCLASSIC, GCHP, X86_64, Request

PAIRS = st.builds(
    Pair,
    st.sampled_from(matrix.MODELS),
    st.sampled_from(matrix.ARCHITECTURES),
    st.sampled_from(matrix.COMPILERS),
    st.sampled_from(matrix.MPIS),
    st.sampled_from(("13.4.1", "14.0.0", "14.6.3", "14.7.0", "14.7.1", "14.8.0-alpha.11", "14.8.0")),
)


@pytest.mark.parametrize(
    ("pair", "word"),
    [
        (Pair(GCCLASSIC, X86_64, "gcc12", "openmpi4"), POSSIBLE),
        (Pair(GCCLASSIC, ARM64, "gcc14", "openmpi5"), POSSIBLE),  # Classic uses no MPI
        (Pair(GCCLASSIC, ARM64, "gcc12", "openmpi4", "14.8.0-alpha.11"), EXPERIMENTAL),
        (Pair(GCCLASSIC, ARM64, "gcc12", "openmpi4", "14.6.3"), EXPERIMENTAL),
        (Pair(GCCLASSIC, ARM64, "gcc12", "openmpi4", "13.4.1"), IMPOSSIBLE),
        (Pair(GCCLASSIC, X86_64, "ifort", "openmpi4"), EXPERIMENTAL),
        (Pair(GCCLASSIC, ARM64, "ifort", "openmpi4"), IMPOSSIBLE),
        (Pair(GCCLASSIC, X86_64, "ifx", "openmpi4"), IMPOSSIBLE),
        (Pair(GCHP, X86_64, "gcc12", "openmpi4"), POSSIBLE),
        (Pair(GCHP, X86_64, "gcc12", "intelmpi"), EXPERIMENTAL),
        (Pair(GCHP, ARM64, "gcc12", "intelmpi"), IMPOSSIBLE),
        (Pair(GCHP, ARM64, "gcc12", "openmpi4"), EXPERIMENTAL),
        (Pair(GCHP, X86_64, "gcc13", "openmpi4"), IMPOSSIBLE),
        (Pair(GCHP, X86_64, "gcc12", "openmpi5"), IMPOSSIBLE),
        (Pair(GCHP, X86_64, "ifort", "intelmpi"), EXPERIMENTAL),
        (Pair(GCHP, X86_64, "ifort", "openmpi4"), IMPOSSIBLE),
    ],
)
def test_verdicts_are_those_of_the_sources(pair: Pair, word: str) -> None:
    assert matrix.judge(pair).word == word


@given(PAIRS)
def test_every_pair_has_a_verdict_with_reason_and_source(pair: Pair) -> None:
    verdict = matrix.judge(pair)
    assert verdict.word in matrix.WORST_LAST
    assert verdict.reason
    assert all(s.word == verdict.word and s.source and s.date for s in verdict.statements)


@given(PAIRS)
def test_what_is_offered_instead_works_and_keeps_model_and_architecture(pair: Pair) -> None:
    verdict = matrix.judge(pair)
    if verdict.word != IMPOSSIBLE:
        assert verdict.nearest is None
        return
    near = verdict.nearest
    assert near is not None
    assert matrix.judge(near).word != IMPOSSIBLE
    assert (near.model, near.architecture) == (pair.model, pair.architecture)


@pytest.mark.parametrize(
    ("pair", "changed"),
    [
        (Pair(GCHP, X86_64, "gcc12", "openmpi5"), Pair(GCHP, X86_64, "gcc12", "openmpi4")),
        (Pair(GCHP, X86_64, "ifort", "openmpi4"), Pair(GCHP, X86_64, "ifort", "intelmpi")),
        (Pair(GCHP, X86_64, "gcc14", "intelmpi"), Pair(GCHP, X86_64, "gcc12", "intelmpi")),
        (Pair(GCCLASSIC, ARM64, "ifx", "openmpi4"), Pair(GCCLASSIC, ARM64, "gcc12", "openmpi4")),
        (Pair(GCCLASSIC, ARM64, "gcc11", "openmpi4", "13.4.1"), Pair(GCCLASSIC, ARM64, "gcc11", "openmpi4")),
    ],
)
def test_no_more_is_changed_than_must_be(pair: Pair, changed: Pair) -> None:
    assert matrix.judge(pair).nearest == changed


def test_the_table_is_whole_and_every_row_of_it_decides_something() -> None:
    for row in matrix.statements():
        assert row.word in matrix.WORST_LAST
        assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", row.date)
        assert set(row.model.split("|")) <= {"*", *matrix.MODELS}
        assert set(row.architecture.split("|")) <= {"*", *matrix.ARCHITECTURES}
        assert set(row.compiler.split("|")) <= {"*", *matrix.COMPILERS}
        assert set(row.mpi.split("|")) <= {"*", *matrix.MPIS}
    assert len(set(matrix.statements())) == len(matrix.statements())


def test_the_printed_table_names_each_pair_once() -> None:
    shown = [v.pair for v in matrix.table()]
    assert len(set(shown)) == len(shown) == 2 * len(matrix.COMPILERS) * (1 + len(matrix.MPIS))
    assert {v.pair.architecture for v in matrix.table((ARM64,), (GCHP,))} == {ARM64}


def test_an_impossible_request_is_refused_with_every_reason_and_a_command_that_works() -> None:
    with pytest.raises(ImpossiblePair) as refused:
        matrix.check(Request((ARM64, X86_64), (GCHP,), mpi="openmpi5"))
    assert refused.value.exit == 2
    assert "for arm64" in refused.value.message
    assert "for x86_64" in refused.value.message
    assert "OpenMPI 5" in refused.value.message
    assert refused.value.hint.endswith("geos-build --arch arm64 --model gchp")


def test_the_offered_command_asks_for_the_offered_pair() -> None:
    assert matrix.command(Pair(GCHP, X86_64, "ifort", "intelmpi", "14.7.0")) == (
        "geos-build --arch x86_64 --model gchp --geoschem-version 14.7.0 --compiler ifort --mpi intelmpi"
    )


def test_a_possible_request_gives_one_verdict_for_each_image() -> None:
    verdicts = matrix.check(Request((ARM64, X86_64), (GCCLASSIC, GCHP)))
    assert [(v.pair.architecture, v.pair.model) for v in verdicts] == [
        (ARM64, GCCLASSIC), (ARM64, GCHP), (X86_64, GCCLASSIC), (X86_64, GCHP)
    ]  # fmt: skip


def test_another_projects_context_is_not_judged() -> None:
    assert matrix.check(Request((ARM64,), (), context="solver")) == ()


@pytest.mark.parametrize(
    ("request_", "near"),
    [
        (Request((X86_64,), compiler="gcc21"), "gcc12"),
        (Request((X86_64,), mpi="openmpi"), "did you mean openmpi"),
        (Request((X86_64,), tune="sapphirerapid"), "sapphirerapids"),
        (Request((X86_64,), version="14.7"), "14.7.1"),
        (Request((X86_64,), version="latest; rm -rf /"), "14.7.1"),
    ],
)
def test_unknown_names_are_refused_with_the_nearest_one(request_: Request, near: str) -> None:
    with pytest.raises(UnknownChoice) as refused:
        matrix.check(request_)
    assert near in refused.value.hint


def test_a_cpu_goes_with_its_architecture_and_with_a_compiler_that_knows_it() -> None:
    assert matrix.tune_flag(Request((ARM64,)), ARM64) == "-march=armv8.2-a"
    assert matrix.tune_flag(Request((X86_64,)), X86_64) == "-march=x86-64-v3"
    assert matrix.tune_flag(Request((X86_64,), compiler="ifort"), X86_64) == "-march=core-avx2"
    with pytest.raises(ImpossiblePair, match="CPU of arm64"):
        matrix.check(Request((X86_64,), tune="neoverse-v1"))
    with pytest.raises(ImpossiblePair, match="does not know") as refused:
        matrix.check(Request((X86_64,), tune="znver4"))
    assert "--compiler gcc13" in refused.value.hint


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20), st.integers(0, 20), st.integers(0, 12)), min_size=2))
def test_versions_sort_as_they_were_released(parts: list[tuple[int, int, int, int]]) -> None:
    def name(major: int, minor: int, patch: int, alpha: int) -> str:
        return f"{major}.{minor}.{patch}" + (f"-alpha.{alpha}" if alpha else "")

    def released(part: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
        major, minor, patch, alpha = part
        return major, minor, patch, alpha or 99  # no preview: the release itself, which comes last

    by_key = sorted((name(*p) for p in parts), key=matrix.version_key)
    assert by_key == [name(*p) for p in sorted(parts, key=released)]
