"""What the account says of the quotas of a few candidates. Asked only where there are credentials, and never long.

Without credentials or network the documented defaults serve, which costs no time.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from geos.wizard.errors import GeosError
from geos.wizard.sizing.quota import Known, Place, place_of

if TYPE_CHECKING:
    from geos.wizard.cli.context import Context
    from geos.wizard.sizing.values import Candidate

PATIENCE_SECONDS = 1.5
"""For the first sign of a network."""
_SIGNS = (
    "AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)  # fmt: skip


def has_credentials(context: Context) -> bool:
    """Whether anything looks like it. An instance's own role is not looked for: that would take seconds elsewhere."""
    flags = context.flags
    if flags.offline:
        return False
    if flags.sandbox or flags.profile or any(os.environ.get(name) for name in _SIGNS):
        return True
    files = (("AWS_SHARED_CREDENTIALS_FILE", "credentials"), ("AWS_CONFIG_FILE", "config"))
    return any(Path(os.environ.get(name) or Path.home() / ".aws" / file).is_file() for name, file in files)


def quotas(context: Context, candidates: Iterable[Candidate]) -> tuple[dict[Place, Known], str]:
    """(what the account has, why it could not be asked)."""
    places = dict.fromkeys(place for c in candidates if (place := place_of(c))[1])
    if not places or not has_credentials(context):
        return {}, ""
    if not _reachable(context):
        return {}, "AWS cannot be reached"
    try:
        with context.ui.waiting("asking for your quotas"):
            return _asked(context, list(places)), ""
    except GeosError as e:
        return {}, e.message.rstrip(".")


def _asked(context: Context, places: list[Place]) -> dict[Place, Known]:
    from geos.wizard.account.collect import collect
    from geos.wizard.account.verdicts import QuotaKey

    aws = context.make_aws(context.target_in(places[0][0], context.flags.profile))
    keys = {QuotaKey("ec2", code, region): (region, code) for region, code in places}
    found = collect(aws, dict.fromkeys(keys, True), account_id=aws.identity.caller().account_id, with_report=False)
    whose = "the simulated account" if aws.target.sandbox else "your account"
    told = {}
    for key, place in keys.items():
        limit, use = found.limits.get(key), found.uses.get(key)
        if limit is None or not limit.trusted or limit.value is None:
            told[place] = Known(None, None, whose, limit.unread if limit else "not told")
            continue
        used = use.amount if use else None
        told[place] = Known(limit.value, None if used is None else max(0.0, limit.value - used), whose)
    return told


def _reachable(context: Context) -> bool:
    """One handshake. Behind a proxy it cannot be tried, and is taken for granted."""
    if any(os.environ.get(name) for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")):
        return True
    if context.flags.sandbox:
        return True
    import contextlib
    import socket
    import threading
    from urllib.parse import urlsplit

    endpoint = os.environ.get("AWS_ENDPOINT_URL", "")
    parts = urlsplit(endpoint or "https://sts.amazonaws.com")
    answered = threading.Event()

    def knock() -> None:
        with contextlib.suppress(OSError):
            port = parts.port or (443 if parts.scheme == "https" else 80)
            socket.create_connection((parts.hostname or "", port), PATIENCE_SECONDS).close()
            answered.set()

    # In a thread, since looking up a name knows no time limit; it does not outlive the command.
    thread = threading.Thread(target=knock, daemon=True)
    thread.start()
    thread.join(PATIENCE_SECONDS)
    return answered.is_set()
