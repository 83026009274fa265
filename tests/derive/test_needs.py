"""Quota needs of templates that geos did not write: short forms, conditions, mappings, every size-giving type."""

from __future__ import annotations

import textwrap
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geos.wizard.cfn.load import load_template
from geos.wizard.cfn.resolve import Pseudo, resolve
from geos.wizard.systems.derive import StackInRegion
from geos.wizard.systems.derive.counting import ONE_EACH, ONE_IN, UNCODED_EACH
from geos.wizard.systems.derive.needs import Need, blind_spots, needs, uncounted_types
from geos.wizard.tables.instances import instance
from geos.wizard.tables.quotas import quota_default, uncoded_limit
from geos.wizard.tables.types import resource_type

ON_DEMAND, SPOT, HPC = "L-1216C47A", "L-34B43A08", "L-F7808C92"


def stack(text: str, region: str = "us-east-1", *, zones: tuple[str, ...] = (), **parameters: str) -> StackInRegion:
    template = load_template(textwrap.dedent(text), "foreign.yaml")
    return StackInRegion(
        resolve(template, parameters, Pseudo("123456789012", region, availability_zones=zones)), region
    )


def one(found: tuple[Need, ...], code: str, container: str = "") -> Need:
    (need,) = (n for n in found if n.quota_code == code and (not container or n.container == container))
    return need


def codes(found: tuple[Need, ...]) -> set[str]:
    return {n.quota_code for n in found}


BATCH = """
    Parameters:
      Max: {Type: Number, Default: 5000}
      Fallback: {Type: String, Default: "true"}
      Types: {Type: CommaDelimitedList, Default: "c7g.4xlarge,c8g.48xlarge"}
    Conditions:
      WithFallback: !Equals [!Ref Fallback, "true"]
    Resources:
      Disk:
        Type: AWS::EC2::LaunchTemplate
        Properties:
          LaunchTemplateData:
            BlockDeviceMappings:
              - {DeviceName: /dev/xvda, Ebs: {VolumeSize: 200, VolumeType: gp3}}
      SpotArm:
        Type: AWS::Batch::ComputeEnvironment
        Properties:
          Type: MANAGED
          ComputeResources:
            Type: SPOT
            MaxvCpus: !Ref Max
            InstanceTypes: !Ref Types
            Subnets: [subnet-1]
            SecurityGroupIds: [sg-1, sg-2]
            LaunchTemplate: {LaunchTemplateId: !Ref Disk, Version: $Latest}
      SpotX86:
        Type: AWS::Batch::ComputeEnvironment
        Properties:
          Type: MANAGED
          ComputeResources: {Type: SPOT, MaxvCpus: 1000, InstanceTypes: [optimal, c6i], Subnets: [subnet-1]}
      OnDemand:
        Type: AWS::Batch::ComputeEnvironment
        Condition: WithFallback
        Properties:
          Type: MANAGED
          ComputeResources:
            {Type: EC2, MaxvCpus: !Ref Max, MinvCpus: 16, InstanceTypes: [hpc7g, c7g.8xlarge], Subnets: [subnet-1]}
      Queue:
        Type: AWS::Batch::JobQueue
        Properties:
          Priority: 1
          ComputeEnvironmentOrder:
            - {Order: 1, ComputeEnvironment: !Ref SpotArm}
            - !If [WithFallback, {Order: 2, ComputeEnvironment: !Ref OnDemand}, !Ref "AWS::NoValue"]
      Job:
        Type: AWS::Batch::JobDefinition
        Properties:
          Type: container
          ContainerProperties:
            Image: x
            ResourceRequirements: [{Type: VCPU, Value: "16"}, {Type: MEMORY, Value: "28000"}]
"""


def test_batch_environments_share_quotas_by_family_and_purchase_option() -> None:
    found = needs([stack(BATCH)])
    spot = one(found, SPOT)
    assert (spot.amount, spot.at_creation, spot.unit, spot.region) == (6000, 0, "vCPU", "us-east-1")
    assert spot.why == ("SpotArm", "SpotX86")
    assert spot.stops_only_work
    on_demand = one(found, ON_DEMAND)
    assert (on_demand.amount, on_demand.at_creation, on_demand.why) == (5000, 16, ("OnDemand",))
    assert not on_demand.stops_only_work
    assert one(found, HPC).amount == 5000
    assert one(found, "L-F8102809", "Queue").amount == 2
    assert one(found, "L-144F0CA5").amount == 3
    assert one(found, "L-2AFB9258").amount == 2


