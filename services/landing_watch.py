"""Tells a function of new objects, which the S3 server of this machine does not tell of by itself."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from environments.local_functions import LocalFunction, Watched


@dataclass
class LandingWatch:
    """The objects below one prefix. What it has told of it does not tell of again, until it starts anew or the
    queue is another one: functions take the same event twice without harm, but none that never comes."""

    function: LocalFunction
    watched: Watched
    s3: Any
    sqs: Any
    _told: set[tuple[str, str]] = field(default_factory=set)
    _queue_made: str = ""

    def turn(self) -> int:
        """Looks once; how many objects were new."""
        made = self._made()
        if made != self._queue_made:
            # The mock AWS has forgotten its queues, and what was in them.
            self._told.clear()
            self._queue_made = made
        new = 0
        pages = self.s3.get_paginator("list_objects_v2").paginate(
            Bucket=self.watched.bucket, Prefix=self.watched.prefix
        )
        for entry in (entry for page in pages for entry in page.get("Contents", ())):
            known = (entry["Key"], entry["ETag"])
            if known not in self._told and not entry["Key"].endswith("/"):
                self.sqs.send_message(
                    QueueUrl=self.function.queue, MessageBody=json.dumps(_created(self.watched.bucket, entry))
                )
                self._told.add(known)
                new += 1
        return new

    def _made(self) -> str:
        asked = {"QueueUrl": self.function.queue, "AttributeNames": ["CreatedTimestamp"]}
        return str(self.sqs.get_queue_attributes(**asked)["Attributes"]["CreatedTimestamp"])


def _created(bucket: str, entry: dict[str, Any]) -> dict[str, Any]:
    """As S3 tells of it through EventBridge (docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html)."""
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Object Created",
        "source": "aws.s3",
        "account": "local",
        "time": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "region": "local",
        "resources": [f"arn:aws:s3:::{bucket}"],
        "detail": {
            "version": "0",
            "bucket": {"name": bucket},
            "object": {"key": entry["Key"], "size": entry["Size"], "etag": entry["ETag"].strip('"')},
            "request-id": "local",
            "requester": "local",
            "reason": "PutObject",
        },
    }
