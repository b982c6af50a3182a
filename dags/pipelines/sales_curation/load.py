"""Steps 5 and 6: the curated rows into the warehouse, and the star schema over them."""

from __future__ import annotations

import logging
import tempfile
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

from dags.pipelines.sales_curation import layout
from dags.pipelines.sales_curation.check import check_dataset, load_contract
from dags.pipelines.sales_curation.extract import batch_of, days
from dags.runtime import dbt, release, warehouse
from dags.runtime.batches import Interval
from dags.runtime.manifest import PlatformManifest
from dags.runtime.quarantine import Checker
from dags.runtime.storage import open_zone
from environments.manifest import Zone

log = logging.getLogger(__name__)


def load(manifest: PlatformManifest, batch_key: str, run_id: str) -> dict[str, Any]:
    """Merges the interval's sales and the known customers into the warehouse, in one transaction."""
    batch = batch_of(manifest, batch_key)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="load-")))
        checker = stack.enter_context(Checker(load_contract()))
        check_dataset(checker, manifest, batch, layout.CUSTOMERS, folder)
        customers = checker.connection.sql(_CUSTOMERS).to_arrow_table()
        source = curated_relation(manifest, batch.interval, folder)
        # Everything is at hand before the warehouse is locked.
        connection = stack.enter_context(warehouse.writing(manifest))
        connection.register("customers_in", customers)
        merged = {
            target.table: warehouse.merge(
                connection,
                target,
                relation,
                interval_start=batch.interval.start,
                run_id=run_id,
                release=release.current().id,
            )
            for target, relation in ((layout.CUSTOMERS_TABLE, "customers_in"), (layout.SALES, source))
        }
    log.info("%s", merged)
    return {table: asdict(one) for table, one in merged.items()}


def transform(manifest: PlatformManifest) -> dict[str, Any]:
    """Builds and tests the star schema."""
    return asdict(dbt.build(manifest, release.current().root / "dags" / "warehouse", select="tag:sales"))


def curated_relation(manifest: PlatformManifest, interval: Interval, folder: Path) -> str:
    """SQL of the interval's curated rows, copied into a local folder; the day of each comes from its path."""
    zone = open_zone(manifest.zones[Zone.CURATED])
    selects = []
    for day in days(interval):
        for number, key in enumerate(zone.keys(f"{layout.OUTPUT}/sale_date={day}")):
            if key.endswith(".parquet"):
                path = folder / f"{day}-{number}.parquet"
                path.write_bytes(zone.get(key))
                file = f"read_parquet('{path}', hive_partitioning = false)"
                selects.append(f"SELECT *, DATE '{day}' AS sale_date FROM {file}")
    return f"({' UNION ALL BY NAME '.join(selects)})" if selects else _NO_SALES


# The latest state of each valid customer of the batch.
_CUSTOMERS = f"""
    SELECT record ->> '$.customer_id' AS customer_id,
           record ->> '$.country' AS country,
           record ->> '$.currency' AS currency,
           record ->> '$.first_purchase_on' AS first_purchase_on,
           CAST(record ->> '$.updated_at' AS TIMESTAMPTZ) AS updated_at
    FROM {layout.CUSTOMERS}_valid
    QUALIFY row_number() OVER (
        PARTITION BY customer_id ORDER BY updated_at DESC, page DESC, position DESC
    ) = 1
"""
_NULLS = ", ".join(f"NULL::{kind} AS {name}" for name, kind in layout.SALES.columns.items())
_NO_SALES = f"(SELECT {_NULLS} WHERE false)"
