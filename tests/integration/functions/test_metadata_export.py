"""Airflow's metadata reaches the archive zone: all of it once, then what changed, whatever fails in between.

Against a served MWAA of our own and moto's S3; that Airflow answers so, `tests/e2e` proves.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from modules.functions.handlers.metadata_export.airflow import AirflowRefused
from modules.functions.handlers.metadata_export.handler import handler
from modules.functions.runtime import clients
from modules.functions.runtime.problems import NotSetUp, Rejected
from tests.integration.functions.served_airflow import RUNS, TASKS, ServedAirflow, serve

ARCHIVE, RELEASES, PREFIX = "test-archive", "test-releases", "airflow-metadata"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HALF_HOUR = timedelta(minutes=30)


@pytest.fixture(scope="module")
def storage() -> Iterator[str]:
    server = ThreadedMotoServer("127.0.0.1", 0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def airflow(storage: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[ServedAirflow]:
    """An Airflow with something of everything, empty buckets, and the function's environment."""
    made = ServedAirflow()
    made.rows["/variables"] = [
        {"key": f"v{number}", "value": str(number), "description": None, "is_encrypted": True}
        for number in range(3)
    ]
    made.rows["/connections"] = [
        {"connection_id": "shop", "conn_type": "http", "password": "hunter2", "extra": '{"token": "hunter2"}'}
    ]
    with serve(made) as mwaa:
        for name, value in {
            "AWS_ENDPOINT_URL": storage,
            "AWS_ENDPOINT_URL_MWAA": mwaa,
            "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AIRFLOW_ENVIRONMENT": "sluice-test-orchestrator",
            "ARCHIVE_ZONE": f"s3://{ARCHIVE}",
            "ARCHIVE_KEY": "alias/test-confidential",
            "ARCHIVE_PREFIX": PREFIX,
            "RELEASES_ZONE": f"s3://{RELEASES}",
            "RELEASES_KEY": "alias/test-internal",
        }.items():
            monkeypatch.setenv(name, value)
        clients.client.cache_clear()
        s3 = boto3.client("s3")
        for bucket in (ARCHIVE, RELEASES):
            s3.create_bucket(Bucket=bucket)
        yield made
        for bucket in (ARCHIVE, RELEASES):
            for item in s3.list_objects_v2(Bucket=bucket).get("Contents", []):
                s3.delete_object(Bucket=bucket, Key=item["Key"])
            s3.delete_bucket(Bucket=bucket)
        clients.client.cache_clear()


def run(number: int, at: datetime, state: str = "success") -> dict[str, Any]:
    return {
        "id": number,
        "dag_id": "sales_curation",
        "dag_run_id": f"run-{number:04}",
        "state": state,
        "conf": {},
        "updated_at": at,
    }


def task(number: int, at: datetime) -> dict[str, Any]:
    return {**run(number, at), "task_id": "check", "rendered_fields": {"env": "hunter2"}}


def export(moment: datetime) -> dict[str, Any]:
    return handler({"scheduled_at": moment.isoformat()}, None)


def objects() -> dict[str, bytes]:
    s3 = boto3.client("s3")
    keys = [item["Key"] for item in s3.list_objects_v2(Bucket=ARCHIVE).get("Contents", [])]
    return {key: s3.get_object(Bucket=ARCHIVE, Key=key)["Body"].read() for key in keys}


def lines(what: str) -> list[dict[str, Any]]:
    """All rows of all files, oldest file first."""
    return [
        json.loads(line)
        for key, body in sorted(objects().items())
        if key.startswith(f"{PREFIX}/{what}/")
        for line in gzip.decompress(body).decode().splitlines()
    ]


def settings() -> list[dict[str, Any]]:
    found = sorted((key, body) for key, body in objects().items() if key.startswith(f"{PREFIX}/settings/"))
    return [json.loads(gzip.decompress(body)) for _, body in found]


def test_the_first_export_holds_all_of_it(airflow: ServedAirflow) -> None:
    old = NOON - timedelta(days=40)
    airflow.rows[RUNS] = [run(number, old) for number in range(250)]
    airflow.rows[TASKS] = [task(number, old) for number in range(101)]
    release = "a" * 64
    boto3.client("s3").put_object(Bucket=RELEASES, Key="CURRENT", Body=json.dumps({"release": release}))
    assert export(NOON) == {
        **{"until": NOON.isoformat(), "new": True},
        **{"settings": 1, "runs": 250, "tasks": 101},
    }
    assert sorted(row["dag_run_id"] for row in lines("runs")) == [f"run-{number:04}" for number in range(250)]
    assert len(lines("tasks")) == 101
    (taken,) = settings()
    assert taken["release"] == release
    assert [(row["key"], row["value"]) for row in taken["variables"]] == [
        ("v0", "0"),
        ("v1", "1"),
        ("v2", "2"),
    ]
    head = boto3.client("s3").head_object(Bucket=ARCHIVE, Key=f"{PREFIX}/watermark.json")
    assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", "alias/test-confidential")


def test_of_a_connection_only_name_and_type_are_kept(airflow: ServedAirflow) -> None:
    airflow.rows[TASKS] = [task(1, NOON - HALF_HOUR)]
    export(NOON)
    (taken,) = settings()
    assert taken["connections"] == [{"connection_id": "shop", "conn_type": "http"}]
    whole = b"".join(
        gzip.decompress(body) if key.endswith(".gz") else body for key, body in objects().items()
    )
    assert b"hunter2" not in whole


