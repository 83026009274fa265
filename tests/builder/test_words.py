"""Words that geos-build does not know are named, with the nearest that it does."""

from __future__ import annotations

import pytest

from geos.builder.cli.words import OF_VERB, VERBS, parse
from geos.wizard.cli.parsing import COMMON, Unusable


@pytest.mark.parametrize(
    ("line", "said", "hint"),
    [
        ("--arch arm64 --contxt app", '"--contxt" is no flag', 'did you mean "--context"?'),
        ("--arch arm64 --contxt=app", '"--contxt" is no flag', 'did you mean "--context"?'),
        ("images --repositry app", '"--repositry" is no flag', 'did you mean "--repository"?'),
        ("--bogus", '"--bogus" is no flag', "geos-build --help"),
        ("--arch arm", '"arm" is not one of arm64, x86_64, both', 'did you mean "arm64"?'),
        ("imges", '"imges" is not a verb', 'did you mean "images"?'),
        ("list --plan", "--plan", "geos-build --help"),
    ],
)
def test_a_word_that_is_not_known(line: str, said: str, hint: str) -> None:
    with pytest.raises(Unusable) as raised:
        parse(line.split())
    assert said in raised.value.message
    assert hint in raised.value.hint


@pytest.mark.parametrize("verb", ["", *VERBS])
def test_every_flag_of_a_verb_is_known(verb: str) -> None:
    for names, options in (*OF_VERB.get(verb, ()), *COMMON):
        if names[0].startswith("-") and options.get("action") == "store_true":
            flags, _ = parse([*verb.split(), *(["bash"] if verb == "completion" else []), names[-1]])
            assert getattr(flags, names[-1].strip("-").replace("-", "_")) is True
