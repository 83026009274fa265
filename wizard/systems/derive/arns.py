"""How the ARNs of resources look before the resources exist: from their names, else from what will name them.

CloudFormation names a resource without a name <stack>-<logical id>-<random>. Resource formats: service
authorization reference.
"""

from __future__ import annotations

from dataclasses import dataclass

from geos.wizard.cfn.resolve import Resource


@dataclass(frozen=True)
class Names:
    """What narrows permissions to one deployment."""

    deployment: str
    """Its stacks are <deployment>-<layer>; for a foreign template the name its stack will have."""
    region: str
    account_id: str = ""
    """Empty: any account, which the policy is attached in anyway."""
    partition: str = "aws"

    def fill(self, pattern: str, name: str = "") -> str:
        return (
            pattern.replace("{partition}", self.partition)
            .replace("{region}", self.region)
            .replace("{account}", self.account_id or "*")
            .replace("{deployment}", self.deployment)
            .replace("{name}", name)
        )


_HERE = "arn:{partition}:%s:{region}:{account}:"


def _here(service: str, rest: str) -> str:
    return _HERE % service + rest


ARNS: dict[str, tuple[str, tuple[str, ...]]] = {
    # type: (property with the name, ARNs)
    "AWS::AutoScaling::AutoScalingGroup": (
        "AutoScalingGroupName",
        (_here("autoscaling", "autoScalingGroup:*:autoScalingGroupName/{name}"),),
    ),
    "AWS::Batch::ComputeEnvironment": ("ComputeEnvironmentName", (_here("batch", "compute-environment/{name}"),)),
    "AWS::Batch::JobDefinition": (
        "JobDefinitionName",
        (_here("batch", "job-definition/{name}"), _here("batch", "job-definition/{name}:*")),
    ),
    "AWS::Batch::JobQueue": ("JobQueueName", (_here("batch", "job-queue/{name}"),)),
    "AWS::Batch::SchedulingPolicy": ("Name", (_here("batch", "scheduling-policy/{name}"),)),
    "AWS::Budgets::Budget": ("", ("arn:{partition}:budgets::{account}:budget/*",)),
    "AWS::CloudWatch::Alarm": ("AlarmName", (_here("cloudwatch", "alarm:{name}"),)),
    "AWS::CloudWatch::CompositeAlarm": ("AlarmName", (_here("cloudwatch", "alarm:{name}"),)),
    "AWS::CloudWatch::Dashboard": ("DashboardName", ("arn:{partition}:cloudwatch::{account}:dashboard/{name}",)),
    "AWS::CodeBuild::Project": ("Name", (_here("codebuild", "project/{name}"),)),
    "AWS::DynamoDB::Table": ("TableName", (_here("dynamodb", "table/{name}"),)),
    "AWS::ECR::Repository": ("RepositoryName", (_here("ecr", "repository/{name}"),)),
    "AWS::ECS::Cluster": ("ClusterName", (_here("ecs", "cluster/{name}"),)),
    "AWS::EFS::FileSystem": ("", (_here("elasticfilesystem", "file-system/*"),)),
    "AWS::ElasticLoadBalancingV2::LoadBalancer": (
        "Name",
        (_here("elasticloadbalancing", "loadbalancer/*/{name}/*"),),
    ),
    "AWS::ElasticLoadBalancingV2::TargetGroup": ("Name", (_here("elasticloadbalancing", "targetgroup/{name}/*"),)),
    "AWS::Events::Rule": ("Name", (_here("events", "rule/{name}"), _here("events", "rule/*/{name}"))),
    "AWS::FSx::FileSystem": ("", (_here("fsx", "file-system/*"), _here("fsx", "backup/*"))),
    "AWS::IAM::InstanceProfile": (
        "InstanceProfileName",
        ("arn:{partition}:iam::{account}:instance-profile/{name}",),
    ),
    "AWS::IAM::ManagedPolicy": ("ManagedPolicyName", ("arn:{partition}:iam::{account}:policy/{name}",)),
    "AWS::IAM::Role": ("RoleName", ("arn:{partition}:iam::{account}:role/{name}",)),
    "AWS::KMS::Alias": ("AliasName", (_here("kms", "{name}"), _here("kms", "key/*"))),
    "AWS::KMS::Key": ("", (_here("kms", "key/*"),)),
    "AWS::Lambda::Function": ("FunctionName", (_here("lambda", "function:{name}"),)),
    "AWS::Logs::LogGroup": ("LogGroupName", (_here("logs", "log-group:{name}"), _here("logs", "log-group:{name}:*"))),
    "AWS::RDS::DBInstance": ("DBInstanceIdentifier", (_here("rds", "db:{name}"),)),
    "AWS::S3::Bucket": ("BucketName", ("arn:{partition}:s3:::{name}", "arn:{partition}:s3:::{name}/*")),
    "AWS::SNS::Topic": ("TopicName", (_here("sns", "{name}"),)),
    "AWS::SQS::Queue": ("QueueName", (_here("sqs", "{name}"),)),
    "AWS::SSM::Parameter": ("Name", (_here("ssm", "parameter/{name}"),)),
    "AWS::Scheduler::Schedule": ("Name", (_here("scheduler", "schedule/*/{name}"),)),
    "AWS::SecretsManager::Secret": ("Name", (_here("secretsmanager", "secret:{name}-*"),)),
    "AWS::StepFunctions::StateMachine": ("StateMachineName", (_here("states", "stateMachine:{name}"),)),
}
BELONGS_TO = {
    # type: (property that names the other resource, that resource's type)
    "AWS::IAM::Policy": ("Roles", "AWS::IAM::Role"),
    "AWS::IAM::RolePolicy": ("RoleName", "AWS::IAM::Role"),
    "AWS::Lambda::Permission": ("FunctionName", "AWS::Lambda::Function"),
    "AWS::Logs::MetricFilter": ("LogGroupName", "AWS::Logs::LogGroup"),
    "AWS::Logs::SubscriptionFilter": ("LogGroupName", "AWS::Logs::LogGroup"),
    "AWS::S3::BucketPolicy": ("Bucket", "AWS::S3::Bucket"),
    "AWS::SNS::Subscription": ("TopicArn", "AWS::SNS::Topic"),
    "AWS::SNS::TopicPolicy": ("Topics", "AWS::SNS::Topic"),
}
"""Types whose actions are granted on another resource."""
ALSO_ON = {
    "batch:CreateJobQueue": _here("batch", "compute-environment/*"),
    "batch:UpdateJobQueue": _here("batch", "compute-environment/*"),
}
"""Actions that are checked on a second resource as well: a queue takes environments one may use."""
LOWER_CASE = frozenset({"AWS::S3::Bucket", "AWS::RDS::DBInstance", "AWS::ECR::Repository"})


def arns_of(resource: Resource, names: Names, stack_name: str) -> tuple[str, ...]:
    """Patterns that cover the resource once it exists; empty where the type has no row above."""
    if resource.type not in ARNS:
        return ()
    key, patterns = ARNS[resource.type]
    return tuple(names.fill(p, name_of(resource, key, names, stack_name)) for p in patterns)


def name_of(resource: Resource, key: str, names: Names, stack_name: str) -> str:
    named = resource.properties.get(key) if key else None
    name = named.strip("/") if isinstance(named, str) and resource.type == "AWS::SSM::Parameter" else named
    if not isinstance(name, str):
        name = f"{stack_name}-{resource.logical_id}-*"
    if resource.type in LOWER_CASE:
        name = name.lower()
    prefix = f"{names.deployment}-"
    return f"{prefix}*" if name.startswith(prefix) else name
