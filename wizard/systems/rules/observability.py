"""Logs and alarms."""

from __future__ import annotations

from collections.abc import Iterator

from geos.wizard.systems.rules import Finding, Rule, Subject, as_list, of_types


def log_kept_for_ever(subject: Subject) -> Iterator[Finding]:
    for group in of_types(subject, "AWS::Logs::LogGroup"):
        if "RetentionInDays" not in group.properties:
            yield group.logical_id, "no RetentionInDays: the log is kept, and paid, for ever."


def silent_alarm(subject: Subject) -> Iterator[Finding]:
    for alarm in of_types(subject, "AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm"):
        switched_off = alarm.properties.get("ActionsEnabled") in (False, "false")
        if switched_off or not as_list(alarm.properties.get("AlarmActions")):
            yield alarm.logical_id, "nobody hears this alarm: give it AlarmActions."


RULES: dict[str, Rule] = {"RULE-12": log_kept_for_ever, "RULE-13": silent_alarm}
