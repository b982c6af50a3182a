"""How pipelines of `local` submit Spark jobs: in one process, with the S3 server of this machine."""

from __future__ import annotations

from pathlib import Path

from environments.endpoints import LocalEndpoints
from environments.manifest import SparkSubmit
from environments.model import Environment

_S3A = "org.apache.hadoop.fs.s3a.S3AFileSystem"


def spark_target(environment: Environment, endpoints: LocalEndpoints, jars: Path) -> SparkSubmit:
    """Master and configuration; keys come from the job's environment, never from here."""
    cores = environment.spark.max_vcpus
    return SparkSubmit(
        master=f"local[{cores}]",
        conf={
            "spark.driver.memory": f"{environment.spark.max_memory_gb}g",
            # A job lives for seconds: the second compiler and parallel collectors never pay off. With one compiler
            # Java keeps 48 MB for its code, which a backfill of years fills: then it would go on interpreted.
            "spark.driver.extraJavaOptions": (
                "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=128m -XX:+UseSerialGC"
            ),
            "spark.driver.extraClassPath": f"{jars}/*",
            "spark.driver.host": "127.0.0.1",
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.sql.shuffle.partitions": str(cores),
            "spark.ui.enabled": "false",
            "spark.ui.showConsoleProgress": "false",
            # URIs say s3:// on every platform.
            "spark.hadoop.fs.s3.impl": _S3A,
            "spark.hadoop.fs.AbstractFileSystem.s3.impl": "org.apache.hadoop.fs.s3a.S3A",
            "spark.hadoop.fs.s3a.endpoint": endpoints.object_storage,
            "spark.hadoop.fs.s3a.endpoint.region": environment.region,
            "spark.hadoop.fs.s3a.path.style.access": "true",
            "spark.hadoop.fs.s3a.connection.ssl.enabled": "false",
            # No look before each write whether a folder is in its way: nobody else writes where a job stages.
            "spark.hadoop.fs.s3a.performance.flags": "create,mkdir,delete",
            # A table is listed a thousand objects at a time, not day by day. Spark does so for s3a only.
            "spark.sql.sources.useListFilesFileSystemList": "s3,s3a",
            "spark.hadoop.fs.s3a.aws.credentials.provider": (
                "software.amazon.awssdk.auth.credentials.EnvironmentVariableCredentialsProvider"
            ),
        },
    )
