"""What is asked for before the needs are known."""

from __future__ import annotations

from pathlib import Path

from geos.wizard.account.ahead import likely_clients, likely_services
from geos.wizard.systems.manifest import list_systems, load_system


def test_services_are_read_off_the_text_of_templates(tmp_path: Path) -> None:
    text = '{"A": {"Type": "AWS::EC2::VPC"}, "B": {"Type": "AWS::Batch::ComputeEnvironment"}, "C": "AWS::IAM::Role"}'
    (tmp_path / "core.json.j2").write_text(text)
    found = likely_services(tmp_path, "us-east-1")
    assert {"vpc", "batch", "ecs", "ec2", "ebs", "iam", "s3", "cloudformation"} <= set(found)
    assert not {"iam", "s3"} & set(likely_services(tmp_path, "eu-west-1"))


def test_what_most_is_asked_of_comes_first_and_long_lists_last() -> None:
    found = likely_services(load_system(list_systems()[0].name).folder, "us-east-1")
    assert set(found[:3]) == {"batch", "iam", "vpc"}
    assert found[-1] == "ec2"


def test_clients_are_those_that_count_what_stands_in_the_templates(tmp_path: Path) -> None:
    (tmp_path / "core.json.j2").write_text('["AWS::Logs::LogGroup", "AWS::CloudWatch::Alarm", "AWS::IAM::Role"]')
    found = likely_clients(tmp_path)
    assert {"logs", "cloudwatch", "iam", "ec2", "s3", "cloudformation"} <= set(found)
    assert not {"vpc", "ebs", "rds", "batch"} & set(found)
