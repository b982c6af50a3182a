"""The whole pipeline as plain functions, on real servers and real data.

What this does not prove: that Airflow runs the tasks (tests/e2e does), and that a cloud's own services behave
like versitygw and moto.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import duckdb
import obstore
import pytest

from dags.pipelines.sales_curation import check, curate, extract, layout, load, publish
from dags.runtime import batches, failures
from dags.runtime.batches import Interval
from dags.runtime.problems import ConservationBroken, NoRowMeetsContract, PipelineProblem, StoredObjectDamaged
from dags.runtime.source import Garbage
from dags.runtime.storage import open_zone
from environments.manifest import PlatformManifest, Zone

pytestmark = [pytest.mark.runtime, pytest.mark.slow]

# Three rows damaged on purpose on 2025-02-03 (services/sandbox/damage.py says which, the data do not).
DAY = date(2025, 2, 3)
SATURDAY_DAMAGED = date(2025, 10, 11)


def day(start: date) -> Interval:
    return Interval(start=start, end=start + timedelta(days=1))


def run(manifest: PlatformManifest, interval: Interval, run_id: str) -> dict[str, Any]:
    """What the DAG does, in its order."""
    extracted = extract.extract(manifest, interval, run_id)
    replicated = extract.replicate(manifest, extracted["batch"])
    checked = check.check_contract(manifest, extracted["batch"], run_id)
    curated = curate.curate(manifest, extracted["batch"], checked["transactions"]["quarantine"], run_id)
    loaded = load.load(manifest, extracted["batch"], run_id)
    transformed = load.transform(manifest)
    return publish.publish(
        manifest,
        run_id,
        # As Airflow hands them over: through JSON.
        **json.loads(
            json.dumps(
                {
                    "extracted": extracted,
                    "replicated": replicated,
                    "checked": checked,
                    "curated": curated,
                    "loaded": loaded,
                    "transformed": transformed,
                }
            )
        ),
    )


def contents(manifest: PlatformManifest, zone: Zone) -> dict[str, tuple[str, str]]:
    """Every object of a zone with its version marks."""
    store = open_zone(manifest.zones[zone]).store
    entries = [entry for chunk in obstore.list(store) for entry in chunk]
    return {str(entry["path"]): (str(entry["e_tag"]), str(entry["last_modified"])) for entry in entries}


def warehouse_rows(manifest: PlatformManifest, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(manifest.warehouse.database, read_only=True) as connection:
        return connection.execute(sql).fetchall()


def curated_rows(manifest: PlatformManifest, interval: Interval, folder: Any) -> list[tuple[Any, ...]]:
    relation = load.curated_relation(manifest, interval, folder)
    return duckdb.sql(f"SELECT * EXCLUDE (run_id) FROM {relation} ORDER BY transaction_id").fetchall()


def test_a_day_goes_through_and_a_second_time_changes_nothing(platform: Any, tmp_path: Any) -> None:
    manifest = platform.manifest
    first = run(manifest, day(DAY), "manual__2025-02-03T00:00:00+00:00")
    assert first["counts"]["quarantined"] == 3
    counts = first["counts"]
    assert counts["extracted"] == counts["curated"] + counts["quarantined"] + counts["duplicates"] > 100
    assert sum(first["quarantine_reasons"].values()) >= 3
    assert {"USD", "EUR", "GBP"} <= set(first["sums"])
    assert warehouse_rows(
        manifest, "SELECT currency, sum(amount)::VARCHAR FROM sales.fct_sales GROUP BY 1 ORDER BY 1"
    ) == sorted(first["sums"].items())
    [event] = platform.messages(platform.announced)
    assert event["detail-type"] == "DataReady"
    assert event["detail"]["batch_id"] == first["batch_id"]  # type: ignore[index]

    raw, archive = contents(manifest, Zone.RAW), contents(manifest, Zone.ARCHIVE)
    rows = curated_rows(manifest, day(DAY), tmp_path)
    facts = warehouse_rows(manifest, "SELECT * FROM sales.fct_sales ORDER BY 1")
    customers = warehouse_rows(manifest, "SELECT * FROM staging_sales.customers ORDER BY 1")
    second = run(manifest, day(DAY), "manual__again")
    assert second["batch_reused"]
    assert second["sums"] == first["sums"]
    assert contents(manifest, Zone.RAW) == raw
    assert contents(manifest, Zone.ARCHIVE) == archive
    assert curated_rows(manifest, day(DAY), tmp_path) == rows
    assert warehouse_rows(manifest, "SELECT * FROM sales.fct_sales ORDER BY 1") == facts
    assert warehouse_rows(manifest, "SELECT * FROM staging_sales.customers ORDER BY 1") == customers
    assert second["loaded"]["sales"] == {"inserted": 0, "updated": 0, "deleted": 0, "superseded": 0}


def test_two_days_at_once_lose_nothing_and_a_weekend_uses_fridays_rate(platform: Any) -> None:
    manifest = platform.manifest
    wanted = [SATURDAY_DAMAGED, SATURDAY_DAMAGED - timedelta(days=1)]
    with ThreadPoolExecutor(2) as pool:
        summaries = list(pool.map(lambda one: run(manifest, day(one), f"parallel-{one}"), wanted))
    for one, summary in zip(wanted, summaries, strict=True):
        stored = warehouse_rows(
            manifest,
            "SELECT currency, sum(amount)::VARCHAR FROM sales.fct_sales"
            f" WHERE sale_date = '{one}' GROUP BY 1 ORDER BY 1",
        )
        assert stored == sorted(summary["sums"].items())
    assert summaries[0]["counts"]["quarantined"] == 1
    assert warehouse_rows(
        manifest,
        "SELECT DISTINCT rate_date FROM sales.fct_sales"
        f" WHERE sale_date = '{SATURDAY_DAMAGED}' AND currency <> 'EUR'",
    ) == [(SATURDAY_DAMAGED - timedelta(days=1),)]


def test_garbage_is_kept_in_errors_and_never_in_raw(platform: Any) -> None:
    platform.control("garbage")
    with pytest.raises(Garbage, match=r"/v1/transactions page 1: the response is not JSON.*It works"):
        extract.extract(platform.manifest, day(DAY), "manual__garbage")
    assert contents(platform.manifest, Zone.RAW) == {}
    [kept] = contents(platform.manifest, Zone.ERRORS)
    assert open_zone(platform.manifest.zones[Zone.ERRORS]).get(kept).startswith(b"<html>")


def test_a_source_that_is_down_for_a_while_is_waited_out(platform: Any) -> None:
    platform.control("down", 3)
    extracted = extract.extract(platform.manifest, day(DAY), "manual__down")
    assert extracted["transactions"] > 100


def test_a_source_that_stays_down_is_a_failure_that_may_be_retried(
    platform: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = extract.SourceClient
    monkeypatch.setattr(extract, "SourceClient", lambda *a: client(*a, patience=2))
    platform.control("down")
    with pytest.raises(PipelineProblem, match=r"the source does not answer \(status 503\)"):
        extract.extract(platform.manifest, day(DAY), "manual__down")
    assert contents(platform.manifest, Zone.RAW) == {}


def test_a_contract_that_no_row_meets_stops_the_run_with_a_count_per_reason(platform: Any) -> None:
    platform.control("contractless")
    extracted = extract.extract(platform.manifest, day(DAY), "manual__contractless")
    with pytest.raises(NoRowMeetsContract) as caught:
        check.check_contract(platform.manifest, extracted["batch"], "manual__contractless")
    rows = extracted["transactions"]
    for reason in (
        "customer_id: required",
        "amount: minimum is 0",
        "currency: must be one of the valid values",
    ):
        assert f"{rows} x {reason}" in str(caught.value)
    assert contents(platform.manifest, Zone.CURATED) == {}


def test_an_extract_killed_half_way_leaves_nothing_that_counts(
    platform: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_all = batches.put_all

    def killed(*arguments: Any) -> Any:
        put_all(*arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr(batches, "put_all", killed)
    with pytest.raises(KeyboardInterrupt):
        extract.extract(platform.manifest, day(DAY), "manual__killed")
    left = contents(platform.manifest, Zone.RAW)
    assert left and not any("/batches/" in key for key in left)
    monkeypatch.undo()
    extracted = extract.extract(platform.manifest, day(DAY), "manual__next")
    assert not extracted["reused"]
    # What the killed one had written is used as it is.
    assert set(contents(platform.manifest, Zone.RAW)) == {*left, extracted["batch"]}


def test_a_damaged_object_in_raw_is_found_before_it_is_used(platform: Any) -> None:
    manifest = platform.manifest
    extracted = extract.extract(manifest, day(DAY), "manual__damaged")
    raw = open_zone(manifest.zones[Zone.RAW])
    page = batches.load(raw, extracted["batch"]).of(layout.TRANSACTIONS)[0]
    raw.put(page.key, b'{"data": [], "next_cursor": null}')
    steps: list[Callable[[], Any]] = [
        lambda: extract.replicate(manifest, extracted["batch"]),
        lambda: check.check_contract(manifest, extracted["batch"], "x"),
        lambda: extract.extract(manifest, day(DAY), "manual__damaged-again"),
    ]
    for step in steps:
        with pytest.raises(StoredObjectDamaged, match="sha256"):
            step()


def test_a_cent_that_is_missing_in_the_warehouse_fails_the_run_with_both_figures(platform: Any) -> None:
    manifest = platform.manifest
    run(manifest, day(DAY), "manual__first")
    with duckdb.connect(manifest.warehouse.database) as connection:
        connection.execute(
            "UPDATE sales.fct_sales SET amount = amount - 0.01 WHERE transaction_id ="
            " (SELECT max(transaction_id) FROM sales.fct_sales WHERE currency = 'GBP')"
        )
    checked = check.check_contract(manifest, extract.extract(manifest, day(DAY), "x")["batch"], "x")
    curated = {"curated": checked["distinct"], "quarantined": 3, "duplicates": checked["duplicates"]}
    curated |= {"read": checked["transactions"]["rows"], "sums": checked["sums"]}
    with pytest.raises(ConservationBroken, match=r"GBP: raw \d+\.\d\d, the warehouse \d+\.\d\d"):
        publish.conserve(checked, curated, publish.warehouse_sums(manifest, day(DAY)))


def test_a_failure_is_recorded_exactly_once_however_often_the_callback_is_called(
    platform: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = platform.manifest
    releases = open_zone(manifest.zones[Zone.RELEASES])
    releases.put("platform/manifest.json", manifest.model_dump_json().encode())
    monkeypatch.setenv("AIRFLOW__SLUICE__PLATFORM_MANIFEST", releases.uri_of("platform/manifest.json"))

    class Instance:
        dag_id, task_id, run_id, try_number = (
            "sales_curation",
            "extract",
            "manual__2025-02-03T00:00:00+00:00",
            4,
        )

    context = {"ti": Instance(), "exception": PipelineProblem("the source is down", where="/v1/x")}
    failures.to_dead_letter_queue(context)
    failures.to_dead_letter_queue(context)
    [record] = platform.messages(platform.dead_letters)
    assert record["task"] == "extract" and record["error"] == "PipelineProblem"
    assert record["message"] == "/v1/x: the source is down"
    [kept] = contents(manifest, Zone.ERRORS)
    assert json.loads(open_zone(manifest.zones[Zone.ERRORS]).get(kept)) == record
    Instance.try_number = 8
    failures.to_dead_letter_queue(context)
    assert len(platform.messages(platform.dead_letters)) == 1


def test_a_queue_that_does_not_answer_leaves_the_failure_to_the_next_caller(platform: Any) -> None:
    manifest = platform.manifest
    nowhere = manifest.events.model_copy(update={"dead_letter_queue": f"{platform.aws}/1/nowhere"})
    failure = {"pipeline": "p", "run_id": "r", "task": "t", "try_number": 1}
    with pytest.raises(Exception, match=r"NonExistentQueue|does not exist"):
        failures.send(manifest.model_copy(update={"events": nowhere}), failure)
    assert failures.send(manifest, failure)
    assert platform.messages(platform.dead_letters) == [failure]
