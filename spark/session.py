"""The one place where a Spark session is made."""

from __future__ import annotations

from pyspark.sql import SparkSession

# What the jobs' results depend on, so no cluster's defaults may decide it. All else (master, memory,
# storage, shuffle partitions) comes from spark-submit.
FIXED = {
    "spark.sql.session.timeZone": "UTC",
    # A wrong cast or an overflow is an error, never a null.
    "spark.sql.ansi.enabled": "true",
    # Not INT96, which other readers take for a time without a zone.
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    # Should a job write a table without `publish`, it may only replace the partitions it has rows for.
    "spark.sql.sources.partitionOverwriteMode": "dynamic",
}


def session(app_name: str) -> SparkSession:
    """The session of a job, with the configuration that spark-submit was given."""
    builder = SparkSession.builder.appName(app_name)
    for key, value in FIXED.items():
        builder = builder.config(key, value)
    return builder.getOrCreate()