def test_conditions_and_parameters_are_respected() -> None:
    found = needs([stack(BATCH, Fallback="false", Max="64", Types="g5.xlarge")])
    assert one(found, "L-3819A6DF").amount == 64
    assert one(found, SPOT).amount == 1000
    assert HPC not in codes(found)
    assert ON_DEMAND not in codes(found)


def test_disks_of_batch_machines_count_for_as_many_machines_as_jobs_can_fill() -> None:
    """5,000 vCPUs on 16-vCPU machines are 313 machines, each with 200 GiB."""
    assert one(needs([stack(BATCH)]), "L-7A658B76").amount == pytest.approx(313 * 200 / 1024)


def test_an_unknown_maximum_is_unknown_and_not_zero() -> None:
    text = BATCH.replace("Max: {Type: Number, Default: 5000}", "Max: {Type: Number}")
    spot = one(needs([stack(text)]), SPOT)
    assert spot.amount is None
    assert spot.at_least == 1000
    assert spot.unknown == "SpotArm: parameter Max has no value"


def test_spot_requests_for_types_without_a_spot_quota_are_told() -> None:
    text = BATCH.replace("InstanceTypes: [optimal, c6i]", "InstanceTypes: [hpc7a.96xlarge]")
    (need,) = (n for n in needs([stack(text)]) if n.name == "Spot vCPUs of hpc7a.96xlarge")
    assert need.amount is None
    assert "HPC types have no Spot quota" in need.unknown


GROUPS = """
    Mappings:
      Sizes:
        us-east-1: {type: c6i.4xlarge}
        eu-west-1: {type: c6i.8xlarge}
    Resources:
      Template:
        Type: AWS::EC2::LaunchTemplate
        Properties:
          LaunchTemplateName: workers
          LaunchTemplateData: {InstanceType: !FindInMap [Sizes, !Ref "AWS::Region", type]}
      Plain:
        Type: AWS::AutoScaling::AutoScalingGroup
        Properties:
          MinSize: "1"
          MaxSize: "4"
          LaunchTemplate: {LaunchTemplateName: workers, Version: "1"}
      Mixed:
        Type: AWS::AutoScaling::AutoScalingGroup
        Properties:
          MinSize: 0
          MaxSize: 10
          MixedInstancesPolicy:
            InstancesDistribution: {OnDemandBaseCapacity: 2, OnDemandPercentageAboveBaseCapacity: 25}
            LaunchTemplate:
              LaunchTemplateSpecification: {LaunchTemplateId: !Ref Template, Version: "1"}
              Overrides:
                - {InstanceType: m6i.large}
                - {InstanceType: m6i.2xlarge, WeightedCapacity: "4"}
                - {InstanceType: x2idn.16xlarge, WeightedCapacity: "10"}
"""


def test_auto_scaling_groups_take_the_type_their_mapping_gives() -> None:
    """Plain: 4 x 16 vCPUs. Mixed: 2 + 25 % of 8 are On-Demand: 4 units = 4 m6i.large (8 vCPUs) or 1 m6i.2xlarge (8)."""
    here = needs([stack(GROUPS)])
    assert one(here, ON_DEMAND).amount == 4 * 16 + 8
    assert one(here, ON_DEMAND).at_creation == 16
    assert one(here, SPOT).amount == 16  # 6 units: 6 m6i.large (12 vCPUs) or 2 m6i.2xlarge (16)
    assert one(here, "L-7295265B").amount == 64  # 4 units of On-Demand, of which one machine is 10
    unheard = stack(GROUPS.replace("x2idn.16xlarge", "x99.huge"))
    assert "x99.huge is not in the table" in one(needs([unheard]), "L-7295265B").unknown
    read_live = replace(instance("c6i.16xlarge"), name="x99.huge")  # type: ignore[type-var]
    assert one(needs([unheard], {"x99.huge": read_live}), "L-7295265B").amount == 64
    there = needs([stack(GROUPS, "eu-west-1")])
    assert one(there, ON_DEMAND).amount == 4 * 32 + 8


