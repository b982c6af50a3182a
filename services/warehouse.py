"""Reads the local warehouse beside the pipelines that write it."""

from __future__ import annotations

from typing import Any

import duckdb
from filelock import FileLock, Timeout

from environments import places
from environments.problems import Exit, Location, Refusal

# A load holds the file for seconds; longer than this means that something hangs.
WAIT_SECONDS = 60


def read(sql: str, limit: int) -> tuple[list[str], list[tuple[Any, ...]], bool]:
    """Runs a statement on a read-only connection.

    Returns:
        Column names, at most `limit` rows, and whether there were more.

    Raises:
        Refusal: there is no warehouse yet, or it stays locked.
        duckdb.Error: the statement is wrong, or would write.
    """
    if not places.WAREHOUSE.exists():
        raise Refusal.because(
            "there is no warehouse yet",
            where=Location(places.WAREHOUSE),
            remedy="`make up` makes it",
            exit_code=Exit.UNAVAILABLE,
        )
    # DuckDB lets one process write or several read: take turns with the pipelines by their lock.
    try:
        with (
            FileLock(f"{places.WAREHOUSE}.lock", timeout=WAIT_SECONDS),
            duckdb.connect(
                str(places.WAREHOUSE), read_only=True, config={"enable_external_access": "false"}
            ) as connection,
        ):
            answer = connection.execute(sql)
            rows = answer.fetchmany(limit + 1)
            columns = [column[0] for column in answer.description or []]
    except Timeout:
        raise Refusal.because(
            f"a pipeline has been writing to the warehouse for over {WAIT_SECONDS} s",
            remedy="`./sluice status` shows what runs",
            exit_code=Exit.UNAVAILABLE,
        ) from None
    return columns, rows[:limit], len(rows) > limit
