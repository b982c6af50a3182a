"""The curate step in Spark and the same transformation in DuckDB, on the same rows; never asserts time.

Two inputs: CDNOW's whole purchase history, and TPC-H orders at scale 1 (`--scale`) if `tpchgen-cli` is installed.
Both sides read the same Parquet of source rows, dedupe, convert by the rate in force, add the
country, and write one snappy Parquet file per day: Spark, as `local` configures it, to an S3 server as the pipelines
do and to disk, DuckDB to disk. What they wrote must be equal, row for row, or the run fails.

Seconds are printed step by step. On disk Hadoop starts a process (`chmod`) for each file and folder that it makes.

    .sluice/venvs/runtime/bin/python tests/bench/curate.py [--only cdnow|tpch] [--tpchgen PATH] [--scale 1]
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

import boto3  # noqa: E402
import duckdb  # noqa: E402
import httpx  # noqa: E402
from pyspark import SparkContext  # noqa: E402
from pyspark.sql import DataFrame, SparkSession  # noqa: E402
from pyspark.sql import functions as F  # noqa: E402

from environments.endpoints import LocalEndpoints  # noqa: E402
from environments.load import load  # noqa: E402
from environments.places import BIN, DATASETS, SPARK_JARS  # noqa: E402
from environments.problems import Exit, Refusal  # noqa: E402
from spark import accounts, sales  # noqa: E402
from spark.publish import Attempt, Storage  # noqa: E402
from spark.rates import published_rates, read_rates  # noqa: E402
from spark.session import session  # noqa: E402
from stacks.local_spark import spark_target  # noqa: E402

REGION = load("local").region

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


def in_spark(spark: SparkSession, work: Path, output: str, published: DataFrame) -> dict[str, float]:
    """Seconds of each of the job's own steps, by name, from the source rows to the table's days."""
    nothing = spark.range(0).select(F.lit("").alias("page"), F.lit(0).alias("position"))
    marked = sales.mark_duplicates(
        sales.mark_quarantined(spark.read.parquet(str(work / "sales.parquet")), nothing)
    )
    rows = sales.curated(
        sales.enrich(
            sales.convert_to_eur(marked, published), spark.read.parquet(str(work / "customers.parquet"))
        ),
        "bench",
    )
    attempt = Attempt(Storage(spark), output, "bench")
    seconds: dict[str, float] = {}
    with timed(seconds, "join and stage"):
        attempt.write(rows)
    with timed(seconds, "audit"):
        written = accounts.audit(spark.read.schema(rows.schema).parquet(attempt.staging))
    with timed(seconds, "publish"):
        attempt.publish([date.fromisoformat(day) for day in written.file_by_day], written.file_by_day)
    with timed(seconds, "clean up"):
        attempt.discard()
    seconds["in all"] = sum(seconds.values())
    # Last, so that it takes nothing of the warming up off the others.
    with timed(seconds, "the join once more, nothing written"):
        rows.write.format("noop").mode("overwrite").save()
    return seconds


@contextmanager
def timed(seconds: dict[str, float], name: str) -> Iterator[None]:
    """Notes how long the block takes."""
    start = time.perf_counter()
    yield
    seconds[name] = time.perf_counter() - start


def in_duckdb(work: Path) -> float:
    """Seconds of the same in SQL."""
    start = time.perf_counter()
    duckdb.execute(DUCKDB_CURATE.format(work=work))
    return time.perf_counter() - start


def compare(by_spark: Path, by_duckdb: Path) -> tuple[int, int]:
    """Rows that both wrote alike, and their days; refuses when any differs."""
    sides = [
        f"(SELECT * FROM read_parquet('{side}/sale_date=*/*.parquet', hive_partitioning=true))"
        for side in (by_spark, by_duckdb)
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
    return int(counts[0]), len(list(by_spark.glob("sale_date=*")))


def tpch(work: Path, command: str, scale: float) -> str:
    """Makes TPC-H's orders; gives the query over them."""
    made = ["parquet", "-s", f"{scale:g}", "--tables=orders", f"--output-dir={work}"]
    subprocess.run([command, *made], check=True, stdout=subprocess.DEVNULL)
    return TPCH_ROWS.format(file=work / "orders.parquet")


