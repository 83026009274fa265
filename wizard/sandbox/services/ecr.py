"""ECR where moto is wrong or too kind: tokens that open the registry, digests, tags that may not move, indexes."""

from __future__ import annotations

import base64
import fnmatch
import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from geos.wizard.sandbox.wire import ApiError, Call
from geos.wizard.sandbox.world import World

USER = "AWS"


@dataclass(frozen=True)
class Pass:
    """What a token stands for."""

    region: str
    access_key: str
    expires: datetime


def passes(world: World) -> dict[str, Pass]:
    """Password -> what it opens, of every token given out."""
    return world.part("ecr-passes", dict[str, Pass])


def get_authorization_token(world: World, call: Call) -> Mapping[str, Any]:
    expires = datetime.now(UTC) + timedelta(seconds=world.seed.registry_token_seconds)
    rows = []
    for registry in call.params.get("registryIds") or [world.account]:
        password = secrets.token_urlsafe(48)
        passes(world)[password] = Pass(call.region, call.access_key, expires)
        name = f"https://{registry}.dkr.ecr.{call.region}.amazonaws.com"
        rows.append(
            {
                "authorizationToken": base64.b64encode(f"{USER}:{password}".encode()).decode(),
                "expiresAt": expires,
                # Where images can really be pushed to. Engines take plain HTTP on the loopback address.
                "proxyEndpoint": world.endpoint or name,
            }
        )
    return {"authorizationData": rows}


def put_image(world: World, call: Call) -> Mapping[str, Any]:
    given = call.params
    text = given["imageManifest"]
    tag, named = given.get("imageTag") or "", given.get("imageDigest") or ""
    image = store(
        world, call.region, given["repositoryName"], text, given.get("imageManifestMediaType", ""), tag, named
    )
    found: dict[str, Any] = {
        "registryId": world.account,
        "repositoryName": given["repositoryName"],
        "imageId": {"imageDigest": image.get_image_digest(), **({"imageTag": tag} if tag else {})},
        "imageManifest": text,
        "imageManifestMediaType": image.image_manifest_media_type,
    }
    return {"image": found}


def repository(world: World, region: str, name: str) -> Any:
    """moto's repository, which holds moto's images. Raises ApiError."""
    from moto.ecr.models import ecr_backends

    world.furnish("ecr")
    found = ecr_backends[world.account][region].repositories.get(name)
    if found is None:
        text = f"The repository with name '{name}' does not exist in the registry with id '{world.account}'"
        raise ApiError("RepositoryNotFoundException", text)
    return found


def image_in(repository: Any, reference: str) -> Any:
    """By tag or digest; None when there is none."""
    return next((i for i in repository.images if reference in (*i.image_tags, i.get_image_digest())), None)


def store(world: World, region: str, name: str, text: str, media_type: str, tag: str, named: str = "") -> Any:
    """Keep an image; `named` is the digest that the caller takes it for. Call under the account's lock.
    Raises ApiError with ECR's codes."""
    from moto.ecr.models import Image

    place = repository(world, region, name)
    manifest = _read(text)
    digest = f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
    if named and named != digest:
        raise ApiError("ImageDigestDoesNotMatchException", f"The digest {named} is not that of the manifest, {digest}")
    _require_parts(world, place, manifest)
    there = image_in(place, digest)
    _require_free_tag(world, place, there, tag, digest)
    if there is None:
        kind = media_type or str(manifest["mediaType"])
        there = Image(world.account, None, text, name, kind, digest, world.account)  # type: ignore[arg-type]
        place.images.append(there)
    if tag:
        for image in place.images:
            image.remove_tag(tag)  # it stays, without this name
        there.update_tag(tag)
    return there


def is_immutable(place: Any, tag: str) -> bool:
    kind, _, with_exclusion = str(getattr(place.image_tag_mutability, "value", place.image_tag_mutability)).partition(
        "_"
    )
    filters = place.image_tag_mutability_exclusion_filters or () if with_exclusion else ()
    excluded = any(fnmatch.fnmatchcase(tag, f["filter"]) for f in filters)
    return (kind == "IMMUTABLE") != excluded


def _read(text: str) -> Mapping[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if isinstance(found, dict):
        return found
    raise ApiError("InvalidParameterException", "Invalid parameter at 'ImageManifest': Invalid JSON syntax")


def _require_parts(world: World, place: Any, manifest: Mapping[str, Any]) -> None:
    missing = [m["digest"] for m in manifest.get("manifests", ()) if image_in(place, m["digest"]) is None]
    if missing:
        raise ApiError(
            "ReferencedImagesNotFoundException",
            f"Images with digests '[{', '.join(missing)}]' required for pushing image into repository with name "
            f"'{place.name}' in the registry with id '{world.account}' do not exist",
        )


def _require_free_tag(world: World, place: Any, there: Any, tag: str, digest: str) -> None:
    holder = image_in(place, tag) if tag else there
    if holder is None:
        return
    if tag and is_immutable(place, tag):
        # Also for the very same image.
        raise ApiError(
            "ImageTagAlreadyExistsException",
            f"The image tag '{tag}' already exists in the '{place.name}' repository and cannot be overwritten because "
            "the tag is immutable.",
        )
    if holder.get_image_digest() == digest:
        raise ApiError(
            "ImageAlreadyExistsException",
            f"Image with digest '{digest}' and tag '{tag or None}' already exists in the repository with name "
            f"'{place.name}' in registry with id '{world.account}'",
        )


ACTIONS = {"ecr": {"GetAuthorizationToken": get_authorization_token, "PutImage": put_image}}
