"""Every state of CloudFormation is known, and none is deleted by mistake."""

from __future__ import annotations

import botocore.session
import pytest

from geos.wizard.deployment.states import GOOD, Next, is_busy, is_there, known_states, next_step


def test_the_table_has_every_state_that_botocore_knows() -> None:
    model = botocore.session.get_session().get_service_model("cloudformation")
    assert set(model.shape_for("StackStatus").enum) == known_states()


@pytest.mark.parametrize("status", sorted(known_states()))
def test_what_goes_on_is_waited_for_and_only_failed_creations_are_cleared(status: str) -> None:
    if status.endswith("_IN_PROGRESS") and status != "REVIEW_IN_PROGRESS":
        assert is_busy(status)
    if next_step(status) is Next.CLEAR:
        assert status in {"CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED"}


def test_a_state_that_is_new_is_never_cleared() -> None:
    assert next_step("REFACTOR_COMPLETE") is Next.UPDATE
    assert next_step("REFACTOR_IN_PROGRESS") is Next.WAIT


def test_absent_stacks_hold_nothing() -> None:
    assert not is_there("")
    assert not is_there("REVIEW_IN_PROGRESS")
    assert all(is_there(s) for s in GOOD)