def test_attribute_based_types_are_unknown() -> None:
    text = GROUPS.replace(
        "- {InstanceType: m6i.large}", "- InstanceRequirements: {VCpuCount: {Min: 4}, MemoryMiB: {Min: 1}}"
    )
    need = one(needs([stack(text)]), SPOT)
    assert need.amount is None
    assert "chosen by their attributes" in need.unknown
    assert need.at_least == 16


MACHINES = """
    Parameters:
      Kind: {Type: "AWS::SSM::Parameter::Value<String>", Default: /kind}
    Resources:
      Login: {Type: AWS::EC2::Instance, Properties: {InstanceType: t3.medium, ImageId: ami-1}}
      Sized: {Type: AWS::EC2::Instance, Properties: {InstanceType: !Ref Kind, ImageId: ami-1}}
      Odd: {Type: AWS::EC2::Instance, Properties: {InstanceType: c99.huge, ImageId: ami-1}}
      Hosted: {Type: AWS::EC2::Instance, Properties: {InstanceType: c5.large, Tenancy: host, ImageId: ami-1}}
      Fleet:
        Type: AWS::EC2::EC2Fleet
        Properties:
          TargetCapacitySpecification: {TotalTargetCapacity: 100, SpotTargetCapacity: 60, TargetCapacityUnitType: vcpu}
          LaunchTemplateConfigs:
            - Overrides: [{InstanceType: c6i.4xlarge}, {InstanceType: c6i.8xlarge}]
      Requests:
        Type: AWS::EC2::SpotFleet
        Properties:
          SpotFleetRequestConfigData:
            IamFleetRole: arn:aws:iam::123456789012:role/x
            TargetCapacity: 3
            LaunchSpecifications: [{InstanceType: c5.xlarge, ImageId: ami-1}]
      Nodes:
        Type: AWS::EKS::Nodegroup
        Properties:
          ClusterName: x
          CapacityType: SPOT
          InstanceTypes: [m5.large, m5.xlarge]
          ScalingConfig: {MinSize: 0, DesiredSize: 1, MaxSize: 5}
"""


def test_machines_fleets_and_node_groups() -> None:
    found = needs([stack(MACHINES)])
    on_demand = one(found, ON_DEMAND)
    assert on_demand.amount is None
    assert "read from Parameter Store" in on_demand.unknown
    assert "c99.huge is not in the table" in on_demand.unknown
    assert on_demand.at_least == 2 + 64  # 40 vCPUs as 3 x 16 or 2 x 32
    spot = one(found, SPOT)
    assert spot.amount == 64 + 3 * 4 + 5 * 4
    assert spot.at_creation == 64 + 3 * 4 + 4


CLUSTERS = """
    Resources:
      Reserved: {Type: AWS::EC2::CapacityReservation, Properties: {InstanceType: c6i.4xlarge, InstanceCount: 3}}
      Nodes:
        Type: AWS::PCS::ComputeNodeGroup
        Properties:
          PurchaseOption: SPOT
          ScalingConfiguration: {MinInstanceCount: 1, MaxInstanceCount: 4}
          InstanceConfigs: [{InstanceType: c7g.4xlarge}, {InstanceType: c7g.8xlarge}]
          CustomLaunchTemplate: {TemplateId: !Ref Disk, Version: "1"}
      Disk:
        Type: AWS::EC2::LaunchTemplate
        Properties: {LaunchTemplateData: {BlockDeviceMappings: [{Ebs: {VolumeSize: 256, VolumeType: gp3}}]}}
      Hadoop:
        Type: AWS::EMR::Cluster
        Properties:
          Instances:
            MasterInstanceGroup: {InstanceType: m5.xlarge, InstanceCount: 1}
            CoreInstanceGroup: {InstanceType: m5.2xlarge, InstanceCount: 5, Market: SPOT}
      Fn: {Type: AWS::Lambda::Function, Properties: {VpcConfig: {SubnetIds: [a], SecurityGroupIds: [1, 2, 3]}}}
"""


def test_a_type_read_from_elsewhere_at_deployment_is_unknown() -> None:
    text = MACHINES.replace("InstanceType: t3.medium", 'InstanceType: "{{resolve:ssm:/kind}}"')
    assert "Login: the instance type is not known" in one(needs([stack(text)]), ON_DEMAND).unknown


