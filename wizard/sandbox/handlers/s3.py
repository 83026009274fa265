"""S3 buckets and their policies."""

from __future__ import annotations

import json
from typing import Any

from geos.wizard.sandbox.handlers.base import AlreadyExists, Handler, Made, Place, Properties, Refused, boolean
from geos.wizard.sandbox.handlers.iam import document
from geos.wizard.sandbox.handlers.s3_settings import SETTINGS

_HOME_REGION = "us-east-1"


class Bucket(Handler):
    readable = True

    def create(self, at: Place, p: Properties) -> Made:
        name = str(p.get("BucketName") or at.name(63, lower=True))
        if self._exists(at, name):
            raise AlreadyExists(at.type, name)
        given: dict[str, Any] = {}
        if at.region != _HOME_REGION:
            given["CreateBucketConfiguration"] = {"LocationConstraint": at.region}
        if boolean(p.get("ObjectLockEnabled", False)):
            given["ObjectLockEnabledForBucket"] = True
        if "OwnershipControls" in p:
            given["ObjectOwnership"] = p["OwnershipControls"]["Rules"][0]["ObjectOwnership"]
        at.call("s3", "create_bucket", Bucket=name, **given)
        at.begun.append(name)
        self._settings(at, name, {}, p)
        return Made(name, self._attributes(at, name))

    def taken(self, at: Place, p: Properties) -> str:
        name = p.get("BucketName")
        return name if isinstance(name, str) and self._exists(at, name) else ""

    def _exists(self, at: Place, name: str) -> bool:
        from botocore.exceptions import ClientError

        try:
            at.call("s3", "head_bucket", Bucket=name)
        except ClientError as e:
            return str(e.response["Error"]["Code"]) not in ("404", "NoSuchBucket")
        return True

    def _attributes(self, at: Place, name: str) -> dict[str, Any]:
        return {
            "Arn": f"arn:aws:s3:::{name}",
            "DomainName": f"{name}.s3.amazonaws.com",
            "RegionalDomainName": f"{name}.s3.{at.region}.amazonaws.com",
            "DualStackDomainName": f"{name}.s3.dualstack.{at.region}.amazonaws.com",
            "WebsiteURL": f"http://{name}.s3-website-{at.region}.amazonaws.com",
        }

    def _settings(self, at: Place, name: str, old: Properties, new: Properties) -> None:
        for prop, setting in SETTINGS.items():
            if prop in new and new[prop] != old.get(prop):
                at.call("s3", setting.put, Bucket=name, **setting.to_api(new[prop]))
            elif prop in old and prop not in new and setting.delete:
                at.quietly("s3", setting.delete, Bucket=name)
        tags = [t for t in at.tag_list(new) if not t["Key"].startswith("aws:")]
        if tags:
            at.call("s3", "put_bucket_tagging", Bucket=name, Tagging={"TagSet": tags})
        elif old:
            at.quietly("s3", "delete_bucket_tagging", Bucket=name)

    def update(self, at: Place, made: Made, old: Properties, new: Properties) -> Made:
        self._settings(at, made.physical_id, old, new)
        return made

    def delete(self, at: Place, physical_id: str, p: Properties) -> None:
        from botocore.exceptions import ClientError

        if not self._exists(at, physical_id):
            return
        versions = at.call("s3", "list_object_versions", Bucket=physical_id, MaxKeys=1)
        if versions.get("Versions") or versions.get("DeleteMarkers"):
            raise Refused(
                "The bucket you tried to delete is not empty. You must delete all versions in the bucket. "
                "(Service: S3, Status Code: 409, Error Code: BucketNotEmpty)"
            )
        try:
            at.quietly("s3", "delete_bucket", Bucket=physical_id)
        except ClientError as e:
            if e.response["Error"]["Code"] != "BucketNotEmpty":
                raise
            raise Refused(
                "The bucket you tried to delete is not empty (Service: S3, Status Code: 409, "
                "Error Code: BucketNotEmpty)"
            ) from e

    def read(self, at: Place, physical_id: str, p: Properties) -> dict[str, Any] | None:
        if not self._exists(at, physical_id):
            return None
        live: dict[str, Any] = {}
        for prop, setting in SETTINGS.items():
            if prop in p and setting.read is not None:
                live[prop] = setting.read(at, physical_id, p[prop])
        return live


class BucketPolicy(Handler):
    readable = True

    def create(self, at: Place, p: Properties) -> Made:
        at.call("s3", "put_bucket_policy", Bucket=p["Bucket"], Policy=document(p["PolicyDocument"]))
        return Made(str(p["Bucket"]))

    def update(self, at: Place, made: Made, old: Properties, new: Properties) -> Made:
        return self.create(at, new)

    def delete(self, at: Place, physical_id: str, p: Properties) -> None:
        at.quietly("s3", "delete_bucket_policy", Bucket=physical_id)

    def read(self, at: Place, physical_id: str, p: Properties) -> dict[str, Any] | None:
        found = at.call("s3", "get_bucket_policy", Bucket=physical_id)
        return {"PolicyDocument": json.loads(found["Policy"])}


HANDLERS: dict[str, Handler] = {"AWS::S3::Bucket": Bucket(), "AWS::S3::BucketPolicy": BucketPolicy()}
