"""The warehouse: one writer at a time, merges that change nothing when nothing is new."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
from filelock import FileLock, Timeout

from dags.runtime.problems import PipelineProblem, Unrecoverable
from environments.manifest import PlatformManifest

log = logging.getLogger(__name__)

_WAIT_SECONDS = 600.0


@dataclass(frozen=True)
class Target:
    """A table that intervals are merged into.

    Besides `columns` it has `interval_start`, `run_id` and `release`: of the load that last changed the row.
    """

    schema: str
    table: str
    columns: dict[str, str]
    key: str
    version: str
    """The column that says which of two states of a row is the later one."""
    complete: bool
    """Whether an interval's rows are all of it, so that rows of it that are no longer there are deleted."""

    @property
    def name(self) -> str:
        """Schema and table."""
        return f"{self.schema}.{self.table}"


@dataclass(frozen=True)
class Merged:
    """What a merge did; `superseded` rows were older than what the table had."""

    inserted: int
    updated: int
    deleted: int
    superseded: int


@contextmanager
def lock(manifest: PlatformManifest, *, wait: float = _WAIT_SECONDS) -> Iterator[Path]:
    """Holds the warehouse alone; the path of its file.

    Raises:
        PipelineProblem: somebody else held it for too long.
    """
    if manifest.warehouse.kind != "duckdb":
        raise Unrecoverable(f"no adapter for a warehouse of kind {manifest.warehouse.kind!r}")
    database = Path(manifest.warehouse.database)
    try:
        database.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Unrecoverable(
            f"cannot make the warehouse's folder: {error.strerror}", where=str(database.parent)
        ) from None
    try:
        with FileLock(f"{database}.lock", timeout=wait):
            yield database
    except Timeout:
        raise PipelineProblem(
            f"another process has held the warehouse for {wait:.0f} s",
            where=f"{database}.lock",
            remedy="see which run is loading or transforming; a later try of this task goes on from here",
        ) from None
    except PermissionError:
        raise Unrecoverable("cannot write the warehouse's lock file", where=f"{database}.lock") from None


@contextmanager
def writing(manifest: PlatformManifest) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection inside one transaction: all of it is committed, or nothing."""
    with lock(manifest) as database, _connect(database) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("BEGIN")
        try:
            yield connection
            connection.execute("COMMIT")
        except BaseException:
            connection.execute("ROLLBACK")
            raise


@contextmanager
def reading(manifest: PlatformManifest) -> Iterator[duckdb.DuckDBPyConnection]:
    """A read-only connection."""
    with lock(manifest) as database, _connect(database, read_only=True) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


def merge(
    connection: duckdb.DuckDBPyConnection,
    target: Target,
    source: str,
    *,
    interval_start: date,
    run_id: str,
    release: str,
) -> Merged:
    """Merges the rows of a relation into a table, by key, inside the caller's transaction.

    A row is written only where its content differs and is not older than the table's: so the same
    interval again changes nothing, whatever run it comes from, and the order of intervals does not matter.

    Args:
        connection: from `writing`.
        target: the table; made if it is not there.
        source: SQL of a relation with the target's columns.
        interval_start: the interval that the rows came with.
        run_id: the run that loads them.
        release: the release whose code does.
    """
    columns = [*target.columns, "interval_start", "run_id", "release"]
    types = target.columns | {"interval_start": "DATE", "run_id": "VARCHAR", "release": "VARCHAR"}
    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {target.schema}")
    declared = ", ".join(
        f"{name} {types[name]}{' NOT NULL' if name == target.key else ''}" for name in columns
    )
    connection.execute(f"CREATE TABLE IF NOT EXISTS {target.name} ({declared})")
    selected = ", ".join(f"CAST({name} AS {kind}) AS {name}" for name, kind in target.columns.items())
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE incoming AS SELECT {selected}, ?::DATE AS interval_start,"
        f" ?::VARCHAR AS run_id, ?::VARCHAR AS release FROM {source}",
        [interval_start, run_id, release],
    )
    _refuse_duplicates(connection, target)
    superseded = connection.execute(
        f"SELECT count(*) FROM incoming AS s JOIN {target.name} AS t USING ({target.key})"
        f" WHERE t.{target.version} > s.{target.version}"
    ).fetchone()
    changed = " OR ".join(f"t.{name} IS DISTINCT FROM s.{name}" for name in target.columns)
    deletes = (
        f" WHEN NOT MATCHED BY SOURCE AND t.interval_start = DATE '{interval_start}' THEN DELETE"
        if target.complete
        else ""
    )
    actions = connection.execute(
        f"MERGE INTO {target.name} AS t USING incoming AS s ON t.{target.key} = s.{target.key}"
        f" WHEN MATCHED AND s.{target.version} >= t.{target.version} AND ({changed})"
        f" THEN UPDATE SET {', '.join(f'{name} = s.{name}' for name in columns)}"
        f" WHEN NOT MATCHED THEN INSERT ({', '.join(columns)})"
        f" VALUES ({', '.join(f's.{name}' for name in columns)})"
        f"{deletes} RETURNING merge_action"
    ).fetchall()
    count = {name: sum(action[0] == name for action in actions) for name in ("INSERT", "UPDATE", "DELETE")}
    return Merged(count["INSERT"], count["UPDATE"], count["DELETE"], superseded[0] if superseded else 0)


def _refuse_duplicates(connection: duckdb.DuckDBPyConnection, target: Target) -> None:
    twice = connection.execute(
        f"SELECT {target.key} FROM incoming GROUP BY 1 HAVING count(*) > 1 OR {target.key} IS NULL LIMIT 3"
    ).fetchall()
    if twice:
        raise Unrecoverable(
            f"{target.key} {[row[0] for row in twice]} is not unique", where=f"load of {target.name}"
        )


def _connect(database: Path, *, read_only: bool = False) -> duckdb.DuckDBPyConnection:
    try:
        return duckdb.connect(str(database), read_only=read_only)
    except duckdb.IOException as error:
        if "lock" in str(error).lower():
            raise PipelineProblem(
                "a process that does not take the lock file has the warehouse open",
                where=str(database),
                remedy="close it; readers should use `./sluice query`",
            ) from None
        writable = os.access(database.parent, os.W_OK)
        raise Unrecoverable(
            f"cannot open the warehouse: {str(error).splitlines()[0]}",
            where=str(database),
            remedy="" if writable else "make its folder writable",
        ) from None