def test_reservations_and_clusters() -> None:
    found = needs([stack(CLUSTERS)])
    assert one(found, ON_DEMAND).amount == 3 * 16 + 4
    assert (one(found, SPOT).amount, one(found, SPOT).at_creation) == (4 * 32 + 5 * 8, 32 + 5 * 8)
    assert one(found, "L-7A658B76").amount == 1
    assert one(found, "L-2AFB9258").amount == 3
    fleet = CLUSTERS.replace(
        "MasterInstanceGroup: {InstanceType: m5.xlarge, InstanceCount: 1}", "MasterInstanceFleet: {}"
    )
    assert "chooses its types at launch" in one(needs([stack(fleet)]), ON_DEMAND).unknown


ECS = """
    Parameters:
      Most: {Type: Number, Default: 10}
    Resources:
      Task:
        Type: AWS::ECS::TaskDefinition
        Properties: {Cpu: "2048", Memory: "4096", RequiresCompatibilities: [FARGATE]}
      Web:
        Type: AWS::ECS::Service
        Properties:
          Cluster: existing-cluster
          LaunchType: FARGATE
          DesiredCount: 2
          TaskDefinition: !Ref Task
          NetworkConfiguration: {AwsvpcConfiguration: {Subnets: [subnet-1]}}
      Scaling:
        Type: AWS::ApplicationAutoScaling::ScalableTarget
        Properties:
          ServiceNamespace: ecs
          ResourceId: !Sub "service/existing-cluster/${Web.Name}"
          ScalableDimension: ecs:service:DesiredCount
          MinCapacity: 2
          MaxCapacity: !Ref Most
      Cheap:
        Type: AWS::ECS::Service
        Properties:
          CapacityProviderStrategy: [{CapacityProvider: FARGATE_SPOT, Weight: 1}]
          DeploymentConfiguration: {MaximumPercent: 150}
          DesiredCount: 3
          TaskDefinition: !Ref Small
      Small:
        Type: AWS::ECS::TaskDefinition
        Properties: {Cpu: ".5 vCPU", Memory: 1 GB}
"""


def test_fargate_services_count_their_scaling_and_their_rolling_update() -> None:
    found = needs([stack(ECS)])
    web = one(found, "L-3032A538")
    assert (web.amount, web.at_creation) == (10 * 2 * 2, 4)
    cheap = one(found, "L-36FBB829")
    assert cheap.amount == 15 * 0.5  # scaling of an unresolved service may mean this one too
    assert one(found, "L-9EF96962", "existing-cluster").container_exists


def test_fargate_spot_of_a_service_without_scaling() -> None:
    text = ECS.replace("ServiceNamespace: ecs", "ServiceNamespace: dynamodb")
    assert one(needs([stack(text)]), "L-36FBB829").amount == 4 * 0.5
    assert one(needs([stack(text)]), "L-3032A538").amount == 2 * 2 * 2


NETWORK = """
    Resources:
      Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}
      Gate: {Type: AWS::EC2::InternetGateway}
      A:
        Type: AWS::EC2::Subnet
        Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.0.0/24, AvailabilityZone: !Select [0, !GetAZs ""]}
      B:
        Type: AWS::EC2::Subnet
        Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.1.0/24, AvailabilityZone: !Select [1, !GetAZs ""]}
      IpA: {Type: AWS::EC2::EIP, Properties: {Domain: vpc}}
      IpB: {Type: AWS::EC2::EIP, Properties: {Domain: vpc}}
      NatA: {Type: AWS::EC2::NatGateway, Properties: {SubnetId: !Ref A, AllocationId: !GetAtt IpA.AllocationId}}
      NatB: {Type: AWS::EC2::NatGateway, Properties: {SubnetId: !Ref B, AllocationId: !GetAtt IpB.AllocationId}}
      Table: {Type: AWS::EC2::RouteTable, Properties: {VpcId: !Ref Vpc}}
      Out:
        Type: AWS::EC2::Route
        Properties: {RouteTableId: !Ref Table, DestinationCidrBlock: 0.0.0.0/0, GatewayId: !Ref Gate}
      S3:
        Type: AWS::EC2::VPCEndpoint
        Properties: {VpcId: !Ref Vpc, ServiceName: com.amazonaws.us-east-1.s3, RouteTableIds: [!Ref Table]}
      Logs:
        Type: AWS::EC2::VPCEndpoint
        Properties:
          VpcEndpointType: Interface
          VpcId: vpc-0existing
          ServiceName: com.amazonaws.us-east-1.logs
          SubnetIds: [subnet-1, subnet-2]
      Group:
        Type: AWS::EC2::SecurityGroup
        Properties:
          GroupDescription: x
          VpcId: !Ref Vpc
          SecurityGroupIngress:
            - {IpProtocol: tcp, FromPort: 22, ToPort: 22, CidrIp: 10.0.0.0/8}
            - {IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIpv6: "::/0"}
            - {IpProtocol: tcp, FromPort: 1, ToPort: 2, SourceSecurityGroupId: sg-9}
      More:
        Type: AWS::EC2::SecurityGroupIngress
        Properties: {GroupId: !Ref Group, IpProtocol: tcp, FromPort: 5, ToPort: 5, CidrIp: 10.1.0.0/16}
"""


