"""What publishing days promises, on a real Spark session and this machine's disk.

That an object of an S3 server appears whole is shown by the integration tests of the job.
"""

from __future__ import annotations

import threading
from datetime import date, timedelta
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from spark import accounts
from spark.problems import BadData
from spark.publish import OBJECT, Attempt, Storage

pytestmark = [pytest.mark.runtime, pytest.mark.slow]

FRIDAY, SATURDAY, SUNDAY = date(2025, 2, 7), date(2025, 2, 8), date(2025, 2, 9)


def days_of(spark: SparkSession, **rows_by_day: int) -> DataFrame:
    numbers = [(f"t-{n}", date.fromisoformat(day)) for day, rows in rows_by_day.items() for n in range(rows)]
    return spark.createDataFrame(numbers, "transaction_id STRING, sale_date DATE")


def replace(spark: SparkSession, table: Path, rows: DataFrame, days: list[date]) -> None:
    attempt = Attempt(Storage(spark), str(table), "scheduled__2025-02-07T00:00:00+00:00")
    attempt.write(rows)
    staged = spark.read.parquet(attempt.staging).select("sale_date", "_metadata.file_path").distinct()
    try:
        attempt.publish(days, {str(row.sale_date): row.file_path for row in staged.collect()})
    finally:
        attempt.discard()


def rows_by_day(spark: SparkSession, table: Path) -> dict[date, int]:
    found = spark.read.parquet(str(table)).groupBy("sale_date").agg(F.count("*").alias("n")).collect()
    return {row.sale_date: row.n for row in found}


def test_publishing_replaces_the_days_given_and_no_other(spark: SparkSession, tmp_path: Path) -> None:
    # Characters that Spark escapes in the names of files.
    table = tmp_path / "zone of 100%" / "sales"
    first = {str(FRIDAY): 3, str(SATURDAY): 2, str(SUNDAY): 1}
    replace(spark, table, days_of(spark, **first), [FRIDAY, SATURDAY, SUNDAY])
    (table / f"sale_date={FRIDAY}" / "stray.parquet").write_bytes(b"of an older layout")
    replace(spark, table, days_of(spark, **{str(FRIDAY): 5}), [FRIDAY, SATURDAY])
    assert rows_by_day(spark, table) == {FRIDAY: 5, SUNDAY: 1}
    visible = sorted(str(path.relative_to(table)) for path in table.rglob("[!.]*") if path.is_file())
    assert visible == [f"sale_date={FRIDAY}/{OBJECT}", f"sale_date={SUNDAY}/{OBJECT}"]
    assert not [path for path in (table.parent / "_staging").rglob("*") if path.is_file()]


def test_after_a_fault_each_of_many_days_is_the_old_one_or_the_new_one(
    spark: SparkSession, tmp_path: Path
) -> None:
    table, days = tmp_path / "sales", [FRIDAY + timedelta(days=n) for n in range(60)]
    replace(spark, table, days_of(spark, **{str(day): 1 for day in days}), days)
    broken = table / f"sale_date={days[30]}" / OBJECT
    broken.unlink()
    # No file can take the place of a folder.
    broken.mkdir()
    with pytest.raises(OSError, match=str(days[30])):
        replace(spark, table, days_of(spark, **{str(day): 2 for day in days}), days)
    broken.rmdir()
    found = rows_by_day(spark, table)
    assert set(found) == {*days} - {days[30]}
    assert set(found.values()) <= {1, 2}
    assert 2 in found.values()


def test_a_reader_sees_the_old_file_or_the_new_one(spark: SparkSession, tmp_path: Path) -> None:
    storage, target = Storage(spark), tmp_path / "day" / OBJECT
    storage.write_text(str(target), "0" * 100_000)
    seen, done = set(), threading.Event()

    def read() -> None:
        while not done.is_set():
            text = target.read_text()
            seen.add((len(text), len(set(text))))

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for n in range(1, 50):
            storage.write_text(str(tmp_path / "staged"), str(n % 10) * 100_000)
            storage.replace(storage.path(str(tmp_path / "staged")), storage.path(str(target)))
    finally:
        done.set()
        reader.join()
    assert seen == {(100_000, 1)}
    assert target.read_text() == "9" * 100_000


def test_what_breaks_off_leaves_the_old_file_whole(spark: SparkSession, tmp_path: Path) -> None:
    storage, target = Storage(spark), tmp_path / "day" / OBJECT
    storage.write_text(str(target), "old")
    with pytest.raises(OSError, match="missing"):
        storage.replace(storage.path(str(tmp_path / "missing")), storage.path(str(target)))
    with pytest.raises(UnicodeEncodeError):
        storage.write_text(str(target), "half of it is no text \ud800")
    assert target.read_text() == "old"
    assert [path.name for path in target.parent.iterdir() if path.suffix != ".crc"] == [OBJECT]


def test_a_day_staged_in_two_files_is_refused(spark: SparkSession, tmp_path: Path) -> None:
    rows = days_of(spark, **{str(FRIDAY): 20}).selectExpr(
        "*", "'EUR' AS currency", "sale_date AS rate_date", "1 AS rate", "2 AS amount", "2 AS amount_eur"
    )
    rows.repartition(2).write.partitionBy("sale_date").parquet(str(tmp_path / "staged"))
    with pytest.raises(BadData, match="2025-02-07 was staged in more than one file"):
        accounts.audit(spark.read.parquet(str(tmp_path / "staged")))


def test_a_table_needs_a_folder_above_it(spark: SparkSession) -> None:
    with pytest.raises(BadData, match="name a folder in it"):
        Attempt(Storage(spark), "/", "run")
