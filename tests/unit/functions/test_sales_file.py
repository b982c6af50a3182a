"""Sales files: every row ends in curated or in quarantine, every original in archive, once. Played by moto."""

from __future__ import annotations

import csv
import gzip
import io
import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from botocore.client import BaseClient
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from environments import places
from modules.functions.handlers.sales_file import handler as module
from modules.functions.handlers.sales_file import parquet, reading
from modules.functions.handlers.sales_file.handler import handler
from modules.functions.handlers.sales_file.rows import CURRENCIES
from modules.functions.runtime.clients import client
from modules.functions.runtime.objects import Changed, digest
from tests.unit.functions.payloads import object_created, s3_notification, sqs_batch

HEADER = "transaction_id,customer_id,sold_at,quantity,amount,currency"
GOOD = (
    "t-000001,c-00001,2025-02-03T10:00:00Z,1,10.50,EUR",
    "t-000002,c-00002,2025-02-02T23:59:59Z,2,0,USD",
    "t-000003,c-00001,2025-02-03T00:00:00Z,3,99.9,GBP",
)
FOLDER = "landing/sales/supplier=north/date=2025-02-03"
KEY = f"{FOLDER}/a.csv"


def csv_of(*rows: str, header: str = HEADER) -> bytes:
    return "\n".join([header, *rows, ""]).encode()


def land(cloud: Any, body: bytes, key: str = KEY) -> dict[str, Any]:
    """Puts a file and hands its event to the function."""
    (record,) = handler(object_created("case-raw", key, cloud.put("raw", key, body)), None)["files"]
    return dict(record)


def table(content: bytes, tmp_path: Path, columns: str = "*") -> list[tuple[Any, ...]]:
    file = tmp_path / "read.parquet"
    file.write_bytes(content)
    return duckdb.sql(f"SELECT {columns} FROM '{file}' ORDER BY line").fetchall()


def test_valid_rows_become_snappy_parquet_by_day_of_sale(cloud: Any, tmp_path: Path) -> None:
    record = land(cloud, csv_of(*GOOD))
    name = f"north-{digest(csv_of(*GOOD))[:20]}.parquet"
    keys = [f"sales_files/sale_date=2025-02-0{day}/{name}" for day in (2, 3)]
    assert [part["key"] for part in record["partitions"]] == keys
    content = cloud.get("curated", keys[1])
    assert table(content, tmp_path, "* EXCLUDE (sold_at)") == [
        ("t-000001", "c-00001", 1, Decimal("10.50"), "EUR", "north", 2),
        ("t-000003", "c-00001", 3, Decimal("99.90"), "GBP", "north", 4),
    ]
    assert table(content, tmp_path, "typeof(sold_at), epoch(sold_at)") == [
        ("TIMESTAMP WITH TIME ZONE", 1738576800), ("TIMESTAMP WITH TIME ZONE", 1738540800),
    ]  # fmt: skip
    file = tmp_path / "read.parquet"
    compressions = duckdb.sql(f"SELECT DISTINCT compression FROM parquet_metadata('{file}')").fetchall()
    assert compressions == [("SNAPPY",)]
    assert record["partitions"][1] == {
        "key": keys[1], "rows": 2, "sha256": digest(content), "size": len(content),
    }  # fmt: skip


def test_everything_written_is_encrypted_with_its_zones_key(cloud: Any) -> None:
    land(cloud, csv_of(*GOOD, GOOD[0].replace("10.50", "-1")))
    land(cloud, b"", f"{FOLDER}/empty.csv")
    seen = set()
    for zone in ("curated", "quarantine", "archive", "errors"):
        for key in cloud.keys(zone):
            head = cloud.head(zone, key)
            assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", f"alias/case-{zone}"), (
                key
            )
            seen.add(zone)
    assert len(seen) == 4


def test_the_original_leaves_the_landing_folder_for_the_archive_byte_for_byte(cloud: Any) -> None:
    body = gzip.compress(csv_of(*GOOD))
    record = land(cloud, body, f"{FOLDER}/a.csv.gz")
    assert cloud.keys("raw") == []
    (archived,) = cloud.keys("archive")
    assert record["archived"] == f"s3://case-archive/{archived}"
    assert cloud.get("archive", archived) == body


