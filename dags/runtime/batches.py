"""Raw batches: immutable page objects and one manifest, written last, that makes them count.

Where things are in the raw zone:

    source=<s>/dataset=<d>/date=<first day>/batch=<id>/page-00001.json
    source=<s>/batches/date=<first day>/<id>.json

The batch id is a hash of all the pages' names and bytes, so two different contents never share a name, and
an extract that was killed half-way leaves objects that the next one finds in place, but no manifest.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from dags.runtime.problems import StoredObjectDamaged
from dags.runtime.storage import StoredObject, Zone, put_all, sha256


class Interval(BaseModel):
    """A half-open span of whole days, in UTC."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    start: date
    end: date

    def __str__(self) -> str:
        return f"{self.start}..{self.end}"


class BatchObject(BaseModel):
    """One stored response."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    dataset: str
    key: str
    sha256: str
    size: int
    rows: int | None = None
    """How many records a page has; none for a file."""

    @property
    def stored(self) -> StoredObject:
        """The object with its checksum."""
        return StoredObject(self.key, self.sha256, self.size)


class Batch(BaseModel):
    """The manifest of one batch."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    schema_version: int = 1
    id: str
    source: str
    interval: Interval
    content: str
    """Fingerprint of the records, whatever the paging: what decides whether the source has something new."""
    objects: list[BatchObject]
    created_at: datetime
    run_id: str
    release: str

    @property
    def key(self) -> str:
        """The manifest's own name in the zone."""
        return f"{manifest_prefix(self.source, self.interval)}/{self.id}.json"

    def of(self, dataset: str) -> list[BatchObject]:
        """The objects of one dataset, in order."""
        return [one for one in self.objects if one.dataset == dataset]

    def rows(self, dataset: str) -> int:
        """How many records a dataset has."""
        return sum(one.rows or 0 for one in self.of(dataset))


class Fingerprint:
    """Order-free, duplicate-free hash of records: the same whatever pages they came in."""

    def __init__(self) -> None:
        self._rows: set[bytes] = set()

    def add(self, dataset: str, row: Any) -> None:
        """Takes in one record."""
        text = json.dumps([dataset, row], sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        self._rows.add(hashlib.sha256(text.encode()).digest())

    def hexdigest(self) -> str:
        """The hash of everything taken in."""
        return hashlib.sha256(b"".join(sorted(self._rows))).hexdigest()


def manifest_prefix(source: str, interval: Interval) -> str:
    """The folder of an interval's batch manifests."""
    return f"source={source}/batches/date={interval.start}"


def batch_id(parts: Iterable[tuple[str, str]]) -> str:
    """The id of a batch with these (name, sha256) parts."""
    text = "".join(f"{name}\0{digest}\n" for name, digest in parts)
    return hashlib.sha256(text.encode()).hexdigest()[:20]


def load(zone: Zone, key: str) -> Batch:
    """Reads a batch manifest.

    Raises:
        StoredObjectDamaged: it is not one.
    """
    try:
        return Batch.model_validate_json(zone.get(key))
    except ValidationError as error:
        raise StoredObjectDamaged(f"not a batch manifest: {error}", where=zone.uri_of(key)) from None


def find(zone: Zone, source: str, interval: Interval, content: str) -> Batch | None:
    """The complete batch of an interval that has exactly these records, its stored bytes verified."""
    for key in zone.keys(manifest_prefix(source, interval)):
        batch = load(zone, key)
        if batch.content == content and batch.interval == interval:
            for one in batch.objects:
                zone.read_verified(one.stored)
            return batch
    return None


def store(
    zone: Zone,
    *,
    source: str,
    interval: Interval,
    content: str,
    bodies: list[tuple[str, str, bytes, int | None]],
    run_id: str,
    release: str,
) -> Batch:
    """Writes a batch: its objects first, its manifest last.

    Args:
        zone: the raw zone.
        source: name of the source.
        interval: what the batch covers.
        content: fingerprint of its records.
        bodies: dataset, name (with `{batch}` where the id goes), bytes and row count of each object.
        run_id: the run that extracted it.
        release: the release whose code did.
    """
    identity = batch_id((name, sha256(body)) for _, name, body, _ in bodies)
    stored = put_all(zone, ((name.format(batch=identity), body) for _, name, body, _ in bodies))
    batch = Batch(
        id=identity,
        source=source,
        interval=interval,
        content=content,
        objects=[
            BatchObject(dataset=dataset, key=one.key, sha256=one.sha256, size=one.size, rows=rows)
            for (dataset, _, _, rows), one in zip(bodies, stored, strict=True)
        ],
        created_at=datetime.now(UTC),
        run_id=run_id,
        release=release,
    )
    if not zone.create(batch.key, batch.model_dump_json(indent=1).encode()):
        # Two runs of one interval at once, with the same bytes: the first manifest stands.
        return load(zone, batch.key)
    return batch
