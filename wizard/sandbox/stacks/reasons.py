"""Why a resource failed, in CloudFormation's words."""

from __future__ import annotations

import uuid
from typing import Any

from geos.wizard.sandbox.handlers.base import AlreadyExists, Refused, is_missing
from geos.wizard.sandbox.stacks.store import StackResource

_KINDS = (
    ("AlreadyExists", ("Already", "Duplicate", "InUse", "BucketAlready")),
    ("AccessDenied", ("AccessDenied", "Unauthorized", "Forbidden")),
    ("ServiceLimitExceeded", ("LimitExceeded", "TooMany", "ServiceQuotaExceeded")),
    ("Throttling", ("Throttling", "RequestLimit")),
    ("InvalidRequest", ("Invalid", "Validation", "Malformed", "Missing", "ClientException", "BadRequest")),
)


def of(error: Exception, resource: StackResource) -> str:
    """The status reason for a failed resource."""
    token = uuid.uuid4()
    if isinstance(error, AlreadyExists):
        return f"{error} (RequestToken: {token}, HandlerErrorCode: AlreadyExists)"
    if isinstance(error, Refused):
        return f'Resource handler returned message: "{error}" (RequestToken: {token}, HandlerErrorCode: InvalidRequest)'
    if isinstance(error, KeyError):
        # Handlers take what a type requires by subscription; what is missing is the template's fault.
        return (
            f"Properties validation failed for resource {resource.logical_id} with message:\n"
            f"#: required key [{error.args[0]}] not found"
        )
    response = getattr(error, "response", None)
    if response is None:
        kind = "InvalidRequest" if type(error).__module__.startswith("botocore") else "InternalFailure"
        text = str(error) if kind == "InvalidRequest" else f"the sandbox failed at {resource.type}: {error!r}"
        return f'Resource handler returned message: "{text}" (RequestToken: {token}, HandlerErrorCode: {kind})'
    detail, meta = response["Error"], response.get("ResponseMetadata", {})
    service = resource.type.split("::")[1]
    return (
        f'Resource handler returned message: "{detail.get("Message", "")} (Service: {service}, Status Code: '
        f'{meta.get("HTTPStatusCode", 400)}, Request ID: {meta.get("RequestId", token)})" '
        f"(RequestToken: {token}, HandlerErrorCode: {_kind(error)})"
    )


def _kind(error: Any) -> str:
    if is_missing(error):
        return "NotFound"
    code = error.response["Error"].get("Code", "")
    return next((kind for kind, words in _KINDS if any(w in code for w in words)), "GeneralServiceException")
