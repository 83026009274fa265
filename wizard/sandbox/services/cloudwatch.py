"""AWS/Usage metrics, which nobody puts in: they are what the account uses. All other metrics are moto's."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from geos.wizard.sandbox.services.quotas import all_quotas, usage_metric
from geos.wizard.sandbox.services.usage import used
from geos.wizard.sandbox.wire import PASS, Call
from geos.wizard.sandbox.world import World

_NAMESPACES = ("AWS/Usage", "AWS/Lambda")


def get_metric_data(world: World, call: Call) -> Mapping[str, Any] | object:
    """Answers only where every query is about usage; moto's metrics are in moto."""
    queries = call.params.get("MetricDataQueries") or []
    if not queries or not all(_namespace(q) in _NAMESPACES for q in queries):
        return PASS
    return {"MetricDataResults": [_result(world, call, q) for q in queries], "Messages": []}


def _namespace(query: Mapping[str, Any]) -> str:
    return str(((query.get("MetricStat") or {}).get("Metric") or {}).get("Namespace", ""))


def _result(world: World, call: Call, query: Mapping[str, Any]) -> dict[str, Any]:
    stat = query["MetricStat"]
    value = _value(world, call.region, stat["Metric"])
    moments, values = [], []
    if value is not None:
        moment = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=5)
        moments, values = [moment], [value]
    label = query.get("Label") or stat["Metric"]["MetricName"]
    return {"Id": query["Id"], "Label": label, "Timestamps": moments, "Values": values, "StatusCode": "Complete"}


def _value(world: World, region: str, metric: Mapping[str, Any]) -> float | None:
    """The use behind a metric; an idle resource has no data points, as with AWS."""
    wanted = {d["Name"]: d["Value"] for d in metric.get("Dimensions") or []}
    for row in all_quotas(region):
        known = usage_metric(row)
        if (
            known is not None
            and known["MetricNamespace"] == metric["Namespace"]
            and known["MetricName"] == metric["MetricName"]
            and known["MetricDimensions"] == wanted
        ):
            value = used(world, region, row)
            return value if value else None
    return None


ACTIONS = {"cloudwatch": {"GetMetricData": get_metric_data}}
