"""KMS: the state of a key, whether it rotates, and letting it go."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from geos.wizard.aws.paging import items
from geos.wizard.errors import NotThere

if TYPE_CHECKING:
    from geos.wizard.aws.door import Door


@dataclass(frozen=True)
class Key:
    """A key as KMS tells it."""

    key_id: str
    arn: str
    state: str
    gone_on: datetime | None
    """Set for a key that is scheduled for deletion; until then it costs nothing."""


class Keys:
    """The keys of one account and region."""

    def __init__(self, door: Door) -> None:
        self._door = door

    @property
    def _client(self) -> Any:
        return self._door.client("kms")

    def key(self, key_id: str) -> Key | None:
        try:
            with self._door.asking(f"read key {key_id}"):
                raw = self._client.describe_key(KeyId=key_id)["KeyMetadata"]
        except NotThere:
            return None
        return Key(raw["KeyId"], raw["Arn"], raw.get("KeyState", ""), raw.get("DeletionDate"))

    def rotates(self, key_id: str) -> bool:
        with self._door.asking(f"read the rotation of key {key_id}"):
            return bool(self._client.get_key_rotation_status(KeyId=key_id)["KeyRotationEnabled"])

    def delete_aliases(self, key_id: str) -> None:
        """Free the names of a key; they would stay taken for as long as it waits for its deletion."""
        with self._door.asking(f"remove the aliases of key {key_id}"):
            for alias in items(self._client, "list_aliases", "Aliases", KeyId=key_id):
                self._client.delete_alias(AliasName=alias["AliasName"])

    def schedule_deletion(self, key_id: str, days: int) -> datetime | None:
        """Let the key go after `days`; the date."""
        with self._door.asking(f"schedule the deletion of key {key_id}"):
            answer = self._client.schedule_key_deletion(KeyId=key_id, PendingWindowInDays=days)
        found = answer.get("DeletionDate")
        return found if isinstance(found, datetime) else None
