"""The curate step in Spark and the same transformation in DuckDB, on the same rows; never asserts time.

Two inputs: CDNOW's whole purchase history, and TPC-H orders at scale 1 (`--scale`) if `tpchgen-cli` is installed.
Both sides read the same Parquet of source rows, dedupe, convert by the rate in force, add the
country, and write one snappy Parquet file per day. What they wrote must be equal, row for row, or the run fails.

    .sluice/venvs/runtime/bin/python tests/bench/curate.py [--only cdnow|tpch] [--tpchgen PATH] [--scale 1]
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

import duckdb  # noqa: E402
from pyspark.sql import DataFrame, SparkSession  # noqa: E402
from pyspark.sql import functions as F  # noqa: E402

from environments.places import DATASETS  # noqa: E402
from environments.problems import Exit, Refusal  # noqa: E402
from spark import sales  # noqa: E402
from spark.publish import Attempt, Storage  # noqa: E402
from spark.rates import published_rates, read_rates  # noqa: E402
from spark.session import session  # noqa: E402

# Both inputs are dated into years for which the rates file has every currency used.
CURRENCIES = "['EUR', 'USD', 'GBP', 'EUR', 'CHF']"
COUNTRIES = "['DE', 'US', 'GB', 'FR', 'CH']"

SOURCE_ROWS = """
    SELECT 't-' || n AS transaction_id, 'c-' || customer AS customer_id, moment AS purchased_at,
           quantity::INT AS quantity,
           amount::DECIMAL(18,2) AS amount, list_extract({currencies}, (customer % 5 + 1)::INT) AS currency,
           moment AS updated_at, moment::DATE AS sale_date, 'page' AS page, n::INT AS position
    FROM ({rows})
"""

CDNOW_ROWS = """
    SELECT row_number() OVER () AS n, column0::INT AS customer, column2 AS quantity, column3 AS amount,
           strptime(column1, '%Y%m%d') + INTERVAL 10227 DAY AS moment
    FROM (SELECT list_extract(w, 1) AS column0, list_extract(w, 2) AS column1, list_extract(w, 3) AS column2,
                 list_extract(w, 4) AS column3
          FROM (SELECT regexp_split_to_array(trim(line), '\\s+') AS w
                FROM read_csv('{file}', columns={{'line': 'VARCHAR'}}, delim='\\x01', header=true, quote='')))
"""

TPCH_ROWS = """
    SELECT o_orderkey AS n, o_custkey AS customer, 1 AS quantity, o_totalprice AS amount,
           o_orderdate::TIMESTAMP + INTERVAL 9131 DAY AS moment
    FROM read_parquet('{file}')
