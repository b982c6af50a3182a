"""Steps 1 and 2: the day's responses into immutable raw, and a verified copy in the fail-over region."""

from __future__ import annotations

import logging
from datetime import date, timedelta
from typing import Any

from dags.pipelines.sales_curation import layout
from dags.runtime import batches, release, secrets
from dags.runtime.batches import Batch, Fingerprint, Interval
from dags.runtime.manifest import PlatformManifest
from dags.runtime.names import slug
from dags.runtime.problems import Unrecoverable
from dags.runtime.source import Garbage, SourceClient, parse_object
from dags.runtime.storage import copy_verified, open_zone, sha256
from environments.manifest import Zone

log = logging.getLogger(__name__)

Body = tuple[str, str, bytes, int | None]

_PAGE_SIZE = "1000"
# Easter and Christmas leave gaps of up to five days between two publications.
_RATE_DAYS = 10


def extract(manifest: PlatformManifest, interval: Interval, run_id: str) -> dict[str, Any]:
    """Asks the source for the interval and keeps every response byte for byte in raw.

    If raw has a complete batch with exactly these records, that one is used and nothing is written.
    """
    raw = open_zone(manifest.zones[Zone.RAW])
    credentials = secrets.client_credentials(manifest, layout.SOURCE)
    fingerprint = Fingerprint()
    try:
        with SourceClient(manifest.sources[layout.SOURCE].base_url, credentials) as client:
            bodies = _commerce(client, interval, fingerprint) + _rates(client, interval, fingerprint)
    except Garbage as garbage:
        key = f"{layout.PIPELINE}/extract/date={interval.start}/{slug(run_id)}/{slug(garbage.name)}.body"
        errors = open_zone(manifest.zones[Zone.ERRORS])
        errors.put(key, garbage.body)
        log.error("the response is kept as %s", errors.uri_of(key))
        raise
    content = fingerprint.hexdigest()
    batch = batches.find(raw, layout.SOURCE, interval, content)
    reused = batch is not None
    if batch is None:
        batch = batches.store(
            raw,
            source=layout.SOURCE,
            interval=interval,
            content=content,
            bodies=bodies,
            run_id=run_id,
            release=release.current().id,
        )
    counts = {name: batch.rows(name) for name in (layout.TRANSACTIONS, layout.CUSTOMERS)}
    log.info("batch %s (%s): %s", batch.id, "found in raw" if reused else "new", counts)
    return {
        "batch": batch.key,
        "batch_id": batch.id,
        "uri": raw.uri_of(batch.key),
        "reused": reused,
        "rate_files": len(batch.of(layout.RATES)),
        **counts,
    }


def replicate(manifest: PlatformManifest, batch_key: str) -> dict[str, Any]:
    """Copies a batch to the fail-over zone; its manifest last, as in raw."""
    target = manifest.failover_zones.get(Zone.RAW)
    if target is None:
        raise Unrecoverable(
            "the platform has no fail-over copy of raw", where="platform manifest, failover_zones"
        )
    failover = open_zone(target, region=manifest.failover_region)
    copied = copy_batch(manifest, batch_key, failover)
    return {"uri": failover.uri_of(batch_key), "copied": copied}


def copy_batch(manifest: PlatformManifest, batch_key: str, target: layout.StorageZone) -> int:
    """Copies a batch from raw to another zone, verified; how many objects were new there."""
    raw = open_zone(manifest.zones[Zone.RAW])
    batch = batches.load(raw, batch_key)
    copied = copy_verified(raw, target, [one.stored for one in batch.objects])
    target.create_or_verify(batch_key, raw.get(batch_key))
    return copied


def _commerce(client: SourceClient, interval: Interval, fingerprint: Fingerprint) -> list[Body]:
    since, before = (f"{day}T00:00:00Z" for day in (interval.start, interval.end))
    asked = {
        layout.TRANSACTIONS: {"updated_since": since, "updated_before": before, "limit": _PAGE_SIZE},
        layout.CUSTOMERS: {"updated_before": before, "limit": _PAGE_SIZE},
    }
    bodies: list[Body] = []
    for dataset, parameters in asked.items():
        for page in client.pages(f"/v1/{dataset}", parameters):
            for row in page.rows:
                fingerprint.add(dataset, row)
            name = layout.page_key(layout.SOURCE, dataset, interval, page.number)
            bodies.append((dataset, name, page.body, len(page.rows)))
    return bodies


def _rates(client: SourceClient, interval: Interval, fingerprint: Fingerprint) -> list[Body]:
    first, last = interval.start - timedelta(days=_RATE_DAYS), interval.end - timedelta(days=1)
    listing_body = client.get("/feeds/ecb/", {"from": str(first), "to": str(last)})
    listing = parse_object("/feeds/ecb/", listing_body).get("files")
    bodies: list[Body] = []
    for entry in listing if isinstance(listing, list) else []:
        name, promised = _entry(entry, listing_body)
        day = layout.rate_day(name)
        if day is None or not first <= day <= last:
            continue
        body = client.get(f"/feeds/ecb/{name}")
        if sha256(body) != promised:
            raise Garbage(
                f"/feeds/ecb/{name}", body, f"the file does not have the sha256 {promised} of the listing"
            )
        fingerprint.add(layout.RATES, [name, promised])
        bodies.append((layout.RATES, layout.rate_key(day, promised, name), body, None))
    if not bodies:
        raise Unrecoverable(
            f"the feed has no reference rates from {first} to {last}",
            where="/feeds/ecb/",
            remedy="amounts could not be converted; run the day again when the feed has them",
        )
    return sorted(bodies, key=lambda body: body[1])


def _entry(entry: Any, listing: bytes) -> tuple[str, str]:
    if (
        isinstance(entry, dict)
        and isinstance(entry.get("name"), str)
        and isinstance(entry.get("sha256"), str)
    ):
        return entry["name"], entry["sha256"]
    raise Garbage("/feeds/ecb/", listing, "an entry of the listing has no name or no sha256")


def batch_of(manifest: PlatformManifest, batch_key: str) -> Batch:
    """The manifest of a run's batch."""
    return batches.load(open_zone(manifest.zones[Zone.RAW]), batch_key)


def days(interval: Interval) -> list[date]:
    """The days of an interval."""
    return [interval.start + timedelta(days=n) for n in range((interval.end - interval.start).days)]
