"""Ask for limits so that a refusal is an answer too."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from geos.wizard.aws.quota_facts import QuotaFact
from geos.wizard.errors import (
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


def ask_limits(aws: Aws, service: str, codes: frozenset[str], singly: bool) -> dict[str, tuple[Answer, Answer]]:
    """(applied, default) of each code; the default is asked only where nothing is applied."""
    applied: dict[str, Answer]
    if singly:
        applied = {c: safely(aws.quotas.applied_one, service, c) for c in codes}
    else:
        listed = safely(aws.quotas.applied, service)
        applied = dict.fromkeys(codes, listed) if isinstance(listed, GeosError) else {c: listed.get(c) for c in codes}
    missing = [c for c in codes if _without_value(applied[c])]
    defaults = _defaults(aws, service, missing)
    return {c: (applied[c], defaults.get(c)) for c in codes}


def _without_value(answer: Answer) -> bool:
    return answer is None or (isinstance(answer, QuotaFact) and answer.value is None and not answer.error)


MANY_DEFAULTS = 3


def _defaults(aws: Aws, service: str, codes: list[str]) -> dict[str, Answer]:
    if len(codes) <= MANY_DEFAULTS:
        return {c: safely(aws.quotas.default_one, service, c) for c in codes}
    listed = safely(aws.quotas.defaults, service)
    return dict.fromkeys(codes, listed) if isinstance(listed, GeosError) else {c: listed.get(c) for c in codes}
