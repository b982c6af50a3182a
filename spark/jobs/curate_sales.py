"""Curates the sales of an interval of days; `spark/README.md` says what goes in and comes out."""

from __future__ import annotations

import argparse
import json
import sys
import traceback
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

# Where spark-submit runs this file out of an unpacked release; after --py-files, which come first.
sys.path.append(str(Path(__file__).resolve().parents[2]))

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from spark import accounts, sales
from spark.pages import read_pages
from spark.problems import BadData, explain
from spark.publish import Attempt, Storage
from spark.rates import published_rates, read_rates
from spark.session import session


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the job; gives the exit code."""
    arguments = parse(argv)
    spark = session("curate_sales")
    try:
        curate(spark, arguments)
    except BadData as problem:
        return _say_no(*problem.problems)
    except Exception as error:
        if said := explain(error):
            return _say_no(said)
        # For the log; the person gets the last line.
        traceback.print_exc()
        print(
            f"curate_sales: {type(error).__name__}: {next(iter(str(error).splitlines()), '')}",
            file=sys.stderr,
        )
        return 1
    finally:
        spark.stop()
    return 0


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """The command line; wrong use ends with exit code 2."""
    parser = argparse.ArgumentParser(prog="curate_sales", description=__doc__)
    for name in ("--transactions", "--customers", "--rates"):
        parser.add_argument(name, required=True, type=lambda text: text.split(","))
    parser.add_argument("--quarantine", required=True)
    parser.add_argument("--output", required=True, type=lambda text: text.rstrip("/"))
    parser.add_argument("--interval-start", required=True, type=date.fromisoformat)
    parser.add_argument("--interval-end", required=True, type=date.fromisoformat)
    parser.add_argument("--run-id", required=True)
    parser.add_argument("--summary", required=True)
    arguments = parser.parse_args(argv)
    if arguments.interval_start >= arguments.interval_end:
        parser.error("--interval-end must be after --interval-start")
    return arguments


def curate(spark: SparkSession, arguments: argparse.Namespace) -> None:
    """Reads, curates into staging, checks the accounts, publishes, and writes the summary last."""
    interval = (arguments.interval_start, arguments.interval_end)
    days = [interval[0] + timedelta(days=n) for n in range((interval[1] - interval[0]).days)]
    storage = Storage(spark)
    name = f"{interval[0]}.{interval[1]}.{arguments.run_id}"
    attempt = Attempt(storage, arguments.output, name)
    pages = read_pages(spark, arguments.transactions)
    accounts.require_distinct_names(pages.inputFiles())
    quarantine = read_quarantine(spark, arguments.quarantine)
    ledger = sales.ledger(
        pages,
        read_pages(spark, arguments.customers),
        quarantine,
        published_rates(read_rates(spark, arguments.rates)),
        interval,
    ).persist()
    rows = sales.curated(ledger, arguments.run_id)
    try:
        attempt.write(rows)
        tally = accounts.count(ledger)
        accounts.refuse_problems(tally)
        written = accounts.audit(spark.read.schema(rows.schema).parquet(attempt.staging))
        accounts.check(tally, written, quarantine.count())
        attempt.publish(days, written.file_by_day)
    finally:
        attempt.discard()
    head = {"run_id": arguments.run_id, "interval_start": str(interval[0]), "interval_end": str(interval[1])}
    text = json.dumps(head | accounts.summary(tally, written, days), indent=2)
    storage.write_text(arguments.summary, text + "\n")


def read_quarantine(spark: SparkSession, uri: str) -> DataFrame:
    """The (page, position) of every row to leave out."""
    if uri == "-":
        return spark.range(0).select(F.lit("").alias("page"), F.lit(0).alias("position"))
    names = spark.read.schema("page STRING, position BIGINT").parquet(uri)
    return names.select("page", F.col("position").cast("INT")).distinct()


def _say_no(*problems: str) -> int:
    for problem in problems:
        print(f"curate_sales: {problem}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