def test_later_exports_hold_what_changed_and_settings_only_when_they_did(airflow: ServedAirflow) -> None:
    airflow.rows[RUNS] = [run(1, NOON - HALF_HOUR), run(2, NOON - HALF_HOUR, "running")]
    export(NOON)
    airflow.rows[RUNS] = [
        run(1, NOON - HALF_HOUR),
        run(2, NOON + HALF_HOUR / 2),
        run(3, NOON + HALF_HOUR / 2),
    ]
    later = export(NOON + HALF_HOUR)
    assert (later["settings"], later["runs"]) == (0, 2)
    states = {row["dag_run_id"]: row["state"] for row in lines("runs")}
    assert states == dict.fromkeys(("run-0001", "run-0002", "run-0003"), "success")
    airflow.rows["/variables"][0]["value"] = "changed"
    assert export(NOON + 2 * HALF_HOUR)["settings"] == 1
    assert [taken["variables"][0]["value"] for taken in settings()] == ["0", "changed"]
    # Nothing changed, nothing written but the watermark.
    before = set(objects())
    assert export(NOON + 3 * HALF_HOUR)["new"] is True
    assert set(objects()) == before


def test_a_change_that_was_committed_late_is_not_lost(airflow: ServedAirflow) -> None:
    export(NOON)
    airflow.rows[RUNS] = [run(1, NOON - timedelta(minutes=3))]
    assert export(NOON + HALF_HOUR)["runs"] == 1


def test_the_same_event_again_asks_and_writes_nothing(airflow: ServedAirflow) -> None:
    airflow.rows[RUNS] = [run(1, NOON - HALF_HOUR)]
    export(NOON)
    before, asked = objects(), len(airflow.asked)
    for moment in (NOON, NOON - HALF_HOUR):
        assert export(moment)["new"] is False
    assert (objects(), len(airflow.asked)) == (before, asked)


def test_an_export_that_breaks_off_is_made_whole_by_the_next(airflow: ServedAirflow) -> None:
    airflow.rows[RUNS] = [run(1, NOON - HALF_HOUR)]
    airflow.rows[TASKS] = [task(1, NOON - HALF_HOUR)]
    airflow.failing = {TASKS}
    with pytest.raises(AirflowRefused) as refused:
        export(NOON)
    assert str(refused.value) == f"{TASKS} answered 500"
    assert f"{PREFIX}/watermark.json" not in objects()
    airflow.failing = set()
    assert export(NOON + HALF_HOUR)["tasks"] == 1
    assert {row["dag_run_id"] for row in lines("runs")} == {"run-0001"}


def test_a_run_that_changes_while_pages_are_read_moves_no_other_out_of_sight(airflow: ServedAirflow) -> None:
    airflow.rows[RUNS] = [run(number, NOON - HALF_HOUR) for number in range(150)]

    def first_run_goes_on(path: str, query: dict[str, Any]) -> None:
        if path == RUNS and query["cursor"]:
            airflow.rows[RUNS][0]["updated_at"] = NOON + timedelta(minutes=1)

    airflow.before_page = first_run_goes_on
    export(NOON)
    assert {row["dag_run_id"] for row in lines("runs")} == {f"run-{number:04}" for number in range(150)}
    assert export(NOON + HALF_HOUR)["runs"] >= 1


def test_a_listing_that_loses_a_row_while_it_is_read_is_read_again(airflow: ServedAirflow) -> None:
    airflow.rows["/variables"] = [
        {"key": f"v{number:03}", "value": "x", "description": None, "is_encrypted": True}
        for number in range(150)
    ]

    def one_goes(path: str, query: dict[str, Any]) -> None:
        if path == "/variables" and query["offset"] and len(airflow.rows[path]) == 150:
            del airflow.rows[path][0]

    airflow.before_page = one_goes
    export(NOON)
    assert [row["key"] for row in settings()[0]["variables"]] == [f"v{number:03}" for number in range(1, 150)]


def test_after_a_long_stop_days_that_are_done_stay_done(airflow: ServedAirflow) -> None:
    export(NOON)
    airflow.rows[RUNS] = [run(day, NOON + timedelta(days=day, hours=1)) for day in range(3)]

    def ends_on_the_third_day(path: str, query: dict[str, Any]) -> None:
        third = NOON + timedelta(days=2)
        if path == RUNS and datetime.fromisoformat(query["updated_at_lt"]) > third:
            airflow.failing = {RUNS}

    airflow.before_page = ends_on_the_third_day
    with pytest.raises(AirflowRefused):
        export(NOON + timedelta(days=3))
    mark = json.loads(objects()[f"{PREFIX}/watermark.json"])
    assert mark["until"] == (NOON + timedelta(days=2)).isoformat()
    airflow.before_page, airflow.failing = lambda path, query: None, set()
    assert export(NOON + timedelta(days=3))["runs"] == 1
    assert {row["dag_run_id"] for row in lines("runs")} == {"run-0000", "run-0001", "run-0002"}


def test_what_is_no_moment_or_one_to_come_is_refused(airflow: ServedAirflow) -> None:
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    for event in (None, {}, {"scheduled_at": "noon"}, {"scheduled_at": tomorrow}):
        with pytest.raises(Rejected):
            handler(event, None)
    assert (airflow.asked, objects()) == ([], {})


def test_a_damaged_pointer_or_watermark_is_named(airflow: ServedAirflow) -> None:
    s3 = boto3.client("s3")
    s3.put_object(Bucket=ARCHIVE, Key=f"{PREFIX}/watermark.json", Body=b'{"until": "then"}')
    with pytest.raises(NotSetUp, match=f"s3://{ARCHIVE}/{PREFIX}/watermark.json is no watermark"):
        export(NOON)
    s3.put_object(Bucket=RELEASES, Key="CURRENT", Body=b"[]")
    with pytest.raises(NotSetUp, match=f"s3://{RELEASES}/CURRENT is no pointer"):
        export(NOON)
