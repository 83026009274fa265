"""From AWS's answers to a limit, and which calls are made for it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geos.wizard.account.limits import LONG_LISTS, asked_one_by_one, limit_of, uncoded
from geos.wizard.account.verdicts import QuotaKey
from geos.wizard.aws.quota_facts import QuotaFact
from geos.wizard.errors import AccessDenied
from geos.wizard.tables.quotas import quota_default, uncoded_limit

KEY = QuotaKey("ec2", "L-1216C47A", "us-east-1")
TABLE = quota_default("ec2", "L-1216C47A")
REFUSED = AccessDenied("could not list the quotas of ec2", aws_code="AccessDeniedException")


def fact(value: float | None, error: str = "") -> QuotaFact:
    return QuotaFact("ec2", "L-1216C47A", "Running On-Demand Standard", value, "None", True, False, error=error)


def test_an_applied_value_counts() -> None:
    found = limit_of(KEY, fact(640.0), None, TABLE)
    assert (found.value, found.value_is, found.trusted, found.unit) == (640.0, "applied", True, "")


def test_without_one_the_default_of_aws_counts_and_is_said_to_be_assumed() -> None:
    found = limit_of(KEY, None, fact(5.0), TABLE)
    assert (found.value, found.value_is, found.trusted) == (5.0, "default-assumed", True)


def test_without_an_answer_the_documented_default_is_shown_and_not_trusted() -> None:
    found = limit_of(KEY, REFUSED, None, TABLE)
    assert (found.value, found.trusted, found.aws_code) == (5.0, False, "AccessDeniedException")


def test_a_value_that_aws_could_not_read_itself_is_not_trusted() -> None:
    found = limit_of(KEY, fact(None, "DEPENDENCY_ACCESS_DENIED_ERROR"), None, TABLE)
    assert not found.trusted
    assert "DEPENDENCY_ACCESS_DENIED_ERROR" in found.unread


def test_a_quota_that_aws_does_not_know_here_is_not_trusted() -> None:
    assert not limit_of(KEY, None, None, TABLE).trusted


def test_the_table_stands_in_only_where_nothing_is_applied_and_the_default_is_verified() -> None:
    assert limit_of(KEY, None, REFUSED, TABLE).trusted
    unverified = quota_default("ecr", "L-CFEB8E8D")
    assert unverified is not None
    assert not unverified.value_verified
    assert not limit_of(KEY, None, REFUSED, unverified).trusted
    assert not limit_of(KEY, None, REFUSED, None).trusted


def test_limits_that_no_api_tells_say_so() -> None:
    known = uncoded(QuotaKey("budgets", "", "us-east-1", "Budgets per account"),
                    uncoded_limit("budgets", "Budgets per account"))  # fmt: skip
    assert (known.value, known.value_is) == (20_000, "default-assumed")
    assert "no API tells" in known.assumed
    assert not uncoded(QuotaKey("ec2", "", "us-east-1", "Spot vCPUs of hpc7g.16xlarge"), None).trusted


@given(st.dictionaries(st.sampled_from(["ec2", "vpc", "ebs", "s3", "iam", "ecr", "sns", "kms", "logs", "batch", "ecs",
                                        "events", "fsx", "rds"]),
                       st.frozensets(st.sampled_from("abcdef"), min_size=1), min_size=1))  # fmt: skip
def test_asking_singly_never_makes_it_slower(codes: dict[str, frozenset[str]]) -> None:
    def seconds(singly: frozenset[str]) -> float:
        lists = sum(LONG_LISTS.get(s, 1) for s in codes if s not in singly)
        gets = sum(len(codes[s]) for s in singly)
        return max(0.0, (lists - 10) / 10, (gets - 5) / 5)

    chosen = asked_one_by_one(codes)
    assert chosen <= codes.keys()
    assert seconds(chosen) <= seconds(frozenset())


@pytest.mark.parametrize("few", [1, 2])
def test_a_long_list_is_not_paged_through_for_few_codes(few: int) -> None:
    assert asked_one_by_one({"ec2": frozenset("abcdef"[:few]), "vpc": frozenset("abc")}) == {"ec2"}
    assert LONG_LISTS["ec2"] == 2


def test_within_the_burst_everything_short_is_listed() -> None:
    assert asked_one_by_one({s: frozenset("a") for s in ("vpc", "s3", "iam")}) == frozenset()
