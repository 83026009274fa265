"""Logs, alarms, dashboards, rules."""

from __future__ import annotations

import json
from typing import Any

from geos.wizard.sandbox.handlers.base import AlreadyExists, Handler, Made, Place, Properties, picked


class LogGroup(Handler):
    readable = True

    def create(self, at: Place, p: Properties) -> Made:
        from botocore.exceptions import ClientError

        name = str(p.get("LogGroupName") or at.name(512))
        given = {"kmsKeyId": p["KmsKeyId"]} if "KmsKeyId" in p else {}
        try:
            at.call("logs", "create_log_group", logGroupName=name, tags=self._tags(at, p), **given)
        except ClientError as e:
            if e.response["Error"]["Code"] == "ResourceAlreadyExistsException":
                raise AlreadyExists(at.type, name) from e
            raise
        at.begun.append(name)
        self._retention(at, name, p)
        return Made(name, {"Arn": at.arn("logs", f"log-group:{name}:*")})

    def _tags(self, at: Place, p: Properties) -> dict[str, str]:
        return {k: v for k, v in at.tags(p).items() if not k.startswith("aws:")}

    def _retention(self, at: Place, name: str, p: Properties) -> None:
        if "RetentionInDays" in p:
            at.call("logs", "put_retention_policy", logGroupName=name, retentionInDays=int(p["RetentionInDays"]))

    def update(self, at: Place, made: Made, old: Properties, new: Properties) -> Made:
        name = made.physical_id
        if "RetentionInDays" in old and "RetentionInDays" not in new:
            at.quietly("logs", "delete_retention_policy", logGroupName=name)
        self._retention(at, name, new)
        arn, wanted = at.arn("logs", f"log-group:{name}"), self._tags(at, new)
        there = at.call("logs", "list_tags_for_resource", resourceArn=arn)["tags"]
        gone = sorted(set(there) - set(wanted))
        if gone:
            at.call("logs", "untag_resource", resourceArn=arn, tagKeys=gone)
        if wanted:
            at.call("logs", "tag_resource", resourceArn=arn, tags=wanted)
        return made

    def delete(self, at: Place, physical_id: str, p: Properties) -> None:
        at.quietly("logs", "delete_log_group", logGroupName=physical_id)

    def read(self, at: Place, physical_id: str, p: Properties) -> dict[str, Any] | None:
        groups = at.call("logs", "describe_log_groups", logGroupNamePrefix=physical_id)["logGroups"]
        found = next((g for g in groups if g["logGroupName"] == physical_id), None)
        return None if found is None else {"RetentionInDays": found.get("retentionInDays")}


class MetricFilter(Handler):
    readable = True

    def create(self, at: Place, p: Properties) -> Made:
        name = str(p.get("FilterName") or at.name(512))
        changes = []
        for item in p["MetricTransformations"]:
            change = {
                "metricName": item["MetricName"],
                "metricNamespace": item["MetricNamespace"],
                "metricValue": str(item["MetricValue"]),
            }
            if "DefaultValue" in item:
                change["defaultValue"] = float(item["DefaultValue"])
            if "Unit" in item:
                change["unit"] = item["Unit"]
            if "Dimensions" in item:
                change["dimensions"] = {d["Key"]: d["Value"] for d in item["Dimensions"]}
            changes.append(change)
        at.call(
            "logs",
            "put_metric_filter",
            logGroupName=p["LogGroupName"],
            filterName=name,
            filterPattern=str(p["FilterPattern"]),
            metricTransformations=changes,
        )
        return Made(name)

    def update(self, at: Place, made: Made, old: Properties, new: Properties) -> Made:
        # A put over an existing filter leaves it as it is in the emulator.
        self.delete(at, made.physical_id, old)
        return self.create(at, {**new, "FilterName": made.physical_id})

    def delete(self, at: Place, physical_id: str, p: Properties) -> None:
        at.quietly("logs", "delete_metric_filter", logGroupName=p["LogGroupName"], filterName=physical_id)

    def read(self, at: Place, physical_id: str, p: Properties) -> dict[str, Any] | None:
        rows = at.call("logs", "describe_metric_filters", logGroupName=p["LogGroupName"])["metricFilters"]
        found = next((r for r in rows if r["filterName"] == physical_id), None)
        return None if found is None else {"FilterPattern": found["filterPattern"]}


