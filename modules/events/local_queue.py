"""SQS queues: retention, key, redrive and access policy in one resource."""

from __future__ import annotations

import json
from typing import Any

from modules.local_clients import client, code, surplus
from modules.local_provider import LocalProvider, Props, differs


class QueueProvider(LocalProvider):
    """A queue.

    Inputs: name, key, retention_seconds, redrive_to, deliveries, from_bus, tags. Outputs: url, arn.
    """

    def find(self, name: str, known: Props) -> Props | None:
        """Attributes in the terms of the inputs; a policy that is not exactly ours counts as drift."""
        from botocore.exceptions import ClientError

        sqs = client("sqs")
        try:
            url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
        except ClientError as error:
            if code(error) in ("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"):
                return None
            raise
        attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        redrive = json.loads(attributes.get("RedrivePolicy") or "{}")
        arn = attributes["QueueArn"]
        return {
            "name": name,
            "key": attributes.get("KmsMasterKeyId", ""),
            "retention_seconds": int(attributes["MessageRetentionPeriod"]),
            "redrive_to": redrive.get("deadLetterTargetArn", ""),
            "deliveries": int(redrive.get("maxReceiveCount", 0)),
            "from_bus": _bus_of(attributes.get("Policy"), arn),
            "tags": sqs.list_queue_tags(QueueUrl=url).get("Tags", {}),
            "url": url,
            "arn": arn,
        }

    def bring(self, wanted: Props, found: Props | None) -> None:
        """The policy names the queue's own ARN, so it comes after the queue."""
        sqs = client("sqs")
        if found is None:
            sqs.create_queue(QueueName=wanted["name"], tags=wanted["tags"])
            found = self.find(wanted["name"], wanted)
        assert found is not None
        if differs(wanted, found, "key", "retention_seconds", "redrive_to", "deliveries", "from_bus"):
            sqs.set_queue_attributes(QueueUrl=found["url"], Attributes=_attributes(wanted, found["arn"]))
        if differs(wanted, found, "tags"):
            if names := surplus(wanted["tags"], found["tags"]):
                sqs.untag_queue(QueueUrl=found["url"], TagKeys=names)
            sqs.tag_queue(QueueUrl=found["url"], Tags=wanted["tags"])

    def remove(self, name: str, known: Props) -> None:
        """Messages go with it."""
        sqs = client("sqs")
        sqs.delete_queue(QueueUrl=sqs.get_queue_url(QueueName=name)["QueueUrl"])


def _attributes(wanted: Props, arn: str) -> dict[str, str]:
    redrive = {"deadLetterTargetArn": wanted["redrive_to"], "maxReceiveCount": wanted["deliveries"]}
    return {
        "KmsMasterKeyId": wanted["key"],
        "MessageRetentionPeriod": str(wanted["retention_seconds"]),
        "RedrivePolicy": json.dumps(redrive) if wanted["redrive_to"] else "",
        "Policy": json.dumps(_policy(wanted["from_bus"], arn)) if wanted["from_bus"] else "",
    }


def _policy(bus: str, queue: str) -> dict[str, Any]:
    """Rules of one bus may send, nobody else but the owner."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "events",
                "Effect": "Allow",
                "Principal": {"Service": "events.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": queue,
                "Condition": {"ArnLike": {"aws:SourceArn": f"{bus.replace(':event-bus/', ':rule/')}/*"}},
            }
        ],
    }


def _bus_of(policy: str | None, queue: str) -> str:
    """The bus that a policy lets in; the policy itself if it is not one of ours."""
    if not policy:
        return ""
    try:
        source = json.loads(policy)["Statement"][0]["Condition"]["ArnLike"]["aws:SourceArn"]
        bus = str(source).removesuffix("/*").replace(":rule/", ":event-bus/")
        return bus if json.loads(policy) == _policy(bus, queue) else policy
    except (ValueError, LookupError, TypeError):
        return policy
