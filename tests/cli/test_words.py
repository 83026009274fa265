"""Flags mean the same before and after the verb; answers are flags too."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geos.wizard.cli.parsing import COMMON, COMMON_DEFAULTS
from geos.wizard.cli.words import DEFAULTS, VERBS, parse, split_answers

SWITCHES = [names[-1] for names, options in COMMON if options.get("action") == "store_true"]
VALUES = [names[-1] for names, options in COMMON if "metavar" in options]
NEEDS = {"completion": ["bash"]}


@pytest.mark.parametrize(("verb", "switch"), list(itertools.product(VERBS, SWITCHES)))
def test_a_switch_counts_before_and_after_the_verb(verb: str, switch: str) -> None:
    key = switch[2:].replace("-", "_")
    words = [verb, *NEEDS.get(verb, [])]
    for argv in ([switch, *words], [*words, switch]):
        assert getattr(parse(argv)[0], key) is True, argv
    assert getattr(parse(words)[0], key) is False


@pytest.mark.parametrize(("verb", "flag"), list(itertools.product(VERBS, VALUES)))
def test_a_value_counts_before_and_after_the_verb(verb: str, flag: str) -> None:
    key = flag[2:].replace("-", "_")
    words = [verb, *NEEDS.get(verb, [])]
    for argv in ([flag, "x", *words], [*words, flag, "x"], [f"{flag}=x", *words]):
        assert getattr(parse(argv)[0], key) == "x", argv


def test_sandbox_before_destroy_stays_in_the_sandbox() -> None:
    flags, _ = parse(["--sandbox", "destroy", "--yes", "--deployment", "geos-chem-dev"])
    assert flags.sandbox is True
    assert flags.verb == "destroy"


@pytest.mark.parametrize(
    ("argv", "words", "answers"),
    [
        (["--max-vcpus", "64", "deploy"], ["deploy"], {"max_vcpus": "64"}),
        (["deploy", "--max-vcpus=64"], ["deploy"], {"max_vcpus": "64"}),
        (["--flow-logs", "deploy"], ["deploy"], {"flow_logs": True}),
        (["deploy", "--no-flow-logs"], ["deploy"], {"flow_logs": False}),
        (["deploy", "--flow-logs", "--yes"], ["deploy", "--yes"], {"flow_logs": True}),
        (["--environment=deploy", "plan"], ["plan"], {"environment": "deploy"}),
        (["--region", "deploy", "plan"], ["--region", "deploy", "plan"], {}),
        (["check", "--template", "a.yaml", "b.yaml"], ["check", "--template", "a.yaml", "b.yaml"], {}),
    ],
)
def test_answers_are_split_from_the_words(argv: list[str], words: list[str], answers: dict[str, object]) -> None:
    assert split_answers(argv) == (words, answers)


@given(st.lists(st.text(max_size=12), max_size=6))
def test_splitting_never_fails_and_loses_nothing(argv: list[str]) -> None:
    words, answers = split_answers(argv)
    assert len(words) + len(answers) <= len(argv)


def test_every_flag_has_a_value_when_it_is_not_given() -> None:
    flags, _ = parse([])
    assert vars(flags) == {**COMMON_DEFAULTS, **DEFAULTS}


@pytest.mark.parametrize("argv", [["nonsense"], ["sandbox", "fly"], ["-o", "xml", "plan"]])
def test_unusable_words_end_with_2(argv: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        parse(argv)
    assert caught.value.code == 2


@pytest.mark.parametrize("verb", ["", *VERBS])
def test_help_fits_80_columns(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        parse([*filter(None, [verb]), "--help"])
    assert caught.value.code == 0
    told = capsys.readouterr().out
    assert f"usage: geos-setup {verb}".strip() in told
    assert [line for line in told.splitlines() if len(line) > 80] == []