class LogPolicy(Handler):
    """AWS::Logs::ResourcePolicy"""

    def create(self, at: Place, p: Properties) -> Made:
        text = p["PolicyDocument"] if isinstance(p["PolicyDocument"], str) else json.dumps(p["PolicyDocument"])
        at.call("logs", "put_resource_policy", policyName=p["PolicyName"], policyDocument=text)
        return Made(str(p["PolicyName"]))

    def update(self, at: Place, made: Made, old: Properties, new: Properties) -> Made:
        return self.create(at, new)

    def delete(self, at: Place, physical_id: str, p: Properties) -> None:
        at.quietly("logs", "delete_resource_policy", policyName=physical_id)


class Alarm(Handler):
    readable = True

    _TEXT = (
        "AlarmDescription",
        "MetricName",
        "Namespace",
        "Statistic",
        "ExtendedStatistic",
        "ComparisonOperator",
        "TreatMissingData",
        "Unit",
        "EvaluateLowSampleCountPercentile",
        "ThresholdMetricId",
        "AlarmActions",
        "OKActions",
        "InsufficientDataActions",
        "Dimensions",
    )
    _WHOLE = ("Period", "EvaluationPeriods", "DatapointsToAlarm")

    def create(self, at: Place, p: Properties) -> Made:
        name = str(p.get("AlarmName") or at.name(255))
        if at.call("cloudwatch", "describe_alarms", AlarmNames=[name])["MetricAlarms"]:
            raise AlreadyExists(at.type, name)
        return self._put(at, name, p)

    def _put(self, at: Place, name: str, p: Properties) -> Made:
        given = picked(p, *self._TEXT)
        given.update({k: int(p[k]) for k in self._WHOLE if k in p})
        if "Threshold" in p:
            given["Threshold"] = float(p["Threshold"])
        if "ActionsEnabled" in p:
            given["ActionsEnabled"] = str(p["ActionsEnabled"]).lower() == "true"
        if "Metrics" in p:
            given["Metrics"] = [_metric_query(m) for m in p["Metrics"]]
        tags = [t for t in at.tag_list(p) if not t["Key"].startswith("aws:")]
        at.call("cloudwatch", "put_metric_alarm", AlarmName=name, **({"Tags": tags} if tags else {}), **given)
        return Made(name, {"Arn": at.arn("cloudwatch", f"alarm:{name}")})

    def update(self, at: Place, made: Made, old: Properties, new: Properties) -> Made:
        return self._put(at, made.physical_id, new)

    def delete(self, at: Place, physical_id: str, p: Properties) -> None:
        at.quietly("cloudwatch", "delete_alarms", AlarmNames=[physical_id])

    def read(self, at: Place, physical_id: str, p: Properties) -> dict[str, Any] | None:
        rows = at.call("cloudwatch", "describe_alarms", AlarmNames=[physical_id])["MetricAlarms"]
        if not rows:
            return None
        names = ("Threshold", "Period", "EvaluationPeriods", "ComparisonOperator", "AlarmActions", "OKActions")
        live = {n: rows[0].get(n) for n in names if n in p}
        if "Threshold" in live and float(p["Threshold"]) == live["Threshold"]:
            live["Threshold"] = p["Threshold"]
        return live


def _metric_query(query: dict[str, Any]) -> dict[str, Any]:
    found = dict(query)
    if "ReturnData" in found:
        found["ReturnData"] = str(found["ReturnData"]).lower() == "true"
    if "Period" in found:
        found["Period"] = int(found["Period"])
    if "MetricStat" in found:
        found["MetricStat"] = {**found["MetricStat"], "Period": int(found["MetricStat"]["Period"])}
    return found


