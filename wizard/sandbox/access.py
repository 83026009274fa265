"""Who may do what: regions that are switched off, services a test made unreadable, the caller's policies."""

from __future__ import annotations

from geos.wizard.sandbox.regions import enabled
from geos.wizard.sandbox.wire import ApiError, Call
from geos.wizard.sandbox.world import World

_DISABLED_REGION_CODE = {"ec2": "AuthFailure", "query": "InvalidClientTokenId", "json": "UnrecognizedClientException"}
_QUERY = frozenset({"sts", "cloudformation", "autoscaling", "sns", "elbv2", "rds", "iam", "cloudwatch"})
_GLOBAL = frozenset(
    {"iam", "budgets", "ce", "account", "organizations", "freetier", "pricing", "cloudfront", "route53"}
)
_ALWAYS_ALLOWED = frozenset({"sts:GetCallerIdentity"})


def refusal(world: World, call: Call) -> ApiError | None:
    """Why this call is not answered; None when it may pass."""
    if call.service not in _GLOBAL and not enabled(world.seed, call.region):
        return _region_is_off(call)
    if _unreadable(world, call) or _not_permitted(world, call):
        return _denied(world, call)
    return None


def _region_is_off(call: Call) -> ApiError:
    if call.service == "ec2":
        return ApiError("AuthFailure", "AWS was not able to validate the provided access credentials", 401)
    message = "The security token included in the request is invalid."
    if call.service == "s3":
        return ApiError("InvalidAccessKeyId", "The AWS Access Key Id you provided is not valid.", 403)
    kind = "query" if call.service in _QUERY else "json"
    return ApiError(_DISABLED_REGION_CODE[kind], message, 403)


def _unreadable(world: World, call: Call) -> bool:
    return call.service in world.seed.unreadable or call.iam_action in world.seed.unreadable


def _not_permitted(world: World, call: Call) -> bool:
    if world.seed.permissions is None or call.iam_action in _ALWAYS_ALLOWED:
        return False
    from geos.wizard.sandbox.policies import Request, decide, documents

    request = Request(call.iam_action, "*", {"aws:RequestedRegion": [call.region]})
    granted = documents([world.seed.permissions])
    if decide(request, granted, any_resource=True).decision != "allowed":
        return True
    boundary = world.seed.boundary
    return boundary is not None and decide(request, documents([boundary]), any_resource=True).decision != "allowed"


def _denied(world: World, call: Call) -> ApiError:
    caller = f"arn:aws:iam::{world.account}:user/{_caller()}"
    text = f"User: {caller} is not authorized to perform: {call.iam_action}"
    if call.service == "ec2":
        return ApiError("UnauthorizedOperation", f"You are not authorized to perform this operation. {text}", 403)
    if call.service in _QUERY or call.service == "s3":
        return ApiError("AccessDenied", text, 403)
    return ApiError("AccessDeniedException", text, 400)


def _caller() -> str:
    from geos.wizard.sandbox.world import CALLER

    return CALLER
