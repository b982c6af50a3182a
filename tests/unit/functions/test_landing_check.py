"""The landing check: a whole delivery is announced once, any other is a ticket. Played by moto."""

from __future__ import annotations

import json
from typing import Any

import pytest

from modules.functions.handlers.landing_check.handler import LandingIncomplete, handler
from modules.functions.handlers.sales_file.handler import handler as sales_file
from modules.functions.runtime.clients import client
from modules.functions.runtime.objects import digest
from tests.unit.functions.payloads import bus_event, object_created, sqs_batch
from tests.unit.functions.test_sales_file import FOLDER, GOOD, csv_of

DUE = bus_event("LandingDue", {"supplier": "north", "date": "2025-02-03"})
FILES = {"a.csv": csv_of(*GOOD), "b.csv": csv_of(GOOD[0], GOOD[1].replace(",0,", ",-1,"))}


def deliver(cloud: Any, files: dict[str, bytes] = FILES) -> None:
    for name, body in files.items():
        etag = cloud.put("raw", f"{FOLDER}/{name}", body)
        sales_file(object_created("case-raw", f"{FOLDER}/{name}", etag), None)


def note(cloud: Any, rows: dict[str, int], files: dict[str, bytes] = FILES) -> None:
    noted = [{"name": name, "sha256": digest(files[name]), "rows": rows[name]} for name in rows]
    cloud.put("raw", f"{FOLDER}/_delivery.json", json.dumps({"files": noted}).encode())


def ticket(cloud: Any) -> list[str]:
    """The lines of the ticket that the check ends in; nothing is announced with it."""
    with pytest.raises(LandingIncomplete) as raised:
        handler(DUE, None)
    assert cloud.messages("data-ready") == []
    return str(raised.value).splitlines()


def announced(cloud: Any) -> list[dict[str, Any]]:
    return [json.loads(message["Body"]) for message in cloud.messages("data-ready")]


def test_a_whole_delivery_is_announced_with_its_counts_and_objects(cloud: Any) -> None:
    deliver(cloud)
    note(cloud, {"a.csv": 3, "b.csv": 2})
    handler(DUE, None)
    (event,) = announced(cloud)
    assert (event["detail-type"], event["source"]) == ("DataReady", "case.landing_check")
    assert event["detail"]["counts"] == {"files": 2, "rows": 5, "quarantined": 1}
    assert (event["detail"]["interval_start"], event["detail"]["interval_end"]) == (
        "2025-02-03",
        "2025-02-04",
    )
    key = event["detail"]["outputs"]["manifest"].removeprefix("s3://case-curated/")
    objects = json.loads(cloud.get("curated", key))["objects"]
    assert sum(one["rows"] for one in objects) == 4
    assert {one["key"] for one in objects} == {key for key in cloud.keys("curated") if "/sale_date=" in key}


def test_asked_again_it_announces_nothing_and_writes_nothing(cloud: Any) -> None:
    deliver(cloud)
    note(cloud, {"a.csv": 3, "b.csv": 2})
    assert handler(DUE, None)["announced"] is True
    before = cloud.written()
    assert handler(sqs_batch(DUE, DUE, received=2), None) == {"batchItemFailures": []}
    assert len(announced(cloud)) == 1
    assert cloud.written() == before


def test_cut_off_before_it_is_noted_as_announced_it_announces_rather_twice_than_never(
    cloud: Any, throttle: Any
) -> None:
    deliver(cloud)
    note(cloud, {"a.csv": 3, "b.csv": 2})
    handler(DUE, None)
    (marker,) = [key for key in cloud.keys("curated") if "/_announced/" in key]
    client("s3").delete_object(Bucket="case-curated", Key=marker)
    handler(DUE, None)
    assert len(announced(cloud)) == 2


def test_a_corrected_delivery_is_announced_anew_without_the_file_it_replaces(cloud: Any) -> None:
    deliver(cloud)
    note(cloud, {"a.csv": 3, "b.csv": 2})
    handler(DUE, None)
    corrected = {**FILES, "b.csv": csv_of(GOOD[0])}
    deliver(cloud, {"b.csv": corrected["b.csv"]})
    note(cloud, {"a.csv": 3, "b.csv": 1}, corrected)
    assert handler(DUE, None)["counts"] == {"files": 2, "rows": 4, "quarantined": 0}
    assert len(announced(cloud)) == 2


def test_the_day_before_is_due_where_no_day_is_said(cloud: Any) -> None:
    deliver(cloud)
    note(cloud, {"a.csv": 3, "b.csv": 2})
    due = bus_event("LandingDue", {"supplier": "north"}, time="2025-02-04T05:00:00Z")
    assert handler(due, None)["interval_start"] == "2025-02-03"


