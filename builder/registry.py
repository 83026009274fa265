"""ECR from the client's side: the repository, the way in for the host, and what lies there afterwards.

The host only pushes one tag. All else (the moving tag, the index over the architectures, the proof that what lies
there is what was pushed) is done from here, so that no host waits for it and the token on it can do no more.
"""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from geos.builder.errors import DigestDiffers, IndexIncomplete, TagTaken
from geos.builder.images import LATEST, check_repository
from geos.builder.index import index_over
from geos.builder.request import ARM64, X86_64
from geos.wizard.aws.ecr_facts import Image, Manifest, Repository, Token
from geos.wizard.errors import AccessDenied, AlreadyThere, NotThere
from geos.wizard.waiting import until

if TYPE_CHECKING:
    from geos.wizard.aws import Aws

KEPT_IMAGES = 10
UNTAGGED_DAYS = 7
USUAL_LIFE = timedelta(hours=12)
"""Of a token of ECR."""
SHOWN_WITHIN_SECONDS = 10.0
"""How long ECR may take to show what it has just taken."""
BASIC = "BASIC"
_SAME_IMAGE = "ImageAlreadyExistsException"


@dataclass(frozen=True)
class Ensured:
    """A repository that is there."""

    repository: Repository
    created: bool
    remarks: tuple[str, ...] = ()
    """What is not as geos would have made it, in words."""


def ensure(aws: Aws, name: str, *, tags: Mapping[str, str], cache: bool = False) -> Ensured:
    """The repository, created when missing; one that is there stays as it is. `cache`: it is for a build's cache,
    whose tags move. Raises BadImageName."""
    check_repository(name)
    found = aws.ecr.repository(name)
    if found is not None:
        return Ensured(found, created=False, remarks=() if cache else _remarks(found))
    try:
        made = aws.ecr.create(
            name,
            tag_mutability="MUTABLE" if cache else "IMMUTABLE_WITH_EXCLUSION",
            moving_tags=() if cache else (f"*{LATEST}",),
            tags=tags,
        )
    except AlreadyThere:  # the other architecture's build was faster
        found = aws.ecr.repository(name)
        if found is None:
            raise
        return Ensured(found, created=False)
    aws.ecr.set_lifecycle(name, _untagged() if cache else lifecycle())
    return Ensured(made, created=True, remarks=() if cache else _scanned_on_push(aws, name))


def lifecycle() -> tuple[Mapping[str, Any], ...]:
    """What is removed by itself. By tag: "the last ten images" would count caches and parts of indexes too."""
    kept = [
        {
            "rulePriority": priority,
            "description": f"the last {KEPT_IMAGES} of {architecture} stay",
            "selection": {
                "tagStatus": "tagged",
                "tagPatternList": [f"{architecture}-*"],
                "countType": "imageCountMoreThan",
                "countNumber": KEPT_IMAGES,
            },
            "action": {"type": "expire"},
        }
        for priority, architecture in enumerate((ARM64, X86_64), start=2)
    ]
    return (*_untagged(), *kept)


def token(aws: Aws) -> Token:
    """A new one."""
    return aws.ecr.token()


def fresh(aws: Aws, known: Token | None, *, now: datetime | None = None) -> Token:
    """`known`, or a new one where it is missing or old."""
    if known is None or is_old(known, now or datetime.now(UTC)):
        return token(aws)
    return known


def is_old(known: Token, now: datetime) -> bool:
    """Past half of its life, so that a push that begins now can end. A token that was born expired tells nothing of
    its life (an emulator's, or this machine's clock is wrong): the usual one is taken."""
    life = known.expires - known.issued
    return now - known.issued >= (life if life > timedelta(0) else USUAL_LIFE) / 2


def image(aws: Aws, repository: str, tag: str) -> Image | None:
    return aws.ecr.image(repository, tag)


def images(aws: Aws, repository: str) -> tuple[Image, ...]:
    """Newest first; none for a repository that is not there."""
    try:
        found = aws.ecr.images(repository)
    except NotThere:
        return ()
    never = datetime.min.replace(tzinfo=UTC)
    return tuple(sorted(found, key=lambda i: (i.pushed or never, i.digest), reverse=True))


def verify(aws: Aws, repository: str, tag: str, digest: str) -> Image:
    """The image that was pushed, as ECR shows it. Raises DigestDiffers."""
    found = until(lambda: aws.ecr.image(repository, tag), at_most_seconds=SHOWN_WITHIN_SECONDS)
    if found is not None and found.digest == digest:
        return found
    there = f"names {found.digest}" if found else "is not there"
    raise DigestDiffers(
        f"{digest} was pushed to {repository}, but there the tag {tag} {there}.",
        hint="build again with a tag of its own: --tag NAME",
    )


