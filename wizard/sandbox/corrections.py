"""Where moto answers otherwise than AWS and no answer of our own stands in front of it.

Each correction names the fault. They reach into moto's internals, so moto is pinned exactly.
"""

from __future__ import annotations

import functools
from typing import Any


def apply() -> None:
    """Once per process, before the first request."""
    _no_docker()


def _no_docker() -> None:
    """moto would start containers for Lambda; a simulated account starts nothing."""
    from moto.core.config import default_user_config

    default_user_config["batch"]["use_docker"] = False
    default_user_config["lambda"]["use_docker"] = False


@functools.cache
def add_images() -> None:
    """moto has no Rocky Linux; its list can only be replaced, so the loading of it is extended."""
    from moto.ec2.models.amis import Ami, AmiBackend

    from geos.wizard.sandbox.services.images import rocky_images

    load = AmiBackend._load_amis

    def load_all(self: Any) -> None:
        load(self)
        for image in rocky_images(self.region_name):
            self.amis[image["ami_id"]] = Ami(self, **image)

    AmiBackend._load_amis = load_all
