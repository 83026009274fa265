"""ECR repositories."""

from __future__ import annotations

import json
from typing import Any

from geos.wizard.sandbox.handlers.base import (
    AlreadyExists,
    Handler,
    Made,
    Place,
    Properties,
    Refused,
    boolean,
    lower_first,
)


class Repository(Handler):
    readable = True

    def create(self, at: Place, p: Properties) -> Made:
        from botocore.exceptions import ClientError

        name = str(p.get("RepositoryName") or at.name(256, lower=True))
        given: dict[str, Any] = {}
        if "ImageTagMutability" in p:
            given["imageTagMutability"] = p["ImageTagMutability"]
        if "ImageTagMutabilityExclusionFilters" in p:
            filters = []
            for item in p["ImageTagMutabilityExclusionFilters"]:
                kind = item.get("ImageTagMutabilityExclusionFilterType", "WILDCARD")
                filters.append({"filterType": kind, "filter": item["ImageTagMutabilityExclusionFilterValue"]})
            given["imageTagMutabilityExclusionFilters"] = filters
        if "ImageScanningConfiguration" in p:
            scan = p["ImageScanningConfiguration"]
            given["imageScanningConfiguration"] = {"scanOnPush": boolean(scan.get("ScanOnPush", False))}
        if "EncryptionConfiguration" in p:
            given["encryptionConfiguration"] = lower_first(p["EncryptionConfiguration"])
        try:
            made = at.call("ecr", "create_repository", repositoryName=name, tags=at.tag_list(p), **given)["repository"]
        except ClientError as e:
            if e.response["Error"]["Code"] == "RepositoryAlreadyExistsException":
                raise AlreadyExists(at.type, name) from e
            raise
        at.begun.append(name)
        self._policies(at, name, {}, p)
        return Made(name, {"Arn": made["repositoryArn"], "RepositoryUri": made["repositoryUri"]})

    def _policies(self, at: Place, name: str, old: Properties, new: Properties) -> None:
        lifecycle = (new.get("LifecyclePolicy") or {}).get("LifecyclePolicyText")
        if lifecycle:
            at.call("ecr", "put_lifecycle_policy", repositoryName=name, lifecyclePolicyText=lifecycle)
        elif (old.get("LifecyclePolicy") or {}).get("LifecyclePolicyText"):
            at.quietly("ecr", "delete_lifecycle_policy", repositoryName=name)
        if "RepositoryPolicyText" in new:
            text = new["RepositoryPolicyText"]
            text = text if isinstance(text, str) else json.dumps(text)
            at.call("ecr", "set_repository_policy", repositoryName=name, policyText=text)
        elif "RepositoryPolicyText" in old:
            at.quietly("ecr", "delete_repository_policy", repositoryName=name)

    def update(self, at: Place, made: Made, old: Properties, new: Properties) -> Made:
        name = made.physical_id
        mutability = new.get("ImageTagMutability", "MUTABLE")
        at.call("ecr", "put_image_tag_mutability", repositoryName=name, imageTagMutability=mutability)
        scan = {"scanOnPush": boolean((new.get("ImageScanningConfiguration") or {}).get("ScanOnPush", False))}
        at.call("ecr", "put_image_scanning_configuration", repositoryName=name, imageScanningConfiguration=scan)
        self._policies(at, name, old, new)
        arn = made.attributes["Arn"]
        there = [t["Key"] for t in at.call("ecr", "list_tags_for_resource", resourceArn=arn)["tags"]]
        wanted = at.tags(new)
        if set(there) - set(wanted):
            at.call("ecr", "untag_resource", resourceArn=arn, tagKeys=sorted(set(there) - set(wanted)))
        if wanted:
            at.call("ecr", "tag_resource", resourceArn=arn, tags=at.tag_list(new))
        return made

    def delete(self, at: Place, physical_id: str, p: Properties) -> None:
        from botocore.exceptions import ClientError

        force = boolean(p.get("EmptyOnDelete", False))
        try:
            at.quietly("ecr", "delete_repository", repositoryName=physical_id, force=force)
        except ClientError as e:
            if e.response["Error"]["Code"] != "RepositoryNotEmptyException":
                raise
            raise Refused(
                f"The repository with name '{physical_id}' in registry with id '{at.account}' cannot be deleted "
                "because it still contains images"
            ) from e

    def read(self, at: Place, physical_id: str, p: Properties) -> dict[str, Any] | None:
        found = at.call("ecr", "describe_repositories", repositoryNames=[physical_id])["repositories"][0]
        live: dict[str, Any] = {
            "ImageTagMutability": found["imageTagMutability"],
            "ImageScanningConfiguration": {"ScanOnPush": found["imageScanningConfiguration"]["scanOnPush"]},
        }
        if "LifecyclePolicy" in p:
            policy = at.quietly("ecr", "get_lifecycle_policy", repositoryName=physical_id)
            text = policy["lifecyclePolicyText"] if policy else None
            wanted = p["LifecyclePolicy"].get("LifecyclePolicyText")
            same = text is not None and wanted is not None and json.loads(text) == json.loads(wanted)
            live["LifecyclePolicy"] = {"LifecyclePolicyText": wanted if same else text}
        return live


HANDLERS: dict[str, Handler] = {"AWS::ECR::Repository": Repository()}
