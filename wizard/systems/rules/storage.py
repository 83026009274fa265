"""Buckets and file systems."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from geos.wizard.systems.rules import Finding, Rule, Subject, as_list, mapping, number, of_types

INFREQUENT = frozenset({"STANDARD_IA", "ONEZONE_IA"})
LEAST_DAYS_BEFORE_IA = 30
"""S3 refuses an earlier transition (user guide, "Lifecycle transition considerations")."""


def _lifecycle_rules(properties: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = as_list(mapping(properties.get("LifecycleConfiguration")).get("Rules"))
    return [rule for rule in map(mapping, found) if rule.get("Status") == "Enabled"]


def versions_kept_for_ever(subject: Subject) -> Iterator[Finding]:
    for bucket in of_types(subject, "AWS::S3::Bucket"):
        if mapping(bucket.properties.get("VersioningConfiguration")).get("Status") != "Enabled":
            continue
        ends = ("NoncurrentVersionExpiration", "NoncurrentVersionExpirationInDays")
        if not any(key in rule for rule in _lifecycle_rules(bucket.properties) for key in ends):
            words = "versioned, but no lifecycle rule ends old versions: what is deleted stays and costs."
            yield bucket.logical_id, words


def infrequent_access_too_early(subject: Subject) -> Iterator[Finding]:
    for bucket in of_types(subject, "AWS::S3::Bucket"):
        for rule in _lifecycle_rules(bucket.properties):
            for transition in map(mapping, as_list(rule.get("Transitions")) + as_list(rule.get("Transition"))):
                days = number(transition.get("TransitionInDays"))
                if transition.get("StorageClass") in INFREQUENT and days is not None and days < LEAST_DAYS_BEFORE_IA:
                    yield bucket.logical_id, f"{transition['StorageClass']} after {days:g} days; S3 wants at least 30."


def lustre_size(subject: Subject) -> Iterator[Finding]:
    for system in of_types(subject, "AWS::FSx::FileSystem"):
        if system.properties.get("FileSystemType") != "LUSTRE":
            continue
        size = number(system.properties.get("StorageCapacity"))
        configuration = mapping(system.properties.get("LustreConfiguration"))
        kind = configuration.get("DeploymentType", "SCRATCH_1")
        if configuration.get("StorageType") == "INTELLIGENT_TIERING" or size is None or not isinstance(kind, str):
            continue
        hard_disk = system.properties.get("StorageType") == "HDD"
        per_unit = number(configuration.get("PerUnitStorageThroughput")) or 12
        if not lustre_size_valid(size, kind, hard_disk=hard_disk, mbps_per_tib=per_unit):
            yield system.logical_id, f"{size:g} GiB is no size of {kind}; see the steps of FSx for Lustre."


def lustre_size_valid(size_gib: float, kind: str, *, hard_disk: bool = False, mbps_per_tib: float = 12) -> bool:
    """Sizes as in the FSx API reference, StorageCapacity."""
    if hard_disk:
        return size_gib > 0 and size_gib % (1800 if mbps_per_tib >= 40 else 6000) == 0
    if size_gib in (1200, 2400):
        return True
    step = 3600 if kind == "SCRATCH_1" else 2400
    return size_gib > 0 and size_gib % step == 0


RULES: dict[str, Rule] = {
    "RULE-8": lustre_size,
    "RULE-9": infrequent_access_too_early,
    "RULE-11": versions_kept_for_ever,
}