def test_bad_rows_are_quarantined_with_every_reason_and_as_they_came(cloud: Any, tmp_path: Path) -> None:
    bad = {
        "t-000011,c-00001,2025-02-03T10:00:00Z,1,-10.50,EUR": ["amount is negative"],
        "t-000012,c-00001,2025-02-03T10:00:00Z,-2,1.00,XXX": [
            "quantity is negative", "currency is none that there is a rate for",
        ],
        "x,y,z,1.5,1e5,": [
            "transaction_id is not t- and 6 digits or more",
            "customer_id is not c- and 5 digits or more",
            "sold_at is not a moment as 2025-02-03T08:00:00Z",
            "quantity is not a whole number",
            "amount is not a number with at most two decimals",
            "currency is none that there is a rate for",
        ],
        "t-000013,c-00001,2025-02-04T00:00:00Z,0,1.00,EUR": [
            "sold_at is after the day of delivery", "quantity is not from 1 to 100000",
        ],
        "t-000014,c-00001,2024-02-01T00:00:00Z,1,1000000000.01,EUR": [
            "sold_at is more than 366 days before the day of delivery", "amount is over 1000000000",
        ],
        "t-000015,c-00001,2025-02-30T00:00:00Z,1,1,EUR": ["sold_at is not a moment as 2025-02-03T08:00:00Z"],
        "t-000001,c-00001,2025-02-03T10:00:00Z,1,10.50,EUR": ["transaction_id has come before in this file"],
        "t-000016,c-00001": ["the row has not 6 fields as the header has"],
        't-000017,"line one\nline two",2025-02-03T10:00:00Z,1,1,EUR': ["customer_id is not c- and 5 digits or more"],
    }  # fmt: skip
    record = land(cloud, csv_of(*GOOD, *bad))
    (key,) = cloud.keys("quarantine")
    assert record["violations"] == f"s3://case-quarantine/{key}"
    rows = table(cloud.get("quarantine", key), tmp_path)
    assert [reasons for _, _, reasons in rows] == list(bad.values())
    assert [line for line, _, _ in rows] == [5, 6, 7, 8, 9, 10, 11, 12, 14]
    assert json.loads(rows[0][1])["amount"] == "-10.50"
    assert json.loads(rows[-2][1]) == ["t-000016", "c-00001"]
    assert json.loads(rows[-1][1])["customer_id"] == "line one\nline two"
    assert (record["rows"], record["quarantined"]) == (12, 9)
    assert sum(part["rows"] for part in record["partitions"]) == 3
    assert record["by_reason"]["amount is negative"] == 1


CUT_OFF = gzip.compress(csv_of(*GOOD))[:-9]
CORRUPTED = CUT_OFF[:30] + bytes(byte ^ 0xFF for byte in CUT_OFF[30:40]) + CUT_OFF[40:]
UNREADABLE = {
    "empty": (b"", "the file is empty"),
    "gzip of nothing": (gzip.compress(b""), "the file has no header"),
    "gzip cut off": (CUT_OFF, "the gzip stream is damaged or cut off"),
    "gzip corrupted": (CORRUPTED, "the gzip stream is damaged or cut off"),
    "gzip, then rubbish": (
        gzip.compress(csv_of(*GOOD)) + b"rubbish",
        "the gzip stream is damaged or cut off",
    ),
    "columns missing": (
        csv_of("t-000001,1", header="transaction_id,quantity"),
        "the header lacks customer_id, sold_at, amount, currency",
    ),
    "column twice": (csv_of(header=f"{HEADER},amount"), "the header has a column twice"),
    "not UTF-8": (csv_of(*GOOD) + "é".encode("latin-1"), "the text is not UTF-8"),
    "quote that never closes": (
        csv_of(GOOD[0], 't-000002,"c-00002,2025', *GOOD[2:]),
        "line 4 is not CSV: unexpected end of data",
    ),
    "text after a quote": (csv_of('"t-000001"x,c'), "line 2 is not CSV: "),
    "a field of half a megabyte": (csv_of("x" * 2**19), "line 2 is not CSV: "),
    "a row of over a megabyte": (csv_of("x," * 2**20), "a row has more than 1048576 characters"),
}


@pytest.mark.parametrize(("body", "reason"), UNREADABLE.values(), ids=UNREADABLE)
def test_a_file_that_cannot_be_read_is_reported_and_kept_and_writes_no_rows(
    cloud: Any, body: bytes, reason: str
) -> None:
    record = land(cloud, body)
    assert record["status"] == "unreadable"
    assert record["reason"].startswith(reason)
    (error,) = cloud.keys("errors")
    report = json.loads(cloud.get("errors", error))
    assert report["reason"] == record["reason"]
    bucket_and_key = report["archived"].removeprefix("s3://case-archive/")
    assert cloud.get("archive", bucket_and_key) == body
    assert [key for key in cloud.keys("curated") if "_landed" not in key] == []
    assert cloud.keys("raw") == cloud.keys("quarantine") == cloud.dead_letters() == []


