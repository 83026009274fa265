"""Topics and budgets."""

from __future__ import annotations

import json
from typing import Any

from geos.wizard.sandbox.handlers.base import AlreadyExists, Handler, Made, Place, Properties, boolean

_TOPIC_ATTRIBUTES = ("DisplayName", "KmsMasterKeyId", "SignatureVersion", "TracingConfig")


class Topic(Handler):
    """Its Ref is its ARN."""

    readable = True

    def create(self, at: Place, p: Properties) -> Made:
        name = str(p.get("TopicName") or at.name(256))
        arn = at.arn("sns", name)
        if any(t["TopicArn"] == arn for t in at.call("sns", "list_topics")["Topics"]):
            raise AlreadyExists(at.type, arn)
        attributes = {k: str(p[k]) for k in _TOPIC_ATTRIBUTES if k in p}
        if boolean(p.get("FifoTopic", False)):
            attributes["FifoTopic"] = "true"
        tags = [t for t in at.tag_list(p) if not t["Key"].startswith("aws:")]
        arn = at.call("sns", "create_topic", Name=name, Attributes=attributes, Tags=tags)["TopicArn"]
        at.begun.append(arn)
        self._subscribe(at, arn, p.get("Subscription") or [])
        return Made(arn, {"TopicArn": arn, "TopicName": name})

    def _subscribe(self, at: Place, arn: str, wanted: list[dict[str, Any]]) -> None:
        there = at.call("sns", "list_subscriptions_by_topic", TopicArn=arn)["Subscriptions"]
        known = {(s["Protocol"], s["Endpoint"]) for s in there}
        for item in wanted:
            if (item["Protocol"], item["Endpoint"]) not in known:
                at.call("sns", "subscribe", TopicArn=arn, Protocol=item["Protocol"], Endpoint=item["Endpoint"])

    def update(self, at: Place, made: Made, old: Properties, new: Properties) -> Made:
        for name in _TOPIC_ATTRIBUTES:
            if new.get(name) != old.get(name):
                value = str(new.get(name, ""))
                at.call(
                    "sns", "set_topic_attributes", TopicArn=made.physical_id, AttributeName=name, AttributeValue=value
                )
        self._subscribe(at, made.physical_id, new.get("Subscription") or [])
        wanted = {k: v for k, v in at.tags(new).items() if not k.startswith("aws:")}
        there = at.call("sns", "list_tags_for_resource", ResourceArn=made.physical_id)["Tags"]
        gone = sorted({t["Key"] for t in there} - set(wanted))
        if gone:
            at.call("sns", "untag_resource", ResourceArn=made.physical_id, TagKeys=gone)
        if wanted:
            tags = [{"Key": k, "Value": v} for k, v in wanted.items()]
            at.call("sns", "tag_resource", ResourceArn=made.physical_id, Tags=tags)
        return made

    def delete(self, at: Place, physical_id: str, p: Properties) -> None:
        found = at.quietly("sns", "list_subscriptions_by_topic", TopicArn=physical_id)
        for item in (found or {}).get("Subscriptions", []):
            if item["SubscriptionArn"].startswith("arn:"):
                at.quietly("sns", "unsubscribe", SubscriptionArn=item["SubscriptionArn"])
        at.quietly("sns", "delete_topic", TopicArn=physical_id)

    def read(self, at: Place, physical_id: str, p: Properties) -> dict[str, Any] | None:
        live = at.call("sns", "get_topic_attributes", TopicArn=physical_id)["Attributes"]
        return {name: live.get(name, "") for name in _TOPIC_ATTRIBUTES if name in p}


class Subscription(Handler):
    def create(self, at: Place, p: Properties) -> Made:
        made = at.call(
            "sns",
            "subscribe",
            TopicArn=p["TopicArn"],
            Protocol=p["Protocol"],
            Endpoint=p["Endpoint"],
            ReturnSubscriptionArn=True,
        )
        arn = made["SubscriptionArn"]
        at.begun.append(arn)
        self._filter(at, arn, p)
        return Made(arn, {"Arn": arn})

    def _filter(self, at: Place, arn: str, p: Properties) -> None:
        if "FilterPolicy" in p:
            text = p["FilterPolicy"] if isinstance(p["FilterPolicy"], str) else json.dumps(p["FilterPolicy"])
            at.call(
                "sns",
                "set_subscription_attributes",
                SubscriptionArn=arn,
                AttributeName="FilterPolicy",
                AttributeValue=text,
            )

    def update(self, at: Place, made: Made, old: Properties, new: Properties) -> Made:
        self._filter(at, made.physical_id, new)
        return made

    def delete(self, at: Place, physical_id: str, p: Properties) -> None:
        at.quietly("sns", "unsubscribe", SubscriptionArn=physical_id)


