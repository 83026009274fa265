"""What a build may do in the account: the actions it needs, simulated, and the missing ones as a ready policy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from geos.builder.build import Build
from geos.builder.host_permissions import host_grants, host_key_grant
from geos.builder.images import cache_repository
from geos.builder.log_store import PREFIX
from geos.builder.plan import Finding
from geos.wizard.systems.derive.permissions import Grant
from geos.wizard.systems.derive.policies import as_policy

if TYPE_CHECKING:
    from geos.wizard.account.permissions import Permissions
    from geos.wizard.aws import Aws
    from geos.wizard.facts import Identity

PUSH, LOG = "image push", "log"
_ANYWHERE = ("ecr:GetAuthorizationToken",)
_SCANNING = ("ecr:GetRegistryScanningConfiguration", "ecr:PutRegistryScanningConfiguration")
_IN_REPOSITORY = (
    "ecr:BatchCheckLayerAvailability",
    "ecr:BatchGetImage",
    "ecr:CompleteLayerUpload",
    "ecr:CreateRepository",
    "ecr:DescribeImages",
    "ecr:DescribeRepositories",
    "ecr:GetDownloadUrlForLayer",
    "ecr:InitiateLayerUpload",
    "ecr:ListImages",
    "ecr:PutImage",
    "ecr:PutLifecyclePolicy",
    "ecr:TagResource",
    "ecr:UploadLayerPart",
)


def push_grants(build: Build, partition: str = "aws") -> tuple[Grant, ...]:
    """Only the build's own repository, and its cache's where there is one."""
    names = [build.repository] + ([cache_repository(build.repository)] if build.request.cache == "registry" else [])
    own = [f"arn:{partition}:ecr:{build.region}:{build.account_id}:repository/{name}" for name in names]
    return (
        *(Grant(action, "*", (PUSH,), region=build.region) for action in _ANYWHERE),
        *(Grant(action, arn, (PUSH,), region=build.region) for action in _IN_REPOSITORY for arn in own),
    )


def grants(build: Build, partition: str = "aws", *, launches: bool, profile: str = "") -> tuple[Grant, ...]:
    """Everything that the build may need. `profile`: the hosts' instance profile."""
    found: tuple[Grant, ...] = push_grants(build, partition) if build.request.push else ()
    if launches:
        found += host_grants(
            build.wish, region=build.region, account_id=build.account_id, partition=partition, profile=profile
        )
    return found


def optional_grants(build: Build, partition: str = "aws", *, launches: bool, creates: bool) -> Mapping[Grant, str]:
    """What the build goes on without -> what is then missing. `creates`: the repository is not there yet."""
    found: dict[Grant, str] = {}
    if creates:
        unscanned = f"images in {build.repository} are then not scanned for known flaws when they arrive"
        found |= {Grant(action, "*", (PUSH,), region=build.region): unscanned for action in _SCANNING}
    if build.log_bucket:
        pattern = f"arn:{partition}:s3:::{build.log_bucket}/{PREFIX}{build.repository}/*"
        found[Grant("s3:PutObject", pattern, (LOG,), region=build.region)] = "the log then stays on this computer only"
    if launches and build.wish.transport == "ssh":
        grant = host_key_grant(region=build.region, account_id=build.account_id, partition=partition)
        found[grant] = "the host's key is then not compared with what its console says"
    return found


def permission_findings(
    aws: Aws, identity: Identity, build: Build, *, launches: bool, creates: bool, profile: str = ""
) -> Iterator[Finding]:
    """Never raises for what IAM refuses to tell; what is denied stops the build before anything exists, unless the
    build goes on without it."""
    from geos.wizard.account.permissions import Permissions, check_permissions

    needed = grants(build, identity.partition, launches=launches, profile=profile)
    optional = optional_grants(build, identity.partition, launches=launches, creates=creates)
    told = check_permissions(aws, identity, (*needed, *optional))
    yield finding(Permissions(tuple(a for a in told.answers if a.grant not in optional)), len(needed))
    without: dict[str, list[str]] = {}
    for answer in told.of("denied"):
        if isinstance(answer.grant, Grant) and answer.grant in optional:
            without.setdefault(optional[answer.grant], []).append(answer.grant.action)
    for missed, actions in without.items():
        yield Finding("permissions", "short", f"not allowed, and not needed: {', '.join(actions)}", missed)


def finding(found: Permissions, count: int) -> Finding:
    denied, untold = found.of("denied"), found.of("not-told")
    if denied:
        actions = ", ".join(sorted({answer.grant.action for answer in denied}))
        policy = as_policy([answer.grant for answer in denied if isinstance(answer.grant, Grant)])
        text = f"not allowed: {actions}"
        return Finding("permissions", "short", text, "the policy below has exactly what is missing", True, policy)
    if untold:
        return Finding("permissions", "unknown", f"{len(untold)} of {count} actions: {untold[0].reason}")
    return Finding("permissions", "ok", f"{count} actions allowed")
