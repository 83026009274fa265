"""AWS's own configuration files: the profiles in them, credentials that need none, and a key put into a new one.

Read through botocore, so that AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE and all quoting rules hold. Nothing
here asks AWS.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import botocore.exceptions
import botocore.session

from geos.wizard.errors import UsageError
from geos.wizard.files import read_text, write_whole
from geos.wizard.paths import shown

_HOW = (
    ("sso_session", "SSO login"),
    ("sso_start_url", "SSO login"),
    ("login_session", "AWS login"),
    ("role_arn", "assumed role"),
    ("credential_process", "external program"),
    ("web_identity_token_file", "web identity"),
    ("aws_access_key_id", "access key"),
)
"""The setting that tells how a profile gets its credentials; the first that is there counts."""

_AMBIENT = (
    ("AWS_ACCESS_KEY_ID", "access key in the environment variables"),
    ("AWS_WEB_IDENTITY_TOKEN_FILE", "web identity of the environment variables"),
    ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "role of this container"),
    ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "role of this container"),
)
_VENDOR = Path("/sys/devices/virtual/dmi/id/sys_vendor")
"""Says "Amazon EC2" on an instance; asking the metadata service elsewhere would cost seconds."""


@dataclass(frozen=True)
class ProfileFact:
    """A named profile."""

    name: str
    how: str
    """How it gets its credentials, in words; empty for one that has none."""
    region: str = ""
    wants_code: bool = False
    """Its role is entered with a one-time code."""


def profiles() -> tuple[ProfileFact, ...]:
    """Profiles that have credentials or a way to them; `default` first, then as they stand in the files."""
    try:
        found: Mapping[str, Mapping[str, Any]] = botocore.session.Session().full_config.get("profiles", {})
    except botocore.exceptions.BotoCoreError as e:
        raise UsageError(
            f"the AWS configuration files cannot be read: {e}",
            hint=f"look at {shown(config_path())} and {shown(credentials_path())}",
        ) from e
    facts = [
        ProfileFact(name, how_of(settings), str(settings.get("region", "")), bool(settings.get("mfa_serial")))
        for name, settings in found.items()
    ]
    return tuple(sorted((fact for fact in facts if fact.how), key=lambda fact: fact.name != "default"))


def how_of(settings: Mapping[str, Any]) -> str:
    return next((words for key, words in _HOW if settings.get(key)), "")


def ambient(environ: Mapping[str, str] | None = None, vendor: Path = _VENDOR) -> str:
    """Credentials that AWS's search order finds without a profile, in words; empty when there are none."""
    environ = os.environ if environ is None else environ
    named = next((words for variable, words in _AMBIENT if environ.get(variable)), "")
    if named or environ.get("AWS_EC2_METADATA_DISABLED", "").lower() == "true":
        return named
    try:
        return "role of this instance" if "Amazon EC2" in vendor.read_text(encoding="utf-8") else ""
    except (OSError, UnicodeDecodeError):
        return ""


def config_path() -> Path:
    return Path(os.environ.get("AWS_CONFIG_FILE") or "~/.aws/config").expanduser()


def credentials_path() -> Path:
    return Path(os.environ.get("AWS_SHARED_CREDENTIALS_FILE") or "~/.aws/credentials").expanduser()


def store_key(profile: str, region: str, key_id: str, secret: str) -> None:
    """Write an access key into a new profile; the file can then be read by its owner only.

    Raises UsageError when the profile is there already: somebody's credentials are never replaced.
    """
    add_section(credentials_path(), profile, {"aws_access_key_id": key_id, "aws_secret_access_key": secret})
    if region:
        name = profile if profile == "default" else f"profile {profile}"
        add_section(config_path(), name, {"region": region})


def add_section(path: Path, name: str, settings: Mapping[str, str]) -> None:
    """Add `[name]` at the end of one of AWS's files; everything in it stays as it is."""
    if any(c in text for text in (name, *settings, *settings.values()) for c in "\n\r[]"):
        raise UsageError(f"{name!r}: a profile's name and settings stand on one line and hold no brackets.")
    before = read_text(path) or ""
    if any(line.strip() == f"[{name}]" for line in before.splitlines()):
        raise UsageError(f"{shown(path)} has [{name}] already; it was left as it is.", hint="choose another name")
    if before and not before.endswith("\n"):
        before += "\n"
    lines = [f"[{name}]", *(f"{key} = {value}" for key, value in settings.items()), ""]
    write_whole(path, before + ("\n" if before else "") + "\n".join(lines))
