"""What an image is called: its registry, repository, tags and digest. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from geos.builder.errors import BadImageName
from geos.builder.request import GCCLASSIC, Request

LATEST = "-latest"
"""How the tags end that move from image to image; all others name one image for ever."""
CACHE = "-cache"
"""What the repository of a build cache is called after: a cache's tag moves, which the images' repository forbids."""

_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_REPOSITORY = re.compile(r"(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_SHORTEST_REPOSITORY, _LONGEST_REPOSITORY = 2, 256


@dataclass(frozen=True)
class ImageName:
    """A full reference: registry/repository:tag@digest."""

    registry: str
    """Host, with a port where it is not 443."""
    repository: str
    tag: str = ""
    digest: str = ""

    def __str__(self) -> str:
        name = f"{self.registry}/{self.repository}"
        return name + (f":{self.tag}" if self.tag else "") + (f"@{self.digest}" if self.digest else "")

    def tagged(self, tag: str) -> ImageName:
        return replace(self, tag=tag, digest="")

    def pinned(self, digest: str) -> ImageName:
        """Named by what it holds, which nobody can change."""
        return replace(self, tag="", digest=digest)


@dataclass(frozen=True)
class Tags:
    """Under which tags one architecture's image is pushed."""

    fixed: str
    """Never names another image."""
    moving: str
    """The newest one; ends in -latest."""


def tags(request: Request, architecture: str, started: str) -> Tags:
    """`started` (UTC, ISO 8601) tells builds of another project's context apart, which have no version."""
    fixed = _stem(request, started)
    if len(request.architectures) > 1 or not request.tag:
        fixed = f"{architecture}-{fixed}"
    return Tags(check_tag(fixed), check_tag("-".join([architecture, *_variant(request)]) + LATEST))


def index_tag(request: Request, started: str) -> str:
    """The name that stands for all architectures: 14.7.1, or longer where something is not as usual."""
    usual = Request(request.architectures)
    if request.tag or not request.models or (request.compiler, request.mpi) != (usual.compiler, usual.mpi):
        return check_tag(_stem(request, started))
    return check_tag("-".join([*_models(request), request.version, *_tune(request)]))


def cache_repository(repository: str) -> str:
    return check_repository(repository + CACHE)


def check_tag(tag: str) -> str:
    """`tag` itself. Raises BadImageName."""
    if _TAG.fullmatch(tag):
        return tag
    raise BadImageName(
        f'"{tag}" cannot be an image\'s tag: up to 128 letters, digits, dots, dashes and underscores are allowed, '
        "the first one a letter, digit or underscore.",
        hint="choose another name: --tag NAME",
    )


def check_repository(name: str) -> str:
    """`name` itself. Raises BadImageName."""
    if _REPOSITORY.fullmatch(name) and _SHORTEST_REPOSITORY <= len(name) <= _LONGEST_REPOSITORY:
        return name
    raise BadImageName(
        f'"{name}" cannot be a repository of ECR: 2 to 256 small letters and digits, with single dots, dashes, '
        "underscores or slashes between them.",
        hint="choose another name: --repository NAME",
    )


def is_digest(text: str) -> bool:
    return _DIGEST.fullmatch(text) is not None


def _stem(request: Request, started: str) -> str:
    if request.tag:
        return request.tag
    if not request.models:
        return re.sub(r"[-:]", "", started)[:15].replace("T", "-")
    return "-".join([*_models(request), request.version, request.compiler, request.mpi, *_tune(request)])


def _models(request: Request) -> tuple[str, ...]:
    """Named unless it is Classic alone: two images of different models must not meet under one tag."""
    return () if request.models == (GCCLASSIC,) else request.models


def _tune(request: Request) -> tuple[str, ...]:
    """An image for one kind of CPU breaks on others, so that its name says so."""
    return () if request.tune == "generic" else (request.tune,)


def _variant(request: Request) -> tuple[str, ...]:
    """What keeps an image from being the one that every job of an architecture takes."""
    with_classic = not request.models or GCCLASSIC in request.models
    return (*(() if with_classic else request.models), *_tune(request))
