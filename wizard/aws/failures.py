"""Turn what boto3 raises into errors a person can act on. Decided by class and AWS error code."""

from __future__ import annotations

import re
from collections.abc import Callable

import botocore.exceptions as raised

from geos.wizard import errors

EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"})
SKEWED = frozenset({"RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture"})
WRONG_KEY = frozenset(
    {
        "AuthFailure",
        "IncompleteSignature",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
DENIED = frozenset(
    {
        "403",
        "AccessDenied",
        "AccessDeniedException",
        "AuthorizationError",
        "AuthorizationErrorException",
        "Forbidden",
        "NotAuthorized",
        "UnauthorizedOperation",
    }
)
THROTTLED = frozenset(
    {
        "429",
        "LimitExceededException",
        "PriorRequestNotComplete",
        "RequestLimitExceeded",
        "RequestThrottled",
        "SlowDown",
        "Throttled",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
UNKNOWN_CALL = frozenset(
    {"404", "405", "500", "501", "InvalidAction", "NotImplemented", "UnknownOperation", "UnknownOperationException"}
)
ALREADY_THERE = frozenset(
    {
        "AlreadyExistsException",
        "BucketAlreadyExists",
        "BucketAlreadyOwnedByYou",
        "ConflictException",
        "DuplicateRecordException",
        "EntityAlreadyExists",
        "ImageAlreadyExistsException",
        "ImageTagAlreadyExistsException",
        "RepositoryAlreadyExistsException",
        "ResourceAlreadyExistsException",
    }
)
NOT_THERE = frozenset(
    {
        "ChangeSetNotFound",
        "NoSuchBucket",
        "NoSuchEntity",
        "NoSuchKey",
        "NoSuchResourceException",
        "NotFound",
        "NotFoundException",
        "ParameterNotFound",
        "RepositoryNotFoundException",
        "ResourceNotFoundException",
        "StackNotFoundException",
    }
)

# The only messages that are searched: one code stands for two causes and only the text tells them apart.
_SKEW_WORDS = re.compile(r"signature (expired|not yet current)", re.IGNORECASE)
_ACTION = re.compile(r"not authorized to perform:? ([a-z0-9-]+:[A-Za-z0-9*]+)")


def translate(error: Exception, doing: str, *, region: str, opt_in: bool) -> errors.GeosError:
    """The geos error for `error`, met while `doing` (words after "could not").

    `opt_in`: the region is off until an account enables it. There AWS answers "bad key" where it means
    "region not enabled", so that reading comes first.
    """
    if isinstance(error, raised.ClientError):
        return _refused(error, doing, region=region, opt_in=opt_in)
    for kinds, make in _LOCAL:
        if isinstance(error, kinds):
            return make(error, doing)
    return errors.AwsRefused(f"could not {doing}: {error}")


def _refused(error: raised.ClientError, doing: str, *, region: str, opt_in: bool) -> errors.GeosError:
    details = error.response.get("Error", {})
    code, text = str(details.get("Code", "")), str(details.get("Message", "")).strip()
    said = f"could not {doing} in {region}: {text or code}" if region else f"could not {doing}: {text or code}"
    if code in SKEWED or (code in WRONG_KEY and _SKEW_WORDS.search(text)):
        return errors.ClockSkew(
            f"could not {doing}: AWS refuses the time of this machine's clock.",
            hint="set the clock (for example: sudo timedatectl set-ntp true), then run the same command again",
            aws_code=code,
        )
    if code == "OptInRequired" or (code in WRONG_KEY and opt_in):
        return errors.RegionNotEnabled(
            f"could not {doing}: the region {region} is not enabled for this account ({code}).",
            hint=f"aws account enable-region --region-name {region} (takes minutes), or choose another --region",
            aws_code=code,
        )
    if code in DENIED:
        return _denied(code, text, said)
    for codes, kind, hint in _BY_CODE:
        if code in codes or (kind is errors.NotThere and code.endswith((".NotFound", "NotFoundException"))):
            return kind(said, hint=hint, aws_code=code)
    return errors.AwsRefused(said, aws_code=code)


def _denied(code: str, text: str, said: str) -> errors.GeosError:
    found = _ACTION.search(text)
    missing = f"the action {found.group(1)}" if found else "this action"
    return errors.AccessDenied(
        said,
        hint=f"ask for {missing}: geos-setup check prints the policy and a letter to an administrator",
        aws_code=code,
    )


_BY_CODE: tuple[tuple[frozenset[str], type[errors.GeosError], str], ...] = (
    (EXPIRED, errors.ExpiredCredentials, "sign in again (aws sso login, or new keys), then run the same command again"),
    (WRONG_KEY, errors.WrongCredentials, "check the key of this profile: aws configure list"),
    (THROTTLED, errors.Throttled, "wait a minute and run the same command again"),
    (UNKNOWN_CALL, errors.NotAnswered, ""),
    (ALREADY_THERE, errors.AlreadyThere, ""),
    (NOT_THERE, errors.NotThere, ""),
)


def _no_credentials(error: Exception, doing: str) -> errors.GeosError:
    return errors.NoCredentials(
        f"could not {doing}: no AWS credentials were found.",
        hint="geos-setup (the guided set-up shows four ways in), or geos-setup --sandbox to try without an account",
    )


def _logged_out(error: Exception, doing: str) -> errors.GeosError:
    return errors.SsoLoggedOut(
        f"could not {doing}: the login of this profile is over.",
        hint="aws sso login, or geos-setup and choose SSO login",
    )


def _no_profile(error: Exception, doing: str) -> errors.GeosError:
    name = getattr(error, "kwargs", {}).get("profile", "")
    return errors.ProfileUnknown(
        f'could not {doing}: there is no profile "{name}" in the AWS configuration files.',
        hint="aws configure list-profiles shows those that exist",
    )


def _no_network(error: Exception, doing: str) -> errors.GeosError:
    where = getattr(error, "kwargs", {}).get("endpoint_url", "")
    return errors.NoNetwork(
        f"could not {doing}: no answer{f' from {where}' if where else ''}.",
        hint="check the network, the proxy settings and --region, then run the same command again",
    )


def _mfa(error: Exception, doing: str) -> errors.GeosError:
    return errors.MfaNeeded(
        f"could not {doing}: this profile wants a one-time code.",
        hint="run the command in a terminal, where it can ask for the code, or use a session that has one already",
    )


def _unreadable(error: Exception, doing: str) -> errors.GeosError:
    return errors.NotAnswered(f"could not {doing}: the endpoint gave an answer that is not AWS's.")


_LOCAL: tuple[tuple[tuple[type[Exception], ...], Callable[[Exception, str], errors.GeosError]], ...] = (
    ((raised.RefreshWithMFAUnsupportedError,), _mfa),
    (
        (
            raised.TokenRetrievalError,
            raised.SSOError,
            raised.NoAuthTokenError,
            raised.UnknownTokenProviderError,
            raised.LoginError,
        ),
        _logged_out,
    ),
    ((raised.NoCredentialsError, raised.PartialCredentialsError, raised.CredentialRetrievalError), _no_credentials),
    ((raised.ProfileNotFound,), _no_profile),
    ((raised.ConnectionError, raised.HTTPClientError), _no_network),
)


def parser_failed(error: Exception, doing: str) -> errors.GeosError:
    """For botocore's ResponseParserError, which is of no family of its own."""
    return _unreadable(error, doing)
