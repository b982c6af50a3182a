"""The European Central Bank's reference rates: units of a currency per 1 EUR, on its working days."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

# Wide enough for every rate since 1999, and narrow enough that amount / rate keeps 16 decimals: an
# exact quotient that is not a half cent lies at least 5e-16 from one, so rounding twice is harmless.
RATE_TYPE = "DECIMAL(13,6)"
MAX_AGE_DAYS = 10


def read_rates(spark: SparkSession, paths: Sequence[str]) -> DataFrame:
    """Whole files (`file`, `text`): their columns differ over the years, so each needs its own header."""
    return spark.read.text(list(paths), wholetext=True).select(
        F.col("_metadata.file_name").alias("file"), F.col("value").alias("text")
    )


def published_rates(files: DataFrame) -> DataFrame:
    """`currency`, `rate_date`, `rate` of every rate in ECB's CSV files, one-day or history."""
    lines = files.withColumn("lines", F.split(F.trim("text"), r"\r?\n")).withColumn(
        "names", _cells(F.element_at("lines", 1))
    )
    headed = F.when(F.element_at("names", 1) == "Date", F.slice("lines", 2, F.size("lines") - 1)).otherwise(
        F.raise_error(F.concat(F.lit("rates file "), "file", F.lit(" does not begin with a Date column")))
    )
    days = lines.select("file", "names", F.explode(headed).alias("line")).withColumn("cells", _cells("line"))
    # A line ends with a comma: the header's last name is empty.
    cells = days.select(
        "file",
        _date(F.element_at("cells", 1)).alias("rate_date"),
        F.explode(F.slice(F.arrays_zip("names", "cells"), 2, F.size("names"))).alias("cell"),
    )
    quoted = cells.where("cell.names <> '' AND cell.cells NOT IN ('', 'N/A')")
    rate = F.col("cell.cells").try_cast(RATE_TYPE)
    unreadable = F.raise_error(
        F.concat(F.lit("rates file "), "file", F.lit(": cannot read rate or date of "), "cell.names")
    )
    return quoted.select(
        F.col("cell.names").alias("currency"),
        "rate_date",
        F.when((rate > 0) & F.col("rate_date").isNotNull(), rate).otherwise(unreadable).alias("rate"),
    )


def rates_in_force(published: DataFrame) -> DataFrame:
    """`currency`, `day`, `rate`, `rate_date`: for each day the latest rate of at most 10 days before."""
    days = F.sequence("rate_date", F.date_add("rate_date", MAX_AGE_DAYS))
    latest = F.max_by(F.struct("rate", "rate_date"), "rate_date").alias("latest")
    return (
        published.withColumn("day", F.explode(days))
        .groupBy("currency", "day")
        .agg(latest)
        .select("currency", "day", "latest.rate", "latest.rate_date")
    )


def _cells(line: Column | str) -> Column:
    return F.transform(F.split(line, ","), lambda cell: F.trim(cell))


def _date(text: Column) -> Column:
    """ECB writes `2025-02-03` in its history and `3 February 2025` in its one-day file."""
    return F.coalesce(F.try_to_date(text, "yyyy-MM-dd"), F.try_to_date(text, "d MMMM yyyy"))
