"""Step 4: the Spark job."""

from __future__ import annotations

import json
from typing import Any

from dags.pipelines.sales_curation import layout
from dags.pipelines.sales_curation.extract import batch_of
from dags.runtime import release, spark
from dags.runtime.manifest import PlatformManifest
from dags.runtime.names import slug
from dags.runtime.storage import open_zone
from environments.manifest import Zone


def curate(manifest: PlatformManifest, batch_key: str, quarantine_uri: str, run_id: str) -> dict[str, Any]:
    """Curates the batch with the release's Spark job; the job's own summary."""
    batch = batch_of(manifest, batch_key)
    raw = open_zone(manifest.zones[Zone.RAW])
    curated = open_zone(manifest.zones[Zone.CURATED])
    summary = f"_summaries/{layout.PIPELINE}/date={batch.interval.start}/{slug(run_id)}.json"

    def pages(dataset: str) -> str:
        # The folder is named by the hash of what is in it; a list of pages may outgrow a command line.
        return raw.uri_of(batch.of(dataset)[0].key.rpartition("/")[0])

    root = release.current().root
    spark.submit(
        manifest,
        root / "spark" / "jobs" / "curate_sales.py",
        [
            *("--transactions", pages(layout.TRANSACTIONS)),
            *("--customers", pages(layout.CUSTOMERS)),
            *("--rates", ",".join(raw.uri_of(one.key) for one in batch.of(layout.RATES))),
            *("--quarantine", quarantine_uri),
            *("--output", curated.uri_of(layout.OUTPUT)),
            *("--interval-start", str(batch.interval.start)),
            *("--interval-end", str(batch.interval.end)),
            *("--run-id", run_id),
            *("--summary", curated.uri_of(summary)),
        ],
        root=root,
    )
    document: dict[str, Any] = json.loads(curated.get(summary))
    return document
