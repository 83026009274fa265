"""The IAM actions that a build host takes, no more: for the check beforehand, and for the policy it prints. Data."""

from __future__ import annotations

from geos.builder.request import HostWish
from geos.wizard.aws.sessions import SSH_DOCUMENT
from geos.wizard.systems.derive.permissions import Grant

HOST, LEFTOVERS = "build host", "clean"

_READS = (
    "ec2:DescribeImages",
    "ec2:DescribeInstanceTypeOfferings",
    "ec2:DescribeInstances",
    "ec2:DescribeRouteTables",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcs",
)
_READS_FOR_CLEAN = (
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSpotInstanceRequests",
    "ec2:DescribeVolumes",
)
_READS_FOR_QUOTA = (
    "ec2:DescribeCapacityReservations",
    "ec2:DescribeInstanceTypes",
    "servicequotas:GetAWSDefaultServiceQuota",
    "servicequotas:GetServiceQuota",
    "servicequotas:ListRequestedServiceQuotaChangeHistory",
)
_WRITES = (
    "ec2:AuthorizeSecurityGroupIngress",
    "ec2:CreateSecurityGroup",
    "ec2:CreateTags",
    "ec2:DeleteSecurityGroup",
    "ec2:RunInstances",
    "ec2:TerminateInstances",
)
_WRITES_FOR_CLEAN = ("ec2:DeleteNetworkInterface", "ec2:DeleteVolume")
_SPOT = ("ec2:CancelSpotInstanceRequests",)


def host_grants(
    wish: HostWish, *, region: str, account_id: str, partition: str = "aws", profile: str = ""
) -> tuple[Grant, ...]:
    """`profile`: the instance profile of a host that is reached through Session Manager."""
    own = f"arn:{partition}:ec2:{region}:{account_id}:*"
    wanted = [
        *((action, "*", HOST) for action in _READS),
        *((action, "*", LEFTOVERS) for action in _READS_FOR_CLEAN),
        *((action, "*", "quota") for action in _READS_FOR_QUOTA),
        *((action, own, HOST) for action in _WRITES),
        *((action, own, LEFTOVERS) for action in _WRITES_FOR_CLEAN),
    ]
    if wish.spot:
        wanted += [(action, own, LEFTOVERS) for action in _SPOT]
    grants = [Grant(action, pattern, (why,), region=region) for action, pattern, why in wanted]
    if wish.transport == "ssm":
        grants += _session_grants(region, account_id, partition)
        grants += _profile_grants(profile, account_id, partition) if profile else []
    return tuple(grants)


def host_key_grant(*, region: str, account_id: str, partition: str = "aws") -> Grant:
    """For a second opinion on the host key, without which a build goes on."""
    own = f"arn:{partition}:ec2:{region}:{account_id}:*"
    return Grant("ec2:GetConsoleOutput", own, ("host key check",), region=region)


def _session_grants(region: str, account_id: str, partition: str) -> list[Grant]:
    """What opens a session. What keeps and ends it (ssm:TerminateSession, ssm:ResumeSession and
    ssmmessages:OpenDataChannel) AWS's own policies allow for sessions that bear the caller's name, which a simulation
    cannot know beforehand: asking for more would refuse who may."""
    targets = (
        f"arn:{partition}:ec2:{region}:{account_id}:instance/*",
        f"arn:{partition}:ssm:{region}::document/{SSH_DOCUMENT}",
    )
    return [Grant("ssm:StartSession", target, (HOST,), region=region) for target in targets]


def _profile_grants(profile: str, account_id: str, partition: str) -> list[Grant]:
    """A deployment's profile and its role have the same name."""
    role = f"arn:{partition}:iam::{account_id}:role/{profile}"
    return [
        Grant("iam:GetInstanceProfile", f"arn:{partition}:iam::{account_id}:instance-profile/{profile}", (HOST,)),
        Grant("iam:PassRole", role, (HOST,), passed_to=("ec2.amazonaws.com",)),
    ]
