"""DynamoDB: the one table that holds the locks of deployments.

Times are the service's (from the Date header of its answers), because two machines' clocks may differ by more
than the lease is long.
"""

from __future__ import annotations

import email.utils
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from geos.wizard.errors import AwsRefused, NotThere

if TYPE_CHECKING:
    from geos.wizard.aws.door import Door

TABLE = "geos-deploy-lock"
LOST = "ConditionalCheckFailedException"


@dataclass(frozen=True)
class LockItem:
    """A lease as it stands in the table."""

    deployment: str
    owner: str
    token: str
    verb: str
    since: str
    expires: float
    """Seconds since 1970, by the service's clock."""


class LockTable:
    """Conditional writes on geos-deploy-lock; NotThere while the table does not exist."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._ahead_seconds = 0.0

    @property
    def _client(self) -> Any:
        return self._door.client("dynamodb")

    def now(self) -> float:
        """The service's time, as far as it is known."""
        return time.time() + self._ahead_seconds

    def read(self, deployment: str) -> LockItem | None:
        with self._door.asking("read the lock"):
            answer = self._client.get_item(TableName=TABLE, Key=_key(deployment), ConsistentRead=True)
        self._set_clock(answer)
        return _item(answer["Item"]) if answer.get("Item") else None

    def all(self) -> tuple[LockItem, ...]:
        """Every lease in the table, expired ones too."""
        with self._door.asking("list the locks"):
            pages = self._client.get_paginator("scan").paginate(TableName=TABLE, ConsistentRead=True)
            return tuple(_item(raw) for page in pages for raw in page["Items"])

    def take(self, item: LockItem) -> bool:
        """Write the lease unless a living one of somebody else is there."""
        return self._conditional(
            "take the lock",
            self._client.put_item,
            Item=_raw(item),
            ConditionExpression="attribute_not_exists(LockID) OR Expires < :now OR LeaseToken = :mine",
            ExpressionAttributeValues={":now": {"N": repr(self.now())}, ":mine": {"S": item.token}},
        )

    def renew(self, deployment: str, token: str, expires: float) -> bool:
        """Push the end of our lease; False when it is no longer ours."""
        return self._conditional(
            "renew the lock",
            self._client.update_item,
            Key=_key(deployment),
            UpdateExpression="SET Expires = :expires",
            ConditionExpression="LeaseToken = :mine",
            ExpressionAttributeValues={":expires": {"N": repr(expires)}, ":mine": {"S": token}},
        )

    def give_back(self, deployment: str, token: str) -> bool:
        """Remove our lease; False when it was not ours any more."""
        return self._conditional(
            "give the lock back",
            self._client.delete_item,
            Key=_key(deployment),
            ConditionExpression="LeaseToken = :mine",
            ExpressionAttributeValues={":mine": {"S": token}},
        )

    def remove(self, deployment: str) -> None:
        """Remove the lease whoever holds it."""
        with self._door.asking("break the lock"):
            self._client.delete_item(TableName=TABLE, Key=_key(deployment))

    def _conditional(self, doing: str, call: Any, **arguments: Any) -> bool:
        try:
            with self._door.asking(doing):
                call(TableName=TABLE, **arguments)
        except NotThere:
            raise
        except AwsRefused as e:
            if e.aws_code == LOST:
                return False
            raise
        return True

    def _set_clock(self, answer: Mapping[str, Any]) -> None:
        said = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date", "")
        if said:
            # The header has whole seconds; half of one is the likeliest error.
            self._ahead_seconds = email.utils.parsedate_to_datetime(said).timestamp() + 0.5 - time.time()


def _key(deployment: str) -> dict[str, dict[str, str]]:
    return {"LockID": {"S": deployment}}


def _raw(item: LockItem) -> dict[str, dict[str, str]]:
    return {
        "LockID": {"S": item.deployment},
        "Holder": {"S": item.owner},
        "LeaseToken": {"S": item.token},
        "Verb": {"S": item.verb},
        "Since": {"S": item.since},
        "Expires": {"N": repr(item.expires)},
    }


def _item(raw: Mapping[str, Mapping[str, str]]) -> LockItem:
    def text(name: str) -> str:
        return raw.get(name, {}).get("S", "")

    expires = float(raw.get("Expires", {}).get("N", "0"))
    return LockItem(text("LockID"), text("Holder"), text("LeaseToken"), text("Verb"), text("Since"), expires)
