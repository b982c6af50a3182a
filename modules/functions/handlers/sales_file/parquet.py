"""Writes checked rows as Parquet, snappy: the same rows give the same bytes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from modules.functions.handlers.sales_file.reading import LONGEST_ROW, Read

# One thread and no extension from the network: same bytes every time, and nothing to wait for.
_CONFIGURATION: dict[str, str | bool | int | float | list[str]] = {
    "threads": 1,
    "autoinstall_known_extensions": False,
}
# What a row of the greatest length has as JSON in ASCII, with its reasons.
_LONGEST_LINE = 8 * LONGEST_ROW


@dataclass(frozen=True)
class Partition:
    """The sales of one day."""

    day: date
    rows: int
    content: bytes


def partitions(read: Read, folder: Path, supplier: str) -> Iterator[Partition]:
    """The valid rows, one file for each day of sale (UTC), in the order of the days."""
    with _database() as database:
        database.execute(
            """CREATE TABLE sales AS
            SELECT transaction_id, customer_id, sold_at, sold_at::DATE AS sale_date, quantity, amount, currency,
                   ? AS supplier, line
            FROM read_csv(?, auto_detect = false, header = true, columns = {
                'transaction_id': 'VARCHAR', 'customer_id': 'VARCHAR', 'sold_at': 'TIMESTAMPTZ',
                'quantity': 'INTEGER', 'amount': 'DECIMAL(18, 2)', 'currency': 'VARCHAR', 'line': 'BIGINT'})""",
            [supplier, str(read.valid)],
        )
        _none_lost(database, "sales", read.rows - read.quarantined)
        days = database.execute("SELECT sale_date, count(*) FROM sales GROUP BY 1 ORDER BY 1").fetchall()
        for day, rows in days:
            file = folder / f"{day}.parquet"
            _copy(
                database,
                f"SELECT * EXCLUDE (sale_date) FROM sales WHERE sale_date = '{day}' ORDER BY line",
                file,
            )
            yield Partition(day, rows, file.read_bytes())
            file.unlink()


def violations(read: Read, folder: Path) -> bytes:
    """The rows that break a rule: `line`, `record` as JSON, `reasons` as a list."""
    file = folder / "violations.parquet"
    with _database() as database:
        database.execute(
            """CREATE TABLE violations AS
            SELECT line, record, string_split(reasons, '; ') AS reasons
            FROM read_csv(?, auto_detect = false, header = true, quote = '"', escape = '"', max_line_size = ?,
                columns = {'line': 'BIGINT', 'record': 'VARCHAR', 'reasons': 'VARCHAR'})""",
            [str(read.violations), _LONGEST_LINE],
        )
        _none_lost(database, "violations", read.quarantined)
        _copy(database, "SELECT * FROM violations ORDER BY line", file)
    return file.read_bytes()


def _database() -> duckdb.DuckDBPyConnection:
    database = duckdb.connect(":memory:", config=_CONFIGURATION)
    # A day of sale is a day in UTC.
    database.execute("SET TimeZone = 'UTC'")
    return database


def _none_lost(database: duckdb.DuckDBPyConnection, table: str, expected: int) -> None:
    found = database.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0]
    if found != expected:
        raise RuntimeError(f"{expected} {table} were read from the file, {found} came into the table")


def _copy(database: duckdb.DuckDBPyConnection, query: str, file: Path) -> None:
    database.execute(f"COPY ({query}) TO '{file}' (FORMAT parquet, COMPRESSION snappy)")