class TopicPolicy(Handler):
    readable = True

    def create(self, at: Place, p: Properties) -> Made:
        text = p["PolicyDocument"] if isinstance(p["PolicyDocument"], str) else json.dumps(p["PolicyDocument"])
        for arn in p["Topics"]:
            at.call("sns", "set_topic_attributes", TopicArn=arn, AttributeName="Policy", AttributeValue=text)
        return Made(at.name(128), {"Id": at.logical_id})

    def update(self, at: Place, made: Made, old: Properties, new: Properties) -> Made:
        self.create(at, new)
        return made

    def delete(self, at: Place, physical_id: str, p: Properties) -> None:
        """The topic goes back to the policy a new topic has: its owner may do everything."""
        for arn in p["Topics"]:
            everything = {
                "Version": "2008-10-17",
                "Statement": [
                    {
                        "Sid": "__default_statement_ID",
                        "Effect": "Allow",
                        "Principal": {"AWS": "*"},
                        "Action": ["SNS:Publish", "SNS:Subscribe", "SNS:GetTopicAttributes"],
                        "Resource": arn,
                        "Condition": {"StringEquals": {"AWS:SourceOwner": at.account}},
                    }
                ],
            }
            at.quietly(
                "sns",
                "set_topic_attributes",
                TopicArn=arn,
                AttributeName="Policy",
                AttributeValue=json.dumps(everything),
            )

    def read(self, at: Place, physical_id: str, p: Properties) -> dict[str, Any] | None:
        live = at.call("sns", "get_topic_attributes", TopicArn=p["Topics"][0])["Attributes"]
        return {"PolicyDocument": json.loads(live["Policy"])}


class Budget(Handler):
    """Budgets live in us-east-1, whatever region the stack is in."""

    readable = True

    def _budget(self, at: Place, p: Properties) -> dict[str, Any]:
        budget = json.loads(json.dumps(p["Budget"], default=str))
        budget.setdefault("BudgetName", at.name(100))
        if "BudgetLimit" in budget:
            limit = budget["BudgetLimit"]
            budget["BudgetLimit"] = {"Amount": str(limit["Amount"]), "Unit": limit["Unit"]}
        return dict(budget)

    def _notifications(self, p: Properties) -> list[dict[str, Any]]:
        found = []
        for item in p.get("NotificationsWithSubscribers") or []:
            notification = {**item["Notification"], "Threshold": float(item["Notification"]["Threshold"])}
            found.append({"Notification": notification, "Subscribers": item["Subscribers"]})
        return found

    def create(self, at: Place, p: Properties) -> Made:
        from botocore.exceptions import ClientError

        budget = self._budget(at, p)
        name = budget["BudgetName"]
        notifications = self._notifications(p)
        try:
            at.call(
                "budgets",
                "create_budget",
                AccountId=at.account,
                Budget=budget,
                **({"NotificationsWithSubscribers": notifications} if notifications else {}),
            )
        except ClientError as e:
            if e.response["Error"]["Code"] == "DuplicateRecordException":
                raise AlreadyExists(at.type, name) from e
            raise
        return Made(name)

    def update(self, at: Place, made: Made, old: Properties, new: Properties) -> Made:
        self.delete(at, made.physical_id, old)
        again = {**new, "Budget": {**new["Budget"], "BudgetName": made.physical_id}}
        return self.create(at, again)

    def delete(self, at: Place, physical_id: str, p: Properties) -> None:
        at.quietly("budgets", "delete_budget", AccountId=at.account, BudgetName=physical_id)

    def read(self, at: Place, physical_id: str, p: Properties) -> dict[str, Any] | None:
        live = at.call("budgets", "describe_budget", AccountId=at.account, BudgetName=physical_id)["Budget"]
        wanted = p["Budget"]
        found = {k: live.get(k, v) for k, v in wanted.items()}
        if "BudgetLimit" in wanted:
            amount = live["BudgetLimit"]["Amount"]
            same = float(amount) == float(wanted["BudgetLimit"]["Amount"])
            found["BudgetLimit"] = wanted["BudgetLimit"] if same else live["BudgetLimit"]
        return {"Budget": found}


HANDLERS: dict[str, Handler] = {
    "AWS::SNS::Topic": Topic(),
    "AWS::SNS::Subscription": Subscription(),
    "AWS::SNS::TopicPolicy": TopicPolicy(),
    "AWS::Budgets::Budget": Budget(),
}
