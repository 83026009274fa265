"""Policies: no wildcards where a name is possible, and no service that acts for strangers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from geos.wizard.cfn.resolve import Resource
from geos.wizard.systems.rules import Finding, Rule, Subject, as_list, mapping

NO_RESOURCE_LEVEL: dict[str, str] = {
    "batch:DescribeComputeEnvironments": "Batch has no resource level for describing",
    "batch:DescribeJobDefinitions": "Batch has no resource level for describing",
    "batch:DescribeJobQueues": "Batch has no resource level for describing",
    "batch:DescribeJobs": "Batch has no resource level for describing",
    "batch:ListJobs": "Batch has no resource level for listing",
    "cloudwatch:PutMetricData": "only the namespace can be named, by a condition",
    "ecr:GetAuthorizationToken": "the token is the account's, not a repository's",
    "sts:GetCallerIdentity": "asks only who is asking",
    "xray:PutTraceSegments": "X-Ray has no resource level for writing",
    "xray:PutTelemetryRecords": "X-Ray has no resource level for writing",
}
"""Actions that take no resource (service authorization reference), with the reason."""

SILENT_SERVICES: dict[str, str] = {
    "ec2.amazonaws.com": "takes a role for an instance profile of the same account only, and names no source",
    "lambda.amazonaws.com": "takes a role for a function of the same account only, and names no source",
}
"""Services that name no source account when they take a role; a condition would refuse them."""

NAMELESS_CALLS: dict[tuple[str, str], str] = {
    ("events.amazonaws.com", "sns:Publish"): "EventBridge names no source to a topic, so that a condition drops it all",
}
"""Calls of services that name no source account in a resource's policy, with the reason."""

_SOURCE_KEYS = frozenset({"aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid", "sts:externalid"})


def wildcards(subject: Subject) -> Iterator[Finding]:
    for resource in subject.resolved.resources.values():
        for kind, document in documents(resource):
            for statement in map(mapping, as_list(mapping(document).get("Statement"))):
                if statement.get("Effect") == "Allow":
                    yield from ((resource.logical_id, words) for words in _faults(kind, statement))


def documents(resource: Resource) -> Iterator[tuple[str, Any]]:
    """(identity|trust|key|resource, document) of every policy in a resource."""
    properties = resource.properties
    match resource.type:
        case "AWS::IAM::Role":
            yield "trust", properties.get("AssumeRolePolicyDocument")
            yield from (("identity", mapping(p).get("PolicyDocument")) for p in as_list(properties.get("Policies")))
        case "AWS::IAM::User" | "AWS::IAM::Group":
            yield from (("identity", mapping(p).get("PolicyDocument")) for p in as_list(properties.get("Policies")))
        case "AWS::KMS::Key" | "AWS::KMS::ReplicaKey":
            yield "key", properties.get("KeyPolicy")
        case type_name if type_name.startswith("AWS::IAM::"):
            yield "identity", properties.get("PolicyDocument")
        case _:
            yield "resource", properties.get("PolicyDocument")
            yield "resource", properties.get("RepositoryPolicyText")


def _faults(kind: str, statement: Mapping[str, Any]) -> Iterator[str]:
    actions = [a for a in as_list(statement.get("Action")) if isinstance(a, str)]
    if kind == "trust":
        yield from _trust_faults(statement)
        return
    if "NotAction" in statement:
        yield "Allow with NotAction grants whatever AWS adds later; list the actions."
    if not (kind == "key" and _is_own_account(statement)):
        yield from (f"{a} grants everything; list the actions." for a in actions if a == "*" or a.endswith(":*"))
    if kind == "resource":
        yield from _principal_faults(statement)
    if kind == "identity":
        yield from _resource_faults(statement, actions)


def _resource_faults(statement: Mapping[str, Any], actions: list[str]) -> Iterator[str]:
    if "NotResource" in statement:
        yield "Allow with NotResource grants whatever is made later; list the resources."
    everything = "*" in [r for r in as_list(statement.get("Resource")) if isinstance(r, str)]
    narrow = [a for a in actions if a not in NO_RESOURCE_LEVEL]
    if everything and narrow:
        yield f"Resource * for {', '.join(narrow)}; name the resources."
    if "iam:PassRole" in actions and "iam:passedtoservice" not in _condition_keys(statement):
        yield "iam:PassRole without the condition iam:PassedToService."


def _trust_faults(statement: Mapping[str, Any]) -> Iterator[str]:
    principal = statement.get("Principal")
    if principal == "*" or mapping(principal).get("AWS") == "*":
        yield "everyone may take this role."
    services = [s for s in as_list(mapping(principal).get("Service")) if isinstance(s, str)]
    open_to = [s for s in services if s not in SILENT_SERVICES]
    if open_to and not _SOURCE_KEYS & _condition_keys(statement):
        yield f"{', '.join(open_to)} may take this role for any account; add a condition on aws:SourceAccount."


def _principal_faults(statement: Mapping[str, Any]) -> Iterator[str]:
    principal = statement.get("Principal")
    everyone = principal == "*" or "*" in as_list(mapping(principal).get("AWS"))
    if everyone and not statement.get("Condition"):
        yield "everyone is allowed; name the principals or add a condition."
    actions = as_list(statement.get("Action"))
    services = [
        s
        for s in as_list(mapping(principal).get("Service"))
        if isinstance(s, str) and not all((s, action) in NAMELESS_CALLS for action in actions)
    ]
    sourced = _SOURCE_KEYS & _condition_keys(statement)
    if services and not sourced:
        yield f"{', '.join(services)} may act for any account; add a condition on aws:SourceAccount."
    nameless = [f"{s}: {why}" for (s, action), why in NAMELESS_CALLS.items() if _grants(statement, s, action)]
    if nameless and sourced:
        yield f"{'; '.join(nameless)}; take the condition away."


def _grants(statement: Mapping[str, Any], service: str, action: str) -> bool:
    services = as_list(mapping(statement.get("Principal")).get("Service"))
    return service in services and action in as_list(statement.get("Action"))


def _is_own_account(statement: Mapping[str, Any]) -> bool:
    """The account's own root in a key policy: IAM then decides, and without it nobody could mend the policy."""
    principals = as_list(mapping(statement.get("Principal")).get("AWS"))
    return bool(principals) and all(not isinstance(p, str) or p.endswith(":root") for p in principals)


def _condition_keys(statement: Mapping[str, Any]) -> set[str]:
    return {key.lower() for test in mapping(statement.get("Condition")).values() for key in mapping(test)}


RULES: dict[str, Rule] = {"RULE-17": wildcards}
