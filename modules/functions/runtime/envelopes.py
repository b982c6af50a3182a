"""The shapes in which AWS delivers events.

Sources: docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html (EventBridge),
docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html and ev-events.html (S3),
docs.aws.amazon.com/lambda/latest/dg/with-sqs.html (SQS).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import unquote_plus

from modules.functions.runtime.fields import Fields
from modules.functions.runtime.problems import Rejected


@dataclass(frozen=True)
class Announcement:
    """An event of the bus."""

    id: str
    source: str
    kind: str
    """Its detail type."""
    time: datetime
    detail: dict[str, Any]


@dataclass(frozen=True)
class ObjectCreated:
    """A new object, as S3 announces it."""

    bucket: str
    key: str
    etag: str
    """Empty where the announcement has none."""


def parse(body: str) -> Any:
    """JSON that a message carries.

    Raises:
        Rejected: it is none.
    """
    try:
        return json.loads(body)
    except ValueError:
        raise Rejected("the message is not JSON") from None


def announcement(event: Any, kind: str) -> Announcement:
    """An event of the bus, of the wanted kind.

    Raises:
        Rejected: it has another shape, or another kind.
    """
    fields = Fields("event", event)
    found = Announcement(
        id=fields.text("id", most=200),
        source=fields.text("source", most=256),
        kind=fields.one_of("detail-type", (kind,)),
        time=fields.moment("time"),
        detail=fields.mapping("detail"),
    )
    fields.check()
    return found


def objects_created(event: Any) -> list[ObjectCreated]:
    """The new objects that S3 tells of, by its own notification or through EventBridge.

    The test message that S3 sends when notifications are set up tells of none.

    Raises:
        Rejected: it is neither.
    """
    if isinstance(event, dict) and event.get("Event") == "s3:TestEvent":
        return []
    if isinstance(event, dict) and isinstance(event.get("Records"), list):
        return [_notified(record) for record in event["Records"]]
    detail = announcement(event, "Object Created").detail
    return [_created(detail.get("bucket"), detail.get("object"), "etag", encoded=False)]


def _notified(record: Any) -> ObjectCreated:
    fields = Fields("record", record)
    fields.one_of("eventSource", ("aws:s3",))
    fields.text("eventName", most=100, pattern=r"ObjectCreated:\w+")
    told = fields.mapping("s3")
    fields.check()
    return _created(told.get("bucket"), told.get("object"), "eTag", encoded=True)


def _created(bucket: Any, created: Any, etag: str, *, encoded: bool) -> ObjectCreated:
    where, what = Fields("bucket", bucket), Fields("object", created)
    found = ObjectCreated(
        bucket=where.text("name", most=255),
        key=what.text("key", most=3072),
        etag=what.text(etag, most=100, required=False).strip('"'),
    )
    where.check()
    what.check()
    # Notifications encode keys as a form does; EventBridge has them as they are.
    return ObjectCreated(found.bucket, unquote_plus(found.key), found.etag) if encoded else found
