"""IAM: the simulation of permissions, roles, the account's summary; and taking a policy away before it goes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from geos.wizard.aws.iam_facts import RoleFact, Simulated, Simulation
from geos.wizard.aws.paging import pages
from geos.wizard.errors import NotThere

if TYPE_CHECKING:
    from geos.wizard.aws.door import Door

SIMULATE = "iam:simulate"


class Iam:
    """IAM is global; it answers in one place per partition."""

    def __init__(self, door: Door) -> None:
        self._door = door

    @property
    def _client(self) -> Any:
        return self._door.client("iam")

    def simulate(self, asked: Simulation) -> tuple[Simulated, ...]:
        """Every action on every resource: one call, and its pages."""
        self._door.budget(SIMULATE).take()
        with self._door.asking("simulate permissions"):
            return tuple(
                simulated
                for page in pages(
                    self._client,
                    "simulate_principal_policy",
                    PolicySourceArn=asked.principal_arn,
                    ActionNames=list(asked.actions),
                    ResourceArns=list(asked.resources),
                    ContextEntries=[
                        {"ContextKeyName": key, "ContextKeyValues": [value], "ContextKeyType": "string"}
                        for key, value in asked.context.items()
                    ],
                )
                for raw in page.get("EvaluationResults", ())
                for simulated in _simulated(raw, asked.resources)
            )

    def role(self, name: str) -> RoleFact:
        """Raises NotThere when there is no such role."""
        with self._door.asking(f"look up the role {name}"):
            found = self._client.get_role(RoleName=name)["Role"]
        return RoleFact(found["RoleName"], found["Arn"], _boundary(found))

    def has_instance_profile(self, name: str) -> bool:
        try:
            with self._door.asking(f"look up the instance profile {name}"):
                self._client.get_instance_profile(InstanceProfileName=name)
        except NotThere:
            return False
        return True

    def detach_everywhere(self, policy_arn: str) -> tuple[str, ...]:
        """Take a managed policy away from whoever has it; their names. One that is gone is fine."""
        try:
            with self._door.asking(f"look up who has {policy_arn}"):
                holders = [
                    (kind, str(raw[f"{kind.title()}Name"]))
                    for page in pages(self._client, "list_entities_for_policy", PolicyArn=policy_arn)
                    for kind in ("group", "role", "user")
                    for raw in page.get(f"Policy{kind.title()}s", ())
                ]
        except NotThere:
            return ()
        client = self._client
        take = {
            "group": client.detach_group_policy,
            "role": client.detach_role_policy,
            "user": client.detach_user_policy,
        }
        for kind, name in holders:
            with self._door.asking(f"take {policy_arn} away from {kind} {name}"):
                take[kind](PolicyArn=policy_arn, **{f"{kind.title()}Name": name})
        return tuple(f"{kind} {name}" for kind, name in holders)

    def summary(self) -> dict[str, int]:
        with self._door.asking("read the account's IAM summary"):
            return {k: int(v) for k, v in self._client.get_account_summary()["SummaryMap"].items()}


def _boundary(raw: dict[str, Any]) -> str:
    return str((raw.get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn", ""))


def _simulated(raw: dict[str, Any], resources: Sequence[str]) -> list[Simulated]:
    """One result per resource where AWS tells them apart, else one for all."""
    action = str(raw["EvalActionName"])
    missing = tuple(raw.get("MissingContextValues", ()))
    boundary = raw.get("PermissionsBoundaryDecisionDetail") or {}
    organization = raw.get("OrganizationsDecisionDetail") or {}
    by_boundary = boundary.get("AllowedByPermissionsBoundary") is False
    by_organization = organization.get("AllowedByOrganizations") is False
    specific = raw.get("ResourceSpecificResults") or ()
    if specific:
        return [
            Simulated(
                action,
                str(one.get("EvalResourceName", "")),
                str(one["EvalResourceDecision"]),
                (one.get("PermissionsBoundaryDecisionDetail") or {}).get("AllowedByPermissionsBoundary") is False
                or by_boundary,
                by_organization,
                tuple(one.get("MissingContextValues", ())) or missing,
            )
            for one in specific
        ]
    told = str(raw.get("EvalResourceName", "")) or "*"
    names = [told] if told in resources or len(resources) == 1 else list(resources)
    return [Simulated(action, n, str(raw["EvalDecision"]), by_boundary, by_organization, missing) for n in names]
