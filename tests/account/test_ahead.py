"""What is asked for before the needs are known."""

from __future__ import annotations

from pathlib import Path

from geos.wizard.account.ahead import likely_services
from geos.wizard.systems.manifest import list_systems, load_system


def test_services_are_read_off_the_text_of_templates(tmp_path: Path) -> None:
    text = '{"A": {"Type": "AWS::EC2::VPC"}, "B": {"Type": "AWS::Batch::ComputeEnvironment"}, "C": "AWS::IAM::Role"}'
    (tmp_path / "core.json.j2").write_text(text)
    found = likely_services(tmp_path, "us-east-1")
    assert {"vpc", "batch", "ecs", "ec2", "ebs", "iam", "s3", "cloudformation"} <= set(found)
    assert not {"iam", "s3"} & set(likely_services(tmp_path, "eu-west-1"))


def test_machines_and_networks_come_first() -> None:
    system = load_system(list_systems()[0].name)
    assert set(likely_services(system.folder, "us-east-1")[:3]) == {"batch", "ec2", "vpc"}
