"""Count what is used of quotas: one visit to AWS for all quotas that the same answer tells.

Plain lists are counted by the rows of usage_rows.py; calls that answer several quotas in a form of their own
are functions here. CloudWatch's AWS/Usage metrics are the second source.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from geos.wizard.aws.paging import items
from geos.wizard.aws.quota_facts import Tally
from geos.wizard.aws.usage_rows import ROWS, Item, Quota, Row
from geos.wizard.facts import UsageMetric

if TYPE_CHECKING:
    from geos.wizard.aws.door import Door


def read_rows(door: Door, rows: Iterable[Row]) -> dict[Quota, Tally]:
    """Make the one call that all `rows` share, and count."""
    rows = tuple(rows)
    service, operation = rows[0].call.split(".")
    with door.asking(f"count with {service} {operation}"):
        listed = list(items(door.client(service), operation, rows[0].items, **rows[0].arguments))
    return {row.quota: _tally(row, listed) for row in rows}


def _tally(row: Row, listed: Iterable[Item]) -> Tally:
    total = 0.0
    inside: dict[str, float] = {}
    for item in listed:
        amount = row.measure(item)
        total += amount
        for where in row.container(item) if row.container else ():
            inside[where] = inside.get(where, 0.0) + amount
    return Tally(total, inside if row.container is not None else None)


# --- calls that answer more than one list ----------------------------------------------------


def _iam_summary(door: Door) -> dict[Quota, Tally]:
    with door.asking("read the account's IAM summary"):
        found = door.client("iam").get_account_summary()["SummaryMap"]
    names = {"L-FE177D64": "Roles", "L-E95E4862": "Policies", "L-6E65F664": "InstanceProfiles"}
    return {("iam", code): Tally(float(found[name])) for code, name in names.items() if name in found}


def _nat_by_zone(door: Door) -> dict[Quota, Tally]:
    """NAT gateways name their subnet only, and the limit is per zone. Deleting ones still count."""
    alive = [{"Name": "state", "Values": ["pending", "available", "deleting"]}]
    with door.asking("count NAT gateways"):
        client = door.client("ec2")
        gateways = list(items(client, "describe_nat_gateways", "NatGateways", Filters=alive))
        used = sorted({g["SubnetId"] for g in gateways if g.get("SubnetId")})
        subnets = items(client, "describe_subnets", "Subnets", SubnetIds=used) if used else iter(())
        zones = {s["SubnetId"]: s["AvailabilityZone"] for s in subnets}
    inside: dict[str, float] = {}
    for gateway in gateways:
        zone = zones.get(gateway.get("SubnetId", ""), "")
        inside[zone] = inside.get(zone, 0.0) + 1.0
    return {("vpc", "L-FE5A380F"): Tally(float(len(gateways)), inside)}


def _autoscaling(door: Door) -> dict[Quota, Tally]:
    with door.asking("read the limits of Auto Scaling"):
        found = door.client("autoscaling").describe_account_limits()
    return {("autoscaling", "L-CDE20ADC"): Tally(float(found["NumberOfAutoScalingGroups"]))}


def _rds(door: Door) -> dict[Quota, Tally]:
    codes = {
        "DBInstances": "L-7B6409FD",
        "AllocatedStorage": "L-7ADDB58A",
        "DBParameterGroups": "L-DE55804A",
        "DBSubnetGroups": "L-48C6BF61",
        "ManualSnapshots": "L-272F1212",
    }
    with door.asking("read the account attributes of RDS"):
        found = door.client("rds").describe_account_attributes()["AccountQuotas"]
    return {
        ("rds", codes[q["AccountQuotaName"]]): Tally(float(q["Used"])) for q in found if q["AccountQuotaName"] in codes
    }


def _lambda(door: Door) -> dict[Quota, Tally]:
    """Reserved concurrency is what is taken from the pool; running functions only borrow from it."""
    with door.asking("read the account settings of Lambda"):
        found = door.client("lambda").get_account_settings()
    limit, used = found["AccountLimit"], found.get("AccountUsage", {})
    reserved = float(limit["ConcurrentExecutions"]) - float(limit["UnreservedConcurrentExecutions"])
    return {
        ("lambda", "L-B99A9384"): Tally(reserved),
        ("lambda", "L-2ACBD22F"): Tally(float(used.get("TotalCodeSize", 0)) / 1e9),
    }


def _fargate(door: Door) -> dict[Quota, Tally]:
    """vCPUs of the tasks that run, Spot and On-Demand apart."""
    on_demand = spot = 0.0
    with door.asking("count Fargate tasks"):
        client = door.client("ecs")
        for cluster in items(client, "list_clusters", "clusterArns"):
            arns = list(items(client, "list_tasks", "taskArns", cluster=cluster, launchType="FARGATE"))
            for start in range(0, len(arns), 100):
                for task in client.describe_tasks(cluster=cluster, tasks=arns[start : start + 100])["tasks"]:
                    vcpus = float(task.get("cpu", 0)) / 1024
                    if task.get("capacityProviderName") == "FARGATE_SPOT":
                        spot += vcpus
                    else:
                        on_demand += vcpus
    return {("fargate", "L-3032A538"): Tally(on_demand), ("fargate", "L-36FBB829"): Tally(spot)}


def _services_by_cluster(door: Door) -> dict[Quota, Tally]:
    inside: dict[str, float] = {}
    with door.asking("count ECS services"):
        client = door.client("ecs")
        for arn in items(client, "list_clusters", "clusterArns"):
            count = float(sum(1 for _ in items(client, "list_services", "serviceArns", cluster=arn)))
            inside[arn] = inside[arn.rsplit("/", 1)[-1]] = count
    return {("ecs", "L-9EF96962"): Tally(max(inside.values(), default=0.0), inside)}


def _budgets(door: Door) -> dict[Quota, Tally]:
    with door.asking("count budgets"):
        found = items(door.client("budgets"), "describe_budgets", "Budgets", AccountId=door.account_id())
        return {("budgets", "Budgets per account"): Tally(float(sum(1 for _ in found)))}


Reader = Callable[["Door"], dict[Quota, Tally]]

SUMMARIES: tuple[tuple[str, frozenset[Quota], Reader], ...] = (
    ("iam", frozenset({("iam", "L-FE177D64"), ("iam", "L-E95E4862"), ("iam", "L-6E65F664")}), _iam_summary),
    ("ec2", frozenset({("vpc", "L-FE5A380F")}), _nat_by_zone),
    ("autoscaling", frozenset({("autoscaling", "L-CDE20ADC")}), _autoscaling),
    (
        "rds",
        frozenset(("rds", c) for c in ("L-7B6409FD", "L-7ADDB58A", "L-DE55804A", "L-48C6BF61", "L-272F1212")),
        _rds,
    ),
    ("lambda", frozenset({("lambda", "L-B99A9384"), ("lambda", "L-2ACBD22F")}), _lambda),
    ("ecs", frozenset({("fargate", "L-3032A538"), ("fargate", "L-36FBB829")}), _fargate),
    ("ecs", frozenset({("ecs", "L-9EF96962")}), _services_by_cluster),
    ("budgets", frozenset({("budgets", "Budgets per account")}), _budgets),
)


@dataclass(frozen=True)
class Reading:
    """One visit to AWS that tells the use of some quotas."""

    service: str
    """The client it uses, as boto3 names it."""
    quotas: frozenset[Quota]
    read: Reader


def readings(wanted: Iterable[Quota]) -> tuple[Reading, ...]:
    """The fewest visits that count what is `wanted` and can be counted."""
    left = set(wanted)
    found = [Reading(service, quotas & left, read) for service, quotas, read in SUMMARIES if quotas & left]
    by_source: dict[tuple[str, str], list[Row]] = {}
    for row in ROWS:
        if row.quota in left:
            by_source.setdefault(row.source, []).append(row)
    for (call, _), rows in by_source.items():
        found.append(Reading(call.split(".")[0], frozenset(r.quota for r in rows), _reader(tuple(rows))))
    return tuple(found)


def _reader(rows: tuple[Row, ...]) -> Reader:
    return lambda door: read_rows(door, rows)


# --- CloudWatch's AWS/Usage ------------------------------------------------------------------

LOOK_BACK_MINUTES = 15
METRICS_PER_CALL = 500


def read_metrics(door: Door, metrics: Mapping[Quota, UsageMetric]) -> dict[Quota, Tally]:
    """The newest point of each metric. A metric without points is left out: that says nothing, not zero."""
    found: dict[Quota, Tally] = {}
    quotas = list(metrics)
    for start in range(0, len(quotas), METRICS_PER_CALL):
        found |= _metric_page(door, {q: metrics[q] for q in quotas[start : start + METRICS_PER_CALL]})
    return found


def _metric_page(door: Door, metrics: Mapping[Quota, UsageMetric]) -> dict[Quota, Tally]:
    ids = {f"m{n}": quota for n, quota in enumerate(metrics)}
    now = datetime.now(UTC)
    with door.asking("read the usage metrics of CloudWatch"):
        found: dict[Quota, Tally] = {}
        for result in items(
            door.client("cloudwatch"),
            "get_metric_data",
            "MetricDataResults",
            MetricDataQueries=[_query(name, metrics[quota]) for name, quota in ids.items()],
            StartTime=now - timedelta(minutes=LOOK_BACK_MINUTES),
            EndTime=now,
            ScanBy="TimestampDescending",
        ):
            quota = ids.get(result["Id"])
            if quota is not None and result.get("Values") and quota not in found:
                found[quota] = Tally(float(result["Values"][0]))
        return found


def _query(name: str, metric: UsageMetric) -> dict[str, Any]:
    return {
        "Id": name,
        "MetricStat": {
            "Metric": {
                "Namespace": metric.namespace,
                "MetricName": metric.metric,
                "Dimensions": [{"Name": k, "Value": v} for k, v in metric.dimensions],
            },
            "Period": 60,
            "Stat": metric.statistic,
        },
        "ReturnData": True,
    }