def same_as_local(aws: Aws, repository: str, tag: str, local_id: str) -> Image:
    """After a push was refused because the tag is taken: the image there, when it is the very one that was built.
    Raises TagTaken when it is another."""
    manifest = aws.ecr.manifest(repository, tag)
    found = aws.ecr.image(repository, tag)
    if manifest is None or found is None or local_id not in _ids(manifest):
        raise taken(repository, tag, found.digest if found else "")
    return found


def add_tag(aws: Aws, repository: str, digest: str, tag: str) -> None:
    """Let `tag` name an image that lies there already. Raises TagTaken, IndexIncomplete."""
    manifest = aws.ecr.manifest(repository, digest)
    if manifest is None:
        raise IndexIncomplete(f"{digest} is not in the repository {repository} any more.")
    _put(aws, repository, tag, manifest)


def write_index(aws: Aws, repository: str, tag: str, children: Mapping[str, str]) -> str:
    """Give one name to the images of several architectures (architecture -> tag or digest); the index's digest.

    All or nothing: an index over some of them would take the tag for good. Raises IndexIncomplete, TagTaken.
    """
    found = {architecture: aws.ecr.manifest(repository, reference) for architecture, reference in children.items()}
    there = {architecture: manifest for architecture, manifest in found.items() if manifest is not None}
    if missing := sorted(found.keys() - there.keys()):
        raise _incomplete(repository, tag, missing, sorted(there))
    index = index_over(there)
    _put(aws, repository, tag, index)
    return index.digest


def taken(repository: str, tag: str, digest: str) -> TagTaken:
    return TagTaken(
        f"the tag {tag} in {repository} names another image already{f' ({digest})' if digest else ''}.",
        hint="give the new one a tag of its own: --tag NAME",
    )


def _put(aws: Aws, repository: str, tag: str, manifest: Manifest) -> None:
    try:
        aws.ecr.put_manifest(repository, manifest, tag)
    except AlreadyThere as e:
        if e.aws_code == _SAME_IMAGE:
            return
        there = aws.ecr.image(repository, tag)
        if there is None or there.digest != manifest.digest:
            raise taken(repository, tag, there.digest if there else "") from e
    except NotThere as e:
        raise IndexIncomplete(
            f"{repository}:{tag} could not be written: an image that it stands for is not in the repository.",
            hint="build both architectures again: geos-build --arch both",
        ) from e


def _incomplete(repository: str, tag: str, missing: list[str], there: list[str]) -> IndexIncomplete:
    kept = f" The image for {' and '.join(there)} is there and can be used." if there else ""
    return IndexIncomplete(
        f"{repository}:{tag} was not written: there is no image for {' and '.join(missing)}.{kept}",
        hint="geos-build --arch both writes it when all are there",
    )


def _ids(manifest: Manifest) -> tuple[str, ...]:
    """What an engine may call this image: by its configuration (Docker's own store) or its manifest (containerd's)."""
    said = json.loads(manifest.text)
    return (
        manifest.digest,
        *[m["digest"] for m in said.get("manifests", ())],
        said.get("config", {}).get("digest", ""),
    )


def _remarks(found: Repository) -> tuple[str, ...]:
    said = []
    if not found.tag_mutability.startswith("IMMUTABLE"):
        said.append(
            f"tags in {found.name} can be overwritten ({found.tag_mutability}); geos overwrites none but -latest"
        )
    if found.tag_mutability == "IMMUTABLE":
        said.append(f"no tag in {found.name} can move, so that -latest stays at the first image")
    return tuple(said)


def _untagged() -> tuple[Mapping[str, Any], ...]:
    return (
        {
            "rulePriority": 1,
            "description": "untagged images expire",
            "selection": {
                "tagStatus": "untagged",
                "countType": "sinceImagePushed",
                "countUnit": "days",
                "countNumber": UNTAGGED_DAYS,
            },
            "action": {"type": "expire"},
        },
    )


def _scanned_on_push(aws: Aws, name: str) -> tuple[str, ...]:
    """Scanning is set for the registry as a whole, for a repository alone no more. What is scanned already stays so."""
    try:
        rules = aws.ecr.scan_rules()
        if any(_covers(pattern, name) for pattern in rules.on_push):
            return ()
        if rules.kind != BASIC:  # Inspector's scans are paid for by the image
            return (f"images in {name} are not scanned for known flaws: no rule of the registry's paid scans names it",)
        # The first rule of a registry takes the place of what its repositories say of themselves.
        before = () if rules.on_push else tuple(r.name for r in aws.ecr.repositories() if r.scan_on_push)
        aws.ecr.set_scan_rules(rules.also(*before, name))
    except AccessDenied as e:
        return (f"images in {name} are not scanned for known flaws when they arrive ({e.aws_code})",)
    return ()


def _covers(pattern: str, name: str) -> bool:
    """As ECR does it: without a star, any name that contains the pattern."""
    return fnmatch.fnmatchcase(name, pattern) if "*" in pattern else pattern in name
