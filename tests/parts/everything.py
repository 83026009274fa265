"""One template with every resource type that the sandbox makes for real, and one that it simulates."""

from __future__ import annotations

import json
from typing import Any


def assume(service: str) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return {"Version": "2012-10-17", "Statement": [statement]}


RESOURCES: dict[str, Any] = {
    "Vpc": {
        "Type": "AWS::EC2::VPC",
        "Properties": {
            "CidrBlock": "10.0.0.0/16",
            "EnableDnsSupport": True,
            "EnableDnsHostnames": True,
            "Tags": [{"Key": "Name", "Value": "x"}],
        },
    },
    "Sn": {
        "Type": "AWS::EC2::Subnet",
        "Properties": {
            "VpcId": {"Ref": "Vpc"},
            "CidrBlock": {"Fn::Select": [0, {"Fn::Cidr": ["10.0.0.0/16", 4, 8]}]},
            "AvailabilityZone": {"Fn::Select": [0, {"Fn::GetAZs": ""}]},
            "MapPublicIpOnLaunch": True,
        },
    },
    "Igw": {"Type": "AWS::EC2::InternetGateway"},
    "Att": {
        "Type": "AWS::EC2::VPCGatewayAttachment",
        "Properties": {"VpcId": {"Ref": "Vpc"}, "InternetGatewayId": {"Ref": "Igw"}},
    },
    "Rt": {"Type": "AWS::EC2::RouteTable", "Properties": {"VpcId": {"Ref": "Vpc"}}},
    "Route": {
        "Type": "AWS::EC2::Route",
        "DependsOn": "Att",
        "Properties": {"RouteTableId": {"Ref": "Rt"}, "DestinationCidrBlock": "0.0.0.0/0", "GatewayId": {"Ref": "Igw"}},
    },
    "Assoc": {
        "Type": "AWS::EC2::SubnetRouteTableAssociation",
        "Properties": {"RouteTableId": {"Ref": "Rt"}, "SubnetId": {"Ref": "Sn"}},
    },
    "Eip": {"Type": "AWS::EC2::EIP", "Properties": {"Domain": "vpc"}},
    "Nat": {
        "Type": "AWS::EC2::NatGateway",
        "Properties": {"AllocationId": {"Fn::GetAtt": ["Eip", "AllocationId"]}, "SubnetId": {"Ref": "Sn"}},
    },
    "Vpce": {
        "Type": "AWS::EC2::VPCEndpoint",
        "Properties": {
            "VpcId": {"Ref": "Vpc"},
            "ServiceName": {"Fn::Sub": "com.amazonaws.${AWS::Region}.s3"},
            "RouteTableIds": [{"Ref": "Rt"}],
        },
    },
    "VpceI": {
        "Type": "AWS::EC2::VPCEndpoint",
        "Properties": {
            "VpcId": {"Ref": "Vpc"},
            "VpcEndpointType": "Interface",
            "ServiceName": {"Fn::Sub": "com.amazonaws.${AWS::Region}.ecs"},
            "SubnetIds": [{"Ref": "Sn"}],
            "SecurityGroupIds": [{"Ref": "Sg"}],
            "PrivateDnsEnabled": True,
        },
    },
    "Sg": {
        "Type": "AWS::EC2::SecurityGroup",
        "Properties": {
            "VpcId": {"Ref": "Vpc"},
            "GroupDescription": "batch",
            "SecurityGroupEgress": [{"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}],
        },
    },
    "SgIn": {
        "Type": "AWS::EC2::SecurityGroupIngress",
        "Properties": {
            "GroupId": {"Ref": "Sg"},
            "IpProtocol": "tcp",
            "FromPort": 443,
            "ToPort": 443,
            "SourceSecurityGroupId": {"Ref": "Sg"},
        },
    },
    "Lg": {"Type": "AWS::Logs::LogGroup", "Properties": {"RetentionInDays": {"Ref": "Days"}}},
    "FlRole": {
        "Type": "AWS::IAM::Role",
        "Properties": {"AssumeRolePolicyDocument": assume("vpc-flow-logs.amazonaws.com")},
    },
    "Fl": {
        "Type": "AWS::EC2::FlowLog",
        "Properties": {
            "ResourceId": {"Ref": "Vpc"},
            "ResourceType": "VPC",
            "TrafficType": "ALL",
            "LogGroupName": {"Ref": "Lg"},
            "DeliverLogsPermissionArn": {"Fn::GetAtt": ["FlRole", "Arn"]},
        },
    },
    "Key": {
        "Type": "AWS::KMS::Key",
        "Properties": {
            "Description": "k",
            "EnableKeyRotation": True,
            "KeyPolicy": {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": {"AWS": {"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:root"}},
                        "Action": "kms:*",
                        "Resource": "*",
                    }
                ],
            },
        },
    },
    "Alias": {"Type": "AWS::KMS::Alias", "Properties": {"AliasName": "alias/x", "TargetKeyId": {"Ref": "Key"}}},
    "Bucket": {
        "Type": "AWS::S3::Bucket",
        "Properties": {
            "BucketName": {"Fn::Sub": "geos-x-${AWS::AccountId}"},
            "VersioningConfiguration": {"Status": "Enabled"},
            "PublicAccessBlockConfiguration": {
                "BlockPublicAcls": True,
                "BlockPublicPolicy": True,
                "IgnorePublicAcls": True,
                "RestrictPublicBuckets": True,
            },
            "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
            "BucketEncryption": {
                "ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
            },
            "LifecycleConfiguration": {
                "Rules": [
                    {
                        "Id": "old",
                        "Status": "Enabled",
                        "NoncurrentVersionExpirationInDays": 30,
                        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
                    }
                ]
            },
            "NotificationConfiguration": {"EventBridgeConfiguration": {"EventBridgeEnabled": True}},
            "CorsConfiguration": {
                "CorsRules": [
                    {"AllowedMethods": ["GET"], "AllowedOrigins": ["*"], "AllowedHeaders": ["*"], "MaxAge": 300}
                ]
            },
        },
    },
    "Bp": {
        "Type": "AWS::S3::BucketPolicy",
        "Properties": {
            "Bucket": {"Ref": "Bucket"},
            "PolicyDocument": {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Deny",
                        "Principal": "*",
                        "Action": "s3:*",
                        "Resource": {"Fn::GetAtt": ["Bucket", "Arn"]},
                        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                    }
                ],
            },
        },
    },
    "Role": {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "RoleName": "x-inst",
            "AssumeRolePolicyDocument": assume("ec2.amazonaws.com"),
            "ManagedPolicyArns": ["arn:aws:iam::aws:policy/service-role/AmazonEC2ContainerServiceforEC2Role"],
            "Policies": [
                {
                    "PolicyName": "p",
                    "PolicyDocument": {
                        "Version": "2012-10-17",
                        "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}],
                    },
                }
            ],
        },
    },
    "Prof": {"Type": "AWS::IAM::InstanceProfile", "Properties": {"Roles": [{"Ref": "Role"}]}},
    "Mp": {
        "Type": "AWS::IAM::ManagedPolicy",
        "Properties": {
            "ManagedPolicyName": "x-mp",
            "PolicyDocument": {
                "Version": "2012-10-17",
                "Statement": [{"Effect": "Allow", "Action": "batch:*", "Resource": "*"}],
            },
            "Roles": [{"Ref": "Role"}],
        },
    },
    "Pol": {
        "Type": "AWS::IAM::Policy",
        "Properties": {
            "PolicyName": "inl",
            "PolicyDocument": {
                "Version": "2012-10-17",
                "Statement": [{"Effect": "Allow", "Action": "logs:*", "Resource": "*"}],
            },
            "Roles": [{"Ref": "Role"}],
        },
    },
    "Repo": {
        "Type": "AWS::ECR::Repository",
        "Properties": {
            "ImageScanningConfiguration": {"ScanOnPush": True},
            "ImageTagMutability": "IMMUTABLE_WITH_EXCLUSION",
            "ImageTagMutabilityExclusionFilters": [
                {
                    "ImageTagMutabilityExclusionFilterType": "WILDCARD",
                    "ImageTagMutabilityExclusionFilterValue": "*-latest",
                }
            ],
            "EmptyOnDelete": True,
            "EncryptionConfiguration": {"EncryptionType": "AES256"},
            "LifecyclePolicy": {
                "LifecyclePolicyText": json.dumps(
                    {
                        "rules": [
                            {
                                "rulePriority": 1,
                                "selection": {
                                    "tagStatus": "untagged",
                                    "countType": "sinceImagePushed",
                                    "countUnit": "days",
                                    "countNumber": 7,
                                },
                                "action": {"type": "expire"},
                            }
                        ]
                    }
                )
            },
        },
    },
    "Lt": {
        "Type": "AWS::EC2::LaunchTemplate",
        "Properties": {
            "LaunchTemplateName": "x-lt",
            "LaunchTemplateData": {
                "MetadataOptions": {"HttpTokens": "required", "HttpPutResponseHopLimit": 2},
                "BlockDeviceMappings": [
                    {
                        "DeviceName": "/dev/xvda",
                        "Ebs": {
                            "VolumeSize": 200,
                            "VolumeType": "gp3",
                            "Encrypted": True,
                            "KmsKeyId": {"Fn::GetAtt": ["Key", "Arn"]},
                        },
                    }
                ],
                "TagSpecifications": [{"ResourceType": "volume", "Tags": [{"Key": "a", "Value": "b"}]}],
            },
        },
    },
    "Ce": {
        "Type": "AWS::Batch::ComputeEnvironment",
        "Properties": {
            "ComputeEnvironmentName": "x-ce",
            "Type": "MANAGED",
            "State": "ENABLED",
            "ReplaceComputeEnvironment": False,
            "UpdatePolicy": {"TerminateJobsOnUpdate": False, "JobExecutionTimeoutMinutes": 60},
            "ComputeResources": {
                "Type": "SPOT",
                "AllocationStrategy": "SPOT_CAPACITY_OPTIMIZED",
                "MinvCpus": 0,
                "MaxvCpus": {"Ref": "Max"},
                "InstanceTypes": ["c7g.4xlarge", "c7g.8xlarge"],
                "Subnets": [{"Ref": "Sn"}],
                "SecurityGroupIds": [{"Ref": "Sg"}],
                "InstanceRole": {"Fn::GetAtt": ["Prof", "Arn"]},
                "LaunchTemplate": {
                    "LaunchTemplateId": {"Ref": "Lt"},
                    "Version": {"Fn::GetAtt": ["Lt", "LatestVersionNumber"]},
                },
                "Ec2Configuration": [{"ImageType": "ECS_AL2023"}],
                "Tags": {"Project": "x"},
            },
            "Tags": {"Project": "x"},
        },
    },
    "Sp": {
        "Type": "AWS::Batch::SchedulingPolicy",
        "Properties": {
            "Name": "x-sp",
            "FairsharePolicy": {
                "ShareDecaySeconds": 3600,
                "ComputeReservation": 1,
                "ShareDistribution": [{"ShareIdentifier": "a*", "WeightFactor": 0.5}],
            },
        },
    },
    "Jq": {
        "Type": "AWS::Batch::JobQueue",
        "Properties": {
            "JobQueueName": "x-jq",
            "Priority": 50,
            "State": "ENABLED",
            "SchedulingPolicyArn": {"Ref": "Sp"},
            "ComputeEnvironmentOrder": [{"Order": 1, "ComputeEnvironment": {"Ref": "Ce"}}],
            "JobStateTimeLimitActions": [
                {
                    "Action": "CANCEL",
                    "MaxTimeSeconds": 600,
                    "Reason": "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT",
                    "State": "RUNNABLE",
                }
            ],
        },
    },
    "Jd": {
        "Type": "AWS::Batch::JobDefinition",
        "Properties": {
            "JobDefinitionName": "x-jd",
            "Type": "container",
            "PropagateTags": True,
            "Parameters": {"inputPath": "UNSET"},
            "Timeout": {"AttemptDurationSeconds": 86400},
            "RetryStrategy": {
                "Attempts": 3,
                "EvaluateOnExit": [
                    {"OnStatusReason": "Host EC2*", "Action": "RETRY"},
                    {"OnReason": "*", "Action": "EXIT"},
                ],
            },
            "ContainerProperties": {
                "Image": {"Fn::Sub": "${Repo.RepositoryUri}:arm64-latest"},
                "Command": ["/app/entrypoint.sh", "Ref::inputPath"],
                "JobRoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
                "ResourceRequirements": [{"Type": "VCPU", "Value": "16"}, {"Type": "MEMORY", "Value": "28000"}],
                "Environment": [{"Name": "OMP_NUM_THREADS", "Value": "16"}],
                "MountPoints": [{"ContainerPath": "/scratch", "SourceVolume": "scratch"}],
                "Volumes": [{"Name": "scratch", "Host": {"SourcePath": "/var/tmp/scratch"}}],
                "LogConfiguration": {
                    "LogDriver": "awslogs",
                    "Options": {"awslogs-group": {"Ref": "Lg"}, "awslogs-region": {"Ref": "AWS::Region"}},
                },
            },
        },
    },
    "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "x-alerts", "KmsMasterKeyId": "alias/aws/sns"}},
    "Sub": {
        "Type": "AWS::SNS::Subscription",
        "Properties": {"TopicArn": {"Ref": "Topic"}, "Protocol": "email", "Endpoint": "a@example.org"},
    },
    "Tp": {
        "Type": "AWS::SNS::TopicPolicy",
        "Properties": {
            "Topics": [{"Ref": "Topic"}],
            "PolicyDocument": {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": {"Service": "events.amazonaws.com"},
                        "Action": "sns:Publish",
                        "Resource": {"Ref": "Topic"},
                    }
                ],
            },
        },
    },
    "Rule": {
        "Type": "AWS::Events::Rule",
        "Properties": {
            "Name": "x-rule",
            "EventPattern": {"source": ["aws.batch"], "detail-type": ["Batch Job State Change"]},
            "Targets": [
                {"Id": "log", "Arn": {"Fn::GetAtt": ["Lg", "Arn"]}},
                {
                    "Id": "sns",
                    "Arn": {"Ref": "Topic"},
                    "InputTransformer": {"InputPathsMap": {"n": "$.detail.jobName"}, "InputTemplate": '"<n>"'},
                },
            ],
        },
    },
    "Mf": {
        "Type": "AWS::Logs::MetricFilter",
        "Properties": {
            "LogGroupName": {"Ref": "Lg"},
            "FilterName": "failed",
            "FilterPattern": "{ $.detail.status = FAILED }",
            "MetricTransformations": [
                {"MetricName": "JobsFailed", "MetricNamespace": "Geos/x", "MetricValue": "1", "DefaultValue": 0}
            ],
        },
    },
    "Alarm": {
        "Type": "AWS::CloudWatch::Alarm",
        "Properties": {
            "AlarmName": "x-failed",
            "MetricName": "JobsFailed",
            "Namespace": "Geos/x",
            "Statistic": "Sum",
            "Period": 300,
            "EvaluationPeriods": 1,
            "Threshold": 1,
            "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            "TreatMissingData": "notBreaching",
            "AlarmActions": [{"Ref": "Topic"}],
            "OKActions": [{"Ref": "Topic"}],
        },
    },
    "Alarm2": {
        "Type": "AWS::CloudWatch::Alarm",
        "Properties": {
            "AlarmName": "x-rate",
            "EvaluationPeriods": 1,
            "Threshold": 10,
            "ComparisonOperator": "GreaterThanThreshold",
            "AlarmActions": [{"Ref": "Topic"}],
            "Metrics": [
                {
                    "Id": "f",
                    "MetricStat": {
                        "Metric": {"Namespace": "Geos/x", "MetricName": "JobsFailed"},
                        "Period": 3600,
                        "Stat": "Sum",
                    },
                    "ReturnData": False,
                },
                {"Id": "e", "Expression": "f*100", "Label": "rate", "ReturnData": True},
            ],
        },
    },
    "Dash": {
        "Type": "AWS::CloudWatch::Dashboard",
        "Properties": {"DashboardName": "x-dash", "DashboardBody": {"Fn::Sub": '{"widgets":[]}'}},
    },
    "Budget": {
        "Type": "AWS::Budgets::Budget",
        "Properties": {
            "Budget": {
                "BudgetName": "x-b",
                "BudgetType": "COST",
                "TimeUnit": "MONTHLY",
                "BudgetLimit": {"Amount": 200, "Unit": "USD"},
                "CostFilters": {"TagKeyValue": ["user:Project$x"]},
            },
            "NotificationsWithSubscribers": [
                {
                    "Notification": {
                        "NotificationType": "ACTUAL",
                        "ComparisonOperator": "GREATER_THAN",
                        "Threshold": 80,
                        "ThresholdType": "PERCENTAGE",
                    },
                    "Subscribers": [{"SubscriptionType": "EMAIL", "Address": "a@example.org"}],
                }
            ],
        },
    },
    "Param": {
        "Type": "AWS::SSM::Parameter",
        "Properties": {"Name": "/geos-chem/dev/bucket", "Type": "String", "Value": {"Ref": "Bucket"}},
    },
    "Table": {
        "Type": "AWS::DynamoDB::Table",
        "Properties": {
            "TableName": "geos-deploy-lock",
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "LockID", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "LockID", "KeyType": "HASH"}],
            "SSESpecification": {"SSEEnabled": True},
        },
    },
    "FnRole": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": assume("lambda.amazonaws.com")}},
    "Fn": {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "FunctionName": "x-fn",
            "Runtime": "python3.12",
            "Handler": "index.handler",
            "Timeout": 30,
            "Role": {"Fn::GetAtt": ["FnRole", "Arn"]},
            "Code": {"ZipFile": "def handler(event, context):\n    return 1\n"},
        },
    },
    "FnPermission": {
        "Type": "AWS::Lambda::Permission",
        "Properties": {
            "FunctionName": {"Ref": "Fn"},
            "Action": "lambda:InvokeFunction",
            "Principal": "events.amazonaws.com",
            "SourceArn": {"Fn::GetAtt": ["Rule", "Arn"]},
        },
    },
    "Am": {"Type": "AWS::CE::AnomalyMonitor", "Properties": {"MonitorName": "m", "MonitorType": "DIMENSIONAL"}},
}

EVERYTHING: dict[str, Any] = {
    "Parameters": {"Days": {"Type": "Number", "Default": 30}, "Max": {"Type": "Number", "Default": 5000}},
    "Resources": RESOURCES,
    "Outputs": {
        "Queue": {"Value": {"Ref": "Jq"}},
        "Monitor": {"Value": {"Fn::GetAtt": ["Am", "MonitorArn"]}},
        "Repository": {"Value": {"Fn::GetAtt": ["Repo", "RepositoryUri"]}},
    },
}
