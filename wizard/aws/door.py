"""The one door to AWS: clients, credentials, rate budgets, the log of calls.

Nothing outside this folder imports boto3. A Door stands for one account seen from one region; doors to
other regions share its session. When the target names an endpoint, every service goes there, whatever
AWS_ENDPOINT_URL_<SERVICE> says; for the sandbox, profiles and credentials of the machine are not read at all.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import botocore.exceptions
import botocore.parsers
import botocore.session
from botocore.config import Config

from geos.wizard import errors
from geos.wizard.aws.failures import parser_failed, translate
from geos.wizard.aws.models import CuttingLoader, whole_behind
from geos.wizard.aws.rate import BUDGETS, Budget
from geos.wizard.facts import SANDBOX_KEY_ID, SANDBOX_SECRET_KEY, Target
from geos.wizard.version import VERSION

log = logging.getLogger("geos.aws")

AskCode = Callable[[str], str]
"""Asks the user for a one-time code; gets the question."""

_CONFIG = Config(
    connect_timeout=5,
    read_timeout=60,
    max_pool_connections=40,
    retries={"mode": "standard", "total_max_attempts": 5},
    user_agent_extra=f"geos/{VERSION}",
)


class Door:
    """Clients for one target. Safe to share between threads."""

    def __init__(
        self,
        target: Target,
        *,
        ask_code: AskCode | None = None,
        session: botocore.session.Session | None = None,
        shared: _Shared | None = None,
    ) -> None:
        self.target = target
        with self.asking("read the AWS configuration"):
            self._shared = shared or _Shared(session or _session(target, ask_code))

    @property
    def region(self) -> str:
        return self.target.region

    def in_region(self, region: str) -> Door:
        """The same account seen from another region."""
        target = Target(region, self.target.profile, self.target.endpoint, self.target.sandbox, self.target.account_id)
        return Door(target, shared=self._shared)

    def client(self, service: str, region: str = "") -> Any:
        """The boto3 client; made once."""
        return self._shared.client(service, region or self.region, self.target)

    def caller(self) -> dict[str, Any]:
        """AWS's answer to who is asking; every time anew, since a session can end."""
        with self.asking("find out who is asking"):
            answer = dict(self.client("sts").get_caller_identity())
        self._shared.account_id = str(answer["Account"])
        return answer

    def account_id(self) -> str:
        """The account's number; asked only where nobody did before."""
        return self.target.account_id or self._shared.account_id or str(self.caller()["Account"])

    def forget(self, region: str) -> None:
        """Let go of a region's clients: each keeps some hundred kB, which adds up over all regions."""
        self._shared.forget(region)

    def budget(self, name: str, region: str = "") -> Budget:
        return self._shared.budget(name, region or self.region)

    @contextlib.contextmanager
    def asking(self, doing: str, region: str = "") -> Iterator[None]:
        """Translate what boto3 raises. `doing` continues "could not …"."""
        try:
            yield
        except (botocore.exceptions.ClientError, botocore.exceptions.BotoCoreError) as e:
            place = region or self.region
            raise translate(e, doing, region=place, opt_in=is_opt_in(place)) from e
        except botocore.parsers.ResponseParserError as e:
            raise parser_failed(e, doing) from e

    @property
    def calls(self) -> int:
        """How many calls went out so far."""
        return self._shared.calls

    @property
    def botocore_session(self) -> botocore.session.Session:
        return self._shared.session


def is_opt_in(region: str) -> bool:
    """Whether a region is off until an account enables it; an unknown one is taken for such."""
    from geos.wizard.tables.regions import region as look_up

    fact = look_up(region)
    return fact is None or fact.opt_in


