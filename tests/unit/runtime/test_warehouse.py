"""Merging into the warehouse: again changes nothing, order does not matter, the later state wins."""

from __future__ import annotations

import itertools
import threading
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from filelock import FileLock

from dags.runtime import warehouse
from dags.runtime.problems import PipelineProblem, Unrecoverable
from dags.runtime.warehouse import Merged, Target
from environments.manifest import DuckDBWarehouse, PlatformManifest

pytestmark = pytest.mark.runtime

TARGET = Target(
    "s",
    "t",
    {"id": "VARCHAR", "amount": "DECIMAL(18, 2)", "version": "INTEGER"},
    "id",
    "version",
    complete=True,
)


@pytest.fixture
def manifest(tmp_path: Path) -> PlatformManifest:
    return PlatformManifest.model_construct(
        warehouse=DuckDBWarehouse(database=str(tmp_path / "w" / "w.duckdb"))
    )


def merge(manifest: PlatformManifest, day: int, rows: list[tuple[str, str, int]], run: str = "r") -> Merged:
    values = ", ".join(f"('{key}', {amount}, {version})" for key, amount, version in rows)
    source = (
        f"(VALUES {values}) AS v(id, amount, version)"
        if rows
        else "(SELECT 'x' AS id, 1 AS amount, 1 AS version WHERE false)"
    )
    with warehouse.writing(manifest) as connection:
        return warehouse.merge(
            connection, TARGET, source, interval_start=date(2025, 1, day), run_id=run, release="x"
        )


def rows(manifest: PlatformManifest) -> list[tuple[Any, ...]]:
    with warehouse.reading(manifest) as connection:
        return connection.execute(
            "SELECT id, amount::VARCHAR, day(interval_start), run_id FROM s.t ORDER BY 1"
        ).fetchall()


def test_the_same_interval_again_changes_nothing_not_even_the_run_id(manifest: PlatformManifest) -> None:
    assert merge(manifest, 1, [("a", "1.10", 1), ("b", "2.20", 1)], "first") == Merged(2, 0, 0, 0)
    before = rows(manifest)
    assert merge(manifest, 1, [("b", "2.20", 1), ("a", "1.10", 1)], "second") == Merged(0, 0, 0, 0)
    assert rows(manifest) == before == [("a", "1.10", 1, "first"), ("b", "2.20", 1, "first")]


def test_an_interval_replaces_its_own_rows_and_no_others(manifest: PlatformManifest) -> None:
    merge(manifest, 1, [("a", "1", 1), ("b", "2", 1)], "first")
    merge(manifest, 2, [("c", "3", 1)], "first")
    assert merge(manifest, 1, [("b", "5", 1)], "second") == Merged(0, 1, 1, 0)
    assert rows(manifest) == [("b", "5.00", 1, "second"), ("c", "3.00", 2, "first")]
    assert merge(manifest, 2, []) == Merged(0, 0, 1, 0)


def test_the_order_of_intervals_does_not_matter(tmp_path: Path) -> None:
    days = {1: [("a", "1", 1)], 2: [("a", "7", 2), ("b", "2", 1)], 3: [("c", "3", 1)]}
    results = []
    for number, order in enumerate(itertools.permutations(days)):
        path = str(tmp_path / f"{number}.duckdb")
        manifest = PlatformManifest.model_construct(warehouse=DuckDBWarehouse(database=path))
        for day in order:
            merge(manifest, day, days[day])
        results.append(rows(manifest))
    assert all(
        one == [("a", "7.00", 2, "r"), ("b", "2.00", 2, "r"), ("c", "3.00", 3, "r")] for one in results
    )


def test_an_older_state_never_replaces_a_newer_one(manifest: PlatformManifest) -> None:
    merge(manifest, 2, [("a", "7", 2)])
    assert merge(manifest, 1, [("a", "1", 1)]) == Merged(0, 0, 0, 1)
    assert rows(manifest) == [("a", "7.00", 2, "r")]


def test_a_key_that_comes_twice_is_refused_and_nothing_is_written(manifest: PlatformManifest) -> None:
    merge(manifest, 1, [("a", "1", 1)])
    with pytest.raises(Unrecoverable, match="not unique"):
        merge(manifest, 1, [("b", "1", 1), ("b", "2", 1)])
    assert rows(manifest) == [("a", "1.00", 1, "r")]


def test_a_failure_in_the_block_rolls_everything_back(manifest: PlatformManifest) -> None:
    merge(manifest, 1, [("a", "1", 1)])
    with pytest.raises(RuntimeError), warehouse.writing(manifest) as connection:
        connection.execute("DELETE FROM s.t")
        raise RuntimeError
    assert len(rows(manifest)) == 1


def test_a_second_writer_waits_for_the_first(manifest: PlatformManifest) -> None:
    merge(manifest, 1, [("a", "1", 1)])
    entered, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with warehouse.writing(manifest):
            entered.set()
            leave.wait(10)

    holder = threading.Thread(target=hold)
    holder.start()
    entered.wait(10)
    threading.Timer(0.3, leave.set).start()
    assert merge(manifest, 2, [("b", "2", 1)]).inserted == 1
    holder.join()


def test_waiting_ends_with_what_to_do(manifest: PlatformManifest) -> None:
    database = Path(manifest.warehouse.database)
    database.parent.mkdir()
    with (
        FileLock(f"{database}.lock"),
        pytest.raises(PipelineProblem, match="another process has held the warehouse"),
        warehouse.lock(manifest, wait=0.1),
    ):
        pass


def test_a_damaged_warehouse_file_is_named(manifest: PlatformManifest) -> None:
    database = Path(manifest.warehouse.database)
    database.parent.mkdir()
    database.write_text("this is no database, whatever it is called")
    with pytest.raises(Unrecoverable, match=r"w\.duckdb: cannot open the warehouse"):
        merge(manifest, 1, [("a", "1", 1)])


def test_sums_are_exact(manifest: PlatformManifest) -> None:
    merge(manifest, 1, [(str(n), "0.10", 1) for n in range(1000)])
    with duckdb.connect(manifest.warehouse.database) as connection:
        assert str(connection.execute("SELECT sum(amount) FROM s.t").fetchall()[0][0]) == "100.00"
