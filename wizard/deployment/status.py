"""The deployments of an account and region, and how they are. Reads, with one exception: cost tags.

Billing knows a tag only some hours after its first use, so nothing but trying again can switch it on; `status`
does, and the budget is incomplete until then.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from geos.wizard.aws.stack_facts import Drift
from geos.wizard.concurrently import gather
from geos.wizard.deployment import drift as drifts
from geos.wizard.deployment.deployed import DeployedStack, read_deployed
from geos.wizard.deployment.find import deployments_in
from geos.wizard.deployment.records import Record, Records, is_stale
from geos.wizard.deployment.states import GOOD, STANDING, is_busy
from geos.wizard.errors import BadRecord, DiskRefused, GeosError, NotThere

if TYPE_CHECKING:
    from geos.wizard.aws import Aws

COST_TAGS = ("Project", "Environment", "Owner")
ACTIVE = "active"


@dataclass(frozen=True)
class StackStatus:
    """One stack."""

    layer: str
    stack_name: str
    region: str
    status: str
    reason: str
    resources: int
    simulated: int
    protected: bool
    changed: str
    drift: tuple[Drift, ...] | None = None
    """None: not asked, or not told."""


@dataclass(frozen=True)
class DeploymentStatus:
    """One deployment."""

    deployment: str
    region: str
    state: str
    """ready, working, half made, gone or broken record."""
    stacks: tuple[StackStatus, ...] = ()
    pending_subscriptions: tuple[str, ...] = ()
    interrupted: str = ""
    """The verb of a run that was cut off; running it again takes it up."""
    locked_by: str = ""
    record: str = ""
    """Where the local record is, or why it cannot be used; empty when there is none."""


@dataclass(frozen=True)
class Status:
    """All that there is."""

    account_id: str
    region: str
    deployments: tuple[DeploymentStatus, ...] = ()
    cost_tags: dict[str, str] = field(default_factory=dict)
    """Tag -> active, waiting or why it is not known. Empty: not asked."""

    def to_json(self) -> dict[str, Any]:
        return {
            "account_id": self.account_id,
            "region": self.region,
            "deployments": [_as_json(d) for d in self.deployments],
            "cost_tags": dict(self.cost_tags),
        }


def _as_json(deployment: DeploymentStatus) -> dict[str, Any]:
    return {
        "deployment": deployment.deployment,
        "region": deployment.region,
        "state": deployment.state,
        "interrupted": deployment.interrupted,
        "locked_by": deployment.locked_by,
        "pending_subscriptions": list(deployment.pending_subscriptions),
        "record": deployment.record,
        "stacks": [
            {
                "layer": s.layer,
                "stack_name": s.stack_name,
                "region": s.region,
                "status": s.status,
                "reason": s.reason,
                "resources": s.resources,
                "simulated": s.simulated,
                "termination_protection": s.protected,
                "changed": s.changed,
                "drift": None
                if s.drift is None
                else [{"logical_id": d.logical_id, "kind": d.kind, "properties": list(d.properties)} for d in s.drift],
            }
            for s in deployment.stacks
        ],
    }


def status(
    aws: Aws, records: Records, *, account_id: str, named: str = "", with_drift: bool = False, with_costs: bool = True
) -> Status:
    """Every deployment that the account or ./geos-out knows, or the one that is `named`."""
    there = set(deployments_in(aws.stacks.all()))
    local = {n for n in records.names() if n in there or _is_here(records, n, aws, account_id)}
    names = sorted(there | local) if not named else sorted({named} & (there | local))
    locks = _locks(aws, records) if names else {}
    found = tuple(_one(aws, records, name, locks.get(name, ""), with_drift) for name in names)
    tags = _cost_tags(aws, records, names) if with_costs and there else {}
    return Status(account_id, aws.region, found, tags)


def _cost_tags(aws: Aws, records: Records, names: Sequence[str]) -> dict[str, str]:
    """The state of the tags; once they are active that is remembered, because billing charges for each question."""
    known = [r for r in (_readable(records, name) for name in names) if r is not None]
    if any(r.cost_tags == ACTIVE for r in known):
        return dict.fromkeys(COST_TAGS, ACTIVE)
    found = cost_tags(aws)
    if set(found.values()) == {ACTIVE}:
        for record in known:
            if record.run is None:
                with contextlib.suppress(DiskRefused):
                    records.write(replace(record, cost_tags=ACTIVE))
    return found


def _readable(records: Records, name: str) -> Record | None:
    with contextlib.suppress(BadRecord):
        return records.read(name)
    return None


def _is_here(records: Records, name: str, aws: Aws, account_id: str) -> bool:
    """Whether a local record is about this account and region."""
    try:
        record = records.read(name)
    except BadRecord:
        return True
    if record is None or is_stale(record, aws.target, account_id):
        return False
    return (record.account_id, record.endpoint, record.region) == (account_id, aws.target.endpoint, aws.region)


def _locks(aws: Aws, records: Records) -> dict[str, str]:
    """Who is at work; a run that died in this folder is not, though its lease lives on for a minute."""
    from geos.wizard.deployment.lock import is_dead, living

    try:
        leases = living(aws)
        return {i.deployment: i.owner for i in leases if not is_dead(i, records.open_runs(i.deployment))}
    except NotThere:
        return {}


def _one(aws: Aws, records: Records, name: str, locked_by: str, with_drift: bool) -> DeploymentStatus:
    place, record = "", None
    try:
        record = records.read(name)
        place = str(records.path(name)) if record else ""
    except BadRecord as e:
        place = e.message
    stacks = read_deployed(aws, name, record)
    differs = drifts.find_drift(aws, [s for s in stacks if s.fact.status in STANDING]) if with_drift else {}
    return DeploymentStatus(
        name,
        aws.region,
        _state(stacks, record),
        tuple(_stack(s, differs.get(s.fact.name)) for s in stacks),
        _pending(aws, stacks),
        record.run.verb if record and record.run and not locked_by else "",
        locked_by,
        place,
    )


def _stack(stack: DeployedStack, drift: tuple[Drift, ...] | GeosError | None) -> StackStatus:
    changed = stack.fact.updated or stack.fact.created
    return StackStatus(
        stack.layer,
        stack.fact.name,
        stack.region,
        stack.fact.status,
        stack.fact.reason,
        len(stack.resources),
        len(stack.simulated),
        stack.fact.protected,
        changed.isoformat(timespec="seconds") if changed else "",
        drift if isinstance(drift, tuple) else None,
    )


def _state(stacks: Sequence[DeployedStack], record: Record | None) -> str:
    if not stacks:
        return "half made" if record and record.run else "gone"
    if any(is_busy(s.fact.status) for s in stacks):
        return "working"
    there = {s.fact.name for s in stacks}
    missing = [s for s in record.stacks if s.stack_name not in there and s.layer != "bootstrap"] if record else []
    if missing or any(s.fact.status not in STANDING for s in stacks):
        return "half made"
    return "ready" if all(s.fact.status in GOOD for s in stacks) else "ready, last update taken back"


def _pending(aws: Aws, stacks: Sequence[DeployedStack]) -> tuple[str, ...]:
    topics = [
        (s.region, r.physical_id)
        for s in stacks
        for r in s.resources.values()
        if r.type == "AWS::SNS::Topic" and r not in s.simulated
    ]

    def reader(region: str, arn: str) -> Any:
        return lambda: aws.in_region(region).sns.subscriptions(arn)

    answers = gather({(region, arn): reader(region, arn) for region, arn in topics})
    return tuple(
        found.endpoint
        for answer in answers.values()
        if not isinstance(answer, GeosError)
        for found in answer
        if found.pending
    )


def cost_tags(aws: Aws) -> dict[str, str]:
    """Switch the cost-allocation tags on where billing knows them; their state."""
    try:
        states = aws.billing.tag_states(COST_TAGS)
        inactive = [t for t in COST_TAGS if states.get(t) == "Inactive"]
        refused = aws.billing.activate(inactive) if inactive else ()
    except GeosError as e:
        # In an organization only the paying account may do it.
        return dict.fromkeys(COST_TAGS, f"not known: {e.aws_code or e.message}")
    found = {t: ACTIVE for t in COST_TAGS if states.get(t) == "Active" or (t in inactive and t not in refused)}
    return {t: found.get(t, "waiting until billing has seen it") for t in COST_TAGS}
