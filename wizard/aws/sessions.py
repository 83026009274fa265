"""Session Manager: a way to a port of a machine to which no other way leads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from geos.wizard.errors import AwsRefused

if TYPE_CHECKING:
    from geos.wizard.aws.door import Door

SSH_DOCUMENT = "AWS-StartSSHSession"
"""AWS's own document for a stream to a port."""
NOT_CONNECTED = "TargetNotConnected"


@dataclass(frozen=True)
class Session:
    """One that was started. Who has its token can use it."""

    id: str
    request: str
    """What was asked for, as JSON."""
    endpoint: str
    """Of Systems Manager."""
    answer: str = field(repr=False)
    """AWS's answer as JSON, with the token."""


class Sessions:
    """Sessions of one account and region."""

    def __init__(self, door: Door) -> None:
        self._door = door

    @property
    def _client(self) -> Any:
        return self._door.client("ssm")

    def start(self, instance_id: str, port: int) -> Session | None:
        """None: the machine's agent has not reported to AWS (yet)."""
        request = {"Target": instance_id, "DocumentName": SSH_DOCUMENT, "Parameters": {"portNumber": [str(port)]}}
        try:
            with self._door.asking(f"start a session with {instance_id}"):
                found = self._client.start_session(**request)
                endpoint = str(self._client.meta.endpoint_url)
        except AwsRefused as e:
            if e.aws_code == NOT_CONNECTED:
                return None
            raise
        answer = {name: found[name] for name in ("SessionId", "TokenValue", "StreamUrl")}
        return Session(answer["SessionId"], json.dumps(request), endpoint, json.dumps(answer))

    def end(self, session_id: str) -> None:
        with self._door.asking(f"end session {session_id}"):
            self._client.terminate_session(SessionId=session_id)

    def keys(self) -> Mapping[str, str]:
        """This account's keys as environment variables, for AWS's own program: it signs what it sends, and cannot ask
        for a one-time code as geos can. Empty where there are none to be had."""
        with self._door.asking("read the credentials"):
            found = self._door.botocore_session.get_credentials()
            keys = found.get_frozen_credentials() if found else None
        if keys is None:
            return {}
        named = {
            "AWS_ACCESS_KEY_ID": keys.access_key,
            "AWS_SECRET_ACCESS_KEY": keys.secret_key,
            "AWS_SESSION_TOKEN": keys.token,
        }
        return {name: value for name, value in named.items() if value}
