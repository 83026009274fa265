"""Who is asking."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from geos.wizard.account.identity import Who, describe, read_who, warnings
from geos.wizard.aws.identity import kind_of, role_name
from geos.wizard.errors import ExpiredCredentials
from geos.wizard.facts import AccountPlan, Identity

if TYPE_CHECKING:
    from geos.wizard.aws import Aws
    from tests.parts.emulator import Emulator

START = "arn:aws:sts::123456789012:assumed-role/"


@pytest.mark.parametrize(
    ("arn", "kind", "role"),
    [
        ("arn:aws:iam::123456789012:root", "root", ""),
        ("arn:aws:iam::123456789012:user/people/ana", "user", ""),
        ("arn:aws-us-gov:sts::123456789012:federated-user/ana", "federated-user", ""),
        (f"{START}deployer/ana", "assumed-role", "deployer"),
        (f"{START}deployer/ana@example.org", "assumed-role", "deployer"),
        (f"{START}AWSReservedSSO_Admin_0123456789abcdef/ana", "sso-role", "AWSReservedSSO_Admin_0123456789abcdef"),
        (f"{START}build/i-0123456789abcdef0", "instance-role", "build"),
        ("", "unknown", ""),
        ("somebody", "unknown", ""),
    ],
)
def test_kinds_of_callers(arn: str, kind: str, role: str) -> None:
    assert kind_of(arn) == kind
    assert role_name(arn) == role


def who(kind: str, plan: str = "PAID", role_arn: str = "") -> Who:
    return Who(
        Identity("123456789012", "arn:aws:iam::123456789012:user/ana", "AIDA", kind, role_arn), AccountPlan(plan)
    )


def test_the_free_plan_is_told_before_the_root_user() -> None:
    first, second = warnings(who("root", "FREE"))
    assert "no quota increase" in first
    assert "root user" in second


def test_a_plain_user_on_a_paid_plan_is_warned_of_nothing() -> None:
    assert warnings(who("user")) == ()
    assert warnings(who("assumed-role", role_arn="arn:aws:iam::123456789012:role/x")) == ()
    assert "guessed" in warnings(who("assumed-role"))[0]


def test_a_caller_in_words() -> None:
    assert describe(who("user").identity) == "an IAM user, user/ana, in account 123456789012"


@pytest.mark.parametrize("plan", ["FREE", "PAID"])
def test_caller_and_plan_are_read(emulator: Emulator, aws: Aws, plan: str) -> None:
    emulator.seed(plan=plan, credits_usd=42.0)
    found = read_who(aws)
    assert found.identity.account_id == "123456789012"
    assert found.identity.kind == "user"
    assert (found.plan.kind, found.plan.remaining_credits_usd) == (plan, 42.0)


def test_a_plan_that_may_not_be_read_is_unknown_and_not_paid(emulator: Emulator, aws: Aws) -> None:
    emulator.seed(unreadable=["freetier"])
    found = read_who(aws)
    assert found.plan.kind == ""
    assert "AccessDenied" in found.plan.unread_because


def test_expired_keys_are_an_error_of_their_own(emulator: Emulator, aws: Aws) -> None:
    emulator.fail("expired", n=0, service="sts")
    with pytest.raises(ExpiredCredentials):
        read_who(aws)
