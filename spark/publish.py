"""Making a table's days visible, each at once, through Hadoop's FileSystem of whatever the URI names.

Spark's own commit cannot do it: it works in a `_temporary` folder under the table, which a second job
on the same table sweeps away, and it puts the new files beside the old ones before it removes these.
So Spark commits into a folder of the attempt's own; then each day, one file, replaces the day's object.
"""

from __future__ import annotations

import hashlib
import os
import re
import uuid
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path
from typing import Any

from py4j.protocol import Py4JError
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from spark.problems import BadData

PARTITION = "sale_date"
OBJECT = "part-00000.snappy.parquet"

# Where an object appears only when its stream is closed, and then replaces what was there.
WHOLE_OBJECT_STORES = {"s3", "s3a", "gs"}
COPY_BUFFER = 1 << 20
# A day is a handful of requests to a store that takes some ten milliseconds for each: most of the time is waiting.
DAYS_AT_ONCE = 16


class Storage:
    """The Hadoop file systems behind URIs. May be used by several threads."""

    def __init__(self, spark: SparkSession) -> None:
        jvm: Any = spark._jvm
        self._conf: Any = spark._jsc.hadoopConfiguration()
        # Looked up once: py4j asks the JVM anew for every dot, and a table may have thousands of days.
        hadoop = jvm.org.apache.hadoop
        self._path, self._contexts = hadoop.fs.Path, hadoop.fs.FileContext
        self._uri: Any = jvm.java.net.URI
        self._copy_bytes: Any = hadoop.io.IOUtils.copyBytes
        option = jvm.java.lang.Class.forName("org.apache.hadoop.fs.Options$Rename")
        self._overwrite: Any = jvm.java.lang.reflect.Array.newInstance(option, 1)
        self._overwrite[0] = getattr(hadoop.fs, "Options$Rename").OVERWRITE

    def path(self, uri: str) -> Any:
        """A Hadoop path, qualified with its scheme."""
        path = self._path(uri)
        return path.getFileSystem(self._conf).makeQualified(path)

    def named(self, file_path: str) -> Any:
        """The Hadoop path that Spark's `_metadata.file_path`, in which some characters are escaped, stands for."""
        return self._path(self._uri(file_path))

    def files(self, folder: Any) -> list[Any]:
        """Paths of what lies in a folder that is there."""
        return [entry.getPath() for entry in folder.getFileSystem(self._conf).listStatus(folder)]

    def delete(self, path: Any) -> None:
        """Removes a file or a whole folder, if it is there."""
        path.getFileSystem(self._conf).delete(path, True)

    def write_text(self, uri: str, text: str) -> None:
        """Writes a file that appears whole."""
        target = self.path(uri)
        if _scheme(target) in WHOLE_OBJECT_STORES:
            with self._created(target) as out:
                out.write(bytearray(text, "utf-8"))
            return
        hidden = self._path(target.getParent(), f".{target.getName()}.{uuid.uuid4().hex}")
        try:
            with self._created(hidden) as out:
                out.write(bytearray(text, "utf-8"))
            self._rename_over(hidden, target)
        except BaseException:
            with suppress(Py4JError):
                self.delete(hidden)
            raise

    def replace(self, source: Any, target: Any) -> None:
        """Puts a file of the same store in another's place, at once; afterwards the source may be gone.

        Where a rename does not replace a file at once, a reader may find none for a moment: so with Azure's
        abfs. Object stores and plain disks do not have that gap.
        """
        if _scheme(target) not in WHOLE_OBJECT_STORES:
            self._rename_over(source, target)
            return
        with self._created(target) as out:
            stream = source.getFileSystem(self._conf).open(source)
            try:
                self._copy_bytes(stream, out, COPY_BUFFER, False)
            finally:
                stream.close()

    def _rename_over(self, source: Any, target: Any) -> None:
        if _scheme(target) == "file":
            # Hadoop would remove the old file first, and start a process for every folder's permissions.
            there = Path(target.toUri().getPath())
            there.parent.mkdir(parents=True, exist_ok=True)
            # Beside the new file the old one's checksum would be wrong.
            there.with_name(f".{there.name}.crc").unlink(missing_ok=True)
            os.replace(source.toUri().getPath(), there)
            return
        target.getFileSystem(self._conf).mkdirs(target.getParent())
        context = self._contexts.getFileContext(target.toUri(), self._conf)
        context.rename(source, target, self._overwrite)

    @contextmanager
    def _created(self, path: Any) -> Iterator[Any]:
        """A new file's stream. After a fault it is given up: closing it would publish what it has so far."""
        out = path.getFileSystem(self._conf).create(path, True)
        try:
            yield out
        except BaseException:
            if out.hasCapability("fs.capability.outputstream.abortable"):
                out.abort()
            else:
                out.close()
            raise
        out.close()


class Attempt:
    """One attempt at replacing days of a table: its staging folder, and what goes from there to the table.

    `name` says which run of which days it is: attempts of one name must not run at once.
    """

    def __init__(self, storage: Storage, output: str, name: str) -> None:
        self._storage = storage
        self._table = storage.path(output)
        if self._table.getParent() is None:
            raise BadData(
                f"--output {output} is a bucket or a root; name a folder in it, such as {output}/sales"
            )
        # Beside the table, so that no reader of the table's folder can come upon it.
        parent = self._table.getParent()
        self._run = storage.path(f"{parent}/_staging/{self._table.getName()}/{folder_name(name)}")
        self.staging = f"{self._run}/{uuid.uuid4().hex}"

    def write(self, rows: DataFrame) -> None:
        """Stages the rows, one file for each day; first removes what a killed attempt of that name left."""
        self._storage.delete(self._run)
        (
            rows.repartition(PARTITION)
            # A task's days lie in a folder of its own, which the commit moves as a whole. Without it the days of
            # all tasks would meet in one folder, and on S3 moving them one by one takes longer than writing them.
            .withColumn("task", F.spark_partition_id())
            .sortWithinPartitions("task", PARTITION, "transaction_id")
            .write.partitionBy("task", PARTITION)
            .option("mapreduce.fileoutputcommitter.algorithm.version", "1")
            .option("compression", "snappy")
            .parquet(self.staging)
        )

    def publish(self, days: list[date], staged: Mapping[str, str]) -> None:
        """Replaces each of the days in the table by the file staged for it, or removes it if there is none.

        `staged` holds Spark's `_metadata.file_path` by day. Several days are replaced side by side. After a
        fault each day is the old one or the new one; those not begun are left.
        """

        def replace(day: date) -> None:
            self._replace(f"{self._table}/{PARTITION}={day.isoformat()}", staged.get(day.isoformat()))

        with ThreadPoolExecutor(DAYS_AT_ONCE, "publish") as pool:
            # Taking the results raises the first fault and takes back what waits.
            list(pool.map(replace, days))

    def discard(self) -> None:
        """Removes the staging folder."""
        self._storage.delete(self._run)

    def _replace(self, partition: str, staged: str | None) -> None:
        if staged is None:
            self._storage.delete(self._storage.path(partition))
            return
        target = self._storage.path(f"{partition}/{OBJECT}")
        self._storage.replace(self._storage.named(staged), target)
        for other in self._storage.files(target.getParent()):
            if other.getName() != OBJECT:
                self._storage.delete(other)


def folder_name(name: str) -> str:
    """A folder's name: Airflow's run ids hold `:` and `+`, which Hadoop's paths do not take everywhere."""
    plain = re.sub(r"[^A-Za-z0-9._-]", "-", name)
    return f"{plain[:80]}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def _scheme(path: Any) -> str:
    return str(path.toUri().getScheme())
