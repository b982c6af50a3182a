"""The services that functions use, played by moto in this process, each test with its own."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from moto import mock_aws
from moto.core.models import botocore_stubber

from modules.functions.runtime.clients import client

ZONES = ("raw", "curated", "quarantine", "archive", "errors")
DELIVERIES = 3
# State machines are run, and Lambda needs no Docker: the test of the state machine says what it runs instead.
CONFIGURATION: Any = {"lambda": {"use_docker": False}, "stepfunctions": {"execute_state_machine": True}}


class Cloud:
    """What a function finds around it, and what it left there."""

    def __init__(self) -> None:
        location = {"LocationConstraint": "eu-west-1"}
        for zone in ZONES:
            client("s3").create_bucket(Bucket=f"case-{zone}", CreateBucketConfiguration=location)
            client("s3").put_bucket_versioning(
                Bucket=f"case-{zone}", VersioningConfiguration={"Status": "Enabled"}
            )
        sqs = client("sqs")
        self.queues = {name: sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("dead", "data-ready")}
        events = client("events")
        events.create_event_bus(Name="case-bus")
        events.put_rule(
            Name="ready", EventBusName="case-bus", EventPattern=json.dumps({"detail-type": ["DataReady"]})
        )
        arn = sqs.get_queue_attributes(QueueUrl=self.queues["data-ready"], AttributeNames=["QueueArn"])
        events.put_targets(
            Rule="ready",
            EventBusName="case-bus",
            Targets=[{"Id": "queue", "Arn": arn["Attributes"]["QueueArn"]}],
        )

    @property
    def settings(self) -> dict[str, str]:
        zones = {f"{zone.upper()}_ZONE": f"s3://case-{zone}" for zone in ZONES}
        keys = {f"{zone.upper()}_KEY": f"alias/case-{zone}" for zone in ZONES}
        told = {"DEAD_LETTERS": self.queues["dead"], "DELIVERIES": str(DELIVERIES)}
        return {**zones, **keys, **told, "BUS": "case-bus", "PROJECT": "case"}

    def put(self, zone: str, key: str, body: bytes) -> str:
        """Puts an object; its ETag."""
        return str(client("s3").put_object(Bucket=f"case-{zone}", Key=key, Body=body)["ETag"])

    def get(self, zone: str, key: str) -> bytes:
        return bytes(client("s3").get_object(Bucket=f"case-{zone}", Key=key)["Body"].read())

    def head(self, zone: str, key: str) -> dict[str, Any]:
        return dict(client("s3").head_object(Bucket=f"case-{zone}", Key=key))

    def keys(self, zone: str) -> list[str]:
        listed = client("s3").list_objects_v2(Bucket=f"case-{zone}")
        return [entry["Key"] for entry in listed.get("Contents", [])]

    def written(self) -> dict[str, list[str]]:
        """Every version of every object: what it holds, by zone and key."""
        found: dict[str, list[str]] = {}
        for zone in ZONES:
            for version in client("s3").list_object_versions(Bucket=f"case-{zone}").get("Versions", []):
                name = {"Bucket": f"case-{zone}", "Key": version["Key"], "VersionId": version["VersionId"]}
                body = client("s3").get_object(**name)["Body"].read()
                found.setdefault(f"{zone}/{version['Key']}", []).append(hashlib.sha256(body).hexdigest())
        return found

    def messages(self, queue: str) -> list[dict[str, Any]]:
        """Takes all messages out of a queue."""
        found = []
        asked = {"MaxNumberOfMessages": 10, "MessageAttributeNames": ["All"]}
        while got := client("sqs").receive_message(QueueUrl=self.queues[queue], **asked).get("Messages"):
            for message in got:
                handle = message["ReceiptHandle"]
                client("sqs").delete_message(QueueUrl=self.queues[queue], ReceiptHandle=handle)
            found += got
        return found

    def dead_letters(self) -> list[tuple[str, str]]:
        """Body and reason of each dead letter."""
        return [
            (message["Body"], message["MessageAttributes"]["reason"]["StringValue"])
            for message in self.messages("dead")
        ]


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    for name, value in {
        "AWS_ACCESS_KEY_ID": "tests", "AWS_SECRET_ACCESS_KEY": "tests", "AWS_DEFAULT_REGION": "eu-west-1",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    with mock_aws(config=CONFIGURATION):
        made = Cloud()
        for name, value in made.settings.items():
            monkeypatch.setenv(name, value)
        yield made


class Throttle:
    """S3 that answers SlowDown to one operation, as often as is said, and does not carry it out."""

    def __init__(self, operation: str, times: int) -> None:
        self.event = f"before-send.s3.{operation}"
        self.times = times
        self.asked = 0

    def answer(self, request: Any) -> AWSResponse | None:
        self.asked += 1
        body = b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"

        class Raw:
            def stream(self, **_: Any) -> Iterator[bytes]:
                yield body

        return AWSResponse(request.url, 503, {}, Raw()) if self.asked <= self.times else None


@pytest.fixture
def throttle(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Throttle]:
    def start(operation: str, times: int = 10**6) -> Throttle:
        throttled = Throttle(operation, times)
        stub = type(botocore_stubber)
        carry_out = stub.__call__

        def call(self: Any, event_name: str, request: Any, **other: Any) -> Any:
            answer = throttled.answer(request) if event_name == throttled.event else None
            return answer or carry_out(self, event_name, request, **other)

        monkeypatch.setattr(stub, "__call__", call)
        # The SDK waits between its tries; how long is not what is tested. Of the SDK's module alone: who waits
        # elsewhere, for the end of an execution say, would spin and starve the threads that it waits for.
        monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=lambda seconds: None))
        return throttled

    return start
