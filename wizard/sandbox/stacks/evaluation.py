"""A template meets an account: which values its functions take here and now."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from geos.wizard.cfn.load import MAX_BODY_BYTES, Template, load_template
from geos.wizard.cfn.resolve import Evaluator, Lookup, Pseudo, Resource, Unknown, references, unknowns
from geos.wizard.errors import BadTemplate
from geos.wizard.sandbox.stacks.parameters import refused
from geos.wizard.sandbox.wire import ApiError
from geos.wizard.sandbox.world import World

MAX_S3_BODY_BYTES = 1_048_576
MAX_RESOURCES = 500
_NAMED_IAM = {
    "AWS::IAM::Role": "RoleName",
    "AWS::IAM::User": "UserName",
    "AWS::IAM::Group": "GroupName",
    "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
    "AWS::IAM::InstanceProfile": "InstanceProfileName",
}
_IAM = frozenset({*_NAMED_IAM, "AWS::IAM::Policy", "AWS::IAM::AccessKey", "AWS::IAM::UserToGroupAddition"})
_RESOLVE = re.compile(r"\{\{resolve:(ssm|ssm-secure|secretsmanager):([^{}]+)\}\}")


def read_template(world: World, region: str, params: Mapping[str, Any], previous: str = "") -> tuple[str, Template]:
    """The template a request names: by body, by S3 address, or the stack's own."""
    body, url = params.get("TemplateBody"), params.get("TemplateURL")
    if params.get("UsePreviousTemplate"):
        if body or url:
            raise refused("You cannot specify both usePreviousTemplate and Template Body/Template URL.")
        text = previous
    elif url:
        text = _from_s3(world, region, str(url))
    elif body:
        text = str(body)
        if len(text.encode()) > MAX_BODY_BYTES:
            raise refused(
                f"1 validation error detected: Value '{text[:40]}…' at 'templateBody' failed to satisfy constraint: "
                f"Member must have length less than or equal to {MAX_BODY_BYTES}"
            )
    else:
        raise refused("Either Template URL or Template Body must be specified.")
    try:
        template = load_template(text, "template")
    except BadTemplate as e:
        raise refused(f"Template format error: {e.message}") from e
    _check_types(template, region)
    return text, template


def _from_s3(world: World, region: str, url: str) -> str:
    from urllib.parse import unquote, urlsplit

    place = urlsplit(url)
    host, path = place.hostname or "", unquote(place.path.lstrip("/"))
    bucket, _, key = path.partition("/")
    if virtual := re.match(r"(.+?)\.s3[.-]", host):
        bucket, key = virtual.group(1), path
    s3 = world.clients.get("s3", region)
    from botocore.exceptions import ClientError

    try:
        data: bytes = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    except ClientError as e:
        raise refused(f"S3 error: {e.response['Error'].get('Message', 'Access Denied')}") from e
    if len(data) > MAX_S3_BODY_BYTES:
        raise refused(f"Template may not exceed {MAX_S3_BODY_BYTES} bytes in size.")
    return data.decode()


def _check_types(template: Template, region: str) -> None:
    if "Transform" in template.body:
        raise refused(f"Transform {template.body['Transform']} is not simulated by the geos sandbox")
    resources = template.section("Resources")
    if len(resources) > MAX_RESOURCES:
        raise refused(f"Template format error: Number of resources, {len(resources)}, is greater than maximum allowed")
    unknown = sorted({r["Type"] for r in resources.values() if not _known(r["Type"], region)})
    if unknown:
        raise refused(f"Template format error: Unrecognized resource types: [{', '.join(unknown)}]")


def _known(type_name: str, region: str) -> bool:
    """Whether the registry of this region has the type."""
    from geos.wizard.tables.types import resource_type

    if type_name.startswith("Custom::"):
        return True
    found = resource_type(type_name)
    if found is None:
        return False
    return region in found.only_in if "*" in found.missing_in else region not in found.missing_in


def check_capabilities(template: Template, given: list[str]) -> None:
    """IAM resources need the caller's word that they are meant."""
    needed = ""
    for resource in template.section("Resources").values():
        if resource["Type"] in _IAM:
            named = _NAMED_IAM.get(resource["Type"], "")
            if named and named in resource.get("Properties", {}):
                needed = "CAPABILITY_NAMED_IAM"
                break
            needed = "CAPABILITY_IAM"
    enough = (
        {"CAPABILITY_NAMED_IAM"} if needed == "CAPABILITY_NAMED_IAM" else {"CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"}
    )
    if needed and not enough & set(given):
        raise ApiError("InsufficientCapabilitiesException", f"Requires capabilities : [{needed}]")


