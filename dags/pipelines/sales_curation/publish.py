"""Step 7: the accounts must balance; then archive, metrics and the announcement."""

from __future__ import annotations

import logging
import tempfile
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from dags.pipelines.sales_curation import layout
from dags.pipelines.sales_curation.extract import batch_of, copy_batch
from dags.pipelines.sales_curation.load import curated_relation
from dags.runtime import events, metrics, release, warehouse
from dags.runtime.batches import Interval
from dags.runtime.manifest import PlatformManifest
from dags.runtime.problems import ConservationBroken
from dags.runtime.storage import open_zone
from environments.manifest import Zone

log = logging.getLogger(__name__)

FACTS = "sales.fct_sales"

Sums = dict[str, Decimal]


def publish(
    manifest: PlatformManifest,
    run_id: str,
    *,
    extracted: dict[str, Any],
    replicated: dict[str, Any],
    checked: dict[str, Any],
    curated: dict[str, Any],
    loaded: dict[str, Any],
    transformed: dict[str, Any],
) -> dict[str, Any]:
    """Checks conservation, archives the batch, writes the run's metrics and announces the data.

    Raises:
        ConservationBroken: rows or cents are missing or too many; nothing is archived or announced.
    """
    batch = batch_of(manifest, extracted["batch"])
    in_warehouse = warehouse_sums(manifest, batch.interval)
    conservation = conserve(checked, curated, in_warehouse)
    log.info("%s", conservation)
    archive = open_zone(manifest.zones[Zone.ARCHIVE])
    copy_batch(manifest, extracted["batch"], archive)
    summary: dict[str, Any] = {
        "pipeline": layout.PIPELINE,
        "run_id": run_id,
        "release": release.current().id,
        "interval_start": str(batch.interval.start),
        "interval_end": str(batch.interval.end),
        "batch_id": batch.id,
        "batch_reused": extracted["reused"],
        "counts": {
            "extracted": checked[layout.TRANSACTIONS]["rows"],
            "curated": curated["curated"],
            "quarantined": curated["quarantined"],
            "duplicates": curated["duplicates"],
            "customers": checked[layout.CUSTOMERS]["rows"],
            "customers_quarantined": checked[layout.CUSTOMERS]["quarantined"],
        },
        "quarantine_reasons": checked[layout.TRANSACTIONS]["by_reason"],
        "sums": checked["sums"],
        "sums_eur": curated.get("sums_eur"),
        "conservation": conservation,
        "loaded": loaded,
        "transformed": transformed,
        "outputs": {
            "raw": extracted["uri"],
            "raw_failover": replicated["uri"],
            "quarantine": checked[layout.TRANSACTIONS]["quarantine"],
            "curated": open_zone(manifest.zones[Zone.CURATED]).uri_of(layout.OUTPUT),
            "archive": archive.uri_of(extracted["batch"]),
            "warehouse": FACTS,
        },
    }
    return announce(manifest, summary)


def announce(manifest: PlatformManifest, summary: dict[str, Any]) -> dict[str, Any]:
    """Writes the metrics record and puts `DataReady` on the bus; the summary with both."""
    curated = open_zone(manifest.zones[Zone.CURATED])
    record = summary | {"written_at": datetime.now(UTC).isoformat()}
    where = metrics.write(
        curated,
        pipeline=layout.PIPELINE,
        day=summary["interval_start"],
        run_id=summary["run_id"],
        record=record,
    )
    detail = {
        name: summary[name]
        for name in (
            "pipeline",
            "run_id",
            "release",
            "interval_start",
            "interval_end",
            "batch_id",
            "counts",
            "sums",
        )
    }
    event = events.publish(
        manifest,
        source=f"{manifest.project}.{layout.PIPELINE}",
        kind="DataReady",
        detail=detail | {"outputs": summary["outputs"]},
    )
    return summary | {"metrics": where, "event_id": event}


def conserve(checked: dict[str, Any], curated: dict[str, Any], in_warehouse: tuple[Sums, Sums]) -> str:
    """The line that says that nothing was lost.

    Args:
        checked: what `check_contract` counted in raw.
        curated: what the Spark job counted in what it wrote.
        in_warehouse: sums in the warehouse, and sums of rows that a later interval has since replaced there.
    """
    extracted = checked[layout.TRANSACTIONS]["rows"]
    parts = [curated["curated"], curated["quarantined"], curated["duplicates"]]
    stages = [checked["distinct"], checked[layout.TRANSACTIONS]["quarantined"], checked["duplicates"]]
    if extracted != sum(parts) or parts != stages or curated["read"] != extracted:
        raise ConservationBroken(
            f"extracted {extracted} rows, but curated {parts[0]} + quarantined {parts[1]}"
            f" + duplicates {parts[2]} = {sum(parts)};"
            f" raw itself says {stages[0]} + {stages[1]} + {stages[2]}",
            where="rows of the interval",
            remedy="compare the batch in raw with the curated partition",
        )
    raw = {currency: Decimal(amount) for currency, amount in checked["sums"].items()}
    present, superseded = in_warehouse
    found = {
        name: present.get(name, Decimal(0)) + superseded.get(name, Decimal(0))
        for name in {*present, *superseded}
    }
    spark = {currency: Decimal(amount) for currency, amount in curated["sums"].items()}
    for place, sums in (("the curated files", spark), ("the warehouse", found)):
        different = [
            f"{name}: raw {raw.get(name, Decimal(0)):.2f}, {place} {sums.get(name, Decimal(0)):.2f}"
            for name in sorted({*raw, *sums})
            if raw.get(name) != sums.get(name)
        ]
        if different:
            raise ConservationBroken(
                "; ".join(different), where="sums of the interval", remedy=f"see {place}"
            )
    money = ", ".join(f"{name} {amount:.2f}" for name, amount in sorted(raw.items())) or "nothing sold"
    return (
        f"extracted {extracted} = curated {parts[0]} + quarantined {parts[1]} + duplicates {parts[2]};"
        f" raw = warehouse to the cent: {money}"
    )


def warehouse_sums(manifest: PlatformManifest, interval: Interval) -> tuple[Sums, Sums]:
    """What the interval brought into the star schema, and what of it a later interval has replaced since."""
    with tempfile.TemporaryDirectory(prefix="sums-") as folder:
        source = curated_relation(manifest, interval, Path(folder))
        with warehouse.reading(manifest) as connection:
            present = connection.execute(
                f"SELECT currency, sum(amount) FROM {FACTS} WHERE interval_start = ? GROUP BY 1",
                [interval.start],
            ).fetchall()
            superseded = connection.execute(
                f"SELECT s.currency, sum(CAST(s.amount AS DECIMAL(18, 2))) FROM {source} AS s"
                f" JOIN {FACTS} AS f USING (transaction_id)"
                " WHERE f.updated_at > s.updated_at AND f.interval_start <> ? GROUP BY 1",
                [interval.start],
            ).fetchall()
    return dict(present), dict(superseded)
