"""What a thing that a destroy left behind costs a month, told from its ARN alone."""

from __future__ import annotations

from dataclasses import replace

from geos.benchmarks.model import Band
from geos.wizard.systems.cost_lines import CostLine, priced_line, unknown_line
from geos.wizard.systems.derive.costs import HOURS_PER_MONTH
from geos.wizard.tables.prices import service_price

LEFTOVERS: dict[tuple[str, str], tuple[str, str, float, str]] = {
    # (service, kind) of an ARN: (service, item, quantity a month, words)
    ("ec2", "natgateway"): ("vpc", "nat gateway", HOURS_PER_MONTH, "whether used or not"),
    ("ec2", "elastic-ip"): ("vpc", "public ipv4 address in use or idle", HOURS_PER_MONTH, "whether used or not"),
    ("ec2", "vpc-endpoint"): ("vpc", "interface endpoint per AZ", HOURS_PER_MONTH, "per zone, if an interface one"),
    ("ec2", "volume"): ("ebs", "gp3 storage", 1.0, "per GB"),
    ("ec2", "snapshot"): ("ebs", "snapshot standard", 1.0, "per GB"),
    ("kms", "key"): ("kms", "customer managed key", 1.0, "until it is deleted"),
    ("s3", ""): ("s3", "standard storage first 50 TB", 1.0, "per GB stored"),
    ("ecr", "repository"): ("ecr", "private storage", 1.0, "per GB stored"),
    ("logs", "log-group"): ("cloudwatch", "log storage", 1.0, "per GB stored"),
    ("dynamodb", "table"): ("dynamodb", "storage", 1.0, "per GB stored"),
    ("elasticfilesystem", "file-system"): ("efs", "standard storage", 1.0, "per GB stored"),
    ("secretsmanager", "secret"): ("secretsmanager", "secret", 1.0, "each"),
    ("cloudwatch", "alarm"): ("cloudwatch", "alarm standard resolution", 1.0, "each"),
    ("cloudwatch", "dashboard"): ("cloudwatch", "dashboard", 1.0, "each"),
    ("elasticloadbalancing", "loadbalancer"): ("alb", "application load balancer", HOURS_PER_MONTH, "without traffic"),
    ("route53", "hostedzone"): ("route53", "hosted zone", 1.0, "each"),
}
FREE = frozenset(
    {"batch", "budgets", "cloudformation", "events", "iam", "sns", "sqs", "ssm", "states", "lambda", "ecs"}
)
"""Services whose resources cost nothing by being there."""
FREE_NETWORK = frozenset(
    {
        "dhcp-options",
        "internet-gateway",
        "key-pair",
        "launch-template",
        "network-acl",
        "network-interface",
        "route-table",
        "security-group",
        "security-group-rule",
        "subnet",
        "vpc",
        "vpc-flow-log",
    }
)
"""Likewise of EC2, where instances, volumes and gateways do cost."""


def monthly_cost_of_leftover(arn: str, region: str) -> CostLine:
    """What a thing left behind costs a month, from its ARN; 0 where existing is free, unknown where not known."""
    service, rest = arn.split(":")[2], arn.split(":", 5)[-1]
    kind = rest.replace(":", "/").split("/", 1)[0] if "/" in rest or ":" in rest else ""
    row = LEFTOVERS.get((service, kind)) or LEFTOVERS.get((service, ""))
    if row is None:
        if service in FREE or (service == "ec2" and kind in FREE_NETWORK):
            return CostLine(rest, "costs nothing by being there", 0.0, 0.0, 0.0, "month", "list")
        return unknown_line(rest, f"what {service} {kind} costs is not in the table", "month")
    price_service, item, quantity, words = row
    found = service_price(price_service, item, region)
    if found is None:
        return unknown_line(rest, f"no price of {price_service} {item} is known", "month")
    if words.startswith("per "):
        return replace(unknown_line(rest, f"{found.usd:g} USD {words}", "month"), source=found.source, date=found.date)
    usd = quantity * found.usd
    return priced_line(rest, f"{quantity:g} × {found.usd:g} USD, {words}", Band(usd, usd, usd), "month", found, region)