@contextmanager
def object_store(folder: Path) -> Iterator[str]:
    """The URL of an S3 server with the bucket `curated`, which is a folder of that name in `folder/objects`."""
    (folder / "objects").mkdir()
    (folder / "versions").mkdir()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    os.environ |= {"AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "only-for-this-bench"}
    command = [BIN / "versitygw", "--port", address, "--region", REGION, "--quiet", "--health", "/health"]
    command += ["posix", "--versioning-dir", folder / "versions", folder / "objects"]
    keys = {"ROOT_ACCESS_KEY_ID": "bench", "ROOT_SECRET_ACCESS_KEY": "only-for-this-bench"}
    server = subprocess.Popen(command, env=os.environ | keys, stdout=subprocess.DEVNULL)
    try:
        transport = httpx.HTTPTransport(retries=8)
        httpx.Client(transport=transport, trust_env=False).get(f"http://{address}/health").raise_for_status()
        boto3.client("s3", region_name=REGION, endpoint_url=f"http://{address}").create_bucket(
            Bucket="curated", CreateBucketConfiguration={"LocationConstraint": REGION}
        )
        yield f"http://{address}"
    finally:
        server.terminate()
        server.wait()


def started(endpoint: str) -> SparkSession:
    """A session as `local` configures its jobs; prints what starting it takes."""
    nowhere = "http://127.0.0.1:9"
    endpoints = LocalEndpoints(object_storage=endpoint, aws=nowhere, airflow=nowhere, source=nowhere)
    target = spark_target(load("local"), endpoints, SPARK_JARS)
    conf = [f"--conf={key}={value}" for key, value in {**target.conf, "spark.log.level": "ERROR"}.items()]
    os.environ["PYSPARK_SUBMIT_ARGS"] = shlex.join(["--master", target.master, *conf, "pyspark-shell"])
    seconds: dict[str, float] = {}
    with timed(seconds, "JVM"):
        SparkContext._ensure_initialized()
    with timed(seconds, "session"):
        spark = session("bench")
    with timed(seconds, "first query"):
        spark.range(1).count()
    print("start, once:  " + "  ".join(f"{name} {taken:.1f} s" for name, taken in seconds.items()))
    return spark


def main() -> int:
    """Runs the inputs and prints a table for each."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", choices=["cdnow", "tpch"])
    beside = Path(sys.executable).parent / "tpchgen-cli"
    parser.add_argument("--tpchgen", default=str(beside) if beside.exists() else shutil.which("tpchgen-cli"))
    parser.add_argument("--scale", type=float, default=1)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with object_store(folder) as endpoint:
            bench(chosen, folder, started(endpoint))
    return 0


def bench(chosen: argparse.Namespace, folder: Path, spark: SparkSession) -> None:
    """Times each input in both, Spark to the object store and to disk."""
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
        by_duckdb = in_duckdb(work)
        # In the order of their rows; the first also pays for the JVM's warming up.
        stores = {"S3": (f"s3://curated/{name}", folder / "objects" / "curated" / name)}
        stores["disk"] = (str(work / "spark"), work / "spark")
        taken = {store: in_spark(spark, work, output, published) for store, (output, _) in stores.items()}
        (same,) = {compare(written, work / "duckdb") for _, written in stores.values()}
        print(f"\n{name}: {read} rows read; {same[0]} rows of {same[1]} days written and equal")
        report(taken, by_duckdb)
    spark.stop()


def report(taken: dict[str, dict[str, float]], by_duckdb: float) -> None:
    """Prints a column for each store."""
    print(f"{'Spark to':<38}" + "".join(f"{store:>10}" for store in taken))
    for step in next(iter(taken.values())):
        print(f"{step:<38}" + "".join(f"{seconds[step]:>8.1f} s" for seconds in taken.values()))
    ratios = "".join(f"{seconds['in all'] / by_duckdb:>10.1f}" for seconds in taken.values())
    print(f"{f'times DuckDB to disk, {by_duckdb:.1f} s':<38}{ratios}")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Refusal as refusal:
        print(refusal, file=sys.stderr)
        sys.exit(int(refusal.exit_code))
