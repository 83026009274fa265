"""Grants written out: as IAM policies to attach, and as a letter to whoever may attach them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import Any

from geos.wizard.facts import Identity
from geos.wizard.systems.derive.permissions import Grant

MAX_POLICY_CHARACTERS = 6144
"""Of a managed policy; white space is not counted (IAM quotas page)."""

Policy = dict[str, Any]
Statement = dict[str, Any]


def as_policy(grants: Iterable[Grant]) -> tuple[Policy, ...]:
    """Managed policies, as few as IAM's size limit allows; together they hold exactly these grants."""
    found: list[Policy] = []
    for statement in _numbered(_statements(grants)):
        for policy in found:
            if _size({**policy, "Statement": [*policy["Statement"], statement]}) <= MAX_POLICY_CHARACTERS:
                policy["Statement"].append(statement)
                break
        else:
            found.append({"Version": "2012-10-17", "Statement": [statement]})
    return tuple(found)


def _size(policy: Policy) -> int:
    return len(json.dumps(policy, separators=(",", ":")))


def _statements(grants: Iterable[Grant]) -> list[Statement]:
    """One statement for all actions of a service that share their resources and conditions."""
    places: dict[tuple[str, tuple[str, ...], str], set[str]] = {}
    for g in grants:
        places.setdefault((g.action, g.passed_to, g.region), set()).add(g.resource_pattern)
    shared: dict[tuple[str, tuple[str, ...], tuple[str, ...], str], list[str]] = {}
    for (action, passed_to, region), patterns in places.items():
        kept = _not_covered(patterns)
        service = action.split(":", 1)[0] if kept != ("*",) or region else "any"
        shared.setdefault((service, kept, passed_to, region), []).append(action)
    found = []
    for (service, resources, passed_to, region), actions in sorted(shared.items()):
        for part in _parts(sorted(actions), resources):
            found.append(_statement(service, part, resources, passed_to, region))
    return found


def _not_covered(patterns: set[str]) -> tuple[str, ...]:
    """Without those that another one already means."""
    wide = {p for p in patterns if "*" in p}
    return tuple(sorted(p for p in patterns if not any(w != p and fnmatchcase(p, w) for w in wide)))


def _parts(actions: list[str], resources: tuple[str, ...]) -> list[list[str]]:
    """The actions in runs short enough for one policy to hold each."""
    room = MAX_POLICY_CHARACTERS - 400 - sum(len(r) + 3 for r in resources)
    parts: list[list[str]] = [[]]
    used = 0
    for action in actions:
        if used + len(action) + 3 > room and parts[-1]:
            parts.append([])
            used = 0
        parts[-1].append(action)
        used += len(action) + 3
    return parts


def _statement(
    service: str, actions: list[str], resources: tuple[str, ...], passed_to: tuple[str, ...], region: str
) -> Statement:
    statement: Statement = {
        "Sid": "",
        "Effect": "Allow",
        "Action": actions,
        "Resource": resources[0] if len(resources) == 1 else list(resources),
    }
    if passed_to:
        statement["Condition"] = {"StringEquals": {"iam:PassedToService": list(passed_to)}}
    elif region:
        statement["Condition"] = {"StringEquals": {"aws:RequestedRegion": region}}
    statement["Sid"] = _sid(service, statement)
    return statement


def _sid(service: str, statement: Statement) -> str:
    if statement["Action"] == ["iam:PassRole"]:
        return "HandRolesToServices"
    if service == "any":
        return "ReadAndAsk"
    words = "".join(part.capitalize() for part in service.split("-"))
    return f"{words}InThisRegion" if "Condition" in statement else f"{words}OfThisDeployment"


def _numbered(statements: list[Statement]) -> list[Statement]:
    """Sids are unique within a policy; here within all."""
    seen: dict[str, int] = {}
    for statement in statements:
        name = statement["Sid"]
        seen[name] = seen.get(name, 0) + 1
        if seen[name] > 1:
            statement["Sid"] = f"{name}{seen[name]}"
    return statements


# --- the letter ------------------------------------------------------------------------------

PURPOSES = {
    "batch": "job queues and the environments that start machines for them",
    "budgets": "a monthly budget with warnings",
    "ce": "switching on the cost tags",
    "cloudformation": "creating, changing and deleting the stacks",
    "cloudwatch": "alarms, a dashboard and reading usage figures",
    "dynamodb": "a lock, so that two people do not change one deployment at once",
    "ec2": "the network, and the template that machines start from",
    "ecr": "the repository of container images",
    "events": "rules that report finished and failed jobs",
    "freetier": "seeing whether the account is on the free plan",
    "iam": "roles for machines and jobs, under the deployment's own names",
    "kms": "one key that encrypts disks",
    "lambda": "functions of the deployment",
    "logs": "log groups",
    "pricing": "reading list prices",
    "s3": "buckets for input, results and the deployment's state",
    "servicequotas": "reading quotas and asking for larger ones",
    "sns": "a topic for alerts",
    "ssm": "parameters that hold the deployment's settings",
    "tag": "finding what belongs to the deployment",
}


def as_letter(grants: Sequence[Grant], identity: Identity, deployment: str) -> str:
    """Plain text to send to an administrator; the policies go with it."""
    policies = as_policy(grants)
    services = sorted({g.service for g in grants})
    lines = [
        f"Subject: permissions for {deployment} in AWS account {identity.account_id}",
        "",
        "Hello,",
        "",
        f"I would like to set up {deployment} with geos-setup in AWS account {identity.account_id}. I am signed in as",
        f"    {identity.role_arn or identity.arn}",
        "and that identity lacks permissions, or they could not be checked. Could you attach the "
        + ("policy below to it?" if len(policies) == 1 else f"{len(policies)} policies below to it?"),
        "",
        "They were worked out from the CloudFormation templates that will be deployed, and cover:",
        *(f"  - {service}: {PURPOSES.get(service, 'resources of the templates')}" for service in services),
        "",
        *_roles_told(grants),
        f"What can be limited to names is limited to those that begin with {deployment}. Reading and creating network",
        "parts cannot be limited by name; creating is limited to the region.",
        *_unsure(grants),
        "",
        "Thank you.",
    ]
    for number, policy in enumerate(policies, 1):
        lines += ["", f"Policy {deployment}-setup-{number}:", json.dumps(policy, indent=2)]
    return "\n".join(lines) + "\n"


def _roles_told(grants: Sequence[Grant]) -> list[str]:
    services = sorted({s for g in grants for s in g.passed_to})
    if not services:
        return []
    return [f"Roles of the deployment are handed to {', '.join(services)} and to nothing else.", ""]


def _unsure(grants: Sequence[Grant]) -> list[str]:
    types = sorted({w for g in grants if not g.published for w in g.why})
    if not types:
        return []
    return [f"For {', '.join(types)} AWS does not publish what is needed; that part may want correcting."]
