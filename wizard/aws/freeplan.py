"""The account plan: accounts opened since 2025-07-15 are on a Free plan or a Paid plan."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from geos.wizard.facts import AccountPlan

if TYPE_CHECKING:
    from geos.wizard.aws.door import Door

HOME = "us-east-1"
"""The only region with an endpoint of this service."""


class FreePlan:
    """freetier:GetAccountPlanState."""

    def __init__(self, door: Door) -> None:
        self._door = door

    def state(self) -> AccountPlan:
        """Raises NotThere for accounts from before the plans, AccessDenied where asking is not allowed."""
        with self._door.asking("read the account plan", HOME):
            answer: dict[str, Any] = self._door.client("freetier", HOME).get_account_plan_state()
        credits_left = answer.get("accountPlanRemainingCredits") or {}
        expires = answer.get("accountPlanExpirationDate")
        amount = credits_left.get("amount")
        return AccountPlan(
            str(answer.get("accountPlanType", "")),
            str(answer.get("accountPlanStatus", "")),
            None if amount is None else float(amount),
            expires.strftime("%Y-%m-%d") if isinstance(expires, datetime) else "",
        )
