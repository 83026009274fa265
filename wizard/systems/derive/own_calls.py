"""IAM actions that geos's commands use themselves, beside those CloudFormation's handlers need.

Resources: "*" where the action has no narrower one, or where only descriptions are read; otherwise a pattern
in which {partition}, {region}, {account} and {deployment} are filled in.
"""

from __future__ import annotations

STACK = "arn:{partition}:cloudformation:{region}:{account}:stack/{deployment}-*/*"
BOOTSTRAP = "arn:{partition}:cloudformation:{region}:{account}:stack/geos-bootstrap/*"
STATE = "arn:{partition}:s3:::geos-state-{account}-{region}"
LOCK = "arn:{partition}:dynamodb:{region}:{account}:table/geos-deploy-lock"
BUCKETS = "arn:{partition}:s3:::{deployment}-*"
REPOSITORY = "arn:{partition}:ecr:{region}:{account}:repository/{deployment}*"
LINKED_ROLES = "arn:{partition}:iam::{account}:role/aws-service-role/*"
JOBS = "arn:{partition}:batch:{region}:{account}:job*/*"
QUEUES = "arn:{partition}:batch:{region}:{account}:job-queue/{deployment}-*"
ENVIRONMENTS = "arn:{partition}:batch:{region}:{account}:compute-environment/{deployment}-*"
BUILD_ROLE = "arn:{partition}:iam::{account}:role/{deployment}-build-*"
POLICIES = "arn:{partition}:iam::{account}:policy/{deployment}-*"
HOLDERS = "arn:{partition}:iam::{account}:*"
LOG_GROUPS = "arn:{partition}:logs:{region}:{account}:log-group:*{deployment}*"
ALIASES = "arn:{partition}:kms:{region}:{account}:alias/{deployment}*"
KEYS = "arn:{partition}:kms:{region}:{account}:key/*"
PARAMETERS = "arn:{partition}:ssm:{region}:{account}:parameter/*"
ANY = "*"