def test_a_small_file_that_unpacks_to_a_large_one_is_unreadable(
    cloud: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MOST_TEXT", 100_000)
    bomb = gzip.compress(csv_of(*GOOD) + b"\n" * 200_000)
    assert len(bomb) < 1000
    assert land(cloud, bomb)["reason"] == "unpacked, the file has more than 100000 characters"


def test_a_file_over_the_limit_is_not_even_fetched(cloud: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_BYTES", 10)
    record = land(cloud, csv_of(*GOOD))
    assert (record["status"], record["reason"]) == ("unreadable", "the file has more than 10 bytes")
    assert len(cloud.keys("archive")) == 1


def test_a_header_alone_a_byte_order_mark_and_other_columns_are_fine(cloud: Any) -> None:
    assert land(cloud, csv_of())["rows"] == 0
    marked = b"\xef\xbb\xbf" + csv_of(*(f"{row},x" for row in GOOD), header=f"{HEADER},note")
    assert (marked_record := land(cloud, marked, f"{FOLDER}/b.csv"))["rows"] == 3
    assert marked_record["quarantined"] == 0


def test_an_event_that_comes_again_changes_nothing(cloud: Any) -> None:
    body = csv_of(*GOOD, GOOD[0])
    etag = cloud.put("raw", KEY, body)
    events = [object_created("case-raw", KEY, etag), s3_notification("case-raw", KEY, etag)]
    first = handler(events[0], None)
    before = cloud.written()
    assert all(len(versions) == 1 for versions in before.values())
    assert handler(events[1], None) == first
    assert handler(sqs_batch(*events, received=2), None) == {"batchItemFailures": []}
    assert cloud.written() == before
    assert cloud.dead_letters() == []


# Two days of sale, the quarantined row, and the record; the archive; the landing folder.
@pytest.mark.parametrize(
    ("operation", "nth"),
    [*(("PutObject", nth) for nth in (1, 2, 3, 4)), ("CopyObject", 1), ("DeleteObject", 1)],
)
def test_cut_off_at_any_write_the_next_delivery_ends_in_the_same(
    cloud: Any, operation: str, nth: int
) -> None:
    body = csv_of(*GOOD, GOOD[0])
    expected = land(cloud, body)
    objects = cloud.written()
    for zone in ("curated", "quarantine", "archive"):
        for version in client("s3").list_object_versions(Bucket=f"case-{zone}")["Versions"]:
            name = {"Key": version["Key"], "VersionId": version["VersionId"]}
            client("s3").delete_object(Bucket=f"case-{zone}", **name)
    event = object_created("case-raw", KEY, cloud.put("raw", KEY, body))
    with pytest.MonkeyPatch.context() as cutting:
        cut_off(cutting, operation, nth)
        with pytest.raises(ConnectionAbortedError):
            handler(event, None)
    assert handler(event, None) == {"files": [expected]}
    again = cloud.written()
    again[f"raw/{KEY}"] = objects[f"raw/{KEY}"]
    assert again == objects
    assert cloud.keys("raw") == []


def cut_off(patch: pytest.MonkeyPatch, operation: str, nth: int) -> None:
    """Lets the nth call of an operation be carried out, and the function end before it hears of it."""
    calls = 0
    call = BaseClient._make_api_call

    def counted(self: Any, name: str, arguments: Any) -> Any:
        nonlocal calls
        answer = call(self, name, arguments)
        calls += name == operation
        if name == operation and calls == nth:
            raise ConnectionAbortedError
        return answer

    patch.setattr(BaseClient, "_make_api_call", counted)


def test_throttled_storage_is_raised_and_the_file_stays(cloud: Any, throttle: Any) -> None:
    etag = cloud.put("raw", KEY, csv_of(*GOOD))
    throttle("GetObject")
    with pytest.raises(ClientError, match="SlowDown"):
        handler(object_created("case-raw", KEY, etag), None)
    batch = sqs_batch(object_created("case-raw", KEY, etag))
    assert len(handler(batch, None)["batchItemFailures"]) == 1
    assert cloud.keys("raw") == [KEY]


def test_a_file_that_was_overwritten_is_left_to_the_newer_ones_event(cloud: Any) -> None:
    old = cloud.put("raw", KEY, csv_of(*GOOD))
    new = cloud.put("raw", KEY, csv_of(GOOD[0]))
    assert handler(object_created("case-raw", KEY, old), None)["files"][0]["status"] == "superseded"
    assert cloud.keys("raw") == [KEY]
    assert handler(object_created("case-raw", KEY, new), None)["files"][0]["rows"] == 1
    assert cloud.keys("raw") == []


def test_a_file_overwritten_while_it_is_read_is_not_mistaken_for_the_old_one(
    cloud: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    etag = cloud.put("raw", KEY, csv_of(*GOOD))
    download = module.Zone.download

    def overwritten_first(zone: Any, *arguments: Any) -> str:
        cloud.put("raw", KEY, csv_of(GOOD[0]))
        return download(zone, *arguments)

    monkeypatch.setattr(module.Zone, "download", overwritten_first)
    with pytest.raises(Changed):
        handler(object_created("case-raw", KEY, etag), None)
    assert cloud.keys("curated") == []


BAD_EVENTS = {
    "gone and never landed": (object_created("case-raw", KEY, "abc"), "it is gone, and no record"),
    "elsewhere": (object_created("case-other", KEY, "abc"), "it is in another bucket"),
    "no event": ({"hello": "world"}, "detail-type is missing"),
    "a deletion": (
        {
            "Records": [
                {**s3_notification("case-raw", KEY, "a")["Records"][0], "eventName": "ObjectRemoved:Delete"}
            ]
        },
        "eventName does not match",
    ),
}


@pytest.mark.parametrize(("event", "reason"), BAD_EVENTS.values(), ids=BAD_EVENTS)
def test_a_bad_event_is_a_dead_letter_with_its_reason(cloud: Any, event: Any, reason: str) -> None:
    assert handler(sqs_batch(event), None) == {"batchItemFailures": []}
    ((body, told),) = cloud.dead_letters()
    assert json.loads(body) == event
    assert reason in told


def test_a_file_with_a_name_that_says_nothing_is_a_dead_letter_and_stays(cloud: Any) -> None:
    etag = cloud.put("raw", f"{FOLDER}/a.xlsx", b"x")
    handler(sqs_batch(object_created("case-raw", f"{FOLDER}/a.xlsx", etag)), None)
    assert "its key is not" in cloud.dead_letters()[0][1]
    assert cloud.keys("raw") == [f"{FOLDER}/a.xlsx"]


def test_a_delivery_note_is_no_sales_file(cloud: Any) -> None:
    key = f"{FOLDER}/_delivery.json"
    etag = cloud.put("raw", key, b"{}")
    assert handler(sqs_batch(object_created("case-raw", key, etag)), None) == {"batchItemFailures": []}
    assert cloud.keys("raw") == [key]
    assert cloud.dead_letters() == []


def test_the_currencies_are_those_of_the_sales_contract() -> None:
    contract = yaml.safe_load((places.ROOT / "dags/pipelines/sales_curation/contract.yaml").read_text())
    (currency,) = [one for one in contract["schema"][0]["properties"] if one["name"] == "currency"]
    assert set(currency["quality"][0]["arguments"]["validValues"]) == CURRENCIES


FIELDS = st.one_of(
    st.sampled_from([value for row in GOOD for value in row.split(",")]),
    st.text(alphabet='a,"\n\r\t é;\x00-.0', max_size=6),
)
ROWS = st.lists(st.lists(FIELDS, max_size=7), max_size=8)


@settings(max_examples=50, deadline=None)
@given(rows=ROWS)
def test_no_row_is_lost_whatever_it_holds(rows: list[list[str]], tmp_path_factory: Any) -> None:
    folder = tmp_path_factory.mktemp("rows")
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(HEADER.split(","))
    writer.writerows(rows)
    (folder / "file").write_bytes(text.getvalue().encode())
    found = reading.read(folder / "file", folder, date(2025, 2, 3))
    assert found.rows == len([row for row in rows if row])
    valid = sum(part.rows for part in parquet.partitions(found, folder, "north"))
    kept = table(parquet.violations(found, folder), folder) if found.quarantined else []
    assert valid + len(kept) == found.rows
    by_values = [
        list(one.values()) if isinstance(one, dict) else one for one in (json.loads(r) for _, r, _ in kept)
    ]
    assert all(row in by_values for row in rows if row and len(row) != 6)


def test_the_same_rows_give_the_same_bytes(tmp_path: Path) -> None:
    body = csv_of(*GOOD, *(f"t-{n:06d},c-00001,2025-02-03T10:00:00Z,1,-1,EUR" for n in range(100, 300)))
    made = []
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "file").write_bytes(body)
        read = reading.read(folder / "file", folder, date(2025, 2, 3))
        parts = [part.content for part in parquet.partitions(read, folder, "north")]
        made.append([*parts, parquet.violations(read, folder)])
    assert made[0] == made[1]
