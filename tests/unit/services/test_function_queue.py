"""How functions of this machine are fed: batches, redelivery, time limits, new objects. Queues played by moto."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from environments.local_functions import LocalFunction, LocalFunctionsFile, Watched
from environments.problems import Refusal
from modules.functions.runtime import envelopes, queue_batch
from services import pulse
from services.function_queue import Context, FunctionQueue
from services.landing_watch import LandingWatch
from services.run_functions import JsonLines


@dataclass
class Fed:
    """A queue with dead letters after two deliveries, and a function that keeps what it is called with."""

    sqs: Any
    answer: Callable[[dict[str, Any]], Any] = lambda event: {"batchItemFailures": []}
    events: list[dict[str, Any]] = field(default_factory=list)
    contexts: list[Context] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.dead = self.sqs.create_queue(QueueName="dead")["QueueUrl"]
        arn = self.sqs.get_queue_attributes(QueueUrl=self.dead, AttributeNames=["QueueArn"])
        redrive = {"deadLetterTargetArn": arn["Attributes"]["QueueArn"], "maxReceiveCount": 2}
        self.url = self.sqs.create_queue(QueueName="work", Attributes={"RedrivePolicy": json.dumps(redrive)})[
            "QueueUrl"
        ]
        self.function = LocalFunction(
            name="case",
            entry="unused",
            code="",
            queue=self.url,
            timeout_seconds=1,
            batch_size=10,
            environment={},
            watched=None,
        )
        self.queue = FunctionQueue(self.function, self._call, self.sqs)

    def _call(self, event: dict[str, Any], context: Context) -> Any:
        self.events.append(event)
        self.contexts.append(context)
        return self.answer(event)

    def send(self, *bodies: str) -> None:
        for body in bodies:
            self.sqs.send_message(QueueUrl=self.url, MessageBody=body)

    def bodies(self, url: str) -> list[str]:
        found = self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0)
        return sorted(message["Body"] for message in found.get("Messages", []))

    def at_once(self) -> None:
        """What waits for another delivery waits no longer."""
        from moto.core import DEFAULT_ACCOUNT_ID
        from moto.sqs.models import sqs_backends

        for message in sqs_backends[DEFAULT_ACCOUNT_ID]["eu-west-1"].queues["work"]._messages:
            message.visible_at = 0


@pytest.fixture
def fed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Fed]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "tests")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "tests")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.delenv("AWS_ENDPOINT_URL_S3", raising=False)
    with mock_aws():
        yield Fed(boto3.client("sqs", region_name="eu-west-1"))


def test_a_batch_has_the_shape_that_the_service_documents_and_is_understood_as_one(fed: Fed) -> None:
    fed.send('{"a": 1}', '{"a": 2}')
    assert fed.queue.turn() == 2
    (event,) = fed.events
    assert queue_batch.is_batch(event)
    assert {record["body"] for record in event["Records"]} == {'{"a": 1}', '{"a": 2}'}
    record = event["Records"][0]
    assert set(record) == {
        "messageId", "receiptHandle", "body", "attributes", "messageAttributes", "md5OfBody", "eventSource",
        "eventSourceARN", "awsRegion",
    }  # fmt: skip
    assert record["attributes"]["ApproximateReceiveCount"] == "1"
    assert record["eventSourceARN"] == "arn:aws:sqs:eu-west-1:123456789012:work"
    assert 0 < fed.contexts[0].get_remaining_time_in_millis() <= 1000


def test_what_is_done_leaves_the_queue_and_an_empty_queue_calls_nothing(fed: Fed) -> None:
    fed.send("one")
    assert (fed.queue.turn(), fed.queue.turn()) == (1, 0)
    fed.at_once()
    assert (fed.bodies(fed.url), fed.bodies(fed.dead), len(fed.events)) == ([], [], 1)


def test_only_what_failed_is_delivered_again_and_ends_in_the_dead_letters(fed: Fed) -> None:
    def fails_bad(event: dict[str, Any]) -> Any:
        bad = [record["messageId"] for record in event["Records"] if record["body"] == "bad"]
        return {"batchItemFailures": [{"itemIdentifier": one} for one in bad]}

    fed.answer = fails_bad
    fed.send("good", "bad")
    assert fed.queue.turn() == 2
    assert fed.queue.turn() == 0, "it waits before it is delivered again"
    fed.at_once()
    assert fed.queue.turn() == 1
    assert fed.events[-1]["Records"][0]["attributes"]["ApproximateReceiveCount"] == "2"
    fed.at_once()
    assert fed.queue.turn() == 0
    assert (fed.bodies(fed.url), fed.bodies(fed.dead)) == ([], ["bad"])


def raises(event: dict[str, Any]) -> Any:
    raise ValueError("SECRET-VALUE")


def hangs(event: dict[str, Any]) -> Any:
    try:
        time.sleep(10)
    except Exception:
        return {"batchItemFailures": []}


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (raises, "failed"),
        (hangs, "timed out"),
        (lambda event: None, "failed"),
        (lambda event: {"batchItemFailures": [{"itemIdentifier": "another"}]}, "done"),
    ],
    ids=["raises", "hangs", "answers nothing", "names what was not sent"],
)
def test_a_function_that_fails_as_a_whole_gets_the_whole_batch_again(
    fed: Fed, caplog: pytest.LogCaptureFixture, answer: Any, said: str
) -> None:
    caplog.set_level("INFO", logger="services.function_queue")
    fed.answer = answer
    fed.send("one", "two")
    assert fed.queue.turn() == 2
    fed.at_once()
    assert fed.bodies(fed.url) == ["one", "two"]
    assert [record.message for record in caplog.records] == [said]
    assert "SECRET-VALUE" not in str([vars(record) for record in caplog.records])


def test_new_objects_are_told_once_in_the_shape_of_s3(fed: Fed) -> None:
    s3 = boto3.client("s3", region_name="eu-west-1")
    s3.create_bucket(Bucket="case-raw", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    watch = LandingWatch(fed.function, Watched(bucket="case-raw", prefix="landing/"), s3, fed.sqs)
    etags = [
        s3.put_object(Bucket="case-raw", Key=key, Body=b"1")["ETag"]
        for key in ("landing/a b+é.csv", "landing/folder/", "other/c")
    ]
    assert (watch.turn(), watch.turn()) == (1, 0)
    (body,) = fed.bodies(fed.url)
    told = envelopes.objects_created(json.loads(body))
    assert told == [envelopes.ObjectCreated("case-raw", "landing/a b+é.csv", etags[0].strip('"'))]
    s3.put_object(Bucket="case-raw", Key="landing/a b+é.csv", Body=b"other")
    assert (watch.turn(), watch.turn()) == (1, 0)


def test_when_the_mock_forgot_its_queues_what_still_lies_there_is_told_again(
    fed: Fed, monkeypatch: pytest.MonkeyPatch
) -> None:
    s3 = boto3.client("s3", region_name="eu-west-1")
    s3.create_bucket(Bucket="case-raw", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket="case-raw", Key="landing/a.csv", Body=b"1")
    watch = LandingWatch(fed.function, Watched(bucket="case-raw", prefix="landing/"), s3, fed.sqs)
    assert watch.turn() == 1
    fed.sqs.delete_queue(QueueUrl=fed.url)
    with pytest.raises(fed.sqs.exceptions.QueueDoesNotExist):
        watch.turn()
    monkeypatch.setattr("moto.sqs.models.unix_time", lambda: time.time() + 60)
    fed.sqs.create_queue(QueueName="work")
    assert (watch.turn(), watch.turn()) == (1, 0)


def test_a_process_is_alive_as_long_as_its_sign_of_life_holds(tmp_path: Path) -> None:
    folder = tmp_path / "pulses"
    assert not pulse.alive(folder)
    pulse.expect(folder, ["gone"])
    pulse.expect(folder, ["a", "b"])
    pulse.beat(folder, "a", until=time.time() + 60)
    assert not pulse.alive(folder)
    pulse.beat(folder, "b", until=time.time() + 60)
    assert pulse.alive(folder)
    pulse.beat(folder, "a", until=time.time() - 1)
    assert not pulse.alive(folder)


def test_a_line_of_the_log_is_json_with_all_that_is_told_beside_the_message() -> None:
    record = logging.makeLogRecord(
        {"msg": "two\nlines %s", "args": ("x",), "levelname": "INFO", "key": "k", "path": Path("p")}
    )
    line = JsonLines("case").format(record)
    assert "\n" not in line
    read = json.loads(line)
    read.pop("timestamp")
    assert read == {
        "level": "INFO", "function": "case", "message": "two\nlines x", "key": "k", "path": "p",
    }  # fmt: skip


def test_a_damaged_or_missing_list_of_functions_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="sluice up"):
        LocalFunctionsFile.load(tmp_path / "functions.json")
    (tmp_path / "functions.json").write_text("{")
    with pytest.raises(Refusal, match="delete the file"):
        LocalFunctionsFile.load(tmp_path / "functions.json")
