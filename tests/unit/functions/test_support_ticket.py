"""Support tickets: kept once, encrypted; bad ones are dead letters with a reason. Played by moto."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from modules.functions.handlers.support_ticket.handler import handler
from modules.functions.runtime.clients import client
from modules.functions.runtime.problems import NotSetUp, Rejected
from tests.unit.functions.payloads import bus_event, sqs_batch

TICKET = {
    "ticket_id": "T-1001",
    "customer_id": "c-00042",
    "created_at": "2025-02-03T23:30:00-01:00",
    "channel": "web",
    "priority": "high",
    "subject": "Two invoices",
    "text": "SECRET-TEXT",
}
KEY = "source=support/dataset=tickets/date=2025-02-04/T-1001.json"


def announced(**changes: Any) -> dict[str, Any]:
    detail = {name: value for name, value in {**TICKET, **changes}.items() if value is not None}
    return bus_event("NewTicketCreated", detail)


def test_a_ticket_is_kept_by_its_utc_day_with_what_follows_from_it(cloud: Any) -> None:
    assert handler(sqs_batch(announced()), None) == {"batchItemFailures": []}
    assert json.loads(cloud.get("raw", KEY)) == {
        **TICKET,
        "schema_version": 1,
        "created_at": "2025-02-04T00:30:00+00:00",
        "answer_by": "2025-02-04T08:30:00+00:00",
    }


def test_a_ticket_is_encrypted_with_the_zones_key(cloud: Any) -> None:
    handler(announced(), None)
    head = cloud.head("raw", KEY)
    assert (head["ServerSideEncryption"], head["SSEKMSKeyId"], head["BucketKeyEnabled"]) == (
        "aws:kms", "alias/case-raw", True,
    )  # fmt: skip


def test_the_same_ticket_again_changes_nothing(cloud: Any) -> None:
    assert handler(announced(), None)["new"] is True
    before = cloud.written()
    assert [len(versions) for versions in before.values()] == [1]
    # Delivered again, and announced again by a producer that did not hear the first answer.
    assert handler(sqs_batch(announced()), None) == {"batchItemFailures": []}
    assert handler({**announced(), "id": "another", "time": "2025-02-05T00:00:00Z"}, None)["new"] is False
    assert cloud.written() == before
    assert cloud.dead_letters() == []


def test_another_ticket_under_the_same_id_is_a_dead_letter_not_an_overwrite(cloud: Any) -> None:
    handler(announced(), None)
    before = cloud.written()
    assert handler(sqs_batch(announced(subject="Other")), None) == {"batchItemFailures": []}
    assert cloud.written() == before
    ((body, reason),) = cloud.dead_letters()
    assert json.loads(body)["detail"]["subject"] == "Other"
    assert "another ticket of this ticket_id" in reason


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"ticket_id": None}, "ticket_id is missing"),
        ({"ticket_id": "../other"}, "ticket_id does not match"),
        ({"created_at": "2025-02-03T08:00:00"}, "created_at is not a moment with its offset"),
        ({"channel": "fax", "subject": " "}, "channel is none of .*; subject is not a text"),
        ({"priority": ["high"]}, "priority is none of"),
        ({"subject": "\ud800"}, "subject is not Unicode text"),
        ({"text": "x" * 50_001}, "text has more than 50000 characters"),
    ],
)
def test_a_bad_ticket_is_a_dead_letter_with_every_reason_and_as_it_came(
    cloud: Any, changes: dict[str, Any], reason: str
) -> None:
    bad = announced(**changes)
    assert handler(sqs_batch(bad), None) == {"batchItemFailures": []}
    ((body, told),) = cloud.dead_letters()
    assert json.loads(body) == bad
    with pytest.raises(Rejected, match=reason) as rejected:
        handler(bad, None)
    assert told == f"Rejected: {rejected.value}"
    assert cloud.written() == {}


def test_of_a_batch_only_what_may_work_later_is_delivered_again(cloud: Any, throttle: Any) -> None:
    throttle("PutObject", times=3)  # as many tries as the SDK makes for the first message
    batch = sqs_batch(announced(), "no JSON", announced(ticket_id="T-1002"))
    assert handler(batch, None) == {
        "batchItemFailures": [{"itemIdentifier": batch["Records"][0]["messageId"]}]
    }
    assert cloud.keys("raw") == [KEY.replace("1001", "1002")]
    assert cloud.dead_letters() == [("no JSON", "Rejected: the message is not JSON")]
    assert handler(sqs_batch(announced(), received=2), None) == {"batchItemFailures": []}
    assert KEY in cloud.keys("raw")


def test_throttling_is_tried_thrice_then_raised_for_the_caller_to_retry(cloud: Any, throttle: Any) -> None:
    throttled = throttle("PutObject")
    with pytest.raises(ClientError, match="SlowDown"):
        handler(announced(), None)
    assert throttled.asked == 3
    assert cloud.written() == {}


def test_what_fails_at_its_last_delivery_is_a_dead_letter_with_the_reason(cloud: Any, throttle: Any) -> None:
    throttle("PutObject")
    assert len(handler(sqs_batch(announced(), received=2), None)["batchItemFailures"]) == 1
    assert cloud.dead_letters() == []
    assert handler(sqs_batch(announced(), received=3), None) == {"batchItemFailures": []}
    assert [reason for _, reason in cloud.dead_letters()] == ["PutObject answered SlowDown"]


def test_a_message_whose_dead_letter_cannot_be_sent_stays_in_its_queue(
    cloud: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    client("sqs").delete_queue(QueueUrl=cloud.queues["dead"])
    assert len(handler(sqs_batch("no JSON"), None)["batchItemFailures"]) == 1


def test_a_function_that_is_not_set_up_loses_nothing(cloud: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RAW_KEY")
    with pytest.raises(NotSetUp, match="RAW_KEY"):
        handler(announced(), None)
    assert len(handler(sqs_batch(announced()), None)["batchItemFailures"]) == 1


def test_neither_logs_nor_reasons_hold_the_payload(
    cloud: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level("DEBUG", logger="modules.functions")
    module = "modules.functions.handlers.support_ticket.handler.Ticket.of"

    def breaks(detail: Any) -> Any:
        raise ValueError(f"quotes {detail['text']}")

    handler(sqs_batch(announced(), announced(ticket_id=None)), None)
    monkeypatch.setattr(module, breaks)
    handler(sqs_batch(announced(), received=3), None)
    said = [str(vars(record)) for record in caplog.records] + [reason for _, reason in cloud.dead_letters()]
    assert len(said) == 5
    assert "ValueError in breaks" in said[-1] or "ValueError in breaks" in said[-2]
    assert [one for one in said if "SECRET-TEXT" in one] == []
