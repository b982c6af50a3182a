"""Making a table's days visible, each at once, through Hadoop's FileSystem of whatever the URI names.

Spark's own commit cannot do it: it works in a `_temporary` folder under the table, which a second job
on the same table sweeps away, and it puts the new files beside the old ones before it removes these.
So Spark commits into a folder of the attempt's own; then each day, one file, replaces the day's object.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date
from typing import Any

from py4j.protocol import Py4JError
from pyspark.sql import DataFrame, SparkSession

from spark.problems import BadData

PARTITION = "sale_date"
OBJECT = "part-00000.snappy.parquet"

# Where an object appears only when its stream is closed, and then replaces what was there.
WHOLE_OBJECT_STORES = {"s3", "s3a", "gs"}
COPY_BUFFER = 1 << 20


class Storage:
    """The Hadoop file systems behind URIs."""

    def __init__(self, spark: SparkSession) -> None:
        jvm: Any = spark._jvm
        self._conf: Any = spark._jsc.hadoopConfiguration()
        # Looked up once: py4j asks the JVM anew for every dot, and a table may have hundreds of days.
        hadoop = jvm.org.apache.hadoop
        self._path, self._contexts = hadoop.fs.Path, hadoop.fs.FileContext
        self._copy_bytes: Any = hadoop.io.IOUtils.copyBytes
        option = jvm.java.lang.Class.forName("org.apache.hadoop.fs.Options$Rename")
        self._overwrite: Any = jvm.java.lang.reflect.Array.newInstance(option, 1)
        self._overwrite[0] = getattr(hadoop.fs, "Options$Rename").OVERWRITE

    def path(self, uri: str) -> Any:
        """A Hadoop path, qualified with its scheme."""
        path = self._path(uri)
        return path.getFileSystem(self._conf).makeQualified(path)

    def files(self, folder: Any) -> list[Any]:
        """Paths of what lies in a folder; none when there is no such folder."""
        fs = folder.getFileSystem(self._conf)
        return [entry.getPath() for entry in fs.listStatus(folder)] if fs.exists(folder) else []

    def delete(self, path: Any) -> None:
        """Removes a file or a whole folder, if it is there."""
        path.getFileSystem(self._conf).delete(path, True)

    def write_text(self, uri: str, text: str) -> None:
        """Writes a file that appears whole."""

        def write(out: Any) -> None:
            out.write(bytearray(text, "utf-8"))

        self._replace(self.path(uri), write)

    def copy_over(self, source: Any, target: Any) -> None:
        """Copies one file over another; a reader of the target sees the old one or the new one."""

        def write(out: Any) -> None:
            stream = source.getFileSystem(self._conf).open(source)
            try:
                self._copy_bytes(stream, out, COPY_BUFFER, False)
            finally:
                stream.close()

        self._replace(target, write)

    def _replace(self, target: Any, write: Any) -> None:
        fs = target.getFileSystem(self._conf)
        if target.toUri().getScheme() in WHOLE_OBJECT_STORES:
            with self._created(fs, target) as out:
                write(out)
            return
        hidden = self._child(target.getParent(), f".{target.getName()}.{uuid.uuid4().hex}")
        try:
            with self._created(fs, hidden) as out:
                write(out)
            context = self._contexts.getFileContext(target.toUri(), self._conf)
            context.rename(hidden, target, self._overwrite)
        except BaseException:
            with suppress(Py4JError):
                self.delete(hidden)
            raise

    @contextmanager
    def _created(self, fs: Any, path: Any) -> Iterator[Any]:
        """A new file's stream. After a fault it is given up: closing it would publish what it has so far."""
        out = fs.create(path, True)
        try:
            yield out
        except BaseException:
            if out.hasCapability("fs.capability.outputstream.abortable"):
                out.abort()
            else:
                out.close()
            raise
        out.close()

    def _child(self, folder: Any, name: str) -> Any:
        return self._path(folder, name)


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
            .sortWithinPartitions(PARTITION, "transaction_id")
            .write.partitionBy(PARTITION)
            # Nobody reads the folder before the whole job is done: the quick commit is safe here.
            .option("mapreduce.fileoutputcommitter.algorithm.version", "2")
            .option("compression", "snappy")
            .parquet(self.staging)
        )

    def publish(self, days: list[date]) -> None:
        """Replaces each of the days in the table by what was staged for it, which may be nothing."""
        for day in days:
            name = f"{PARTITION}={day.isoformat()}"
            folder = self._storage.path(f"{self.staging}/{name}")
            staged = [path for path in self._storage.files(folder) if _is_data(path)]
            partition = self._storage.path(f"{self._table}/{name}")
            if not staged:
                self._storage.delete(partition)
                continue
            (only,) = staged
            target = self._storage.path(f"{partition}/{OBJECT}")
            self._storage.copy_over(only, target)
            for other in self._storage.files(partition):
                if other.getName() != OBJECT:
                    self._storage.delete(other)

    def discard(self) -> None:
        """Removes the staging folder."""
        self._storage.delete(self._run)


def folder_name(name: str) -> str:
    """A folder's name: Airflow's run ids hold `:` and `+`, which Hadoop's paths do not take everywhere."""
    plain = re.sub(r"[^A-Za-z0-9._-]", "-", name)
    return f"{plain[:80]}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def _is_data(path: Any) -> bool:
    name: str = path.getName()
    return not name.startswith(("_", "."))
