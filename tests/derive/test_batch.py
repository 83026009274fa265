"""What Batch environments may start, and what one job takes of a quota."""

from __future__ import annotations

from geos.wizard.cfn.load import load_template
from geos.wizard.cfn.resolve import Pseudo, Unknown, resolve
from geos.wizard.facts import InstanceType
from geos.wizard.systems.derive import StackInRegion
from geos.wizard.systems.derive.batch import (
    JobNeed,
    environments,
    job_needs,
    queues,
    vcpus_for_one_job,
)
from geos.wizard.tables.instances import instance

TEMPLATE = """
Parameters: {Elsewhere: {Type: String}}
Resources:
  Cheap:
    Type: AWS::Batch::ComputeEnvironment
    Properties:
      Type: MANAGED
      ComputeResources: {Type: SPOT, MaxvCpus: 640, InstanceTypes: [c7g.4xlarge, c8g, optimal], Subnets: [s]}
  Sure:
    Type: AWS::Batch::ComputeEnvironment
    Properties:
      ComputeEnvironmentName: sure
      Type: MANAGED
      ComputeResources: {Type: EC2, MaxvCpus: 320, InstanceTypes: [c7g.8xlarge], Subnets: [s]}
  Small:
    Type: AWS::Batch::ComputeEnvironment
    Properties: {Type: MANAGED, ComputeResources: {Type: FARGATE_SPOT, MaxvCpus: 16, Subnets: [s]}}
  Own: {Type: AWS::Batch::ComputeEnvironment, Properties: {Type: UNMANAGED}}
  Queue:
    Type: AWS::Batch::JobQueue
    Properties:
      JobQueueName: standard
      ComputeEnvironmentOrder:
        - {Order: 10, ComputeEnvironment: sure}
        - {Order: 2, ComputeEnvironment: !Ref Cheap}
        - {Order: 30, ComputeEnvironment: !Ref Elsewhere}
  Job:
    Type: AWS::Batch::JobDefinition
    Properties:
      JobDefinitionName: run
      ContainerProperties: {ResourceRequirements: [{Type: VCPU, Value: "16"}, {Type: MEMORY, Value: "28000"}]}
  Parallel:
    Type: AWS::Batch::JobDefinition
    Properties:
      NodeProperties:
        NumNodes: 4
        NodeRangeProperties: [{TargetNodes: "0:", Container: {Vcpus: 32, Memory: 60000}}]
  Tiny:
    Type: AWS::Batch::JobDefinition
    Properties:
      PlatformCapabilities: [FARGATE]
      ContainerProperties: {ResourceRequirements: [{Type: VCPU, Value: "0.25"}, {Type: MEMORY, Value: "512"}]}
"""


def stacks() -> list[StackInRegion]:
    return [StackInRegion(resolve(load_template(TEMPLATE, "t.yaml"), {}, Pseudo(region="eu-west-1")), "eu-west-1")]


def machine(vcpus: int, memory_gib: float) -> InstanceType:
    cores = max(vcpus // 2, 1)
    facts = ("x86_64", "cpu", vcpus, cores, 2, memory_gib, 10.0, False, True, True, False, True, False)
    return InstanceType(f"z1.{vcpus}x", *facts, "test", "2026-11-21")


def test_environments_queues_and_jobs_are_read_from_the_template() -> None:
    found = {e.logical_id: e for e in environments(stacks())}
    assert set(found) == {"Cheap", "Sure", "Small"}
    assert found["Cheap"].spot
    assert {i.family for i in found["Cheap"].instance_types} == {"c7g", "c8g"}
    assert found["Small"].fargate
    (queue,) = queues(stacks())
    assert [e.logical_id for e in queue.environments] == ["Cheap", "Sure"]
    assert (queue.name, queue.unseen) == ("standard", 1)
    run, parallel, tiny = job_needs(stacks())
    assert (run.name, run.vcpus, run.memory_mib) == ("run", 16, 28000)
    assert (parallel.nodes, parallel.vcpus) == (4, 32)
    assert tiny.fargate


def test_a_job_must_fit_the_usable_share_of_memory() -> None:
    """64,000 MiB does not fit 64 GiB: 5 % of the machine is the system's."""
    high = JobNeed("J", "high", 16.0, 64000.0)
    assert instance("c7g.8xlarge").memory_gib == 64  # type: ignore[union-attr]
    assert not high.fits(instance("c7g.8xlarge"))  # type: ignore[arg-type]
    assert high.fits(instance("c5.9xlarge"))  # type: ignore[arg-type]
    starter = JobNeed("J", "starter", 4.0, 28000.0)
    assert starter.fits(instance("r7g.xlarge")) == 1  # type: ignore[arg-type]
    assert not starter.fits(instance("c7g.xlarge"))  # type: ignore[arg-type]


def test_one_job_takes_the_smallest_machine_it_fits() -> None:
    job = JobNeed("J", "run", 16.0, 28000.0)
    sizes = [instance(n) for n in ("c7g.2xlarge", "c7g.4xlarge", "c7g.16xlarge")]
    assert vcpus_for_one_job(job, sizes) == 16  # type: ignore[arg-type]
    assert vcpus_for_one_job(job, sizes[:1]) is None  # type: ignore[arg-type]
    assert vcpus_for_one_job(JobNeed("J", "p", 32.0, 60000.0, nodes=4), [machine(32, 128)]) == 128
    assert vcpus_for_one_job(JobNeed("J", "?", Unknown("x"), 1.0), [machine(32, 128)]) is None


def test_fargate_jobs_need_no_machine() -> None:
    assert vcpus_for_one_job(JobNeed("J", "tiny", 0.25, 512.0, fargate=True), []) == 0.25
