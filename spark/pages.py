"""Pages as the source's API sends them: `{"data": [...], "next_cursor": ...}`."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

# Every row is kept as its JSON text: whatever its shape, it keeps its position, so that quarantine can
# name it, and nothing is read as a float.
SCHEMA = "data ARRAY<STRING>"


def read_pages(spark: SparkSession, paths: Sequence[str]) -> DataFrame:
    """Page bodies with their names (`page`, `data`); a body that is not JSON fails the job."""
    return (
        spark.read.schema(SCHEMA)
        .option("multiLine", True)
        .option("mode", "FAILFAST")
        .json(list(paths))
        .select(F.col("_metadata.file_name").alias("page"), "data")
    )


def explode_pages(pages: DataFrame) -> DataFrame:
    """One line per row of every page: `page`, `position` (from 0) and `raw`, the row's JSON text."""
    rows = F.coalesce("data", F.raise_error(F.concat(F.lit("page "), "page", F.lit(' has no "data" list'))))
    return pages.select("page", F.posexplode(rows).alias("position", "raw"))


def parse_rows(rows: DataFrame, *fields: str) -> DataFrame:
    """Adds the named fields of `raw` as strings; null where a field is missing or the row is no object."""
    schema = ", ".join(f"{field} STRING" for field in fields)
    parsed = rows.withColumn("parsed", F.from_json("raw", schema))
    return parsed.select(*rows.columns, *(F.col(f"parsed.{field}") for field in fields))
