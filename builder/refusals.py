"""What a refused launch means: try elsewhere, or tell the user. Decided by AWS's code alone. Pure."""

from __future__ import annotations

from geos.builder.errors import HostQuotaShort, LaunchRefused, NoMachineImage
from geos.wizard.errors import AccessDenied, GeosError

CAPACITY = frozenset(
    {
        "InsufficientInstanceCapacity",
        "InsufficientHostCapacity",
        "InsufficientReservedInstanceCapacity",
        "InsufficientCapacity",
        "InsufficientAddressCapacity",
        "InsufficientFreeAddressesInSubnet",
        "UnfulfillableCapacity",
        "SpotMaxPriceTooLow",
        "Unsupported",
    }
)
"""Another type, zone or way of paying may do. Unsupported: the zone does not sell the type."""
SPOT_ONLY = frozenset({"MaxSpotInstanceCountExceeded", "AuthFailure.ServiceLinkedRoleCreationNotPermitted"})
"""Only Spot is refused: On-Demand may do."""
QUOTA = frozenset({"VcpuLimitExceeded", "InstanceLimitExceeded", "MaxSpotInstanceCountExceeded", "VolumeLimitExceeded"})
PROFILE_NOT_YET = "InvalidParameterValue"
"""EC2's code for an instance profile that IAM has not told it of yet (and for other things)."""


def elsewhere(error: GeosError) -> bool:
    """Whether another type, zone or market is worth a try."""
    return error.aws_code in CAPACITY


def not_as_spot(error: GeosError) -> bool:
    return error.aws_code in SPOT_ONLY


def explained(error: GeosError, instance_type: str) -> GeosError:
    """The error to show for a refusal that nothing can be done about here."""
    code = error.aws_code
    if code in QUOTA:
        return HostQuotaShort(
            f"the account's limits leave no room for a {instance_type}: {error.message}",
            hint="stop what runs, name a smaller type (--instance-type), or ask for more: geos-setup quotas",
            aws_code=code,
        )
    if isinstance(error, AccessDenied):
        plain = error.message.partition(" Encoded authorization failure message")[0]  # a kilobyte for sts to decode
        return AccessDenied(plain, hint=error.hint, aws_code=code)
    if code.startswith("InvalidAMIID"):
        return NoMachineImage(error.message, hint="look at --ami; or leave it away for Rocky Linux 9", aws_code=code)
    if code in _REFUSED:
        why, hint = _REFUSED[code]
        return LaunchRefused(
            f"AWS does not launch a {instance_type} for this account: {why or error.message}", hint=hint, aws_code=code
        )
    return error


_REFUSED = {
    "InvalidParameterCombination": (
        "",
        "on the Free plan only a few small types can be launched; the Paid plan keeps the credits: change it on the "
        "billing pages, then run the same command again",
    ),
    "PendingVerification": ("", "AWS verifies new accounts within hours; try again then"),
    "Blocked": ("", "the account is blocked: see AWS's mail to its address, or write to AWS Support"),
    # Elsewhere this code means that a region is off; a region that launches nothing was found out long before.
    "OptInRequired": (
        "its image comes from the AWS Marketplace, whose terms were not accepted.",
        "accept them on the image's page in the Marketplace, or leave --ami away",
    ),
    "AuthFailure.ServiceLinkedRoleCreationNotPermitted": (
        "",
        "the first Spot machine of an account needs a role that this user may not create: "
        "aws iam create-service-linked-role --aws-service-name spot.amazonaws.com",
    ),
}
"""Code -> AWS's words where ours say more, and what to do."""