def test_networks() -> None:
    found = needs([stack(NETWORK, zones=("us-east-1a", "us-east-1b"))])
    amounts = {(n.quota_code, n.container): n.amount for n in found}
    assert amounts["L-F678F1CE", ""] == 1
    assert amounts["L-A4707A72", ""] == 1
    assert amounts["L-0263D0A3", ""] == 2
    assert amounts["L-FE5A380F", "us-east-1a"] == 1
    assert amounts["L-FE5A380F", "us-east-1b"] == 1
    assert amounts["L-407747CB", "Vpc"] == 2
    assert amounts["L-589F43AA", "Vpc"] == 2  # its own and the main one
    assert amounts["L-93826ACB", "Table"] == 2  # a route and a gateway endpoint
    assert amounts["L-1B52E74A", ""] == 1
    assert amounts["L-29B6F2EB", "vpc-0existing"] == 1
    assert one(found, "L-29B6F2EB").container_exists
    assert amounts["L-0EA8095F", "Group inbound IPv4"] == 3
    assert amounts["L-E79EC296", ""] == 2  # and the default one of the new VPC
    assert one(found, "L-DF5E4CA3").amount == 2 + 2


def test_nat_gateways_without_known_zones_are_unknown() -> None:
    need = one(needs([stack(NETWORK)]), "L-FE5A380F")
    assert need.amount is None
    assert "availability zones of us-east-1 are not known" in need.unknown


GLOBAL = """
    Resources:
      Role:
        Type: AWS::IAM::Role
        Properties:
          AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: sts:AssumeRole}]}
          ManagedPolicyArns: [arn:aws:iam::aws:policy/A, arn:aws:iam::aws:policy/B]
      Bucket: {Type: AWS::S3::Bucket}
      Budget: {Type: AWS::Budgets::Budget, Properties: {Budget: {BudgetType: COST, TimeUnit: MONTHLY}}}
      Alarm: {Type: AWS::CloudWatch::Alarm, Properties: {ComparisonOperator: x, EvaluationPeriods: 1}}
      Edge: {Type: AWS::WAFv2::WebACL, Properties: {Scope: CLOUDFRONT}}
      Local: {Type: AWS::WAFv2::WebACL, Properties: {Scope: REGIONAL}}
      Rule: {Type: AWS::Events::Rule, Properties: {ScheduleExpression: rate(1 day)}}
"""


def test_account_wide_quotas_are_asked_in_their_home_region() -> None:
    found = needs([stack(GLOBAL, "eu-west-1")])
    for code in ("L-FE177D64", "L-0DA4ABF3", "L-DC2B2D3D", "L-24189897"):
        assert one(found, code).region == "us-east-1"
    for code in ("L-2EC3DE7B", "L-244521F2", "L-0485CB21"):
        assert one(found, code).region == "eu-west-1"
    names = {n.name: n for n in found if not n.quota_code}
    assert names["Alarms per Region"].amount == 1
    assert names["Budgets per account"].region == "us-east-1"
    assert names["Resources per template"].amount == 7
    assert one(found, "L-C07B4B0D").amount == 83
    assert one(found, "L-244521F2").container_exists


