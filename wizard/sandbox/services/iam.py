"""IAM where moto is silent or wrong: policy simulation and service-linked roles."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from geos.wizard.sandbox.policies import Decision, Request, Statement, decide, documents
from geos.wizard.sandbox.wire import ApiError, Call
from geos.wizard.sandbox.world import CALLER, World

_LINKED = {
    "autoscaling": "AutoScaling",
    "batch": "Batch",
    "cloudwatch-crossaccount": "CloudWatchCrossAccount",
    "dynamodb.application-autoscaling": "ApplicationAutoScaling_DynamoDBTable",
    "ecs": "ECS",
    "ecs.application-autoscaling": "ApplicationAutoScaling_ECSService",
    "elasticloadbalancing": "ElasticLoadBalancing",
    "fsx": "AmazonFSx",
    "imagebuilder": "ImageBuilder",
    "opsdatasync.ssm": "SystemsManager_OpsDataSync",
    "pcs": "PCS",
    "rds": "RDS",
    "replication.ecr": "ECRReplication",
    "servicequotas": "ServiceQuotas",
    "spot": "EC2Spot",
    "spotfleet": "EC2SpotFleet",
}
"""What stands after AWSServiceRoleFor, by the service's name without .amazonaws.com."""

Sources = list[tuple[str, Statement]]


# --- simulation ------------------------------------------------------------------------------


def simulate_principal_policy(world: World, call: Call) -> Mapping[str, Any]:
    p = call.params
    statements, boundary = _principal(world, str(p["PolicySourceArn"]))
    statements = statements + _parsed(p.get("PolicyInputList"))
    given = p.get("PermissionsBoundaryPolicyInputList")
    return _simulated(call, statements, _parsed(given) if given else boundary)


def simulate_custom_policy(world: World, call: Call) -> Mapping[str, Any]:
    given = call.params.get("PermissionsBoundaryPolicyInputList")
    return _simulated(call, _parsed(call.params["PolicyInputList"]), _parsed(given) if given else None)


def _parsed(texts: Any) -> Sources:
    try:
        return documents(texts or [])
    except (ValueError, AttributeError, TypeError) as e:
        raise ApiError("PolicyEvaluation", f"The policy cannot be read: {e}") from e


def _simulated(call: Call, statements: Sources, boundary: Sources | None) -> Mapping[str, Any]:
    p = call.params
    context = {c["ContextKeyName"]: c.get("ContextKeyValues") or [] for c in p.get("ContextEntries") or []}
    resources = p.get("ResourceArns") or ["*"]
    rows = []
    for action in p["ActionNames"]:
        if ":" not in action:
            raise ApiError("InvalidInput", f"Invalid Action: {action} does not begin with a service prefix")
        rows += [_evaluated(Request(action, r, context), statements, boundary) for r in resources]
    marker, size = int(p.get("Marker") or 0), min(int(p.get("MaxItems") or 1000), 1000)
    some = rows[marker : marker + size]
    more = marker + size < len(rows)
    return {"EvaluationResults": some, "IsTruncated": more, "Marker": str(marker + size) if more else None}


def _evaluated(request: Request, statements: Sources, boundary: Sources | None) -> dict[str, Any]:
    verdict = decide(request, statements)
    row: dict[str, Any] = {"EvalActionName": request.action, "EvalResourceName": request.resource}
    if boundary is not None:
        limit = decide(request, boundary)
        allowed = limit.decision == "allowed"
        row["PermissionsBoundaryDecisionDetail"] = {"AllowedByPermissionsBoundary": allowed}
        if not allowed and verdict.decision == "allowed":
            verdict = Decision("explicitDeny" if limit.decision == "explicitDeny" else "implicitDeny")
    row["EvalDecision"] = verdict.decision
    row["MatchedStatements"] = [{"SourcePolicyId": s, "SourcePolicyType": "IAM Policy"} for s in verdict.matched]
    row["MissingContextValues"] = list(verdict.missing_context)
    return row


