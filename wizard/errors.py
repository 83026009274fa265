"""Every error a user can be shown, and every exit code.

A message says where, what and what to do next. The code is stable: `geos-setup explain CODE` tells
cause, cure and an example (explanations.py; a test holds that none is missing). Anything that is not
a GeosError is a fault of ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum


class Exit(IntEnum):
    """What a geos command ends with."""

    OK = 0
    FAILED = 1
    USAGE = 2  # wrong words, refused input, impossible combination
    SAID_NO = 3  # a check's answer is no: short, invalid, over tolerance, nothing fits
    COULD_NOT_CHECK = 4  # no credentials, no access, no network
    CANCELLED = 130  # 128 + SIGINT


class GeosError(Exception):
    """A fault that the user can understand and act on."""

    exit: Exit = Exit.FAILED
    code: str = "GEOS-D000"

    def __init__(self, message: str, *, hint: str = "", aws_code: str = "", code: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.aws_code = aws_code
        self.shown = False
        """A screen has told it in full already."""
        if code:
            self.code = code


class Cancelled(GeosError):
    """The user pressed Ctrl-C or said no."""

    exit = Exit.CANCELLED
    code = "GEOS-D001"


# --- A: access -------------------------------------------------------------------------------


class AccessError(GeosError):
    """AWS could not be asked."""

    exit = Exit.COULD_NOT_CHECK
    code = "GEOS-A000"


class NoCredentials(AccessError):
    """Nothing tells AWS who is asking."""

    code = "GEOS-A001"


class ExpiredCredentials(AccessError):
    """The session token was good once."""

    code = "GEOS-A002"


class WrongCredentials(AccessError):
    """AWS does not know this key, or the secret does not belong to it."""

    code = "GEOS-A003"


class SsoLoggedOut(AccessError):
    """The profile signs in through IAM Identity Center and the login is over."""

    code = "GEOS-A004"


class MfaNeeded(AccessError):
    """The profile's role wants a one-time code."""

    code = "GEOS-A005"


class ClockSkew(AccessError):
    """This machine's clock differs too much from AWS's."""

    code = "GEOS-A006"


class RegionNotEnabled(AccessError):
    """The region is switched off for this account."""

    code = "GEOS-A007"


class AccessDenied(AccessError):
    """The identity is known and may not do this."""

    code = "GEOS-A008"


class NoNetwork(AccessError):
    """AWS, or the endpoint named instead, does not answer."""

    code = "GEOS-A009"


class Throttled(AccessError):
    """AWS refused too many calls, also after waiting."""

    code = "GEOS-A010"


class NotAnswered(AccessError):
    """The endpoint does not know this call (a simulated account, or an older region)."""

    code = "GEOS-A011"


class ProfileUnknown(AccessError):
    """The named profile is in neither of the AWS configuration files."""

    exit = Exit.USAGE
    code = "GEOS-A012"


class AwsRefused(GeosError):
    """AWS refused a call for a reason that has no class of its own here."""

    code = "GEOS-A013"


class AlreadyThere(AwsRefused):
    """What should be created exists."""

    code = "GEOS-A014"


class NotThere(AwsRefused):
    """What was asked for does not exist."""

    code = "GEOS-A015"


# --- Q: quotas -------------------------------------------------------------------------------


class IncreaseRefused(GeosError):
    """AWS did not take the request for a larger quota."""

    code = "GEOS-Q003"


# --- T: templates, answers, targets ----------------------------------------------------------


class UsageError(GeosError):
    """Words on the command line that cannot be carried out."""

    exit = Exit.USAGE
    code = "GEOS-T001"


class BadAnswers(UsageError):
    """Values in geos.yaml, an answers file, the environment or on the command line; all faults at once."""

    code = "GEOS-T002"

    def __init__(self, faults: Sequence[str], *, hint: str = "") -> None:
        super().__init__("\n".join(faults), hint=hint)
        self.faults = tuple(faults)


class MissingAnswers(UsageError):
    """Questions that nobody can be asked, because there is no terminal or --yes was given."""

    code = "GEOS-T003"


class UnknownSystem(UsageError):
    """No such folder among the systems."""

    code = "GEOS-T004"


class BadManifest(UsageError):
    """A system's folder that cannot be used as it is."""

    code = "GEOS-T005"


class RenderFailed(UsageError):
    """A template that does not become valid JSON with these answers."""

    code = "GEOS-T006"


class RuleBroken(GeosError):
    """A rendered template breaks one of geos's own rules."""

    exit = Exit.SAID_NO
    code = "GEOS-T007"


class BadTemplate(UsageError):
    """A CloudFormation template that cannot be read."""

    code = "GEOS-T008"