def test_the_message_is_a_ticket_title_list_where_what_to_do(cloud: Any) -> None:
    deliver(cloud, {"a.csv": FILES["a.csv"]})
    note(cloud, {"a.csv": 3, "b.csv": 2})
    lines = ticket(cloud)
    assert lines[0] == "Sales files of north for 2025-02-03 have not landed whole: 1 problem"
    assert lines[1] == "- b.csv: has not landed"
    assert lines[2] == f"Where: s3://case-raw/{FOLDER}/_delivery.json"
    assert lines[3].startswith("What to do: ask the supplier")
    assert '{"supplier": "north", "date": "2025-02-03"}' in lines[3]


def test_every_problem_is_listed_at_once(cloud: Any) -> None:
    bad = csv_of(GOOD[0].replace("10.50", "-1"))
    files = {**FILES, "c.csv": b"", "d.csv": bad, "e.csv": csv_of()}
    deliver(cloud, files)
    sent = {**files, "b.csv": b"other bytes"}
    note(cloud, {"a.csv": 4, "b.csv": 2, "c.csv": 1, "d.csv": 1, "f.csv": 1}, {**sent, "f.csv": b""})
    (part,) = json.loads(cloud.get("curated", records(cloud, "a.csv")))["partitions"][:1]
    cloud.put("curated", part["key"], b"damaged")
    assert ticket(cloud)[1:-2] == [
        "- a.csv: has 3 rows, the delivery note says 4",
        f"- a.csv: its object {part['key']} has other bytes than were written",
        "- b.csv: has landed with other bytes than the delivery note says (sha256)",
        "- c.csv: could not be read: the file is empty",
        "- d.csv: all 1 rows break a rule: amount is negative",
        "- f.csv: has not landed",
        "- e.csv: has landed, but is not in the delivery note",
    ]


def records(cloud: Any, name: str) -> str:
    (key,) = [
        key for key in cloud.keys("curated") if f"/_landed/supplier=north/date=2025-02-03/{name}/" in key
    ]
    return str(key)


def test_an_object_that_is_gone_is_a_problem(cloud: Any) -> None:
    deliver(cloud, {"a.csv": FILES["a.csv"]})
    note(cloud, {"a.csv": 3})
    part = json.loads(cloud.get("curated", records(cloud, "a.csv")))["partitions"][0]["key"]
    client("s3").delete_object(Bucket="case-curated", Key=part)
    assert ticket(cloud)[1] == f"- a.csv: its object {part} is gone from curated"


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (None, "there is no delivery note"),
        (b"{", "the delivery note is not JSON"),
        (b"\xff", "the delivery note is not JSON"),
        (b"{}", "delivery note: files is missing"),
        (b'{"files": [{"name": "a.csv", "sha256": "x", "rows": -1}]}', "delivery note, file 1: sha256 does"),
        (
            json.dumps({"files": [{"name": "a", "sha256": "0" * 64, "rows": 1}] * 2}).encode(),
            "delivery note: a file is in it twice",
        ),
    ],
)
def test_without_a_delivery_note_that_can_be_read_nothing_has_landed_whole(
    cloud: Any, body: bytes | None, problem: str
) -> None:
    if body is not None:
        cloud.put("raw", f"{FOLDER}/_delivery.json", body)
    assert ticket(cloud)[1].startswith(f"- {problem}")


def test_what_is_late_is_waited_for_then_a_dead_letter_with_the_ticket(cloud: Any) -> None:
    note(cloud, {"a.csv": 3})
    assert len(handler(sqs_batch(DUE), None)["batchItemFailures"]) == 1
    assert cloud.dead_letters() == []
    assert handler(sqs_batch(DUE, received=3), None) == {"batchItemFailures": []}
    ((body, reason),) = cloud.dead_letters()
    assert json.loads(body) == DUE
    assert reason.startswith("LandingIncomplete: Sales files of north for 2025-02-03")
    deliver(cloud, {"a.csv": FILES["a.csv"]})
    assert handler(sqs_batch(json.loads(body)), None) == {"batchItemFailures": []}
    assert len(announced(cloud)) == 1


def test_a_bad_event_is_a_dead_letter_with_its_reason(cloud: Any) -> None:
    bad = bus_event("LandingDue", {"supplier": "North/..", "date": "someday"})
    assert handler(sqs_batch(bad), None) == {"batchItemFailures": []}
    ((_, reason),) = cloud.dead_letters()
    assert "supplier does not match" in reason and "date is not a day" in reason
