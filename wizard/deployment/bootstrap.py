"""Stack geos-bootstrap: state bucket and lock table, one per region, there as long as any deployment is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geos.wizard.deployment.change_sets import state_bucket
from geos.wizard.deployment.find import BOOTSTRAP_STACK, deployments_in
from geos.wizard.deployment.lock import living
from geos.wizard.errors import NotThere

if TYPE_CHECKING:
    from geos.wizard.aws import Aws
    from geos.wizard.deployment.removal import Remover


def forget(aws: Aws, deployment: str, account_id: str) -> int:
    """Remove what the state bucket holds of a deployment, all versions; how many files."""
    return aws.s3.empty(state_bucket(account_id, aws.region), f"{deployment}/")


def is_last(aws: Aws, deployment: str) -> bool:
    """Whether no other deployment stands in the region or is being worked on."""
    others = [name for name in deployments_in(aws.stacks.all()) if name != deployment]
    if others:
        return False
    try:
        return not living(aws, but=deployment)
    except NotThere:
        return True


def remove_if_last(aws: Aws, deployment: str, remover: Remover) -> bool:
    """Remove the stack when `deployment` was the last one that needed it; whether it is gone."""
    if aws.stacks.describe(BOOTSTRAP_STACK) is None:
        return True
    if not is_last(aws, deployment):
        return False
    remover.remove(BOOTSTRAP_STACK, "bootstrap")
    return True