"""

DUCKDB_CURATE = """
    COPY (
        WITH force AS (
            SELECT currency, day, max_by(rate, rate_date) AS rate, max(rate_date) AS rate_date
            FROM (SELECT currency, rate_date, rate,
                         unnest(generate_series(rate_date, rate_date + 10, INTERVAL 1 DAY))::DATE AS day FROM published)
            GROUP BY ALL),
        latest AS (
            SELECT * FROM read_parquet('{work}/sales.parquet')
            QUALIFY row_number() OVER (PARTITION BY transaction_id ORDER BY updated_at DESC, page DESC,
                                       position DESC) = 1),
        rated AS (
            SELECT s.*, CASE WHEN s.currency = 'EUR' THEN 1::DECIMAL(13,6) ELSE f.rate END AS rate,
                   CASE WHEN s.currency = 'EUR' THEN s.sale_date ELSE f.rate_date END AS rate_date
            FROM latest s LEFT JOIN force f ON f.currency = s.currency AND f.day = s.sale_date)
        SELECT r.transaction_id, r.customer_id, c.country, r.purchased_at, r.sale_date, r.quantity, r.amount,
               r.currency,
               r.rate, r.rate_date,
               -- DuckDB divides decimals as floats. In whole numbers instead, half up, so to the cent.
               ((((r.amount * 100)::HUGEINT * 2000000 + (r.rate * 1000000)::HUGEINT)
                // ((r.rate * 1000000)::HUGEINT * 2))::DECIMAL(18,2) * 0.01::DECIMAL(3,2))::DECIMAL(18,2) AS amount_eur,
               r.updated_at, 'bench' AS run_id
        FROM rated r LEFT JOIN read_parquet('{work}/customers.parquet') c USING (customer_id)
        ORDER BY sale_date, transaction_id
    ) TO '{work}/duckdb' (FORMAT parquet, COMPRESSION snappy, PARTITION_BY (sale_date))
"""


def prepare(work: Path, rows: str) -> int:
    """Writes the source rows (one in fifty twice, as at page borders) and their customers; gives the rows."""
    source = SOURCE_ROWS.format(currencies=CURRENCIES, rows=rows)
    duckdb.execute("SET TimeZone = 'UTC'")
    duckdb.execute(f"CREATE OR REPLACE TEMP TABLE source AS {source}")
    twice = "SELECT * REPLACE ('page-2' AS page) FROM source WHERE position % 50 = 0"
    stamped = "REPLACE (purchased_at::TIMESTAMPTZ AS purchased_at, updated_at::TIMESTAMPTZ AS updated_at)"
    duckdb.execute(
        f"COPY (SELECT * {stamped} FROM (SELECT * FROM source UNION ALL {twice})) TO '{work}/sales.parquet'"
    )
    duckdb.execute(
        f"COPY (SELECT DISTINCT customer_id, list_extract({COUNTRIES}, (substr(customer_id, 3)::INT % 5 + 1)) "
        "AS country "
        f"FROM source) TO '{work}/customers.parquet'"
    )
    (count,) = duckdb.sql(f"SELECT count(*) FROM '{work}/sales.parquet'").fetchall()[0]
    return int(count)


def in_spark(spark: SparkSession, work: Path, published: DataFrame) -> float:
    """Seconds of the job's own functions, staging and publishing included."""
    start = time.perf_counter()
    nothing = spark.range(0).select(F.lit("").alias("page"), F.lit(0).alias("position"))
    marked = sales.mark_duplicates(
        sales.mark_quarantined(spark.read.parquet(str(work / "sales.parquet")), nothing)
    )
    rows = sales.enrich(
        sales.convert_to_eur(marked, published), spark.read.parquet(str(work / "customers.parquet"))
    )
    attempt = Attempt(Storage(spark), str(work / "out" / "spark"), "bench")
    attempt.write(sales.curated(rows, "bench"))
    folders = Path(attempt.staging).glob("sale_date=*") if attempt.staging.startswith("/") else ()
    staged = list(folders) or list(Path(attempt.staging.removeprefix("file:")).glob("sale_date=*"))
    attempt.publish(sorted(date.fromisoformat(folder.name.split("=")[1]) for folder in staged))
    attempt.discard()
    return time.perf_counter() - start


def in_duckdb(work: Path) -> float:
    """Seconds of the same in SQL."""
    start = time.perf_counter()
    duckdb.execute(DUCKDB_CURATE.format(work=work))
    return time.perf_counter() - start


def compare(work: Path) -> int:
    """Rows that both wrote alike; refuses when any differs."""
    sides = [
        f"(SELECT * FROM read_parquet('{work}/{side}/sale_date=*/*.parquet', hive_partitioning=true))"
        for side in ("out/spark", "duckdb")
    ]
    columns = ", ".join([*sales.COLUMNS, "run_id"])
    one, other = (f"SELECT {columns} FROM {side}" for side in sides)
    counts = [duckdb.sql(f"SELECT count(*) FROM {side}").fetchall()[0][0] for side in sides]
    differing = duckdb.sql(f"SELECT count(*) FROM ({one} EXCEPT ALL {other})").fetchall()[0][0]
    if differing or counts[0] != counts[1]:
        raise Refusal.because(
            f"Spark and DuckDB disagree: {counts[0]} and {counts[1]} rows, {differing} of Spark's not in DuckDB's",
            exit_code=Exit.CHECK_SAID_NO,
        )
    return int(counts[0])


def tpch(work: Path, command: str, scale: float) -> str:
    """Makes TPC-H's orders; gives the query over them."""
    made = ["parquet", "-s", f"{scale:g}", "--tables=orders", f"--output-dir={work}"]
    subprocess.run([command, *made], check=True, stdout=subprocess.DEVNULL)
    return TPCH_ROWS.format(file=work / "orders.parquet")


def main() -> int:
    """Runs the inputs and prints a line for each."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", choices=["cdnow", "tpch"])
    beside = Path(sys.executable).parent / "tpchgen-cli"
    parser.add_argument("--tpchgen", default=str(beside) if beside.exists() else shutil.which("tpchgen-cli"))
    parser.add_argument("--scale", type=float, default=1)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        bench(chosen, Path(folder))
    return 0


def bench(chosen: argparse.Namespace, folder: Path) -> None:
    """Starts the session, then times each input in both."""
    os.environ["PYSPARK_SUBMIT_ARGS"] = (
        "--master local[2] --driver-memory 3g --conf spark.ui.enabled=false --conf spark.log.level=ERROR "
        "--conf spark.sql.shuffle.partitions=2 --conf spark.driver.host=127.0.0.1 pyspark-shell"
    )
    start = time.perf_counter()
    spark = session("bench")
    print(f"Spark session start {time.perf_counter() - start:.1f} s (not in the figures below)")
    with zipfile.ZipFile(DATASETS / "eurofxref-hist.zip") as archive:
        archive.extractall(folder)
    published = published_rates(read_rates(spark, [str(next(folder.glob("*.csv")))])).where(
        "rate_date >= '2016-01-01'"
    )
    published = published.where(F.col("currency").isin("USD", "GBP", "CHF")).persist()
    duckdb.register("published", published.toArrow())
    duckdb.execute("SET threads = 2")
    for name in ("cdnow", "tpch"):
        if chosen.only not in (None, name):
            continue
        if name == "tpch" and not chosen.tpchgen:
            print("tpch: not run, tpchgen-cli is not installed")
            continue
        work = folder / name
        work.mkdir()
        query = (
            CDNOW_ROWS.format(file=DATASETS / "CDNOW_master.txt")
            if name == "cdnow"
            else tpch(work, chosen.tpchgen, chosen.scale)
        )
        read = prepare(work, query)
        by_spark, by_duckdb = in_spark(spark, work, published), in_duckdb(work)
        same = compare(work)
        print(
            f"{name}: {read} rows read, {same} written and equal; Spark {by_spark:.1f} s, DuckDB {by_duckdb:.1f} s, "
            f"ratio {by_spark / by_duckdb:.1f}"
        )
    spark.stop()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Refusal as refusal:
        print(refusal, file=sys.stderr)
        sys.exit(int(refusal.exit_code))