class Dashboard(Handler):
    readable = True

    def create(self, at: Place, p: Properties) -> Made:
        return self._put(at, str(p.get("DashboardName") or at.name(255)), p)

    def _put(self, at: Place, name: str, p: Properties) -> Made:
        body = p["DashboardBody"] if isinstance(p["DashboardBody"], str) else json.dumps(p["DashboardBody"])
        at.call("cloudwatch", "put_dashboard", DashboardName=name, DashboardBody=body)
        return Made(name)

    def update(self, at: Place, made: Made, old: Properties, new: Properties) -> Made:
        return self._put(at, made.physical_id, new)

    def delete(self, at: Place, physical_id: str, p: Properties) -> None:
        at.quietly("cloudwatch", "delete_dashboards", DashboardNames=[physical_id])

    def read(self, at: Place, physical_id: str, p: Properties) -> dict[str, Any] | None:
        body = at.call("cloudwatch", "get_dashboard", DashboardName=physical_id)["DashboardBody"]
        wanted = p["DashboardBody"]
        same = isinstance(wanted, str) and json.loads(body) == json.loads(wanted)
        return {"DashboardBody": wanted if same else body}


class Rule(Handler):
    """An EventBridge rule and its targets."""

    readable = True

    def create(self, at: Place, p: Properties) -> Made:
        name = str(p.get("Name") or at.name(64))
        bus = str(p.get("EventBusName") or "default")
        rules = at.call("events", "list_rules", NamePrefix=name, EventBusName=bus)["Rules"]
        if any(r["Name"] == name for r in rules):
            raise AlreadyExists(at.type, name)
        return self._put(at, name, {}, p)

    def _put(self, at: Place, name: str, old: Properties, p: Properties) -> Made:
        given = picked(p, "Description", "ScheduleExpression", "State", "RoleArn", "EventBusName")
        if "EventPattern" in p:
            pattern = p["EventPattern"]
            given["EventPattern"] = pattern if isinstance(pattern, str) else json.dumps(pattern)
        tags = [t for t in at.tag_list(p) if not t["Key"].startswith("aws:")] if not old else []
        arn = at.call("events", "put_rule", Name=name, **({"Tags": tags} if tags else {}), **given)["RuleArn"]
        at.begun.append(name)
        bus = {"EventBusName": p["EventBusName"]} if "EventBusName" in p else {}
        targets = [dict(t) for t in p.get("Targets") or []]
        kept = {t["Id"] for t in targets}
        gone = [t["Id"] for t in old.get("Targets") or [] if t["Id"] not in kept]
        if gone:
            at.call("events", "remove_targets", Rule=name, Ids=gone, **bus)
        if targets:
            failed = at.call("events", "put_targets", Rule=name, Targets=targets, **bus)
            if failed.get("FailedEntryCount"):
                raise ValueError(str(failed["FailedEntries"]))
        return Made(name, {"Arn": arn})

    def update(self, at: Place, made: Made, old: Properties, new: Properties) -> Made:
        return self._put(at, made.physical_id, old, new)

    def delete(self, at: Place, physical_id: str, p: Properties) -> None:
        bus = {"EventBusName": p["EventBusName"]} if "EventBusName" in p else {}
        targets = at.quietly("events", "list_targets_by_rule", Rule=physical_id, **bus)
        if targets is None:
            return
        ids = [t["Id"] for t in targets["Targets"]]
        if ids:
            at.quietly("events", "remove_targets", Rule=physical_id, Ids=ids, **bus)
        at.quietly("events", "delete_rule", Name=physical_id, **bus)

    def read(self, at: Place, physical_id: str, p: Properties) -> dict[str, Any] | None:
        found = at.call("events", "describe_rule", Name=physical_id)
        live = {"State": found.get("State"), "ScheduleExpression": found.get("ScheduleExpression")}
        if "EventPattern" in p and found.get("EventPattern"):
            live["EventPattern"] = json.loads(found["EventPattern"])
        return live


HANDLERS: dict[str, Handler] = {
    "AWS::Logs::LogGroup": LogGroup(),
    "AWS::Logs::MetricFilter": MetricFilter(),
    "AWS::Logs::ResourcePolicy": LogPolicy(),
    "AWS::CloudWatch::Alarm": Alarm(),
    "AWS::CloudWatch::Dashboard": Dashboard(),
    "AWS::Events::Rule": Rule(),
}
