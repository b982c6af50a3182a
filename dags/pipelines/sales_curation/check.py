"""Step 3: the contract, row by row, and the figures that the rest of the run is held against."""

from __future__ import annotations

import logging
import tempfile
from pathlib import Path
from typing import Any

from dags.pipelines.sales_curation import layout
from dags.pipelines.sales_curation.extract import batch_of
from dags.runtime import contracts, quarantine, release
from dags.runtime.batches import Batch, Interval
from dags.runtime.constraints import Rule
from dags.runtime.contracts import CompiledContract
from dags.runtime.manifest import PlatformManifest
from dags.runtime.quarantine import Checker
from dags.runtime.storage import open_zone
from environments.manifest import Zone

log = logging.getLogger(__name__)


def check_contract(
    manifest: PlatformManifest, batch_key: str, run_id: str, *, contract_file: Path = layout.CONTRACT
) -> dict[str, Any]:
    """Quarantines every row that violates the contract, with all its reasons.

    Raises:
        NoRowMeetsContract: a dataset has rows and none meets the contract; they are in quarantine.
    """
    contract = contracts.load(contract_file)
    batch = batch_of(manifest, batch_key)
    zone = open_zone(manifest.zones[Zone.QUARANTINE])
    found: dict[str, Any] = {"contract": f"{contract.id}@{contract.version}"}
    with tempfile.TemporaryDirectory(prefix="pages-") as folder, Checker(contract) as checker:
        for dataset in quarantine.order(contract):
            checked = check_dataset(checker, manifest, batch, dataset, Path(folder))
            uri = quarantine.write(
                zone,
                layout.quarantine_prefix(batch, dataset),
                checked,
                contract=contract,
                run_id=run_id,
                release=release.current().id,
            )
            log.info(
                "%s: %d of %d rows quarantined %s",
                dataset,
                len(checked.violations),
                checked.rows,
                checked.by_reason,
            )
            quarantine.require_some_valid(checked, contract)
            found[dataset] = {
                "rows": checked.rows,
                "quarantined": len(checked.violations),
                "by_reason": checked.by_reason,
                "quarantine": uri,
            }
        found["distinct"], found["duplicates"], found["sums"] = _accepted(checker)
    return found


def check_dataset(
    checker: Checker, manifest: PlatformManifest, batch: Batch, dataset: str, folder: Path
) -> quarantine.Checked:
    """Fetches a dataset's pages, verified, and checks them."""
    raw = open_zone(manifest.zones[Zone.RAW])
    files = raw.download([one.stored for one in batch.of(dataset)], folder / dataset)
    pages = {layout.page_name(key): path for key, path in files.items()}
    extra = interval_rules(batch.interval) if dataset == layout.TRANSACTIONS else []
    return checker.check(dataset, pages, extra)


def interval_rules(interval: Interval) -> list[Rule]:
    """A transaction belongs to the day of its sale: one that the source changed on another day is late."""
    span = f"TIMESTAMPTZ '{interval.start} 00:00:00+00' AND TIMESTAMPTZ '{interval.end} 00:00:00+00'"
    value = "TRY_CAST(json_extract_string(record, '$.purchased_at') AS TIMESTAMPTZ)"
    inside = f"({value} BETWEEN {span} AND {value} <> TIMESTAMPTZ '{interval.end} 00:00:00+00')"
    return [Rule("purchased_at: late, sold outside of the interval", f"coalesce(NOT {inside}, false)")]


def load_contract() -> CompiledContract:
    """The pipeline's contract."""
    return contracts.load(layout.CONTRACT)


def _accepted(checker: Checker) -> tuple[int, int, dict[str, str]]:
    """Distinct accepted rows, duplicates, and the accepted money per currency: straight from raw."""
    checker.connection.execute(
        "CREATE TABLE accepted AS SELECT record ->> '$.currency' AS currency,"
        " CAST(record ->> '$.amount' AS DECIMAL(18, 2)) AS amount"
        f" FROM {layout.TRANSACTIONS}_valid"
        " QUALIFY row_number() OVER (PARTITION BY record ->> '$.transaction_id'"
        " ORDER BY CAST(record ->> '$.updated_at' AS TIMESTAMPTZ) DESC, page DESC, position DESC) = 1"
    )
    totals = checker.connection.execute(
        f"SELECT (SELECT count(*) FROM accepted), (SELECT count(*) FROM {layout.TRANSACTIONS}_valid)"
    ).fetchone()
    distinct, valid = totals or (0, 0)
    sums = checker.connection.execute(
        "SELECT currency, sum(amount) FROM accepted GROUP BY 1 ORDER BY 1"
    ).fetchall()
    return distinct, valid - distinct, {currency: str(amount) for currency, amount in sums}
