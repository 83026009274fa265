"""GCP-ALM-3: the small function that looks for jobs which never start."""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "templates/geos-chem/functions/waiting_check.py"


class FakeBatch:
    def __init__(self, jobs: Mapping[tuple[str, str], list[dict[str, Any]]], vcpus: Mapping[str, int]) -> None:
        self.jobs = jobs
        self.vcpus = vcpus

    def get_paginator(self, name: str) -> FakeBatch:
        assert name == "list_jobs"
        return self

    def paginate(self, *, jobQueue: str, jobStatus: str) -> Iterator[dict[str, Any]]:  # noqa: N803 - AWS's names
        yield {"jobSummaryList": self.jobs.get((jobQueue, jobStatus), [])}

    def describe_compute_environments(self, *, computeEnvironments: list[str]) -> dict[str, Any]:  # noqa: N803
        return {
            "computeEnvironments": [
                {"computeEnvironmentName": name, "computeResources": {"desiredvCpus": self.vcpus.get(name, 0)}}
                for name in computeEnvironments
            ]
        }


class FakeCloudWatch:
    def __init__(self) -> None:
        self.sent: dict[str, Any] = {}

    def put_metric_data(self, **sent: Any) -> None:
        self.sent = sent


@pytest.fixture
def function(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("NAMESPACE", "Geos/p/dev")
    monkeypatch.setenv("QUEUES", "high,low")
    monkeypatch.setenv("ENVIRONMENTS", "spot,ondemand")
    spec = importlib.util.spec_from_file_location("waiting_check", SOURCE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(module: ModuleType, batch: FakeBatch) -> dict[str, float]:
    watch = FakeCloudWatch()
    module.batch, module.cloudwatch = batch, watch  # type: ignore[attr-defined]
    module.handler({}, None)
    if watch.sent:
        assert watch.sent["Namespace"] == "Geos/p/dev"
    return {
        "/".join([d["MetricName"], *(x["Value"] for x in d["Dimensions"])]): d["Value"]
        for d in watch.sent.get("MetricData", [])
    }


def minutes_ago(minutes: float) -> int:
    return int((time.time() - minutes * 60) * 1000)


def test_the_oldest_waiting_job_of_all_queues_is_told(function: ModuleType) -> None:
    jobs = {
        ("high", "RUNNABLE"): [{"createdAt": minutes_ago(5)}],
        ("low", "RUNNABLE"): [{"createdAt": minutes_ago(90)}, {"createdAt": minutes_ago(10)}],
        ("low", "RUNNING"): [{"createdAt": minutes_ago(300)}],
    }
    told = run(function, FakeBatch(jobs, {"spot": 64}))
    assert told.pop("OldestWaitingMinutes") == pytest.approx(90, abs=1)
    assert told == {"JobsWaiting": 3, "JobsRunning": 1, "DesiredVcpus/spot": 64, "DesiredVcpus/ondemand": 0}


def test_running_jobs_alone_do_not_count_as_waiting(function: ModuleType) -> None:
    told = run(function, FakeBatch({("high", "RUNNING"): [{"createdAt": minutes_ago(500)}]}, {}))
    assert told["OldestWaitingMinutes"] == pytest.approx(0, abs=0.1)


def test_when_idle_nothing_is_sent_and_nothing_is_paid(function: ModuleType) -> None:
    assert run(function, FakeBatch({}, {})) == {}


def test_the_function_fits_into_a_template() -> None:
    assert len(SOURCE.read_bytes()) <= 4096
