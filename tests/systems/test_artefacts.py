"""Readable files beside the templates."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

import boto3
from botocore.validate import ParamValidator

from geos.wizard.cfn.resolve import Pseudo
from geos.wizard.systems.artefacts import artefacts
from geos.wizard.systems.render import RenderedStack

Stacks = Callable[..., Mapping[str, RenderedStack]]


def files(rendered: Stacks) -> dict[str, str]:
    return artefacts(list(rendered("geos-chem-classic").values()), Pseudo("123456789012"))


def test_there_is_a_file_for_every_stack_job_definition_and_policy(rendered: Stacks) -> None:
    names = set(files(rendered))
    assert {"core.json", "registry.json", "batch.json", "monitoring.json"} <= names
    assert {"jobs/geos-chem-classic-arm64-dev.json", "jobs/geos-chem-classic-x86_64-dev.json"} <= names
    assert {"policies/core-JobRole-inputs-and-results.json", "policies/core-JobRole-trust.json",
            "policies/batch-SubmitPolicy.json"} <= names  # fmt: skip
    assert all(json.loads(text) for text in files(rendered).values())


def test_a_job_definition_is_a_valid_request_to_batch(rendered: Stacks) -> None:
    request = json.loads(files(rendered)["jobs/geos-chem-classic-arm64-dev.json"])
    client = boto3.client("batch", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
    shape = client.meta.service_model.operation_model("RegisterJobDefinition").input_shape
    assert ParamValidator().validate(request, shape).generate_report() == ""
    assert request["parameters"] == {"inputPath": "UNSET", "outputPath": "UNSET", "configFile": "UNSET"}
    assert request["containerProperties"]["logConfiguration"]["options"]["awslogs-region"] == "us-east-1"


def test_a_policy_has_the_account_put_in_and_says_what_is_not_known(rendered: Stacks) -> None:
    policy = files(rendered)["policies/core-JobRole-inputs-and-results.json"]
    assert ":123456789012:log-group:/aws/batch/geos-chem-dev:*" in policy
    assert "<UserDataBucket.Arn exists only after deployment>" in policy
