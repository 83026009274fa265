"""images: what lies in the repository."""

from __future__ import annotations

from geos.builder import registry
from geos.builder.cli.repository import owner
from geos.wizard.aws.ecr_facts import Image
from geos.wizard.cli.context import Context
from geos.wizard.errors import Exit


def run(context: Context) -> Exit:
    repository = owner(context).repository
    aws = context.aws
    with context.ui.waiting(f"reading {repository}"):
        found = registry.images(aws, repository)
    if context.json:
        rows = [_json(image) for image in found]
        context.ui.data({"schema": 1, "repository": repository, "region": aws.region, "images": rows})
    else:
        from geos.builder.views.images import images as view

        context.ui.show(view(found, repository=repository, region=aws.region, flags=context.account_flags()))
    return Exit.OK


def _json(image: Image) -> dict[str, object]:
    return {
        "digest": image.digest,
        "tags": sorted(image.tags),
        "kind": "index" if image.is_index else "image",
        "size_bytes": image.size_bytes,
        "pushed": image.pushed.isoformat() if image.pushed else None,
    }
