"""SNS: who gets a topic's messages, and who has not confirmed yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from geos.wizard.aws.door import Door


@dataclass(frozen=True)
class Subscription:
    """One receiver. `pending`: the mail with the link to confirm was not answered yet."""

    protocol: str
    endpoint: str
    pending: bool


class Topics:
    """The topics of one account and region."""

    def __init__(self, door: Door) -> None:
        self._door = door

    def subscriptions(self, topic_arn: str) -> tuple[Subscription, ...]:
        """Raises NotThere when the topic is gone."""
        with self._door.asking(f"read the subscriptions of topic {topic_arn.rsplit(':', 1)[-1]}"):
            pages = self._door.client("sns").get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic_arn)
            raw = [s for page in pages for s in page["Subscriptions"]]
        # SNS writes PendingConfirmation where the subscription's ARN will stand.
        return tuple(
            Subscription(s["Protocol"], s["Endpoint"], not s["SubscriptionArn"].startswith("arn:")) for s in raw
        )
