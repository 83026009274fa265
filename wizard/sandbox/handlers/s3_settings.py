"""The settings of a bucket: how a template says them, how S3 takes them, how they are read back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from geos.wizard.sandbox.handlers.base import Place, boolean

PUBLIC_ACCESS = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")


@dataclass(frozen=True)
class Setting:
    """One property of AWS::S3::Bucket. `read(at, bucket, wanted)` answers the live value in template form."""

    put: str
    to_api: Callable[[Any], dict[str, Any]]
    delete: str = ""
    read: Callable[[Place, str, Any], Any] | None = None


def _versioning(value: Any) -> dict[str, Any]:
    return {"VersioningConfiguration": {"Status": value["Status"]}}


def _read_versioning(at: Place, bucket: str, wanted: Any) -> Any:
    return {"Status": at.call("s3", "get_bucket_versioning", Bucket=bucket).get("Status", "Suspended")}


def _encryption(value: Any) -> dict[str, Any]:
    rules = []
    for rule in value["ServerSideEncryptionConfiguration"]:
        found: dict[str, Any] = {}
        if "ServerSideEncryptionByDefault" in rule:
            found["ApplyServerSideEncryptionByDefault"] = rule["ServerSideEncryptionByDefault"]
        if "BucketKeyEnabled" in rule:
            found["BucketKeyEnabled"] = boolean(rule["BucketKeyEnabled"])
        rules.append(found)
    return {"ServerSideEncryptionConfiguration": {"Rules": rules}}


def _read_encryption(at: Place, bucket: str, wanted: Any) -> Any:
    found = at.quietly("s3", "get_bucket_encryption", Bucket=bucket)
    rules = found["ServerSideEncryptionConfiguration"]["Rules"] if found else []
    live = []
    for rule, asked in zip(rules, wanted["ServerSideEncryptionConfiguration"], strict=False):
        item = {}
        if "ServerSideEncryptionByDefault" in asked:
            item["ServerSideEncryptionByDefault"] = rule.get("ApplyServerSideEncryptionByDefault")
        if "BucketKeyEnabled" in asked:
            item["BucketKeyEnabled"] = rule.get("BucketKeyEnabled")
        live.append(item)
    return {"ServerSideEncryptionConfiguration": live}


def _public_access(value: Any) -> dict[str, Any]:
    return {"PublicAccessBlockConfiguration": {k: boolean(value.get(k, False)) for k in PUBLIC_ACCESS}}


def _read_public_access(at: Place, bucket: str, wanted: Any) -> Any:
    found = at.quietly("s3", "get_public_access_block", Bucket=bucket)
    return found["PublicAccessBlockConfiguration"] if found else dict.fromkeys(PUBLIC_ACCESS, False)


def _ownership(value: Any) -> dict[str, Any]:
    return {"OwnershipControls": {"Rules": [{"ObjectOwnership": r["ObjectOwnership"]} for r in value["Rules"]]}}


def _read_ownership(at: Place, bucket: str, wanted: Any) -> Any:
    found = at.quietly("s3", "get_bucket_ownership_controls", Bucket=bucket)
    return {"Rules": found["OwnershipControls"]["Rules"] if found else []}


def _lifecycle(value: Any) -> dict[str, Any]:
    return {"LifecycleConfiguration": {"Rules": [_lifecycle_rule(r) for r in value["Rules"]]}}


def _lifecycle_rule(rule: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"Status": rule["Status"], "Filter": _lifecycle_filter(rule)}
    if "Id" in rule:
        found["ID"] = rule["Id"]
    expiration: dict[str, Any] = {}
    if "ExpirationInDays" in rule:
        expiration["Days"] = int(rule["ExpirationInDays"])
    if boolean(rule.get("ExpiredObjectDeleteMarker", False)):
        expiration["ExpiredObjectDeleteMarker"] = True
    if expiration:
        found["Expiration"] = expiration
    if "AbortIncompleteMultipartUpload" in rule:
        days = int(rule["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"])
        found["AbortIncompleteMultipartUpload"] = {"DaysAfterInitiation": days}
    _noncurrent(rule, found)
    transitions = list(rule.get("Transitions") or ([rule["Transition"]] if "Transition" in rule else []))
    if transitions:
        found["Transitions"] = [
            {"Days": int(t["TransitionInDays"]), "StorageClass": t["StorageClass"]} for t in transitions
        ]
    return found


def _lifecycle_filter(rule: Mapping[str, Any]) -> dict[str, Any]:
    tags = list(rule.get("TagFilters") or [])
    if tags:
        return {"And": {"Prefix": rule.get("Prefix", ""), "Tags": tags}}
    return {"Prefix": rule.get("Prefix", "")}


def _noncurrent(rule: Mapping[str, Any], found: dict[str, Any]) -> None:
    if "NoncurrentVersionExpirationInDays" in rule:
        found["NoncurrentVersionExpiration"] = {"NoncurrentDays": int(rule["NoncurrentVersionExpirationInDays"])}
    if "NoncurrentVersionExpiration" in rule:
        expiration = rule["NoncurrentVersionExpiration"]
        found["NoncurrentVersionExpiration"] = {"NoncurrentDays": int(expiration["NoncurrentDays"])}
        if "NewerNoncurrentVersions" in expiration:
            found["NoncurrentVersionExpiration"]["NewerNoncurrentVersions"] = int(expiration["NewerNoncurrentVersions"])
    moves = list(rule.get("NoncurrentVersionTransitions") or [])
    if moves:
        found["NoncurrentVersionTransitions"] = [
            {"NoncurrentDays": int(t["TransitionInDays"]), "StorageClass": t["StorageClass"]} for t in moves
        ]


def _read_lifecycle(at: Place, bucket: str, wanted: Any) -> Any:
    """Rules in the template's form where S3 has the same; S3's own form where it does not."""
    found = at.quietly("s3", "get_bucket_lifecycle_configuration", Bucket=bucket)
    live = {r.get("ID"): r for r in found["Rules"]} if found else {}
    rules = []
    for rule in wanted["Rules"]:
        asked = _lifecycle_rule(rule)
        there = live.get(rule.get("Id")) if "Id" in rule else next(iter(live.values()), None)
        same = there is not None and all(there.get(k) == v for k, v in asked.items() if k not in ("ID", "Filter"))
        rules.append(rule if same else there)
    return {"Rules": rules if len(live) == len(rules) else [*rules, *list(live.values())[len(rules) :]]}


def _cors(value: Any) -> dict[str, Any]:
    names = {
        "AllowedHeaders": "AllowedHeaders",
        "AllowedMethods": "AllowedMethods",
        "AllowedOrigins": "AllowedOrigins",
        "ExposedHeaders": "ExposeHeaders",
        "Id": "ID",
    }
    rules = []
    for rule in value["CorsRules"]:
        found = {api: rule[prop] for prop, api in names.items() if prop in rule}
        if "MaxAge" in rule:
            found["MaxAgeSeconds"] = int(rule["MaxAge"])
        rules.append(found)
    return {"CORSConfiguration": {"CORSRules": rules}}


def _logging(value: Any) -> dict[str, Any]:
    target = {"TargetBucket": value["DestinationBucketName"], "TargetPrefix": value.get("LogFilePrefix", "")}
    return {"BucketLoggingStatus": {"LoggingEnabled": target}}


def _notification(value: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if "EventBridgeConfiguration" in value and boolean(
        value["EventBridgeConfiguration"].get("EventBridgeEnabled", True)
    ):
        found["EventBridgeConfiguration"] = {}
    for prop, api, target, arn in (
        ("TopicConfigurations", "TopicConfigurations", "Topic", "TopicArn"),
        ("QueueConfigurations", "QueueConfigurations", "Queue", "QueueArn"),
        ("LambdaConfigurations", "LambdaFunctionConfigurations", "Function", "LambdaFunctionArn"),
    ):
        if prop in value:
            found[api] = [_notified(item, target, arn) for item in value[prop]]
    return {"NotificationConfiguration": found}


def _notified(item: Mapping[str, Any], target: str, arn: str) -> dict[str, Any]:
    found: dict[str, Any] = {arn: item[target], "Events": [item["Event"]]}
    rules = item.get("Filter", {}).get("S3Key", {}).get("Rules")
    if rules:
        found["Filter"] = {"Key": {"FilterRules": list(rules)}}
    return found


SETTINGS: dict[str, Setting] = {
    "VersioningConfiguration": Setting("put_bucket_versioning", _versioning, "", _read_versioning),
    "BucketEncryption": Setting("put_bucket_encryption", _encryption, "delete_bucket_encryption", _read_encryption),
    "PublicAccessBlockConfiguration": Setting(
        "put_public_access_block", _public_access, "delete_public_access_block", _read_public_access
    ),
    "OwnershipControls": Setting(
        "put_bucket_ownership_controls", _ownership, "delete_bucket_ownership_controls", _read_ownership
    ),
    "LifecycleConfiguration": Setting(
        "put_bucket_lifecycle_configuration", _lifecycle, "delete_bucket_lifecycle", _read_lifecycle
    ),
    "CorsConfiguration": Setting("put_bucket_cors", _cors, "delete_bucket_cors"),
    "LoggingConfiguration": Setting("put_bucket_logging", _logging),
    "NotificationConfiguration": Setting("put_bucket_notification_configuration", _notification),
}
