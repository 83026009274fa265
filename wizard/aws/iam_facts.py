"""IAM's answers as frozen values. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Simulation:
    """One question to the policy simulator."""

    principal_arn: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    context: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Condition keys whose values are known."""


@dataclass(frozen=True)
class Simulated:
    """What the policy simulator says about one action on one resource."""

    action: str
    resource: str
    decision: str
    """allowed, explicitDeny or implicitDeny."""
    by_boundary: bool = False
    """Denied by the permissions boundary."""
    by_organization: bool = False
    """Denied by a service control policy."""
    missing_context: tuple[str, ...] = ()
    """Condition keys the policies ask about and the simulation was not told."""


@dataclass(frozen=True)
class RoleFact:
    name: str
    arn: str
    boundary: str = ""