CHECK: dict[str, tuple[str, ...]] = {
    ANY: (
        "ec2:DescribeAccountAttributes",
        "ec2:DescribeAvailabilityZones",
        "ec2:DescribeInstanceTypeOfferings",
        "ec2:DescribeInstanceTypes",
        "ec2:DescribeRegions",
        "ec2:DescribeRouteTables",
        "ec2:DescribeSubnets",
        "ec2:DescribeVpcAttribute",
        "ec2:DescribeVpcEndpoints",
        "ec2:DescribeVpcs",
        "freetier:GetAccountPlanState",
        "iam:GetRole",
        "iam:GetUser",
        "iam:SimulatePrincipalPolicy",
    ),
}
QUOTAS: dict[str, tuple[str, ...]] = {
    # What counts each quota in use comes on top of these: see derive.counting_calls.
    ANY: (
        "cloudwatch:GetMetricData",
        "ec2:DescribeAccountAttributes",
        "ec2:DescribeCapacityReservations",
        "ec2:DescribeInstanceTypes",
        "ec2:DescribeInstances",
        "ec2:DescribeSpotInstanceRequests",
        "ec2:DescribeSubnets",
        "iam:GetAccountSummary",
        "servicequotas:GetAWSDefaultServiceQuota",
        "servicequotas:GetQuotaUtilizationReport",
        "servicequotas:GetServiceQuota",
        "servicequotas:ListAWSDefaultServiceQuotas",
        "servicequotas:ListRequestedServiceQuotaChangeHistory",
        "servicequotas:ListRequestedServiceQuotaChangeHistoryByQuota",
        "servicequotas:ListServiceQuotas",
        "servicequotas:StartQuotaUtilizationReport",
    ),
}
REQUEST: dict[str, tuple[str, ...]] = {
    ANY: ("servicequotas:RequestServiceQuotaIncrease",),
    LINKED_ROLES: ("iam:CreateServiceLinkedRole",),
}
DEPLOY: dict[str, tuple[str, ...]] = {
    STACK: (
        "cloudformation:ContinueUpdateRollback",
        "cloudformation:CreateChangeSet",
        "cloudformation:DeleteChangeSet",
        "cloudformation:DeleteStack",
        "cloudformation:DescribeChangeSet",
        "cloudformation:DescribeEvents",
        "cloudformation:DescribeStackEvents",
        "cloudformation:DescribeStacks",
        "cloudformation:ExecuteChangeSet",
        "cloudformation:GetTemplate",
        "cloudformation:ListChangeSets",
        "cloudformation:ListStackResources",
        "cloudformation:TagResource",
        "cloudformation:UntagResource",
        "cloudformation:UpdateTerminationProtection",
    ),
    BOOTSTRAP: (
        "cloudformation:ContinueUpdateRollback",
        "cloudformation:CreateChangeSet",
        "cloudformation:DeleteChangeSet",
        "cloudformation:DeleteStack",
        "cloudformation:DescribeChangeSet",
        "cloudformation:DescribeEvents",
        "cloudformation:DescribeStackEvents",
        "cloudformation:DescribeStacks",
        "cloudformation:ExecuteChangeSet",
        "cloudformation:GetTemplate",
        "cloudformation:ListChangeSets",
        "cloudformation:ListStackResources",
        "cloudformation:TagResource",
        "cloudformation:UntagResource",
    ),
    STATE: (
        "s3:GetBucketVersioning",
        "s3:ListBucket",
        "s3:ListBucketMultipartUploads",
        "s3:ListBucketVersions",
    ),
    f"{STATE}/*": (
        "s3:AbortMultipartUpload",
        "s3:DeleteObject",
        "s3:DeleteObjectVersion",
        "s3:GetObject",
        "s3:PutObject",
    ),
    LOCK: ("dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Scan", "dynamodb:UpdateItem"),
    LINKED_ROLES: ("iam:CreateServiceLinkedRole", "iam:GetRole"),
    ANY: (
        "ce:ListCostAllocationTags",
        "ce:UpdateCostAllocationTagsStatus",
        "cloudformation:DescribeStacks",
        "cloudformation:ListStacks",
        "cloudformation:ValidateTemplate",
        "ecr:DescribeImages",
        "ecr:DescribeRepositories",
        "iam:GetRole",
        "logs:DescribeLogGroups",
        "tag:GetResources",
    ),
    BUCKETS: ("s3:ListBucket",),
    REPOSITORY: ("ecr:ListImages",),
}
VALIDATE: dict[str, tuple[str, ...]] = {
    STACK: (
        "cloudformation:DescribeStackResourceDrifts",
        "cloudformation:DetectStackDrift",
        "cloudformation:ListStackResources",
    ),
    ANY: (
        "batch:DescribeComputeEnvironments",
        "batch:DescribeJobDefinitions",
        "batch:DescribeJobQueues",
        "batch:DescribeJobs",
        "batch:ListJobs",
        "budgets:ViewBudget",
        "cloudformation:DescribeStackDriftDetectionStatus",
        "ec2:DescribeLaunchTemplateVersions",
        "ecr:DescribeImages",
        "ecr:DescribeRepositories",
        "iam:SimulatePrincipalPolicy",
        "kms:DescribeKey",
        "kms:GetKeyRotationStatus",
        "logs:DescribeLogGroups",
        "sns:ListSubscriptionsByTopic",
        "tag:GetResources",
    ),
    BUCKETS: (
        "s3:GetBucketOwnershipControls",
        "s3:GetBucketPolicy",
        "s3:GetBucketPublicAccessBlock",
        "s3:GetBucketVersioning",
        "s3:GetEncryptionConfiguration",
        "s3:ListBucket",
    ),
    PARAMETERS: ("ssm:GetParameter", "ssm:GetParametersByPath"),
    JOBS: ("batch:SubmitJob", "batch:TerminateJob"),
    QUEUES: ("batch:SubmitJob",),
    LOG_GROUPS: ("logs:GetLogEvents",),
}
DESTROY: dict[str, tuple[str, ...]] = {
    STACK: ("cloudformation:DeleteStack", "cloudformation:UpdateTerminationProtection"),
    BUCKETS: (
        "s3:DeleteBucket",
        "s3:GetBucketVersioning",
        "s3:ListBucket",
        "s3:ListBucketMultipartUploads",
        "s3:ListBucketVersions",
    ),
    f"{BUCKETS}/*": ("s3:AbortMultipartUpload", "s3:DeleteObject", "s3:DeleteObjectVersion"),
    REPOSITORY: ("ecr:BatchDeleteImage", "ecr:DeleteRepository", "ecr:ListImages"),
    QUEUES: ("batch:DeleteJobQueue", "batch:UpdateJobQueue"),
    ENVIRONMENTS: ("batch:DeleteComputeEnvironment", "batch:UpdateComputeEnvironment"),
    JOBS: ("batch:CancelJob", "batch:TerminateJob"),
    ALIASES: ("kms:DeleteAlias",),
    KEYS: ("kms:DeleteAlias", "kms:ScheduleKeyDeletion"),
    LOG_GROUPS: ("logs:DeleteLogGroup",),
    POLICIES: ("iam:ListEntitiesForPolicy",),
    HOLDERS: ("iam:DetachGroupPolicy", "iam:DetachRolePolicy", "iam:DetachUserPolicy"),
    ANY: (
        "batch:ListJobs",
        "ec2:DescribeInstances",
        "ec2:DescribeVolumes",
        "kms:DescribeKey",
        "kms:ListAliases",
        "logs:DescribeLogGroups",
        "tag:GetResources",
    ),
}
ESTIMATE: dict[str, tuple[str, ...]] = {ANY: ("ec2:DescribeSpotPriceHistory", "pricing:GetProducts")}
LIVE_DATA: dict[str, tuple[str, ...]] = {
    ANY: (
        "ec2:DescribeInstanceTypeOfferings",
        "ec2:DescribeInstanceTypes",
        "ec2:DescribeRegions",
        "ec2:DescribeSpotPriceHistory",
        "ec2:GetSpotPlacementScores",
        "pricing:GetProducts",
    )
}
"""geos-recommend refresh, --live and --watch-price."""

