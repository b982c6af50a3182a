"""Checks raw pages against a compiled contract and keeps what violates it, with every reason."""

from __future__ import annotations

import json
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from dags.runtime.constraints import Rule, literal
from dags.runtime.contracts import CompiledContract, CompiledObject
from dags.runtime.problems import ContractError, NoRowMeetsContract
from dags.runtime.storage import Zone

_SCHEMA = pa.schema(
    [
        ("page", pa.string()),
        ("position", pa.int64()),
        ("record", pa.string()),
        ("reasons", pa.list_(pa.string())),
        ("contract", pa.string()),
        ("run_id", pa.string()),
        ("release", pa.string()),
    ]
)


@dataclass(frozen=True)
class Violation:
    """One record that violates its contract; `position` counts from 0 in the page's `data`."""

    page: str
    position: int
    record: str
    reasons: list[str]


@dataclass(frozen=True)
class Checked:
    """What the check of one dataset found."""

    dataset: str
    rows: int
    violations: list[Violation]
    by_reason: dict[str, int]

    @property
    def valid(self) -> int:
        """How many records meet the contract."""
        return self.rows - len(self.violations)


class Checker:
    """Loads datasets' pages into DuckDB and checks each against the contract.

    Datasets that others refer to must be checked first; `order` gives such an order.
    """

    def __init__(self, contract: CompiledContract) -> None:
        self._contract = contract
        self.connection = duckdb.connect(":memory:")
        self.connection.execute("SET TimeZone = 'UTC'")

    def __enter__(self) -> Checker:
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()

    def check(self, dataset: str, pages: dict[str, Path], extra: list[Rule] | None = None) -> Checked:
        """Checks one dataset.

        Leaves views `<dataset>_rows` and `<dataset>_valid` with columns page, position and record.

        Args:
            dataset: name of the contract's schema object.
            pages: local file of each page by the page's name.
            extra: rules that only this batch has, such as its interval.
        """
        compiled = self._contract.objects[dataset]
        self._load(dataset, pages)
        reasons = ",\n".join(
            f"CASE WHEN {rule.violated} THEN {literal(rule.reason)} END"
            for rule in [*compiled.rules, *(extra or [])]
        )
        self.connection.execute(
            f"CREATE TABLE {dataset}_checked AS SELECT page, position, record,"
            f" list_filter([{reasons}], lambda reason: reason IS NOT NULL) AS reasons FROM {dataset}_rows"
        )
        self.connection.execute(
            f"CREATE VIEW {dataset}_valid AS SELECT page, position, record FROM {dataset}_checked"
            " WHERE len(reasons) = 0"
        )
        return self._result(compiled)

    def _load(self, dataset: str, pages: dict[str, Path]) -> None:
        self.connection.execute(f"CREATE TABLE {dataset}_pages (page VARCHAR, file VARCHAR)")
        if pages:
            self.connection.executemany(
                f"INSERT INTO {dataset}_pages VALUES (?, ?)",
                [[name, str(path)] for name, path in pages.items()],
            )
        files = [str(path) for path in pages.values()]
        source = (
            f"SELECT p.page, from_json(r.content::JSON -> '$.data', '[\"JSON\"]') AS records"
            f" FROM read_text({files!r}) AS r JOIN {dataset}_pages AS p ON p.file = r.filename"
            if files
            else "SELECT NULL::VARCHAR AS page, NULL::JSON[] AS records WHERE false"
        )
        self.connection.execute(
            f"CREATE TABLE {dataset}_rows AS SELECT page, unnest(range(len(records))) AS position,"
            f" unnest(records) AS record FROM ({source})"
        )

    def _result(self, compiled: CompiledObject) -> Checked:
        name = compiled.name
        rows = self._one(f"SELECT count(*) FROM {name}_rows")
        found = self.connection.execute(
            f"SELECT page, position, record::VARCHAR, reasons FROM {name}_checked WHERE len(reasons) > 0"
            " ORDER BY page, position"
        ).fetchall()
        counted = self.connection.execute(
            f"SELECT reason, count(*) FROM (SELECT unnest(reasons) AS reason FROM {name}_checked)"
            " GROUP BY 1 ORDER BY 2 DESC, 1"
        ).fetchall()
        result = Checked(name, rows, [Violation(*row) for row in found], dict(counted))
        for rule in compiled.row_counts:
            if rows < rule.least:
                raise ContractError(f"{rule.reason}; the batch has {rows} rows", where=f"dataset {name}")
        return result

    def _one(self, sql: str) -> int:
        row = self.connection.execute(sql).fetchone()
        return int(row[0]) if row else 0


def order(contract: CompiledContract) -> list[str]:
    """The contract's datasets, those referred to first."""
    done: list[str] = []
    waiting = dict(contract.objects)
    while waiting:
        ready = [name for name, one in waiting.items() if one.references <= set(done)]
        if not ready:
            raise ContractError(f"relationships of {sorted(waiting)} go in a circle")
        done += ready
        waiting = {name: one for name, one in waiting.items() if name not in done}
    return done


def require_some_valid(checked: Checked, contract: CompiledContract) -> None:
    """Fails a batch of which no row meets the contract; an empty batch is fine.

    Raises:
        NoRowMeetsContract: with a count per reason.
    """
    if checked.rows and not checked.valid:
        counts = ", ".join(f"{count} x {reason}" for reason, count in checked.by_reason.items())
        raise NoRowMeetsContract(
            f"none of the {checked.rows} rows of {checked.dataset} meets contract {contract.id}"
            f" {contract.version}: {counts}",
            remedy="nothing was loaded; see the quarantined rows, then correct the contract or the source",
        )


def write(
    zone: Zone, prefix: str, checked: Checked, *, contract: CompiledContract, run_id: str, release: str
) -> str:
    """Writes the violating rows (Parquet) and the counts (JSON) to a folder; the URI of the rows.

    Running it again for the same batch replaces both.
    """
    table = pa.Table.from_pylist(
        [
            {
                "page": one.page,
                "position": one.position,
                "record": one.record,
                "reasons": one.reasons,
                "contract": f"{contract.id}@{contract.version}",
                "run_id": run_id,
                "release": release,
            }
            for one in checked.violations
        ],
        schema=_SCHEMA,
    )
    buffer = BytesIO()
    pq.write_table(table, buffer, compression="snappy")
    zone.put(f"{prefix}/violations.parquet", buffer.getvalue())
    summary = {
        "dataset": checked.dataset,
        "contract": f"{contract.id}@{contract.version}",
        "run_id": run_id,
        "release": release,
        "rows": checked.rows,
        "valid": checked.valid,
        "quarantined": len(checked.violations),
        "by_reason": checked.by_reason,
    }
    zone.put(f"{prefix}/summary.json", json.dumps(summary, indent=1).encode())
    return zone.uri_of(f"{prefix}/violations.parquet")
