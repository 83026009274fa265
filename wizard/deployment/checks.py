"""What `validate` reads back of each type of resource, and how it is held against the deployed template.

One function per type; each gets the resource's properties as the template has them and asks the service what is
there. A type without a function here is judged by CloudFormation's word alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from geos.wizard.cfn.resolve import Resource, is_known
from geos.wizard.deployment.images import BuildLine, ImagePlace, build_own, parse_image
from geos.wizard.errors import NotThere

if TYPE_CHECKING:
    from geos.wizard.aws import Aws

PASS, WARN, FAIL = "pass", "warn", "fail"


@dataclass(frozen=True)
class Finding:
    """One line of the verdict."""

    verdict: str
    layer: str
    subject: str
    """The resource, or what the line is about."""
    what: str
    """What was found, in a few words."""
    fix: str = ""
    lacks: str = ""
    """The image that is not there; no deployment brings it, `fix` builds it."""


@dataclass(frozen=True)
class Context:
    """Where a resource stands, and what the command knows besides."""

    aws: Aws
    layer: str
    account_id: str
    build_line: BuildLine = build_own


Check = Callable[[Context, Resource, str], Iterable[Finding]]
"""(context, resource as the template has it, physical id) -> findings."""


class Lines:
    """Collects the findings about one resource: settings that differ, or one line that all is as planned."""

    def __init__(self, context: Context, subject: str) -> None:
        self._layer = context.layer
        self._subject = subject
        self._findings: list[Finding] = []

    def same(self, name: str, wanted: Any, found: Any) -> None:
        """A setting that must be as the template says; what the template leaves open is not judged."""
        if wanted is None or not is_known(wanted):
            return
        if _plain(wanted) != _plain(found):
            self.fail(f"{name} is {_shown(found)}, the template says {_shown(wanted)}", "geos-setup deploy")

    def fail(self, what: str, fix: str = "") -> None:
        self._findings.append(Finding(FAIL, self._layer, self._subject, what, fix))

    def warn(self, what: str, fix: str = "") -> None:
        self._findings.append(Finding(WARN, self._layer, self._subject, what, fix))

    def lack(self, image: str, fix: str) -> None:
        what = f"the image {image} does not exist yet"
        self._findings.append(Finding(WARN, self._layer, self._subject, what, fix, lacks=image))

    def done(self, said: str) -> Iterator[Finding]:
        """The faults, or `said` when there are none."""
        if not any(f.verdict == FAIL for f in self._findings):
            yield Finding(PASS, self._layer, self._subject, said)
        yield from self._findings


def _plain(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return sorted(str(v) for v in value)
    return str(value)


def _shown(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(str(v) for v in value) or "none"
    return str(value) if value not in ("", None) else "not set"


REMOVED_BY_HAND = "CloudFormation cannot put it back by an update: geos-setup destroy --keep-data, then deploy"


def gone(context: Context, subject: str) -> Iterator[Finding]:
    yield Finding(FAIL, context.layer, subject, "does not exist any more", REMOVED_BY_HAND)


# --- storage and keys ------------------------------------------------------------------------


def bucket(context: Context, resource: Resource, physical_id: str) -> Iterable[Finding]:
    try:
        found = context.aws.s3.settings(physical_id)
    except NotThere:
        return gone(context, resource.logical_id)
    p, lines = resource.properties, Lines(context, resource.logical_id)
    if "PublicAccessBlockConfiguration" in p and not found.public_access_blocked:
        lines.fail("public access is not blocked", "geos-setup deploy")
    lines.same("versioning", p.get("VersioningConfiguration", {}).get("Status"), found.versioning)
    lines.same("encryption", _encryption(p), found.encryption)
    rules = p.get("OwnershipControls", {}).get("Rules", [])
    lines.same("ownership", rules[0].get("ObjectOwnership") if rules else None, found.ownership)
    return lines.done("private, encrypted" + (", versioned" if found.versioning == "Enabled" else ""))


def _encryption(properties: Mapping[str, Any]) -> Any:
    rules = properties.get("BucketEncryption", {}).get("ServerSideEncryptionConfiguration", [])
    return rules[0].get("ServerSideEncryptionByDefault", {}).get("SSEAlgorithm") if rules else None


def bucket_policy(context: Context, resource: Resource, physical_id: str) -> Iterable[Finding]:
    lines = Lines(context, resource.logical_id)
    name = resource.properties.get("Bucket", physical_id)
    try:
        if "aws:SecureTransport" in str(resource.properties) and not context.aws.s3.settings(str(name)).tls_only:
            lines.fail("calls without TLS are not refused", "geos-setup deploy")
    except NotThere:
        return gone(context, resource.logical_id)
    return lines.done("in force")


def key(context: Context, resource: Resource, physical_id: str) -> Iterable[Finding]:
    found = context.aws.kms.key(physical_id)
    if found is None:
        return gone(context, resource.logical_id)
    lines = Lines(context, resource.logical_id)
    if found.state != "Enabled":
        lines.fail(f"the key is {found.state}", "enable it, or cancel its deletion, in the KMS console")
    elif "EnableKeyRotation" in resource.properties:
        lines.same("rotation", resource.properties["EnableKeyRotation"], context.aws.kms.rotates(physical_id))
    return lines.done("enabled, rotates" if resource.properties.get("EnableKeyRotation") else "enabled")


def repository(context: Context, resource: Resource, physical_id: str) -> Iterable[Finding]:
    found = context.aws.ecr.repository(physical_id)
    if found is None:
        return gone(context, resource.logical_id)
    p, lines = resource.properties, Lines(context, resource.logical_id)
    lines.same("scan on push", p.get("ImageScanningConfiguration", {}).get("ScanOnPush"), found.scan_on_push)
    lines.same("tag mutability", p.get("ImageTagMutability"), found.tag_mutability)
    lines.same("encryption", p.get("EncryptionConfiguration", {}).get("EncryptionType"), found.encryption)
    return lines.done("scans on push" if found.scan_on_push else "there")


# --- Batch -----------------------------------------------------------------------------------


def compute_environment(context: Context, resource: Resource, physical_id: str) -> Iterable[Finding]:
    found = next(iter(context.aws.batch.compute_environments([physical_id])), None)
    if found is None or found.status == "DELETED":
        return gone(context, resource.logical_id)
    lines = Lines(context, resource.logical_id)
    if found.status != "VALID":
        lines.fail(f"{found.status}: {found.status_reason or 'no reason given'}", "geos-setup explain GEOS-D116")
    lines.same("state", resource.properties.get("State", "ENABLED"), found.state)
    compute = resource.properties.get("ComputeResources", {})
    lines.same("kind", compute.get("Type"), found.kind)
    lines.same("instance types", compute.get("InstanceTypes"), found.instance_types)
    lines.same("minimum vCPUs", compute.get("MinvCpus"), found.min_vcpus)
    lines.same("maximum vCPUs", compute.get("MaxvCpus"), found.max_vcpus)
    types = f"{len(found.instance_types)} instance types" if found.instance_types else found.kind
    return lines.done(f"valid, {types}, {found.min_vcpus} to {found.max_vcpus} vCPUs")


def job_queue(context: Context, resource: Resource, physical_id: str) -> Iterable[Finding]:
    found = next(iter(context.aws.batch.queues([physical_id])), None)
    if found is None or found.status == "DELETED":
        return gone(context, resource.logical_id)
    lines = Lines(context, resource.logical_id)
    if found.status != "VALID":
        lines.fail(f"{found.status}: {found.status_reason or 'no reason given'}", "geos-setup deploy")
    lines.same("state", resource.properties.get("State", "ENABLED"), found.state)
    lines.same("priority", resource.properties.get("Priority"), found.priority)
    order = sorted(resource.properties.get("ComputeEnvironmentOrder", ()), key=lambda e: int(e["Order"]))
    wanted = [str(e["ComputeEnvironment"]) for e in order]
    if all(is_known(e["ComputeEnvironment"]) for e in order) and wanted != list(found.environments):
        lines.fail(f"tries {_shown(_names(found.environments))}, the template says {_shown(_names(wanted))}")
    return lines.done(f"valid, priority {found.priority}, {_shown(_names(found.environments))}")


def _names(arns: Iterable[str]) -> list[str]:
    return [arn.rsplit("/", 1)[-1] for arn in arns]


def job_definition(context: Context, resource: Resource, physical_id: str) -> Iterable[Finding]:
    found = context.aws.batch.definition(physical_id)
    if found is None:
        return gone(context, resource.logical_id)
    lines = Lines(context, resource.logical_id)
    container = resource.properties.get("ContainerProperties", {})
    needs = {r["Type"]: r["Value"] for r in container.get("ResourceRequirements", ())}
    lines.same("vCPUs", needs.get("VCPU"), found.vcpus)
    lines.same("memory", needs.get("MEMORY"), found.memory_mib)
    place = parse_image(found.image)
    if place is not None and place.account_id == context.account_id and not has_image(context.aws, place):
        lines.lack(str(place), context.build_line(place))
    return lines.done(f"{found.vcpus} vCPUs, {found.memory_mib} MiB")


def has_image(aws: Aws, place: ImagePlace) -> bool:
    """Whether the registry holds the image."""
    registry = aws.in_region(place.region).ecr
    try:
        if place.digest:
            return place.digest in registry.digests(place.repository)
        return place.tag in registry.tags(place.repository)
    except NotThere:
        return False


# --- hosts, logs, messages, money ------------------------------------------------------------


def launch_template(context: Context, resource: Resource, physical_id: str) -> Iterable[Finding]:
    found = context.aws.launch_templates.latest(physical_id)
    if found is None:
        return gone(context, resource.logical_id)
    data, lines = resource.properties.get("LaunchTemplateData", {}), Lines(context, resource.logical_id)
    if found.imds_tokens != "required":
        lines.fail("instances answer the old metadata service (IMDSv1)", "geos-setup deploy")
    options = data.get("MetadataOptions", {})
    lines.same("hop limit", options.get("HttpPutResponseHopLimit"), found.hop_limit)
    disks = [b.get("Ebs", {}) for b in data.get("BlockDeviceMappings", ())]
    if disks and all(str(d.get("Encrypted", "")).lower() == "true" for d in disks) and not found.volumes_encrypted:
        lines.fail("volumes are not encrypted", "geos-setup deploy")
    return lines.done("IMDSv2 only" + (", encrypted volumes" if found.volumes_encrypted and disks else ""))


def log_group(context: Context, resource: Resource, physical_id: str) -> Iterable[Finding]:
    found = next((g for g in context.aws.logs.groups(physical_id) if g.name == physical_id), None)
    if found is None:
        return gone(context, resource.logical_id)
    lines = Lines(context, resource.logical_id)
    lines.same("retention", resource.properties.get("RetentionInDays"), found.retention_days)
    if found.retention_days is None:
        lines.warn("logs are kept, and paid for, for ever", "geos-setup deploy --log-retention-days 30")
    return lines.done(f"kept {found.retention_days} days" if found.retention_days else "there")


def topic(context: Context, resource: Resource, physical_id: str) -> Iterable[Finding]:
    lines = Lines(context, resource.logical_id)
    try:
        found = context.aws.sns.subscriptions(physical_id)
    except NotThere:
        return gone(context, resource.logical_id)
    for subscription in found:
        if subscription.pending:
            lines.warn(
                f"{subscription.endpoint} has not confirmed yet, so no alert arrives",
                "follow the link in the mail from AWS Notifications",
            )
    confirmed = sum(not s.pending for s in found)
    return lines.done(f"{confirmed} of {len(found)} receivers confirmed" if found else "there, nobody subscribed")


def parameter(context: Context, resource: Resource, physical_id: str) -> Iterable[Finding]:
    found = context.aws.ssm.value(physical_id)
    if found is None:
        return gone(context, resource.logical_id)
    lines = Lines(context, resource.logical_id)
    lines.same("value", resource.properties.get("Value"), found)
    return lines.done("there")


def budget(context: Context, resource: Resource, physical_id: str) -> Iterable[Finding]:
    found = context.aws.budgets.budget(context.account_id, physical_id)
    if found is None:
        return gone(context, resource.logical_id)
    lines = Lines(context, resource.logical_id)
    limit = resource.properties.get("Budget", {}).get("BudgetLimit", {}).get("Amount")
    if limit is not None and is_known(limit) and float(limit) != found.limit_usd:
        lines.fail(f"the limit is {found.limit_usd:g} USD, the template says {float(limit):g}", "geos-setup deploy")
    if found.actual_usd is not None and found.actual_usd > found.limit_usd:
        lines.warn(f"{found.actual_usd:.2f} of {found.limit_usd:g} USD are spent this month", "geos-setup estimate")
    return lines.done(f"{found.limit_usd:g} USD a month")


CHECKS: Mapping[str, Check] = {
    "AWS::Batch::ComputeEnvironment": compute_environment,
    "AWS::Batch::JobDefinition": job_definition,
    "AWS::Batch::JobQueue": job_queue,
    "AWS::Budgets::Budget": budget,
    "AWS::EC2::LaunchTemplate": launch_template,
    "AWS::ECR::Repository": repository,
    "AWS::KMS::Key": key,
    "AWS::Logs::LogGroup": log_group,
    "AWS::S3::Bucket": bucket,
    "AWS::S3::BucketPolicy": bucket_policy,
    "AWS::SNS::Topic": topic,
    "AWS::SSM::Parameter": parameter,
}
