"""The table of causes: which error codes and words of AWS mean what, and what helps.

This is the only place of the deployment that searches the text of messages: CloudFormation hands on the
error of another service as free text, often without its code. Codes are tried first, over all rows; then
the words. Sources: EC2 error code reference, CloudFormation's HandlerErrorCode list, the troubleshooting
chapters of the CloudFormation, Batch and KMS guides.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Cause:
    """One row. `why` and `fix` are in plain words; {name} in them is the resource, {region} its region."""

    code: str
    title: str
    why: str
    fix: str
    aws_codes: frozenset[str] = field(default_factory=frozenset)
    words: tuple[re.Pattern[str], ...] = ()
    again: bool = False
    """It may succeed by itself a little later, so one more try is worth it."""


def _words(*patterns: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(p, re.IGNORECASE) for p in patterns)


UNKNOWN = Cause(
    "GEOS-D100",
    "CloudFormation could not make it",
    "geos does not know this answer; AWS's own words are above",
    "read AWS's reason, change the answer it names, then: geos-setup deploy",
)

CAUSES: tuple[Cause, ...] = (
    Cause(
        "GEOS-D101",
        "a service quota is used up",
        "the account may not have any more of this in {region}",
        "geos-setup quotas --request files the increase; or remove what is no longer used, then: geos-setup deploy",
        frozenset(
            {
                "InstanceLimitExceeded",
                "InternetGatewayLimitExceeded",
                "LimitExceeded",
                "LimitExceededException",
                "MaxSpotInstanceCountExceeded",
                "NatGatewayLimitExceeded",
                "ServiceLimitExceeded",
                "ServiceQuotaExceededException",
                "TooManyBuckets",
                "VcpuLimitExceeded",
                "VolumeLimitExceeded",
                "VpcEndpointLimitExceeded",
            }
        ),
        _words(
            r"quota (has been )?exceeded",
            r"cannot exceed quota",
            r"limit exceeded",
            r"more buckets than allowed",
            r"maximum number of .{0,40} has been reached",
            r"limit (has been )?(exceeded|reached)",
            r"exceed(s|ed)? .{0,40}(quota|limit)",
        ),
    ),
    Cause(
        "GEOS-D102",
        "no VPC is left in the quota",
        "the account has as many VPCs in {region} as it may (5 unless it was raised)",
        "geos-setup deploy --vpc-mode existing uses a VPC you have; or geos-setup quotas --request asks for more",
        frozenset({"VpcLimitExceeded"}),
        _words(r"maximum number of VPCs"),
    ),
    Cause(
        "GEOS-D103",
        "no Elastic IP address is left in the quota",
        "each NAT gateway needs one, and the account has used up those it may have in {region}",
        "geos-setup deploy --nat-mode none needs none; or geos-setup quotas --request asks for more",
        frozenset({"AddressLimitExceeded"}),
        _words(r"maximum number of addresses"),
    ),
    Cause(
        "GEOS-D104",
        "the name is taken in this account",
        "something of that name exists already and does not belong to this stack",
        "delete or rename what is there, or choose another --environment, then: geos-setup deploy",
        frozenset(
            {
                "AlreadyExists",
                "AlreadyExistsException",
                "BucketAlreadyOwnedByYou",
                "DuplicateRecordException",
                "EntityAlreadyExists",
                "RepositoryAlreadyExistsException",
                "ResourceAlreadyExistsException",
                "ResourceInUseException",
            }
        ),
        _words(r"already exists?", r"name .{0,60}already (in use|taken)"),
    ),
    Cause(
        "GEOS-D105",
        "the bucket's name belongs to somebody else",
        "bucket names are unique over all accounts of AWS",
        "choose another --environment (it is part of the name), then: geos-setup deploy",
        frozenset({"BucketAlreadyExists"}),
        _words(r"requested bucket name is not available"),
    ),
    Cause(
        "GEOS-D106",
        "AWS did not permit it",
        "the identity that deploys lacks a permission, or a policy of the organization forbids it",
        "geos-setup check prints the missing permissions as a policy and as a letter to an administrator",
        frozenset(
            {
                "AccessDenied",
                "AccessDeniedException",
                "AuthorizationError",
                "Client.UnauthorizedOperation",
                "NotAuthorized",
                "UnauthorizedOperation",
                "UnauthorizedTaggingOperation",
            }
        ),
        _words(r"not authorized to perform", r"access denied", r"explicit deny"),
    ),
    Cause(
        "GEOS-D107",
        "the region or zone does not offer it",
        "this type is not sold in {region}, or not in the zone that was chosen",
        "choose another instance type or --region (geos-setup check tells what is offered), then: geos-setup deploy",
        frozenset({"InvalidInstanceType", "Unsupported", "UnsupportedOperation"}),
        _words(
            r"instance type.{0,80}(not supported|not available|does not exist|invalid)",
            r"(not supported|not available|unsupported) in .{0,40}(region|zone)",
            r"not supported in [a-z]{2}(-[a-z]+)+-\d",
            r"InstanceTypes?\b.{0,60}\bcan only be one of",
            r"unrecognized resource types?",
        ),
    ),
    Cause(
        "GEOS-D108",
        "the machine image is not there",
        "the image id is of another region, was withdrawn, or is for another architecture",
        "leave the image to geos (remove the answer that names it), then: geos-setup deploy",
        frozenset({"InvalidAMIID.Malformed", "InvalidAMIID.NotFound", "InvalidAMIID.Unavailable"}),
        _words(r"image id .{0,60}(does not exist|not found|invalid)", r"architecture .{0,60}does not match .{0,60}AMI"),
    ),
    Cause(
        "GEOS-D109",
        "the key's policy names a role that AWS does not see yet",
        "a new service-linked role takes some seconds to be known everywhere, or it is missing",
        "run geos-setup deploy again; it makes the roles that the key policy names first",
        frozenset({"MalformedPolicyDocumentException"}),
        _words(r"invalid principals?", r"principal .{0,60}(not valid|does not exist)"),
        again=True,
    ),
    Cause(
        "GEOS-D110",
        "AWS has no such machine free right now",
        "capacity of this type is used up in the zone at the moment; it is not a quota",
        "try again later, or choose more instance types, then: geos-setup deploy",
        frozenset(
            {
                "InsufficientCapacity",
                "InsufficientHostCapacity",
                "InsufficientInstanceCapacity",
                "InsufficientReservedInstanceCapacity",
                "SpotMaxPriceTooLow",
                "UnfulfillableCapacity",
            }
        ),
        _words(r"insufficient .{0,30}capacity", r"(do|does) not have sufficient .{0,60}capacity"),
    ),
    Cause(
        "GEOS-D111",
        "AWS refused too many calls",
        "something else in this account is calling the same service a lot",
        "wait a minute, then: geos-setup deploy",
        frozenset({"RequestLimitExceeded", "Throttling", "ThrottlingException", "TooManyRequestsException"}),
        _words(r"rate exceeded", r"too many requests"),
        again=True,
    ),
    Cause(
        "GEOS-D112",
        "the account is not ready for this service",
        "the service must be switched on first, or AWS is still checking the new account",
        "sign in to the console once and open the service; new accounts can take up to a day, then: geos-setup deploy",
        frozenset({"Blocked", "OptInRequired", "PendingVerification", "SubscriptionRequiredException"}),
        _words(r"needs a subscription", r"pending verification", r"account is (currently )?(blocked|being verified)"),
    ),
    Cause(
        "GEOS-D113",
        "something still uses it",
        "AWS does not remove what other things depend on, and those were not made by this stack",
        "remove what uses it (the reason names it), then: geos-setup destroy",
        frozenset({"DeleteConflict", "DependencyViolation", "ResourceConflict"}),
        _words(r"has (a )?dependen(t|cies|cy)", r"is (currently )?in use by", r"(JobQueue|queue) relationship"),
    ),
    Cause(
        "GEOS-D114",
        "it still holds data",
        "AWS does not remove a bucket or a repository that is not empty",
        "geos-setup destroy empties it first; geos-setup destroy --keep-data keeps it",
        frozenset({"BucketNotEmpty", "RepositoryNotEmptyException"}),
        _words(
            r"bucket .{0,80}not empty", r"repository .{0,120}(not empty|cannot be deleted because it still contains)"
        ),
    ),
    Cause(
        "GEOS-D115",
        "the free plan does not allow it",
        "an account on the free plan may start only the instance types marked for it; no quota increase helps",
        "move the account to the paid plan in the console (Billing, Account plan), then: geos-setup deploy",
        words=_words(r"not eligible for free tier", r"free tier .{0,60}not eligible"),
    ),
    Cause(
        "GEOS-D116",
        "the compute environment is INVALID",
        "Batch tried to use it and failed; the reason names the role, network or instance type it stumbled over",
        "geos-setup validate reads the reason back; correct what it names, then: geos-setup deploy",
        words=_words(r"compute environment .{0,80}\binvalid\b", r"\bINVALID\b.{0,80}compute environment"),
    ),
    Cause(
        "GEOS-D117",
        "it took too long",
        "the resource did not become ready in the time that CloudFormation waits",
        "geos-setup deploy tries again; if it stays, look at the resource in the console",
        frozenset({"NotStabilized", "ServiceTimeout"}),
        _words(r"did not stabilize", r"timed out", r"exceeded attempts to wait"),
        again=True,
    ),
    Cause(
        "GEOS-D118",
        "something it needs is not there",
        "it refers to a thing that does not exist or was removed by hand",
        "geos-setup status --drift shows what was removed by hand; put it back, or geos-setup destroy and deploy anew",
        frozenset({"InvalidSubnetID.NotFound", "InvalidVpcID.NotFound", "NotFound", "ResourceNotFoundException"}),
        _words(r"does not exist", r"could not be found", r"not found"),
    ),
    Cause(
        "GEOS-D119",
        "AWS had a fault of its own",
        "the service answered with an internal error",
        "wait a minute, then: geos-setup deploy",
        frozenset(
            {
                "GeneralServiceException",
                "InternalFailure",
                "InternalServerError",
                "ServiceInternalError",
                "ServiceUnavailable",
            }
        ),
        _words(r"internal (failure|error)", r"service unavailable"),
        again=True,
    ),
    Cause(
        "GEOS-D120",
        "a value is not allowed",
        "the service refuses a value of this resource",
        "change the answer that the reason names (geos-setup config show prints where each came from), "
        "then: geos-setup deploy",
        frozenset(
            {
                "InvalidParameter",
                "InvalidParameterCombination",
                "InvalidParameterException",
                "InvalidParameterValue",
                "InvalidRequest",
                "ValidationError",
                "ValidationException",
            }
        ),
        _words(r"invalid (parameter|request|value)", r"validation (error|failed)", r"failed to satisfy constraint"),
    ),
    Cause(
        "GEOS-D121",
        "the service-linked role is missing or could not be made",
        "the service acts through a role of its own, and the identity may not create it",
        "ask for iam:CreateServiceLinkedRole (geos-setup check prints it), then: geos-setup deploy",
        words=_words(r"service[- ]linked role"),
    ),
)
"""Order matters for the words only: the first row that matches wins, so the special stand before the general."""

_WORD_ORDER = ("GEOS-D115", "GEOS-D121", "GEOS-D105", "GEOS-D109", "GEOS-D116", "GEOS-D114", "GEOS-D102", "GEOS-D103")

_HANDLER_CODE = re.compile(r"HandlerErrorCode:\s*(\w+)")
_SERVICE_CODE = re.compile(r"(?:Error Code|ErrorCode):\s*([\w.]+)")
_IN_BRACKETS = re.compile(r"\((\w+(?:\.\w+)?)\) when calling")
_GENERAL = frozenset(
    {
        "GeneralServiceException",
        "InvalidRequest",
        "NotFound",
        "InternalFailure",
        "ValidationError",
        "ValidationException",
    }
)
"""Handler codes under which CloudFormation hides nearly anything: there the words say more."""

CANCELLED = re.compile(
    r"(resource (creation|update|deletion) cancelled|the following resource\(s\) failed)", re.IGNORECASE
)
"""What stands on resources and stacks that stopped only because another one failed."""

NO_CHANGES = re.compile(r"(didn't contain changes|no updates are to be performed)", re.IGNORECASE)
"""How CloudFormation says that a change set would change nothing; there is no code for it."""


def aws_codes_in(reason: str) -> tuple[str, ...]:
    """The error codes that CloudFormation wrote into `reason`, the service's own before the handler's."""
    found = [*_SERVICE_CODE.findall(reason), *_IN_BRACKETS.findall(reason), *_HANDLER_CODE.findall(reason)]
    return tuple(dict.fromkeys(found))


def cause_of(reason: str, aws_code: str = "") -> Cause:
    """The row for AWS's `reason`; UNKNOWN when none fits."""
    codes = [c for c in (aws_code, *aws_codes_in(reason)) if c]
    for code in codes:
        if code not in _GENERAL:
            row = next((c for c in CAUSES if code in c.aws_codes), None)
            if row is not None:
                return _sharper(row, reason)
    by_words = _by_words(reason)
    if by_words is not None:
        return by_words
    return next((c for code in codes for c in CAUSES if code in c.aws_codes), UNKNOWN)


def _by_words(reason: str) -> Cause | None:
    special = [c for wanted in _WORD_ORDER for c in CAUSES if c.code == wanted]
    rest = [c for c in CAUSES if c not in special]
    return next((c for c in (*special, *rest) if any(w.search(reason) for w in c.words)), None)


def _sharper(row: Cause, reason: str) -> Cause:
    """A special row whose words are there too says more than a general one found by its code."""
    found = _by_words(reason)
    return found if found is not None and found.code in _WORD_ORDER else row