class _Shared:
    """What doors to several regions of one account have in common."""

    def __init__(self, session: botocore.session.Session) -> None:
        self.session = session
        """Whole: it finds the credentials, which takes calls that geos itself never makes."""
        self.calls = 0
        self.account_id = ""
        self._cut = _cut_session(session)
        self._lock = threading.RLock()
        self._clients: dict[tuple[str, str], Any] = {}
        self._budgets: dict[tuple[str, str], Budget] = {}

    def client(self, service: str, region: str, target: Target) -> Any:
        with self._lock:  # botocore sessions may not make two clients at once
            found = self._clients.get((service, region))
            if found is None:
                found = self._clients[service, region] = self._make(service, region, target)
            return found

    def forget(self, region: str) -> None:
        with self._lock:
            for key in [k for k in self._clients if k[1] == region]:
                self._clients.pop(key).close()

    def _make(self, service: str, region: str, target: Target) -> Any:
        options: dict[str, Any] = {"region_name": region, "config": _CONFIG}
        if target.endpoint:
            options["endpoint_url"] = target.endpoint
        if target.endpoint and service == "s3":
            # Buckets as host names would lead away from the endpoint.
            options["config"] = _CONFIG.merge(Config(s3={"addressing_style": "path"}))
        if target.sandbox:
            options |= {"aws_access_key_id": SANDBOX_KEY_ID, "aws_secret_access_key": SANDBOX_SECRET_KEY}
        elif self._cut._credentials is None:
            self._cut._credentials = self.session.get_credentials()
        client = self._cut.create_client(service, **options)
        whole_behind(client, lambda: _whole(self.session, service, options))
        client.meta.events.register("before-call", self._started)
        client.meta.events.register("after-call", self._ended)
        return client

    def _started(self, context: dict[str, Any], **_: Any) -> None:
        context["geos_started"] = time.monotonic()

    def _ended(
        self, model: Any, context: dict[str, Any], parsed: Any = None, http_response: Any = None, **_: Any
    ) -> None:
        with self._lock:
            self.calls += 1
        meta = (parsed or {}).get("ResponseMetadata", {})
        error = (parsed or {}).get("Error", {}).get("Code", "")
        # Never the parameters: they can hold what must not be written down.
        log.info(
            "%s.%s %s %s %.3fs request %s",
            model.service_model.service_name,
            model.name,
            getattr(http_response, "status_code", "-"),
            error or "ok",
            time.monotonic() - context.get("geos_started", time.monotonic()),
            meta.get("RequestId", "-"),
        )

    def budget(self, name: str, region: str) -> Budget:
        with self._lock:
            found = self._budgets.get((name, region))
            if found is None:
                found = self._budgets[name, region] = Budget(*BUDGETS[name])
            return found


def _whole(session: botocore.session.Session, service: str, options: dict[str, Any]) -> Any:
    import boto3  # 30 ms that only this way needs: its clients are botocore's with more methods

    return boto3.Session(botocore_session=session).client(service, **options)


def _cut_session(whole: botocore.session.Session) -> botocore.session.Session:
    """A session with the same settings, whose clients know only what geos calls."""
    found = botocore.session.Session(session_vars=dict(whole.session_var_map))
    found.set_config_variable("profile", whole.get_config_variable("profile"))
    found.register_component("data_loader", CuttingLoader(whole.get_component("data_loader")))
    return found


def _session(target: Target, ask_code: AskCode | None) -> botocore.session.Session:
    if target.sandbox:
        nowhere = (None, None, os.devnull, None)
        return botocore.session.Session(
            session_vars={"profile": (None, None, None, None), "config_file": nowhere, "credentials_file": nowhere}
        )
    session = botocore.session.Session(profile=target.profile or None)
    _ask_codes_through(session, ask_code)
    return session


def _ask_codes_through(session: botocore.session.Session, ask_code: AskCode | None) -> None:
    """One-time codes are asked for by our own prompt; with nobody to ask, the error says what is needed."""

    def prompt(question: str) -> str:
        if ask_code is None:
            raise errors.MfaNeeded(
                "this profile's role wants a one-time code, and there is nobody to ask.",
                hint="run the command in a terminal, or use a session that has the code already",
            )
        return ask_code(question)

    try:
        provider = session.get_component("credential_provider").get_provider("assume-role")
    except botocore.exceptions.BotoCoreError:
        return  # an unknown profile; the first call says so in our words
    provider._prompter = prompt