DATA = """
    Resources:
      Scratch:
        Type: AWS::FSx::FileSystem
        Properties:
          FileSystemType: LUSTRE
          StorageCapacity: 2400
          SubnetIds: [subnet-1]
          LustreConfiguration: {DeploymentType: PERSISTENT_2}
      Db: {Type: AWS::RDS::DBInstance, Properties: {Engine: postgres, AllocatedStorage: "100"}}
      Db2: {Type: AWS::RDS::DBInstance, Properties: {Engine: aurora-postgresql}}
      Disk: {Type: AWS::EC2::Volume, Properties: {Size: 2048, VolumeType: io2, Iops: 5000, AvailabilityZone: a}}
      Old: {Type: AWS::EC2::Volume, Properties: {SnapshotId: snap-1, AvailabilityZone: a}}
      Reserved: {Type: AWS::Lambda::Function, Properties: {ReservedConcurrentExecutions: 50, Role: r, Code: {}}}
      Table:
        Type: AWS::DynamoDB::Table
        Properties:
          KeySchema: []
          ProvisionedThroughput: {ReadCapacityUnits: 5, WriteCapacityUnits: 7}
          GlobalSecondaryIndexes:
            - {IndexName: i, ProvisionedThroughput: {ReadCapacityUnits: 10, WriteCapacityUnits: 1}}
      Balancer: {Type: AWS::ElasticLoadBalancingV2::LoadBalancer, Properties: {Subnets: [subnet-1, subnet-2]}}
      Listener: {Type: AWS::ElasticLoadBalancingV2::Listener, Properties: {LoadBalancerArn: !Ref Balancer}}
      Path: {Type: AWS::ElasticLoadBalancingV2::ListenerRule, Properties: {ListenerArn: !Ref Listener, Priority: 1}}
      Api: {Type: AWS::ApiGateway::RestApi, Properties: {Name: x, EndpointConfiguration: {Types: [REGIONAL]}}}
"""


def test_storage_databases_functions_and_apis() -> None:
    found = needs([stack(DATA)])
    assert one(found, "L-FD6F2F22").amount == 1
    assert one(found, "L-8F1B9C74").amount == 2400
    assert one(found, "L-7B6409FD").amount == 2
    assert one(found, "L-7ADDB58A").amount == 100
    assert one(found, "L-09BD8365").amount == 2
    assert one(found, "L-8D977E7E").amount == 5000
    assert one(found, "L-D18FCD1D").amount is None
    assert one(found, "L-B99A9384").amount == 150  # Lambda keeps a hundred unreserved
    assert one(found, "L-34F6A552").amount == 15
    assert one(found, "L-53DA6B97").amount == 1
    assert one(found, "L-7EED9B64", "Balancer").amount == 1
    assert one(found, "L-AA0FF27B").amount == 1
    assert "L-B97207D0" not in codes(found)


def test_what_cannot_be_seen_is_listed() -> None:
    text = """
    Transform: AWS::Serverless-2016-10-31
    Resources:
      Nested: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: https://x}}
      Own: {Type: Custom::Thing, Properties: {ServiceToken: x}}
      Fn: {Type: AWS::Serverless::Function, Properties: {}}
      Odd: {Type: AWS::Greengrass::Group, Properties: {Name: x}}
    """
    found = blind_spots([stack(text)])
    assert len(found) == 3
    assert found[0].startswith("Nested: the resources of the nested template")
    assert uncounted_types([stack(text)]) == ("AWS::Greengrass::Group", "AWS::Serverless::Function", "Custom::Thing")
    assert one(needs([stack(text)]), "L-0485CB21").amount == 2


def test_an_unknown_condition_leaves_the_amount_unknown() -> None:
    text = """
    Parameters: {Mode: {Type: String}}
    Conditions: {WithNat: !Equals [!Ref Mode, nat]}
    Resources:
      Ip: {Type: AWS::EC2::EIP, Condition: WithNat}
      Other: {Type: AWS::EC2::EIP}
    """
    need = one(needs([stack(text)]), "L-0263D0A3")
    assert need.amount is None
    assert need.at_least == 1
    assert "whether Ip will exist is not known: " in need.unknown
    assert one(needs([stack(text, Mode="nat")]), "L-0263D0A3").amount == 2
    assert one(needs([stack(text, Mode="no")]), "L-0263D0A3").amount == 1


