"""AWS Budgets: the monthly budget of a deployment. The service is global."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from geos.wizard.errors import NotThere

if TYPE_CHECKING:
    from geos.wizard.aws.door import Door


@dataclass(frozen=True)
class BudgetFact:
    """A budget as it stands."""

    name: str
    limit_usd: float
    actual_usd: float | None
    forecast_usd: float | None


class Budgets:
    """The budgets of one account."""

    def __init__(self, door: Door) -> None:
        self._door = door

    def budget(self, account_id: str, name: str) -> BudgetFact | None:
        try:
            with self._door.asking(f"read budget {name}"):
                raw = self._door.client("budgets").describe_budget(AccountId=account_id, BudgetName=name)["Budget"]
        except NotThere:
            return None
        spent = raw.get("CalculatedSpend", {})
        return BudgetFact(
            raw["BudgetName"],
            float(raw.get("BudgetLimit", {}).get("Amount", 0)),
            _amount(spent.get("ActualSpend")),
            _amount(spent.get("ForecastedSpend")),
        )


def _amount(raw: dict[str, str] | None) -> float | None:
    return float(raw["Amount"]) if raw and raw.get("Amount") else None
