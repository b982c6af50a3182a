"""Events in the shapes that the services document.

- EventBridge: docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html
- S3 through EventBridge: docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html, "Object created"
- S3's own notification: docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html, 2.5
- SQS to Lambda: docs.aws.amazon.com/lambda/latest/dg/with-sqs.html, "standard queue message event"
"""

from __future__ import annotations

import hashlib
import json
from typing import Any
from urllib.parse import quote_plus

ACCOUNT = "111122223333"
REGION = "eu-west-1"


def bus_event(kind: str, detail: Any, **other: Any) -> dict[str, Any]:
    """A custom event of the bus, as a rule hands it on."""
    return {
        "version": "0",
        "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
        "detail-type": kind,
        "source": "commerce.support",
        "account": ACCOUNT,
        "time": "2025-02-04T05:00:00Z",
        "region": REGION,
        "resources": [],
        "detail": detail,
        **other,
    }


def object_created(bucket: str, key: str, etag: str, size: int = 1) -> dict[str, Any]:
    """S3's event of a new object, through EventBridge: the key as it is."""
    detail = {
        "version": "0",
        "event-version": "1.0",
        "bucket": {"name": bucket},
        "object": {
            "key": key,
            "size": size,
            "etag": etag.strip('"'),
            "version-id": "IYV3p45BT0ac8hjHg1houSdS1a.Mro8e",
            "sequencer": "617f08299329d189",
        },
        "request-id": "N4N7GDK58NMKJ12R",
        "requester": ACCOUNT,
        "source-ip-address": "1.2.3.4",
        "reason": "PutObject",
    }
    return bus_event("Object Created", detail, source="aws.s3", resources=[f"arn:aws:s3:::{bucket}"])


def s3_notification(bucket: str, key: str, etag: str, size: int = 1) -> dict[str, Any]:
    """S3's own notification: the key encoded as a form does."""
    record = {
        "eventVersion": "2.5",
        "eventSource": "aws:s3",
        "awsRegion": REGION,
        "eventTime": "2025-02-04T05:00:00.000Z",
        "eventName": "ObjectCreated:Put",
        "userIdentity": {"principalId": "AWS:AIDAJDPLRKLG7UEXAMPLE"},
        "requestParameters": {"sourceIPAddress": "1.2.3.4"},
        "responseElements": {"x-amz-request-id": "C3D13FE58DE4C810", "x-amz-id-2": "FMyUVURIY8"},
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": "landing",
            "bucket": {
                "name": bucket,
                "ownerIdentity": {"principalId": "A3NL1KOZZKExample"},
                "arn": f"arn:aws:s3:::{bucket}",
            },
            "object": {
                "key": quote_plus(key, safe="/"),
                "size": size,
                "eTag": etag.strip('"'),
                "versionId": "096fKKXTRTtl3on89fVO.nfljtsv6qko",
                "sequencer": "0055AED6DCD90281E5",
            },
        },
    }
    return {"Records": [record]}


def s3_test_event(bucket: str) -> dict[str, Any]:
    """What S3 sends once, when a notification is set up (same page)."""
    return {
        "Service": "Amazon S3",
        "Event": "s3:TestEvent",
        "Time": "2025-02-04T05:00:00.000Z",
        "Bucket": bucket,
        "RequestId": "5582815E1AEA5ADF",
        "HostId": "8cLeGAmw098X5cv4Zkwcmo8vvZa3eH3eKxsPzbB9wrR",
    }


def sqs_batch(*bodies: Any, received: int = 1, queue: str = "case") -> dict[str, Any]:
    """A batch of a queue; a body that is no string is sent as JSON."""
    return {
        "Records": [
            _sqs_record(number, body if isinstance(body, str) else json.dumps(body), received, queue)
            for number, body in enumerate(bodies)
        ]
    }


def _sqs_record(number: int, body: str, received: int, queue: str) -> dict[str, Any]:
    return {
        "messageId": f"059f36b4-87a3-44ab-83d2-66197595{number:04d}",
        "receiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a",
        "body": body,
        "attributes": {
            "ApproximateReceiveCount": str(received),
            "SentTimestamp": "1738645200000",
            "SenderId": "AIDAIENQZJOLO23YVJ4VO",
            "ApproximateFirstReceiveTimestamp": "1738645200010",
        },
        "messageAttributes": {},
        "md5OfBody": hashlib.md5(body.encode()).hexdigest(),
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}",
        "awsRegion": REGION,
    }
