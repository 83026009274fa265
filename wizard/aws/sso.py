"""IAM Identity Center's login, as `aws sso login` does it: a code confirmed in the browser, a token in AWS's own cache.

The calls need no credentials. What is written (profile, session, token) is in the form that boto3 and the AWS
CLI read, so both work with it afterwards.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import botocore.exceptions
import botocore.session
from botocore import UNSIGNED
from botocore.config import Config
from botocore.utils import JSONFileCache, SSOTokenLoader

from geos.wizard.aws.failures import translate
from geos.wizard.aws.profiles import add_section, config_path

_SCOPE = "sso:account:access"
_DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
_CACHE = Path("~/.aws/sso/cache")
_NOT_YET = frozenset({"AuthorizationPendingException", "SlowDownException"})


@dataclass(frozen=True)
class Pending:
    """A login that waits for a person with a browser."""

    url: str
    code: str
    at_most_seconds: float
    every_seconds: float
    device: str = field(repr=False)
    client_id: str = field(repr=False)
    client_secret: str = field(repr=False)
    client_until: str = field(repr=False)


@dataclass(frozen=True)
class Token:
    """A login that was confirmed."""

    access: str = field(repr=False)
    cached: dict[str, str] = field(repr=False)
    """As AWS's own cache holds it."""


@dataclass(frozen=True)
class SsoAccount:
    id: str
    name: str
    email: str


class SsoLogin:
    """One organisation's login page, in the region where its Identity Center lives."""

    def __init__(self, start_url: str, region: str, *, endpoint: str = "") -> None:
        self.start_url = start_url
        self.region = region
        session = botocore.session.Session()
        options: dict[str, Any] = {"region_name": region, "config": Config(signature_version=UNSIGNED)}
        if endpoint:
            options["endpoint_url"] = endpoint
        self._oidc = session.create_client("sso-oidc", **options)
        self._sso = session.create_client("sso", **options)

    def begin(self) -> Pending:
        """Ask for a code. Raises AwsRefused for a start URL that AWS does not know."""
        with self._asking("begin the login"):
            client = self._oidc.register_client(clientName="geos-setup", clientType="public", scopes=[_SCOPE])
            told = self._oidc.start_device_authorization(
                clientId=client["clientId"], clientSecret=client["clientSecret"], startUrl=self.start_url
            )
        until = datetime.fromtimestamp(client["clientSecretExpiresAt"], UTC)
        return Pending(
            told.get("verificationUriComplete") or told["verificationUri"],
            told["userCode"],
            float(told.get("expiresIn", 600)),
            float(told.get("interval", 5)),
            told["deviceCode"],
            client["clientId"],
            client["clientSecret"],
            _utc(until),
        )

    def look(self, pending: Pending) -> Token | None:
        """The token, once somebody confirmed the code; None until then. Raises AwsRefused when it was refused."""
        try:
            told = self._oidc.create_token(
                grantType=_DEVICE,
                deviceCode=pending.device,
                clientId=pending.client_id,
                clientSecret=pending.client_secret,
            )
        except botocore.exceptions.ClientError as e:
            if e.response.get("Error", {}).get("Code", "") in _NOT_YET:
                return None
            raise translate(e, "finish the login", region=self.region, opt_in=False) from e
        except botocore.exceptions.BotoCoreError as e:
            raise translate(e, "finish the login", region=self.region, opt_in=False) from e
        expires = datetime.now(UTC) + timedelta(seconds=float(told["expiresIn"]))
        cached = {
            "startUrl": self.start_url,
            "region": self.region,
            "accessToken": told["accessToken"],
            "expiresAt": _utc(expires),
            "clientId": pending.client_id,
            "clientSecret": pending.client_secret,
            "registrationExpiresAt": pending.client_until,
        }
        if told.get("refreshToken"):
            cached["refreshToken"] = told["refreshToken"]
        return Token(told["accessToken"], cached)

    def accounts(self, token: Token) -> tuple[SsoAccount, ...]:
        """Accounts that the person may enter, by name."""
        with self._asking("list the accounts of this login"):
            pages = self._sso.get_paginator("list_accounts").paginate(accessToken=token.access)
            found = [a for page in pages for a in page["accountList"]]
        accounts = (SsoAccount(a["accountId"], a.get("accountName", ""), a.get("emailAddress", "")) for a in found)
        return tuple(sorted(accounts, key=lambda a: (a.name, a.id)))

    def roles(self, token: Token, account_id: str) -> tuple[str, ...]:
        with self._asking(f"list the roles in account {account_id}"):
            pages = self._sso.get_paginator("list_account_roles").paginate(
                accessToken=token.access, accountId=account_id
            )
            return tuple(sorted(r["roleName"] for page in pages for r in page["roleList"]))

    @contextlib.contextmanager
    def _asking(self, doing: str) -> Iterator[None]:
        try:
            yield
        except (botocore.exceptions.ClientError, botocore.exceptions.BotoCoreError) as e:
            raise translate(e, doing, region=self.region, opt_in=False) from e


def remember(login: SsoLogin, token: Token, profile: str, account_id: str, role: str, region: str) -> None:
    """Write the profile and its session, and put the token where boto3 looks for it.

    Raises UsageError when there is a profile of that name; it is left as it was.
    """
    session = session_name(login.start_url)
    settings = {"sso_session": session, "sso_account_id": account_id, "sso_role_name": role, "region": region}
    add_section(config_path(), profile if profile == "default" else f"profile {profile}", settings)
    if session not in _sessions():
        add_section(
            config_path(),
            f"sso-session {session}",
            {"sso_start_url": login.start_url, "sso_region": login.region, "sso_registration_scopes": _SCOPE},
        )
    cache = JSONFileCache(working_dir=str(_CACHE.expanduser()))
    SSOTokenLoader(cache).save_token(login.start_url, token.cached, session_name=session)


def session_name(start_url: str) -> str:
    """A name for the login page: my-org for https://my-org.awsapps.com/start."""
    host = re.sub(r"^https?://", "", start_url).split("/", 1)[0]
    return re.sub(r"[^A-Za-z0-9-]+", "-", host.split(".", 1)[0]) or "sso"


def _sessions() -> frozenset[str]:
    return frozenset(botocore.session.Session().full_config.get("sso_sessions", {}))


def _utc(when: datetime) -> str:
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")