@dataclass(frozen=True)
class Scope:
    """Where and for whom a template is evaluated."""

    world: World
    region: str
    stack_name: str
    stack_id: str
    template: Template
    parameters: Mapping[str, str]

    def evaluator(self, lookup: Lookup) -> Evaluator:
        """Raises ApiError for faults that AWS finds in a template."""
        imports = {name: value for name, (value, _) in self.world.stacks.exports(self.region).items()}
        pseudo = Pseudo(
            account_id=self.world.account,
            region=self.region,
            stack_name=self.stack_name,
            stack_id=self.stack_id,
            availability_zones=self._zones(),
        )
        found = Evaluator(self.template, self.parameters, pseudo, lookup=lookup, imports=imports)
        found.parameters.update(self._stored_parameters())
        return found

    def _zones(self) -> tuple[str, ...]:
        if "Fn::GetAZs" not in str(self.template.body):
            return ()
        answer = self.world.clients.get("ec2", self.region).describe_availability_zones()
        return tuple(z["ZoneName"] for z in answer["AvailabilityZones"])

    def _stored_parameters(self) -> dict[str, str]:
        """Parameters whose value is the name of an entry in Parameter Store."""
        from botocore.exceptions import ClientError

        found = {}
        for name, spec in self.template.section("Parameters").items():
            if str(spec.get("Type", "")).startswith("AWS::SSM::Parameter::Value"):
                stored = self.parameters[name]
                try:
                    answer = self.world.clients.get("ssm", self.region).get_parameter(Name=stored)
                except ClientError as e:
                    raise refused(f"Parameters: [{stored}] cannot be found.") from e
                found[name] = str(answer["Parameter"]["Value"])
        return found

    def resources(self, evaluator: Evaluator) -> dict[str, Resource]:
        """The resources that are to exist, with what can be known of them."""
        try:
            found = {}
            for logical_id, raw in self.template.section("Resources").items():
                verdict = evaluator.condition(raw["Condition"]) if "Condition" in raw else True
                if verdict is not False:
                    found[logical_id] = evaluator.resource(logical_id, raw, verdict)
        except BadTemplate as e:
            raise refused(f"Template error: {e.message}") from e
        self._check_imports(found)
        return found

    def _check_imports(self, resources: Mapping[str, Resource]) -> None:
        for resource in resources.values():
            for unknown in unknowns(resource.properties):
                if unknown.why.startswith("the export "):
                    raise refused(f"No export named {unknown.why.split()[2]} found.")

    def imported(self) -> set[str]:
        """Names of the exports this template uses."""
        evaluator = self.evaluator(lambda i, a: Unknown("later", i, a))
        return {str(evaluator.value(raw, "import")) for raw in _imports(self.template.body)}

    def resolve_references(self, value: Any) -> Any:
        """`{{resolve:…}}` inside resolved properties, read from their stores."""
        if isinstance(value, dict):
            return {k: self.resolve_references(v) for k, v in value.items()}
        if isinstance(value, list):
            return [self.resolve_references(v) for v in value]
        if isinstance(value, str) and "{{resolve:" in value:
            return _RESOLVE.sub(self._stored, value)
        return value

    def _stored(self, match: re.Match[str]) -> str:
        store, name = match.group(1), match.group(2)
        if store == "secretsmanager":
            secret_id, _, rest = name.partition(":SecretString")
            secret = self.world.clients.get("secretsmanager", self.region).get_secret_value(SecretId=secret_id)
            key = rest.strip(":").split(":")[0]
            import json

            return str(json.loads(secret["SecretString"])[key]) if key else str(secret["SecretString"])
        answer = self.world.clients.get("ssm", self.region).get_parameter(Name=name, WithDecryption=True)
        return str(answer["Parameter"]["Value"])


def _imports(raw: Any) -> list[Any]:
    if isinstance(raw, list):
        return [found for item in raw for found in _imports(item)]
    if not isinstance(raw, dict):
        return []
    return [found for key, item in raw.items() for found in ([item] if key == "Fn::ImportValue" else _imports(item))]


__all__ = ["Scope", "check_capabilities", "read_template", "references"]