class WrongTarget(UsageError):
    """The local record speaks of another account, endpoint or region than the one now in use."""

    code = "GEOS-T009"


class AmbiguousDeployment(UsageError):
    """Several deployments could be meant."""

    code = "GEOS-T010"


class NoDeployment(UsageError):
    """No deployment of that name, or none at all."""

    code = "GEOS-T011"


class BadRecord(UsageError):
    """A local record that was cut off or edited by hand."""

    code = "GEOS-T012"


class NeedsConfirmation(UsageError):
    """Something that costs or deletes, with nobody there to agree."""

    code = "GEOS-T013"


# --- D: deployment ---------------------------------------------------------------------------


class DeployFailed(GeosError):
    """CloudFormation could not make what was planned; more exact codes from D101 on say why."""

    code = "GEOS-D100"


class Locked(GeosError):
    """Another geos is changing this deployment."""

    code = "GEOS-D002"


class NameTaken(GeosError):
    """A name the plan needs belongs to something else."""

    exit = Exit.SAID_NO
    code = "GEOS-D003"


class DestroyIncomplete(GeosError):
    """Something is left after a destroy."""

    code = "GEOS-D004"


class DiskRefused(GeosError):
    """A local file could not be written; what AWS holds is untouched by that."""

    code = "GEOS-D005"


class ValidationFailed(GeosError):
    """A deployed resource is not what the plan says."""

    code = "GEOS-D006"


class StackBusy(GeosError):
    """CloudFormation is still working on the stack."""

    code = "GEOS-D007"


class StackStuck(GeosError):
    """A stack state that only deleting or repairing by hand can end."""

    code = "GEOS-D008"


class PlanChanged(GeosError):
    """The change set is no longer the one that was shown."""

    code = "GEOS-D009"


class CannotWork(GeosError):
    """What the plan needs is not to be had in its region, whatever anybody agrees to."""

    exit = Exit.SAID_NO
    code = "GEOS-D010"


# --- R: sizing, measurements and live data ----------------------------------------------------


class BadQuestion(UsageError):
    """Flags of geos-recommend that make no sense, each or together; all faults at once."""

    code = "GEOS-R001"

    def __init__(self, faults: Sequence[str], *, hint: str = "") -> None:
        super().__init__("\n".join(faults), hint=hint)
        self.faults = tuple(faults)


class MissingWords(UsageError):
    """A question that lacks its grid or its length, with nobody there to be asked."""

    code = "GEOS-R002"


class UnknownType(UsageError):
    """An instance type that no table knows, or that is not sized."""

    code = "GEOS-R003"


class NothingToSize(GeosError):
    """The catalogue holds no instance type at all for the question."""

    exit = Exit.SAID_NO
    code = "GEOS-R004"


class BadRows(UsageError):
    """A table of measurements that cannot be used; all faults at once."""

    code = "GEOS-R030"

    def __init__(self, faults: Sequence[str], *, hint: str = "") -> None:
        super().__init__("\n".join(faults), hint=hint)
        self.faults = tuple(faults)


class LogUnusable(UsageError):
    """No log among those named holds a finished run."""

    code = "GEOS-R031"


class LogIncomplete(UsageError):
    """A log does not tell where the run took place, and nobody can be asked."""

    code = "GEOS-R032"


class NoOwnRuns(UsageError):
    """There are no own runs to give away."""

    code = "GEOS-R034"


class CannotCalibrate(UsageError):
    """A calibration run that makes no sense or cannot be priced."""

    code = "GEOS-R035"


class BadCache(GeosError):
    """The cache of live data is damaged."""

    code = "GEOS-R050"


class NothingRead(AccessError):
    """No region told anything."""

    code = "GEOS-R051"


# --- R070 to R079: pictures --------------------------------------------------------------------


class UnknownPicture(UsageError):
    """A picture file whose ending is none of those that can be drawn."""

    code = "GEOS-R070"


class PngMissing(GeosError):
    """A .png needs a package that is not installed."""

    code = "GEOS-R071"


class NoFont(GeosError):
    """The machine has no font to write with."""

    code = "GEOS-R072"


# --- S: sandbox ------------------------------------------------------------------------------


class SandboxMissing(GeosError):
    """The simulated account needs packages that are not installed."""

    code = "GEOS-S001"


class SandboxNotRunning(GeosError):
    """There is no simulated account to talk to."""

    code = "GEOS-S002"


class SandboxFailed(GeosError):
    """The simulated account did not start, or died."""

    code = "GEOS-S003"


class SandboxOfAnother(GeosError):
    """The simulated account that runs was started by another version of geos."""

    exit = Exit.USAGE
    code = "GEOS-S004"
