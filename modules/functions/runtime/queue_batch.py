"""A batch of a queue: each message by itself, so that one bad message costs the others nothing.

What is done leaves the queue. What may work later is reported back and delivered again. What never will, and
what has failed at its last delivery, goes to the dead letters with its reason; if even that fails, it stays
in the queue, whose own redrive policy takes it to the same place.
(docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html)
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from modules.functions.runtime import envelopes
from modules.functions.runtime.clients import client
from modules.functions.runtime.problems import Rejected, reason
from modules.functions.runtime.settings import required

log = logging.getLogger(__name__)

_LONGEST_REASON = 4000


def is_batch(event: Any) -> bool:
    """Whether an event is a batch of a queue."""
    records = event.get("Records") if isinstance(event, dict) else None
    return isinstance(records, list) and all(
        isinstance(record, dict) and record.get("eventSource") == "aws:sqs" for record in records
    )


def each(event: dict[str, Any], process: Callable[[Any], Any]) -> dict[str, Any]:
    """Processes the JSON of each message; the answer names those that are to be delivered again."""
    failed = [record["messageId"] for record in event["Records"] if not _done(record, process)]
    return {"batchItemFailures": [{"itemIdentifier": message} for message in failed]}


def _done(record: dict[str, Any], process: Callable[[Any], Any]) -> bool:
    told = {"message_id": record["messageId"]}
    deliveries = int(record.get("attributes", {}).get("ApproximateReceiveCount", 1))
    try:
        process(envelopes.parse(record["body"]))
        return True
    # Whatever it is: the other messages of the batch must have their turn.
    except Exception as error:
        why = reason(error)
        told |= {"reason": why}
        if not isinstance(error, Rejected) and deliveries < int(required("DELIVERIES")):
            log.warning("to be delivered again", extra=told)
            return False
    try:
        _bury(record, why)
    except Exception as error:
        log.error("no dead letter sent", extra=told | {"sending": reason(error)})
        return False
    log.error("dead letter", extra=told | {"deliveries": deliveries})
    return True


def _bury(record: dict[str, Any], why: str) -> None:
    """The message as it came, its reason beside it."""
    told = {"reason": why[:_LONGEST_REASON], "message_id": record["messageId"]}
    client("sqs").send_message(
        QueueUrl=required("DEAD_LETTERS"),
        MessageBody=record["body"],
        MessageAttributes={
            name: {"DataType": "String", "StringValue": value} for name, value in told.items()
        },
    )