OWN_CALLS: dict[str, dict[str, tuple[str, ...]]] = {
    "check": CHECK,
    "quotas": QUOTAS,
    "quotas --request": REQUEST,
    "deploy": DEPLOY,
    "validate": VALIDATE,
    "destroy": DESTROY,
    "estimate": ESTIMATE,
}
"""Command of geos-setup -> resource pattern -> actions."""

BUILD: dict[str, tuple[str, ...]] = {
    ANY: (
        "ec2:AuthorizeSecurityGroupIngress",
        "ec2:CancelSpotInstanceRequests",
        "ec2:CreateSecurityGroup",
        "ec2:CreateTags",
        "ec2:DeleteNetworkInterface",
        "ec2:DeleteSecurityGroup",
        "ec2:DeleteVolume",
        "ec2:DescribeImages",
        "ec2:DescribeInstances",
        "ec2:DescribeInstanceTypes",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeSubnets",
        "ec2:DescribeVolumes",
        "ec2:DescribeVpcs",
        "ec2:GetConsoleOutput",
        "ec2:RunInstances",
        "ec2:TerminateInstances",
        "ecr:CreateRepository",
        "ecr:GetAuthorizationToken",
        "ecr:GetRegistryScanningConfiguration",
        "ecr:PutRegistryScanningConfiguration",
        "iam:GetInstanceProfile",
        "ssm:StartSession",
        "ssm:TerminateSession",
    ),
    REPOSITORY: (
        "ecr:BatchCheckLayerAvailability",
        "ecr:BatchGetImage",
        "ecr:CompleteLayerUpload",
        "ecr:DescribeImages",
        "ecr:DescribeRepositories",
        "ecr:GetDownloadUrlForLayer",
        "ecr:InitiateLayerUpload",
        "ecr:ListImages",
        "ecr:PutImage",
        "ecr:PutLifecyclePolicy",
        "ecr:UploadLayerPart",
    ),
    BUILD_ROLE: ("iam:PassRole",),
}
OTHER_PROGRAMS: dict[str, dict[str, tuple[str, ...]]] = {"geos-build": BUILD, "geos-recommend": LIVE_DATA}
"""The same of the programs beside geos-setup, which its checks do not ask about: a deployment needs none of it."""
