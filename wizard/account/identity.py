"""Who is asking, on which plan, and what must be said before anything else is done in the account's name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from geos.wizard.errors import AccessDenied, GeosError, NotThere
from geos.wizard.facts import AccountPlan, Identity

if TYPE_CHECKING:
    from geos.wizard.aws import Aws

_KINDS = {
    "root": "the root user",
    "user": "an IAM user",
    "assumed-role": "a role",
    "sso-role": "a role through IAM Identity Center",
    "instance-role": "this machine's own role",
    "federated-user": "a federated user",
}


@dataclass(frozen=True)
class Who:
    """The caller and the account's plan, read together."""

    identity: Identity
    plan: AccountPlan

    @property
    def is_root(self) -> bool:
        return self.identity.kind == "root"

    @property
    def is_free_plan(self) -> bool:
        return self.plan.kind == "FREE"


def read_who(aws: Aws) -> Who:
    """Raises AccessError when the caller cannot be told; a plan that cannot be read says why instead."""
    caller = aws.identity.caller()  # first and alone: this call may ask for a one-time code
    return Who(aws.identity.with_role(caller), read_plan(aws))


def read_plan(aws: Aws) -> AccountPlan:
    """The account plan; not answered means unknown, never the Paid plan."""
    try:
        return aws.free_plan.state()
    except NotThere:
        return AccountPlan("", unread_because="the account has no plan: it was opened before July 2025")
    except AccessDenied as e:
        return AccountPlan("", unread_because=f"AWS answered {e.aws_code or 'AccessDenied'}")
    except GeosError as e:
        return AccountPlan("", unread_because=e.message)


def describe(identity: Identity) -> str:
    """ "an IAM user, user/ana, in account 123456789012"."""
    name = identity.arn.split(":", 5)[-1]
    return f"{_KINDS.get(identity.kind, 'somebody')}, {name}, in account {identity.account_id}"


def warnings(who: Who) -> tuple[str, ...]:
    """What the caller must know first; the free plan before all, since nothing else helps against it."""
    said = []
    if who.is_free_plan:
        left = who.plan.remaining_credits_usd
        money = f" {left:,.0f} USD of credits are left." if left is not None else ""
        said.append(
            "This account is on AWS's Free plan: it may start only six small instance types (t3.micro, t3.small, "
            "t4g.micro, t4g.small, c7i-flex.large, m7i-flex.large), and no quota increase changes that."
            f"{money} Move it to the Paid plan before running anything larger: "
            "https://console.aws.amazon.com/billing/home#/account"
        )
    if who.is_root:
        said.append(
            "These are the root user's keys. Whoever holds them holds the account. Make a user of your own for "
            "daily work: https://console.aws.amazon.com/iam/home#/users"
        )
    if who.identity.kind in ("assumed-role", "sso-role", "instance-role") and not who.identity.role_arn:
        said.append(
            "The role's own ARN could not be looked up (iam:GetRole), so its path is guessed when permissions are "
            "simulated."
        )
    return tuple(said)