def _principal(world: World, arn: str) -> tuple[Sources, Sources | None]:
    """Every statement that applies to a user, group or role, and those of its boundary."""
    parts = arn.split(":", 5)
    kind, _, path = parts[-1].partition("/")
    if len(parts) != 6 or parts[2] != "iam" or kind not in ("user", "role", "group") or not path:
        raise ApiError("InvalidInput", f"Invalid Entity Arn: {arn} does not clearly define entity type and name.")
    name = path.rsplit("/", 1)[-1]
    iam = world.clients.get("iam", "us-east-1")
    key = f"{kind.capitalize()}Name"
    _must_exist(iam, kind, key, name, arn)
    sources = _attached(iam, kind, key, name)
    if kind == "user":
        for group in iam.list_groups_for_user(UserName=name)["Groups"]:
            sources += _attached(iam, "group", "GroupName", group["GroupName"])
    return documents(sources), _boundary(world, iam, kind, name)


def _must_exist(iam: Any, kind: str, key: str, name: str, arn: str) -> None:
    from botocore.exceptions import ClientError

    try:
        found = getattr(iam, f"get_{kind}")(**{key: name})[kind.capitalize()]
    except ClientError as e:
        raise ApiError("NoSuchEntity", f"The {kind} with name {name} cannot be found.", 404) from e
    if found["Arn"] != arn:
        # A role's path belongs to its ARN; leaving it out is a common mistake.
        raise ApiError("NoSuchEntity", f"The {kind} {arn} cannot be found.", 404)


def _attached(iam: Any, kind: str, key: str, name: str) -> list[Any]:
    who = {key: name}
    found: list[Any] = []
    for policy in getattr(iam, f"list_attached_{kind}_policies")(**who)["AttachedPolicies"]:
        found.append((policy["PolicyName"], _document(iam, policy["PolicyArn"])))
    for inline in getattr(iam, f"list_{kind}_policies")(**who)["PolicyNames"]:
        text = getattr(iam, f"get_{kind}_policy")(**who, PolicyName=inline)["PolicyDocument"]
        found.append((inline, text))
    return found


def _document(iam: Any, arn: str) -> Any:
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    found = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
    return json.loads(unquote(found)) if isinstance(found, str) else found


def _boundary(world: World, iam: Any, kind: str, name: str) -> Sources | None:
    if kind == "user":
        seeded = world.seed.boundary if name == CALLER else None
        return documents([seeded]) if seeded is not None else None
    if kind == "role":
        limit = iam.get_role(RoleName=name)["Role"].get("PermissionsBoundary")
        if limit:
            return documents([_document(iam, limit["PermissionsBoundaryArn"])])
    return None


# --- service-linked roles --------------------------------------------------------------------


def create_service_linked_role(world: World, call: Call) -> Mapping[str, Any]:
    from moto.iam.models import iam_backends

    service = str(call.params["AWSServiceName"])
    short = service.removesuffix(".amazonaws.com")
    if short == service:
        raise ApiError("InvalidInput", f"The service name {service} is not valid")
    suffix = call.params.get("CustomSuffix")
    name = f"AWSServiceRoleFor{_LINKED.get(short, short.split('.')[0].capitalize())}"
    name = f"{name}_{suffix}" if suffix else name
    backend = iam_backends[world.account]["aws"]
    if any(role.name == name for role in backend.get_roles()):
        raise ApiError(
            "InvalidInput",
            f"Service role name {name} has been taken in this account, please try a different suffix.",
        )
    trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    backend.create_role(
        name,
        json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
        f"/aws-service-role/{service}/",
        permissions_boundary=None,
        description=str(call.params.get("Description") or ""),
        tags=[],
        max_session_duration="3600",
        linked_service=service,
    )
    return {"Role": world.clients.get("iam", "us-east-1").get_role(RoleName=name)["Role"]}


ACTIONS = {
    "iam": {
        "SimulatePrincipalPolicy": simulate_principal_policy,
        "SimulateCustomPolicy": simulate_custom_policy,
        "CreateServiceLinkedRole": create_service_linked_role,
    }
}
