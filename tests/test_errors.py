"""Every error has a code of its own, and every code its explanation."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from geos.builder import errors as _  # noqa: F401 - so that its classes are known
from geos.wizard import errors
from geos.wizard.explanations import EXPLANATIONS


def kinds(kind: type[errors.GeosError] = errors.GeosError) -> Iterator[type[errors.GeosError]]:
    yield kind
    for below in kind.__subclasses__():
        yield from kinds(below)


def test_codes_have_the_documented_form_and_belong_to_one_class_each() -> None:
    codes = [kind.code for kind in kinds()]
    assert all(re.fullmatch(r"GEOS-[AQTDBRJS]\d{3}", code) for code in codes)
    assert len(set(codes)) == len(codes)


@pytest.mark.parametrize("code", sorted({kind.code for kind in kinds()}))
def test_no_explanation_is_missing(code: str) -> None:
    found = EXPLANATIONS[code]
    assert found.title
    assert found.cause.endswith(".")
    assert found.cure.endswith(".")


def test_exit_codes_are_the_documented_ones() -> None:
    assert {e.name: int(e) for e in errors.Exit} == {
        "OK": 0,
        "FAILED": 1,
        "USAGE": 2,
        "SAID_NO": 3,
        "COULD_NOT_CHECK": 4,
        "CANCELLED": 130,
    }
