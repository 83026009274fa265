"""What one build is: settled before anything is created, never changed afterwards."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from geos.builder.request import HostWish, Request

TAG_BUILD, TAG_EXPIRES, TAG_MANAGED_BY = "geos:build", "geos:expires", "ManagedBy"
"""On everything a build makes: whose it is, and when it may be removed by anybody (UTC, ISO 8601)."""
MANAGED_BY = "geos"


@dataclass(frozen=True)
class Build:
    """One run of geos-build; it has a part for each architecture, each with a host of its own."""

    build_id: str
    """b- and six hexadecimal digits."""
    request: Request
    wish: HostWish
    account_id: str
    region: str
    endpoint: str
    sandbox: bool
    profile: str
    repository: str
    """The name of the ECR repository that the images go to."""
    started: str
    """UTC, ISO 8601."""
    expires: str
    """After this whatever is left may be removed."""
    project_tags: tuple[tuple[str, str], ...] = ()
    """Project, Environment, Owner, where a deployment is known."""
    log_bucket: str = ""
    """Where the log is kept beside the image; empty: on this machine alone."""

    @property
    def tags(self) -> dict[str, str]:
        """Of everything that is created."""
        own = {TAG_BUILD: self.build_id, TAG_EXPIRES: self.expires, TAG_MANAGED_BY: MANAGED_BY}
        return {**dict(self.project_tags), **own}


def new_build_id() -> str:
    return f"b-{secrets.token_hex(3)}"


@dataclass(frozen=True)
class Part:
    """How far one architecture's image is. Written to disk before each call that creates."""

    architecture: str
    client_token: str = ""
    """Makes a repeated launch the same launch (at most 64 ASCII characters)."""
    group_id: str = ""
    instance_id: str = ""
    instance_type: str = ""
    image_id: str = ""
    zone: str = ""
    market: str = ""
    """spot or on-demand, as it was launched."""
    usd_per_hour: float | None = None
    launched: str = ""
    """UTC, ISO 8601; empty while nothing costs."""
    host: str = ""
    """Where the machine answers: an address."""
    port: int = 22
    user: str = ""
    host_key: str = ""
    """The public half, as an OpenSSH line."""
    folder: str = ""
    """The build's own folder on the host."""
    finished: tuple[str, ...] = ()
    """Titles of the steps that are done."""
    image_digest: str = ""
    """Of the pushed image."""
    pushed: tuple[str, ...] = ()
    """Every reference under which it was pushed."""
    state: str = "running"
    """running, done, failed, lost (the host may go on) or cancelled."""
    error: str = ""
    began: str = ""
    """UTC, ISO 8601: when the work on it began, after it was agreed to."""
    ended: str = ""
    leftovers: tuple[str, ...] = ()
    """Ids that could not be removed yet."""
    log_at: str = ""
    """s3://…/, below which the log lies; empty: on this machine alone."""
    remarks: tuple[str, ...] = ()
    """What is not as it should be, and did not end the build."""
