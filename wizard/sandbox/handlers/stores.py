"""Parameters and tables."""

from __future__ import annotations

from typing import Any

from geos.wizard.sandbox.handlers.base import AlreadyExists, Handler, Made, Place, Properties, boolean, picked


class Parameter(Handler):
    readable = True

    def create(self, at: Place, p: Properties) -> Made:
        from botocore.exceptions import ClientError

        name = str(p.get("Name") or at.name(500))
        tags = [{"Key": k, "Value": v} for k, v in at.tags(p).items() if not k.startswith("aws:")]
        try:
            at.call("ssm", "put_parameter", Name=name, Tags=tags, **self._given(p))
        except ClientError as e:
            if e.response["Error"]["Code"] == "ParameterAlreadyExists":
                raise AlreadyExists(at.type, name) from e
            raise
        return Made(name, {"Type": str(p["Type"]), "Value": str(p["Value"])})

    def _given(self, p: Properties) -> dict[str, Any]:
        return {**picked(p, "Type", "Description", "Tier", "AllowedPattern", "DataType"), "Value": str(p["Value"])}

    def update(self, at: Place, made: Made, old: Properties, new: Properties) -> Made:
        at.call("ssm", "put_parameter", Name=made.physical_id, Overwrite=True, **self._given(new))
        wanted = {k: v for k, v in at.tags(new).items() if not k.startswith("aws:")}
        where = {"ResourceType": "Parameter", "ResourceId": made.physical_id}
        there = {t["Key"] for t in at.call("ssm", "list_tags_for_resource", **where)["TagList"]}
        if there - set(wanted):
            at.call("ssm", "remove_tags_from_resource", **where, TagKeys=sorted(there - set(wanted)))
        if wanted:
            tags = [{"Key": k, "Value": v} for k, v in wanted.items()]
            at.call("ssm", "add_tags_to_resource", **where, Tags=tags)
        return Made(made.physical_id, {"Type": str(new["Type"]), "Value": str(new["Value"])})

    def delete(self, at: Place, physical_id: str, p: Properties) -> None:
        at.quietly("ssm", "delete_parameter", Name=physical_id)

    def read(self, at: Place, physical_id: str, p: Properties) -> dict[str, Any] | None:
        found = at.call("ssm", "get_parameter", Name=physical_id)["Parameter"]
        return {"Value": found["Value"], "Type": found["Type"]}


class Table(Handler):
    readable = True

    def create(self, at: Place, p: Properties) -> Made:
        from botocore.exceptions import ClientError

        name = str(p.get("TableName") or at.name(255))
        given = picked(p, "AttributeDefinitions", "KeySchema", "BillingMode", "TableClass")
        for key in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes"):
            if key in p:
                given[key] = p[key]
        if "ProvisionedThroughput" in p:
            given["ProvisionedThroughput"] = {k: int(v) for k, v in p["ProvisionedThroughput"].items()}
        if "StreamSpecification" in p:
            given["StreamSpecification"] = {"StreamEnabled": True, **p["StreamSpecification"]}
        if "SSESpecification" in p:
            sse = p["SSESpecification"]
            given["SSESpecification"] = {
                "Enabled": boolean(sse["SSEEnabled"]),
                **picked(sse, "SSEType", "KMSMasterKeyId"),
            }
        if "DeletionProtectionEnabled" in p:
            given["DeletionProtectionEnabled"] = boolean(p["DeletionProtectionEnabled"])
        tags = [t for t in at.tag_list(p) if not t["Key"].startswith("aws:")]
        try:
            table = at.call("dynamodb", "create_table", TableName=name, Tags=tags, **given)["TableDescription"]
        except ClientError as e:
            if e.response["Error"]["Code"] == "ResourceInUseException":
                raise AlreadyExists(at.type, name) from e
            raise
        at.begun.append(name)
        self._settings(at, name, {}, p)
        attributes = {"Arn": table["TableArn"], "TableId": table.get("TableId", "")}
        if table.get("LatestStreamArn"):
            attributes["StreamArn"] = table["LatestStreamArn"]
        return Made(name, attributes)

    def _settings(self, at: Place, name: str, old: Properties, new: Properties) -> None:
        ttl = new.get("TimeToLiveSpecification")
        if ttl and ttl != old.get("TimeToLiveSpecification"):
            specification = {"AttributeName": ttl["AttributeName"], "Enabled": boolean(ttl["Enabled"])}
            at.call("dynamodb", "update_time_to_live", TableName=name, TimeToLiveSpecification=specification)
        recovery = new.get("PointInTimeRecoverySpecification")
        if recovery != old.get("PointInTimeRecoverySpecification"):
            enabled = boolean((recovery or {}).get("PointInTimeRecoveryEnabled", False))
            at.call(
                "dynamodb",
                "update_continuous_backups",
                TableName=name,
                PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": enabled},
            )

    def update(self, at: Place, made: Made, old: Properties, new: Properties) -> Made:
        changed: dict[str, Any] = {}
        if new.get("BillingMode") != old.get("BillingMode"):
            changed["BillingMode"] = new.get("BillingMode", "PROVISIONED")
        if new.get("ProvisionedThroughput") != old.get("ProvisionedThroughput") and "ProvisionedThroughput" in new:
            changed["ProvisionedThroughput"] = {k: int(v) for k, v in new["ProvisionedThroughput"].items()}
        if new.get("DeletionProtectionEnabled") != old.get("DeletionProtectionEnabled"):
            changed["DeletionProtectionEnabled"] = boolean(new.get("DeletionProtectionEnabled", False))
        if changed:
            at.call("dynamodb", "update_table", TableName=made.physical_id, **changed)
        self._settings(at, made.physical_id, old, new)
        arn, wanted = made.attributes["Arn"], at.tags(new)
        tags = [{"Key": k, "Value": v} for k, v in wanted.items() if not k.startswith("aws:")]
        there = at.call("dynamodb", "list_tags_of_resource", ResourceArn=arn).get("Tags", [])
        gone = sorted({t["Key"] for t in there} - set(wanted))
        if gone:
            at.call("dynamodb", "untag_resource", ResourceArn=arn, TagKeys=gone)
        if tags:
            at.call("dynamodb", "tag_resource", ResourceArn=arn, Tags=tags)
        return made

    def delete(self, at: Place, physical_id: str, p: Properties) -> None:
        at.quietly("dynamodb", "delete_table", TableName=physical_id)

    def read(self, at: Place, physical_id: str, p: Properties) -> dict[str, Any] | None:
        table = at.call("dynamodb", "describe_table", TableName=physical_id)["Table"]
        live: dict[str, Any] = {
            "BillingMode": table.get("BillingModeSummary", {}).get("BillingMode", "PROVISIONED"),
            "KeySchema": table["KeySchema"],
        }
        if "DeletionProtectionEnabled" in p:
            live["DeletionProtectionEnabled"] = table.get("DeletionProtectionEnabled", False)
        return live


HANDLERS: dict[str, Handler] = {"AWS::SSM::Parameter": Parameter(), "AWS::DynamoDB::Table": Table()}