def test_stacks_in_two_regions_are_told_apart() -> None:
    here, there = stack(BATCH), stack(BATCH, "eu-west-1", Max="100")
    spot = {n.region: n.amount for n in needs([here, there]) if n.quota_code == SPOT}
    assert spot == {"us-east-1": 6000, "eu-west-1": 1100}


def test_every_code_in_use_is_in_the_table_and_every_type_exists() -> None:
    used = {pair for pairs in ONE_EACH.values() for pair in pairs}
    used |= {(service, code) for triples in ONE_IN.values() for service, code, _ in triples}
    for service, code in used:
        assert quota_default(service, code) is not None, (service, code)
    for service, name in UNCODED_EACH.values():
        assert uncoded_limit(service, name) is not None, name
    for name in {*ONE_EACH, *ONE_IN, *UNCODED_EACH}:
        assert resource_type(name) is not None, name


@pytest.mark.parametrize("text", [BATCH, GROUPS, MACHINES, CLUSTERS, ECS, NETWORK, GLOBAL, DATA])
def test_every_need_names_a_quota_of_the_table_and_is_never_negative(text: str) -> None:
    for need in needs([stack(text)]):
        if need.quota_code:
            assert quota_default(need.service, need.quota_code) is not None, need
        assert need.amount is None or need.amount >= 0
        assert need.at_least >= 0
        assert (need.amount is None) == bool(need.unknown)
        assert need.amount is None or need.at_least == need.amount
        assert need.why
        assert need.name


@given(st.integers(0, 20000), st.integers(0, 20000))
def test_needs_grow_with_the_maximum(small: int, more: int) -> None:
    little = {(n.quota_code, n.container): n.at_least for n in needs([stack(BATCH, Max=str(small))])}
    much = {(n.quota_code, n.container): n.at_least for n in needs([stack(BATCH, Max=str(small + more))])}
    assert all(much.get(key, 0) >= amount for key, amount in little.items())


def _with_unknown(body: Any, path: tuple[int, ...]) -> Any:
    """A copy of `body` in which the value at a place is a Ref to a parameter nobody gives."""
    is_function = isinstance(body, dict) and next(iter(body), "").startswith(("Fn::", "Ref"))
    if not path or not isinstance(body, dict | list) or not body or is_function:
        return {"Ref": "Nobody"}
    keys = list(body) if isinstance(body, dict) else list(range(len(body)))
    key = keys[path[0] % len(keys)]
    inner = _with_unknown(body[key], path[1:])
    if isinstance(body, dict):
        return {**body, key: inner}
    return [*body[: int(key)], inner, *body[int(key) + 1 :]]


@given(st.data())
def test_an_unknown_anywhere_never_makes_a_need_smaller_and_known(data: st.DataObject) -> None:
    """Whatever property is unknown: each need is at least told as unknown, or is what it was."""
    text = data.draw(st.sampled_from([BATCH, GROUPS, CLUSTERS, ECS, DATA]))
    template = load_template(textwrap.dedent(text), "foreign.yaml")
    logical_id = data.draw(st.sampled_from(sorted(template.body["Resources"])))
    path = tuple(data.draw(st.lists(st.integers(0, 9), min_size=1, max_size=4)))
    raw = template.body["Resources"][logical_id]
    if not raw.get("Properties"):
        return
    changed = {**raw, "Properties": _with_unknown(raw["Properties"], path)}
    body = {
        **template.body,
        "Parameters": {**template.section("Parameters"), "Nobody": {"Type": "String"}},
        "Resources": {**template.body["Resources"], logical_id: changed},
    }
    pseudo = Pseudo("123456789012", "us-east-1", availability_zones=("us-east-1a", "us-east-1b"))
    before = needs([StackInRegion(resolve(template, {}, pseudo), "us-east-1")])
    doubted = type(template)(template.name, body)
    after = needs([StackInRegion(resolve(doubted, {}, pseudo), "us-east-1")])
    vague = any(n.amount is None for n in after)
    for need in before:
        now = [n for n in after if (n.service, n.quota_code, n.name) == (need.service, need.quota_code, need.name)]
        same = any(n.amount is not None and need.amount is not None and n.amount >= need.amount for n in now)
        assert same or vague, (logical_id, path, need)
