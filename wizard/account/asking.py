"""Ask for limits so that a refusal is an answer too."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from geos.wizard.aws.quota_facts import QuotaFact
from geos.wizard.errors import (
    AccessDenied,
    ClockSkew,
    ExpiredCredentials,
    GeosError,
    MfaNeeded,
    NoCredentials,
    ProfileUnknown,
    SsoLoggedOut,
    WrongCredentials,
)

if TYPE_CHECKING:
    from geos.wizard.aws import Aws

T = TypeVar("T")

HOPELESS = (
    NoCredentials,
    ExpiredCredentials,
    WrongCredentials,
    SsoLoggedOut,
    MfaNeeded,
    ClockSkew,
    ProfileUnknown,
)
"""What makes every call fail alike: said once, not once per quota."""


def safely(job: Callable[..., T], *arguments: Any) -> T | GeosError:
    """The answer, or the error that stands in its place."""
    try:
        return job(*arguments)
    except HOPELESS:
        raise
    except GeosError as e:
        return e


Answer = QuotaFact | None | GeosError


@dataclass(frozen=True)
class Asked:
    """What was answered about the quotas of one service."""

    answers: Mapping[str, tuple[Answer, Answer]]
    """Code -> (applied, default); the default is asked only where nothing is applied."""
    refused: tuple[str, ...] = ()
    """IAM actions that are not allowed, where another one told the same."""


@dataclass(frozen=True)
class _Way:
    """One of the two ways to the same figures: whole lists, or one call for each quota."""

    action: str
    ask: Callable[[Sequence[str]], dict[str, Answer]]


def ask_limits(aws: Aws, service: str, codes: frozenset[str], singly: bool) -> Asked:
    """Where one way is not allowed the other is tried: policies often grant only one."""
    quotas = aws.quotas
    applied, refused = _either(
        _Way("servicequotas:GetServiceQuota", partial(_one_by_one, quotas.applied_one, service)),
        _Way("servicequotas:ListServiceQuotas", partial(_from_list, quotas.applied, service)),
        sorted(codes),
        singly,
    )
    missing = [c for c in codes if _without_value(applied[c])]
    defaults, refused_too = _either(
        _Way("servicequotas:GetAWSDefaultServiceQuota", partial(_one_by_one, quotas.default_one, service)),
        _Way("servicequotas:ListAWSDefaultServiceQuotas", partial(_from_list, quotas.defaults, service)),
        missing,
        len(missing) <= MANY_DEFAULTS,
    )
    return Asked({c: (applied[c], defaults.get(c)) for c in codes}, refused + refused_too)


def _either(single: _Way, whole: _Way, codes: Sequence[str], singly: bool) -> tuple[dict[str, Answer], tuple[str, ...]]:
    first, second = (single, whole) if singly else (whole, single)
    answers = first.ask(codes)
    denied = [c for c in codes if isinstance(answers[c], AccessDenied)]
    told = {c: answer for c, answer in second.ask(denied).items() if not isinstance(answer, AccessDenied)}
    return answers | told, (first.action,) if told else ()


def _one_by_one(ask: Callable[[str, str], QuotaFact | None], service: str, codes: Sequence[str]) -> dict[str, Answer]:
    """Until one is denied: the others would be as well, and each waits for its place in the rate budget."""
    found: dict[str, Answer] = {}
    for code in codes:
        found[code] = safely(ask, service, code)
        if isinstance(found[code], AccessDenied):
            return dict.fromkeys(codes, found[code]) | found
    return found


def _from_list(ask: Callable[[str], Mapping[str, QuotaFact]], service: str, codes: Sequence[str]) -> dict[str, Answer]:
    listed = safely(ask, service) if codes else {}
    return dict.fromkeys(codes, listed) if isinstance(listed, GeosError) else {c: listed.get(c) for c in codes}


def _without_value(answer: Answer) -> bool:
    return answer is None or (isinstance(answer, QuotaFact) and answer.value is None and not answer.error)


MANY_DEFAULTS = 3
"""More than so many defaults are listed rather than asked singly."""
