"""DuckDB files. DuckDB lets one process write: everybody takes the lock beside the file first."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from modules.local_provider import LocalProvider, Props, Refused

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# A look has to be short: `up` looks every time, and a pipeline may hold the file for a minute.
_LOOK_SECONDS = 2.0
_WRITE_SECONDS = 120.0
_MISSING = "select schema_name from information_schema.schemata where catalog_name = current_catalog()"


class DuckDBProvider(LocalProvider):
    """A database file. Inputs: path (absolute), schemas, destroy_data."""

    identity: ClassVar[tuple[str, ...]] = ("path",)

    def find(self, name: str, known: Props) -> Props | None:
        """A file that a pipeline is writing to is there; what is in it is taken as known."""
        from filelock import Timeout

        file = Path(name)
        if not file.exists():
            return None
        try:
            with _opened(file, _LOOK_SECONDS, read_only=True) as connection:
                there = {row[0] for row in connection.execute(_MISSING).fetchall()}
        except Timeout:
            return {"path": name}
        return {"path": name, "schemas": sorted(there & set(known["schemas"]))}

    def bring(self, wanted: Props, found: Props | None) -> None:
        """Makes the file and the schemas that are missing; leaves everything else."""
        from filelock import Timeout

        file = Path(wanted["path"])
        file.parent.mkdir(parents=True, exist_ok=True)
        try:
            with _opened(file, _WRITE_SECONDS) as connection:
                for schema in wanted["schemas"]:
                    connection.execute(f'create schema if not exists "{schema}"')
        except Timeout:
            raise Refused(
                f"a pipeline has been writing to {file} for over {_WRITE_SECONDS:.0f} s",
                "`./sluice status` shows what runs; try again when it has ended",
            ) from None

    def remove(self, name: str, known: Props) -> None:
        """Refuses while it holds tables, unless told otherwise."""
        from filelock import Timeout

        file = Path(name)
        try:
            with _opened(file, _LOOK_SECONDS, read_only=True) as connection:
                row = connection.execute("select count(*) from duckdb_tables()").fetchone()
        except Timeout:
            raise Refused(f"{file} is in use and is not removed", "wait for the pipeline to end") from None
        if row and row[0] and not known.get("destroy_data"):
            raise Refused(
                f"{file} holds {row[0]} tables and is not removed",
                "`pulumi config set sluice:destroyData true`, `pulumi up`, then destroy again",
            )
        for path in (file, file.with_name(f"{file.name}.wal"), file.with_name(f"{file.name}.lock")):
            path.unlink(missing_ok=True)


@contextmanager
def _opened(file: Path, seconds: float, *, read_only: bool = False) -> Iterator[DuckDBPyConnection]:
    import duckdb
    from filelock import FileLock

    with FileLock(f"{file}.lock", timeout=seconds):
        try:
            connection = duckdb.connect(str(file), read_only=read_only)
        except duckdb.Error as error:
            raise Refused(
                f"the warehouse cannot be opened: {error}",
                f"close what has it open; if {file} is damaged, move it away and run `./sluice up`",
            ) from None
        with connection:
            yield connection
