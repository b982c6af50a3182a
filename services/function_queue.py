"""Gives a function the messages of its queue, as the service's own poller does, and clears away what is done.

Source of the shapes and rules: docs.aws.amazon.com/lambda/latest/dg/with-sqs.html.
"""

from __future__ import annotations

import importlib
import logging
import signal
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic
from typing import Any

from environments.local_functions import LocalFunction

log = logging.getLogger(__name__)

# Seconds until a message that has failed is delivered again: twice as long each time, to this.
_LONGEST_BACK_OFF = 60


class TimedOut(BaseException):
    """The function has taken all its time. No `except Exception` of its own may keep it going."""


@dataclass(frozen=True)
class Context:
    """What a function may ask of its invocation."""

    function_name: str
    aws_request_id: str
    ends: float

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until it is stopped."""
        return max(0, int((self.ends - monotonic()) * 1000))


@dataclass(frozen=True)
class FunctionQueue:
    """One function and its queue."""

    function: LocalFunction
    call: Callable[[dict[str, Any], Context], Any]
    sqs: Any

    @classmethod
    def of(cls, function: LocalFunction, sqs: Any) -> FunctionQueue:
        """The queue of a function, whose code is imported now."""
        module, _, name = function.entry.rpartition(".")
        return cls(function, getattr(importlib.import_module(module), name), sqs)

    def turn(self) -> int:
        """Hands on one batch; how many messages it had."""
        answer = self.sqs.receive_message(
            QueueUrl=self.function.queue,
            MaxNumberOfMessages=self.function.batch_size,
            # Nobody else takes from this queue: no longer than the function itself may take.
            VisibilityTimeout=self.function.timeout_seconds,
            AttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        messages = answer.get("Messages", [])
        if messages:
            self._settle(messages, self._invoke(messages))
        return len(messages)

    def _invoke(self, messages: list[dict[str, Any]]) -> set[str]:
        """Calls the function; the ids of the messages that are to be delivered again."""
        everything = {message["MessageId"] for message in messages}
        request = str(uuid.uuid4())
        told = {"request": request, "messages": len(messages)}
        since = monotonic()
        try:
            with _at_most(self.function.timeout_seconds):
                event = {"Records": [self._record(message) for message in messages]}
                context = Context(self.function.name, request, since + self.function.timeout_seconds)
                failed = {one["itemIdentifier"] for one in self.call(event, context)["batchItemFailures"]}
        except TimedOut:
            log.error("timed out", extra=told | {"seconds": self.function.timeout_seconds})
            return everything
        # Whatever a function does, the others and the next batch go on. Its message may hold the payload.
        except Exception as error:
            log.error("failed", extra=told | {"error": type(error).__name__})
            return everything
        log.info("done", extra=told | {"failed": len(failed), "seconds": round(monotonic() - since, 3)})
        # An answer that names what was not sent means nothing: then all of it has failed.
        return failed if failed <= everything else everything

    def _record(self, message: dict[str, Any]) -> dict[str, Any]:
        region = self.sqs.meta.region_name
        account, name = self.function.queue.split("/")[-2:]
        attributes = {
            key: {"dataType": value["DataType"], "stringValue": value.get("StringValue")}
            for key, value in message.get("MessageAttributes", {}).items()
        }
        return {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": dict(message["Attributes"]),
            "messageAttributes": attributes,
            "md5OfBody": message["MD5OfBody"],
            "eventSource": "aws:sqs",
            "eventSourceARN": f"arn:aws:sqs:{region}:{account}:{name}",
            "awsRegion": region,
        }

    def _settle(self, messages: list[dict[str, Any]], failed: set[str]) -> None:
        for message in messages:
            one = {"QueueUrl": self.function.queue, "ReceiptHandle": message["ReceiptHandle"]}
            if message["MessageId"] in failed:
                deliveries = int(message["Attributes"]["ApproximateReceiveCount"])
                wait = min(2**deliveries, _LONGEST_BACK_OFF)
                self.sqs.change_message_visibility(**one, VisibilityTimeout=wait)
            else:
                self.sqs.delete_message(**one)


@contextmanager
def _at_most(seconds: int) -> Iterator[None]:
    def stop(*_: object) -> None:
        raise TimedOut

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
