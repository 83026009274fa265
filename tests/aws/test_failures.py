"""What boto3 raises becomes an error with a code of ours, AWS's own code, and a next step."""

from __future__ import annotations

import re
from typing import Any

import botocore.exceptions as raised
import pytest

from geos.wizard import errors
from geos.wizard.aws.failures import translate


def refused(code: str, message: str = "no") -> raised.ClientError:
    return raised.ClientError({"Error": {"Code": code, "Message": message}}, "SomeCall")


CASES: list[tuple[Exception, type[errors.GeosError]]] = [
    (refused("ExpiredToken"), errors.ExpiredCredentials),
    (refused("InvalidClientTokenId"), errors.WrongCredentials),
    (refused("AuthFailure"), errors.WrongCredentials),
    (refused("SignatureDoesNotMatch", "Signature expired: 20261121 is now earlier than …"), errors.ClockSkew),
    (refused("SignatureDoesNotMatch", "The signature we calculated does not match"), errors.WrongCredentials),
    (refused("RequestTimeTooSkewed"), errors.ClockSkew),
    (refused("OptInRequired"), errors.RegionNotEnabled),
    (refused("UnauthorizedOperation"), errors.AccessDenied),
    (refused("AccessDeniedException"), errors.AccessDenied),
    (refused("TooManyRequestsException"), errors.Throttled),
    (refused("RequestLimitExceeded"), errors.Throttled),
    (refused("500"), errors.NotAnswered),
    (refused("UnknownOperationException"), errors.NotAnswered),
    (refused("EntityAlreadyExists"), errors.AlreadyThere),
    (refused("NoSuchEntity"), errors.NotThere),
    (refused("InvalidVpcID.NotFound"), errors.NotThere),
    (refused("SomethingElse"), errors.AwsRefused),
    (raised.NoCredentialsError(), errors.NoCredentials),
    (raised.PartialCredentialsError(provider="env", cred_var="x"), errors.NoCredentials),
    (raised.ProfileNotFound(profile="ana"), errors.ProfileUnknown),
    (raised.UnauthorizedSSOTokenError(), errors.SsoLoggedOut),
    (raised.SSOTokenLoadError(error_msg="x"), errors.SsoLoggedOut),
    (raised.TokenRetrievalError(provider="sso", error_msg="x"), errors.SsoLoggedOut),
    (raised.RefreshWithMFAUnsupportedError(), errors.MfaNeeded),
    (raised.EndpointConnectionError(endpoint_url="http://x"), errors.NoNetwork),
    (raised.ConnectTimeoutError(endpoint_url="http://x"), errors.NoNetwork),
    (raised.ReadTimeoutError(endpoint_url="http://x"), errors.NoNetwork),
    (raised.ConnectionClosedError(endpoint_url="http://x"), errors.NoNetwork),
]


@pytest.mark.parametrize(("error", "kind"), CASES, ids=lambda v: getattr(v, "__name__", str(v))[:60])
def test_each_failure_has_its_own_class(error: Exception, kind: type[errors.GeosError]) -> None:
    found = translate(error, "list the stacks", region="us-east-1", opt_in=False)
    assert type(found) is kind
    assert "list the stacks" in found.message
    if isinstance(error, raised.ClientError):
        assert found.aws_code == error.response["Error"]["Code"]
    if kind not in (errors.AwsRefused, errors.NotAnswered, errors.AlreadyThere, errors.NotThere):
        assert found.hint


@pytest.mark.parametrize("code", ["AuthFailure", "InvalidClientTokenId", "UnrecognizedClientException"])
def test_in_a_region_that_must_be_switched_on_a_bad_key_means_that_it_is_off(code: str) -> None:
    found: Any = translate(refused(code), "list the stacks", region="eu-south-2", opt_in=True)
    assert isinstance(found, errors.RegionNotEnabled)
    assert "eu-south-2" in found.message
    assert "enable-region" in found.hint


def test_a_denial_names_the_missing_action() -> None:
    text = "User: arn:aws:iam::123456789012:user/ana is not authorized to perform: ec2:DescribeVpcs because …"
    found = translate(refused("UnauthorizedOperation", text), "list the networks", region="us-east-1", opt_in=False)
    assert re.search(r"the action ec2:DescribeVpcs", found.hint)
