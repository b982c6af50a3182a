"""What curating sales promises, on a real Spark session (one per run), without a storage service."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from spark import accounts, sales
from spark.pages import explode_pages, read_pages
from spark.problems import BadData, explain
from spark.rates import published_rates

pytestmark = [pytest.mark.runtime, pytest.mark.slow]

FRIDAY, SATURDAY, SUNDAY = date(2025, 2, 7), date(2025, 2, 8), date(2025, 2, 9)
few = settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))


def sale(number: int = 1, **changes: Any) -> dict[str, Any]:
    row = {
        "transaction_id": f"t-{number:06}",
        "customer_id": "c-00001",
        "purchased_at": "2025-02-07T10:11:12Z",
        "quantity": 1,
        "amount": "11.77",
        "currency": "EUR",
        "updated_at": "2025-02-07T10:11:12Z",
    }
    return row | changes


def on(day: date) -> dict[str, str]:
    return {"purchased_at": f"{day}T23:59:59Z"}


def pages(spark: SparkSession, *bodies: list[Any]) -> DataFrame:
    """Pages page-0.json, page-1.json, … of the given rows."""
    named = [(f"page-{n}.json", [json.dumps(row) for row in rows]) for n, rows in enumerate(bodies)]
    return spark.createDataFrame(named, "page STRING, data ARRAY<STRING>")


def rates(spark: SparkSession, *published: tuple[str, date, str]) -> DataFrame:
    rows = [(currency, day, Decimal(rate)) for currency, day, rate in published]
    return spark.createDataFrame(rows, "currency STRING, rate_date DATE, rate DECIMAL(13,6)")


def quarantine(spark: SparkSession, *names: tuple[str, int]) -> DataFrame:
    return spark.createDataFrame(list(names), "page STRING, position INT")


def ledger(
    spark: SparkSession,
    *bodies: list[Any],
    published: DataFrame | None = None,
    aside: tuple[tuple[str, int], ...] = (),
    customers: tuple[dict[str, Any], ...] = (),
    interval: tuple[date, date] = (FRIDAY, SUNDAY + timedelta(days=1)),
) -> DataFrame:
    return sales.ledger(
        pages(spark, *bodies),
        pages(spark, list(customers)),
        quarantine(spark, *aside),
        published if published is not None else rates(spark),
        interval,
    )


def problems(rows: DataFrame) -> list[str]:
    return accounts.count(rows).problems


def test_of_one_transaction_the_latest_update_stays_whatever_the_order_of_pages(spark: SparkSession) -> None:
    newer = sale(1, amount="2.00", updated_at="2025-02-07T12:00:00Z")
    older = sale(1, amount="1.00", updated_at="2025-02-07T11:00:00Z")
    for bodies in ([newer, sale(2)], [older]), ([older], [newer, sale(2)]), ([older, newer, sale(2)],):
        kept = sales.curated(ledger(spark, *bodies), "r").where("transaction_id = 't-000001'").collect()
        assert [row.amount for row in kept] == [Decimal("2.00")]


def test_a_damaged_newer_version_in_quarantine_does_not_hide_the_good_one(spark: SparkSession) -> None:
    damaged = sale(1, amount="-1.00", updated_at="2025-02-07T12:00:00Z")
    rows = sales.curated(ledger(spark, [damaged, sale(1)], aside=(("page-0.json", 0),)), "r").collect()
    assert [row.amount for row in rows] == [Decimal("11.77")]


def test_quarantine_takes_exactly_the_named_position_of_the_named_page(spark: SparkSession) -> None:
    rows = ledger(
        spark, [sale(1), sale(2)], [sale(3), sale(4)], aside=(("page-0.json", 1), ("page-1.json", 0))
    )
    by_status = {(row.page, row.position): row.status for row in rows.collect()}
    assert by_status == {
        ("page-0.json", 0): "curated",
        ("page-0.json", 1): "quarantined",
        ("page-1.json", 0): "quarantined",
        ("page-1.json", 1): "curated",
    }


def test_rows_of_any_shape_keep_their_position_and_do_no_harm_in_quarantine(
    spark: SparkSession, tmp_path: Path
) -> None:
    damaged: list[Any] = [
        5,
        None,
        "text",
        [1],
        {},
        sale(9, quantity={"a": 1}, amount=1.5, purchased_at="soon"),
    ]
    (tmp_path / "p.json").write_text(json.dumps({"data": [*damaged, sale(1)], "next_cursor": None}))
    aside = quarantine(spark, *(("p.json", n) for n in range(len(damaged))))
    read = read_pages(spark, [str(tmp_path / "p.json")])
    rows = sales.ledger(read, pages(spark), aside, rates(spark), (FRIDAY, SATURDAY))
    tally = accounts.count(rows)
    assert (tally.problems, tally.rows["quarantined"], tally.rows["curated"]) == ([], 6, 1)


@few
@given(data=st.data())
def test_every_row_read_is_curated_quarantined_or_a_duplicate(
    spark: SparkSession, data: st.DataObject
) -> None:
    ids = st.lists(st.integers(1, 6), max_size=8)
    bodies = data.draw(st.lists(ids, min_size=1, max_size=3))
    places = [(f"page-{p}.json", n) for p, body in enumerate(bodies) for n in range(len(body))]
    aside = data.draw(st.sets(st.sampled_from(places)) if places else st.just(set()))
    rows = ledger(spark, *([sale(i) for i in body] for body in bodies), aside=tuple(aside)).persist()
    tally = accounts.count(rows)
    left = [bodies[int(page[5])][n] for page, n in places if (page, n) not in aside]
    kept = sorted(row.transaction_id for row in sales.curated(rows, "r").collect())
    rows.unpersist()
    assert kept == sorted(f"t-{i:06}" for i in set(left))
    assert tally.rows.total() == len(places)
    assert tally.rows["quarantined"] == len(aside)
    assert tally.rows["duplicate"] == len(left) - len(set(left))


def test_a_weekend_takes_fridays_rate_and_a_weekday_its_own(spark: SparkSession) -> None:
    published = rates(spark, ("USD", FRIDAY - timedelta(days=1), "1.04"), ("USD", FRIDAY, "1.0377"))
    bodies = [sale(n, currency="USD", **on(day)) for n, day in enumerate((FRIDAY, SATURDAY, SUNDAY))]
    rows = sales.curated(ledger(spark, bodies, published=published), "r").collect()
    assert {(row.sale_date, row.rate_date, row.rate) for row in rows} == {
        (day, FRIDAY, Decimal("1.037700")) for day in (FRIDAY, SATURDAY, SUNDAY)
    }


def test_a_rate_serves_for_ten_days_and_then_the_job_fails_naming_currency_and_day(
    spark: SparkSession,
) -> None:
    published = rates(spark, ("USD", SATURDAY - timedelta(days=10), "2"))
    rows = ledger(spark, [sale(1, currency="USD", **on(SATURDAY))], published=published)
    assert problems(rows) == []
    rows = ledger(spark, [sale(1, currency="USD", **on(SUNDAY))], published=published)
    with pytest.raises(BadData, match=r"no ECB rate for USD .* 2025-02-09 .page page-0.json, position 0"):
        accounts.refuse_problems(accounts.count(rows))


def test_a_later_rate_or_another_currencys_is_never_used(spark: SparkSession) -> None:
    published = rates(spark, ("USD", SUNDAY, "2"), ("GBP", FRIDAY, "2"))
    assert len(problems(ledger(spark, [sale(1, currency="USD", **on(SATURDAY))], published=published))) == 1


cents = st.decimals("-9999999.99", "99999999.99", places=2)
quotes = st.decimals("0.000001", "1999999.999999", places=6)


@few
@given(st.lists(st.tuples(cents, quotes), min_size=50, max_size=300))
def test_euros_agree_with_decimal_arithmetic_to_the_cent(
    spark: SparkSession, values: list[tuple[Decimal, Decimal]]
) -> None:
    # Half cents on purpose: 0.01 / 2 and its like.
    values = [
        *values,
        (Decimal("0.01"), Decimal(2)),
        (Decimal("-0.01"), Decimal(2)),
        (Decimal("0.03"), Decimal("0.4")),
    ]
    rows = spark.createDataFrame(
        [(n, f"X{n}", FRIDAY, amount) for n, (amount, _) in enumerate(values)],
        "n INT, currency STRING, sale_date DATE, amount DECIMAL(18,2)",
    )
    published = rates(spark, *((f"X{n}", FRIDAY, str(rate)) for n, (_, rate) in enumerate(values)))
    found = {row.n: row.amount_eur for row in sales.convert_to_eur(rows, published).collect()}
    exact = {
        n: (amount / rate).quantize(Decimal("0.01"), ROUND_HALF_UP) for n, (amount, rate) in enumerate(values)
    }
    assert found == exact


ONE_DAY = "Date, USD, JPY, \n07 February 2025, 1.0377, 157.50, \n"
HISTORY = "Date,USD,CYP,JPY,\n2025-02-06,1.0391,N/A,158.27,\n2025-02-05,1.0422,0.58,,\n"


def test_both_of_ecbs_layouts_are_read_by_their_own_headers(spark: SparkSession) -> None:
    files = spark.createDataFrame([("a.csv", ONE_DAY), ("b.csv", HISTORY)], "file STRING, text STRING")
    found = {(row.currency, row.rate_date.day, str(row.rate)) for row in published_rates(files).collect()}
    assert found == {
        ("USD", 7, "1.037700"),
        ("JPY", 7, "157.500000"),
        ("USD", 6, "1.039100"),
        ("JPY", 6, "158.270000"),
        ("USD", 5, "1.042200"),
        ("CYP", 5, "0.580000"),
    }


@pytest.mark.parametrize(
    "text", ["<html>", "Date, USD, \n07 February 2025, abc, \n", "Date, USD, \nyesterday, 1.1, \n"]
)
def test_a_rates_file_that_cannot_be_read_fails_by_name(spark: SparkSession, text: str) -> None:
    files = spark.createDataFrame([("odd.csv", text)], "file STRING, text STRING")
    with pytest.raises(PySparkException) as caught:
        published_rates(files).collect()
    assert "rates file odd.csv" in (explain(caught.value) or "")


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"amount": "11.777"}, "amount"),
        ({"amount": None}, "amount"),
        ({"quantity": "1.5"}, "quantity"),
        ({"purchased_at": "2025-02-30T00:00:00Z"}, "purchased_at"),
        ({"updated_at": ""}, "updated_at"),
        ({"transaction_id": None}, "transaction_id"),
        ({"currency": None}, "currency"),
        ({"currency": "XXX"}, "no ECB rate for XXX"),
        (on(date(2025, 2, 6)), "outside of the interval: 2025-02-06"),
        (on(date(2025, 2, 10)), "outside of the interval: 2025-02-10"),
    ],
)
def test_a_row_that_cannot_be_curated_is_named(
    spark: SparkSession, change: dict[str, Any], named: str
) -> None:
    (problem,) = problems(ledger(spark, [sale(1), sale(2, **change)]))
    assert named in problem and "page page-0.json, position 1" in problem


def test_an_unknown_customer_stays_and_is_counted_and_the_latest_country_wins(spark: SparkSession) -> None:
    known = [
        {"customer_id": "c-00001", "country": country, "updated_at": f"2025-01-0{n}T00:00:00Z"}
        for n, country in ((2, "FR"), (1, "DE"), (2, "FR"))
    ]
    rows = ledger(spark, [sale(1), sale(2, customer_id="c-9")], customers=tuple(known))
    countries = {row.transaction_id: row.country for row in sales.curated(rows, "r").collect()}
    assert countries == {"t-000001": "FR", "t-000002": None}
    assert accounts.count(rows).unknown_customers == 1


def test_the_day_of_a_sale_is_its_utc_day(spark: SparkSession) -> None:
    row = sale(1, purchased_at="2025-02-08T01:30:00+02:00")
    assert [found.sale_date for found in sales.curated(ledger(spark, [row]), "r").collect()] == [FRIDAY]


@pytest.mark.parametrize("body", ['{"data": [', "<html>busy</html>", '{"rows": []}', '{"data": null}'])
def test_a_body_that_is_no_page_fails_by_name(spark: SparkSession, tmp_path: Path, body: str) -> None:
    (tmp_path / "p-1.json").write_text(body)
    with pytest.raises(Exception) as caught:
        explode_pages(read_pages(spark, [str(tmp_path)])).collect()
    assert "p-1.json" in (explain(caught.value) or "")


def test_a_fault_that_is_not_the_inputs_is_not_explained_away(spark: SparkSession) -> None:
    with pytest.raises(PySparkException) as caught:
        spark.sql("SELECT 1 / 0").collect()
    assert explain(caught.value) is None


def test_an_object_that_is_not_there_is_named(spark: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(PySparkException) as caught:
        read_pages(spark, [str(tmp_path / "none.json")])
    assert "none.json" in (explain(caught.value) or "")


def test_an_empty_page_has_no_rows(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "p.json").write_text('{"data": [], "next_cursor": null}')
    assert explode_pages(read_pages(spark, [str(tmp_path)])).count() == 0


def test_accounts_that_do_not_add_up_are_refused() -> None:
    tally = accounts.Tally()
    tally.rows.update(curated=3, quarantined=1)
    accounts.check(tally, accounts.Audit(rows=3), 1)
    with pytest.raises(BadData, match="4 rows read, 3 accounted for"):
        accounts.check(tally, accounts.Audit(rows=2), 1)
    with pytest.raises(BadData, match="quarantine names 2 rows"):
        accounts.check(tally, accounts.Audit(rows=3), 2)


def test_pages_of_one_name_are_refused() -> None:
    accounts.require_distinct_names(["s3://b/x/p-1.json", "s3://b/x/p-2.json"])
    with pytest.raises(BadData, match=r"named p-1\.json"):
        accounts.require_distinct_names(["s3://b/x/p-1.json", "s3://b/y/p-1.json"])


def test_timestamps_carry_their_zone_in_parquet(spark: SparkSession, tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    moment = datetime(2025, 2, 7, 10, 11, 12)
    frame = spark.createDataFrame([("2025-02-07T10:11:12Z",)], "t STRING").select(
        F.col("t").cast("TIMESTAMP")
    )
    frame.write.parquet(str(tmp_path / "t"))
    table = pq.read_table(tmp_path / "t")
    assert str(table.schema.field("t").type) == "timestamp[us, tz=UTC]"
    assert table["t"][0].as_py().replace(tzinfo=None) == moment
