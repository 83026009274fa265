"""Faults of single services that occur in few templates."""

from __future__ import annotations

import json
from collections.abc import Iterator

from geos.wizard.cfn.resolve import Unknown
from geos.wizard.systems.rules import Finding, Rule, Subject, mapping, number, of_types

GLOBAL_REGION = "us-east-1"
"""CloudFront and what hangs on it live there only."""

RESERVED_USERS: dict[str, frozenset[str]] = {
    "postgres": frozenset({"admin", "rdsadmin", "postgres_rds", "rds_superuser", "rdsrepladmin", "public"}),
    "mysql": frozenset({"rdsadmin", "rdsrepladmin", "mysql.sys"}),
    "mariadb": frozenset({"rdsadmin", "rdsrepladmin"}),
}
"""Names that RDS refuses as master user, by the beginning of the engine's name (RDS user guide)."""

INTEGRATION_LIMIT_MS = 29_000
"""The default limit of API Gateway (quota L-E5AE38E3)."""


def reserved_user(subject: Subject) -> Iterator[Finding]:
    for database in of_types(subject, "AWS::RDS::DBInstance", "AWS::RDS::DBCluster"):
        user, engine = database.properties.get("MasterUsername"), str(database.properties.get("Engine", ""))
        kind = next((k for k in RESERVED_USERS if k in engine or k in engine.replace("postgresql", "postgres")), "")
        if isinstance(user, str) and user.lower() in RESERVED_USERS.get(kind, frozenset()):
            yield database.logical_id, f"{user} is reserved by {engine}; choose another MasterUsername."


def minimum_tls_without_certificate(subject: Subject) -> Iterator[Finding]:
    for distribution in of_types(subject, "AWS::CloudFront::Distribution"):
        certificate = mapping(mapping(distribution.properties.get("DistributionConfig")).get("ViewerCertificate"))
        own = any(certificate.get(k) for k in ("AcmCertificateArn", "IamCertificateId"))
        if "MinimumProtocolVersion" in certificate and not own:
            words = "MinimumProtocolVersion has no effect with CloudFront's own certificate; it takes an own domain."
            yield distribution.logical_id, words


def edge_outside_its_region(subject: Subject) -> Iterator[Finding]:
    if not subject.region or subject.region == GLOBAL_REGION:
        return
    for resource in subject.resolved.resources.values():
        firewall = resource.type.startswith("AWS::WAFv2::") and resource.properties.get("Scope") == "CLOUDFRONT"
        if firewall or resource.type.startswith("AWS::CloudFront::"):
            yield resource.logical_id, f"{resource.type} belongs into a stack in {GLOBAL_REGION}, not {subject.region}."


def integration_too_slow(subject: Subject) -> Iterator[Finding]:
    for method in of_types(subject, "AWS::ApiGateway::Method"):
        limit = number(mapping(method.properties.get("Integration")).get("TimeoutInMillis"))
        if limit is not None and limit > INTEGRATION_LIMIT_MS:
            yield method.logical_id, f"TimeoutInMillis is {limit:g}; API Gateway ends a call after 29,000."
        else:
            yield from _slow_function(subject, method.logical_id, mapping(method.properties.get("Integration")))


def _slow_function(subject: Subject, logical_id: str, integration: dict[str, object]) -> Iterator[Finding]:
    """A function behind a synchronous integration must be done before the gateway gives up."""
    headers = mapping(integration.get("RequestParameters"))
    if integration.get("Type") not in ("AWS", "AWS_PROXY") or any("Invocation-Type" in key for key in headers):
        return
    target = integration.get("Uri")
    name = target.logical_id if isinstance(target, Unknown) else ""
    function = subject.resolved.resources.get(name)
    seconds = number(function.properties.get("Timeout", 3)) if function else None
    if function and function.type == "AWS::Lambda::Function" and seconds is not None and seconds > 29:
        yield logical_id, f"{name} may take {seconds:g} s, and API Gateway gives up after 29."


def secret_that_goes_stale(subject: Subject) -> Iterator[Finding]:
    """RDS changes a password it manages every seven days; a secret composed from it is then wrong."""
    managed = {
        d.logical_id
        for d in of_types(subject, "AWS::RDS::DBInstance", "AWS::RDS::DBCluster")
        if d.properties.get("ManageMasterUserPassword") in (True, "true")
    }
    written = subject.body.get("Resources", {})
    for secret in of_types(subject, "AWS::SecretsManager::Secret"):
        text = json.dumps(written[secret.logical_id].get("Properties", {}).get("SecretString", ""))
        used = sorted(d for d in managed if d in text and "MasterUserSecret" in text)
        if used:
            words = f"is composed from the password of {used[0]}, which RDS changes by itself every seven days."
            yield secret.logical_id, words


RULES: dict[str, Rule] = {
    "RULE-6": reserved_user,
    "RULE-7": minimum_tls_without_certificate,
    "RULE-14": integration_too_slow,
    "RULE-16": edge_outside_its_region,
    "RULE-21": secret_that_goes_stale,
}
