"""Which repository of ECR, and whose: the deployment that the answers speak of."""

from __future__ import annotations

from dataclasses import dataclass

from geos.builder.images import check_repository
from geos.wizard.cli.context import Context


@dataclass(frozen=True)
class Owner:
    """For whom is built."""

    repository: str
    deployment: str
    """Empty when the answers name none."""
    tags: tuple[tuple[str, str], ...]
    """Project, Environment, Owner."""


def owner(context: Context) -> Owner:
    """--repository, else the deployment's own, else what the first deployment would be called. Raises BadImageName."""
    values = context.given.offline.values
    project, environment = str(values.get("project") or "geos"), str(values.get("environment") or "dev")
    named = {"Project": project, "Environment": environment, "Owner": str(values.get("owner") or "")}
    deployment = context.flags.deployment or f"{project}-{environment}"
    known = context.flags.deployment or context.given.deployment
    return Owner(
        check_repository(context.flags.repository or deployment),
        known,
        tuple((key, value) for key, value in named.items() if value),
    )
