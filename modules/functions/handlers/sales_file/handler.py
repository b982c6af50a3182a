"""A sales file has landed: check it row by row, write Parquet by day of sale, archive the original.

What is written, in this order: valid rows (curated), rows that break a rule (quarantine), the original
(archive), and last the record of what became of the file, which makes it count. Then the original leaves the
landing folder. Every object's name follows from the file, and none is ever written over: an event that comes
again, at whatever moment the first was cut off, ends in the same objects.
"""

from __future__ import annotations

import json
import logging
import tempfile
from pathlib import Path
from typing import Any

from modules.functions.handlers.sales_file import parquet
from modules.functions.handlers.sales_file.landing import DELIVERY_NOTE, LandedFile
from modules.functions.handlers.sales_file.reading import MOST_BYTES, Unreadable, read
from modules.functions.runtime import envelopes, queue_batch
from modules.functions.runtime.envelopes import ObjectCreated
from modules.functions.runtime.objects import Zone, digest
from modules.functions.runtime.problems import Rejected
from modules.functions.runtime.settings import zone

log = logging.getLogger(__name__)


def handler(event: Any, context: object) -> dict[str, Any]:
    """Takes a batch of the queue, or one event as S3, the bus or a state machine hands it on.

    Raises:
        Rejected: the one event is bad. (Of a batch, bad messages go to the dead letters.)
        ClientError, Changed: storage does not serve it now; to be tried again.
    """
    if queue_batch.is_batch(event):
        return queue_batch.each(event, land_all)
    return land_all(event)


def land_all(event: Any) -> dict[str, Any]:
    """Lands every file that an event tells of."""
    return {"files": [land(created) for created in envelopes.objects_created(event)]}


def land(created: ObjectCreated) -> dict[str, Any]:
    """Lands one file; the record of it. Doing it again changes nothing. A state machine names no ETag: then it is
    the file that is there now."""
    raw, curated = zone("raw"), zone("curated")
    if created.bucket != raw.bucket:
        raise Rejected("object: it is in another bucket than the landing zone")
    if created.key.endswith(f"/{DELIVERY_NOTE}"):
        return {"key": created.key, "status": "delivery note"}
    head = raw.head(created.key)
    etag = str(head["ETag"]).strip('"') if head else created.etag
    if created.etag not in ("", etag):
        # Another file has come under the name since, and an event of its own with it.
        log.warning("overwritten before it was read", extra={"key": created.key})
        return {"key": created.key, "status": "superseded"}
    file = LandedFile.of(created.key, etag)
    before = _recorded(curated, file)
    if before is None and head is None:
        raise Rejected("object: it is gone, and no record says that it has landed")
    record = dict(json.loads(before)) if before else _land(raw, curated, file, head or {})
    if head:
        raw.remove(file.key, etag)
    log.info(
        "file landed before" if before else "file landed",
        extra={"key": file.key, **{name: record[name] for name in ("status", "rows", "quarantined")}},
    )
    return record


def _recorded(curated: Zone, file: LandedFile) -> bytes | None:
    """What became of the file before; of any file of its name, where no ETag tells which is meant."""
    name = file.record if file.etag else next(curated.names(file.records), None)
    return curated.read(name) if name else None


def _land(raw: Zone, curated: Zone, file: LandedFile, head: dict[str, Any]) -> dict[str, Any]:
    record: dict[str, Any] = {
        "schema_version": 1,
        "key": file.key,
        "supplier": file.supplier,
        "date": str(file.day),
        "name": file.name,
        "sha256": None,
        "size": head["ContentLength"],
        "rows": 0,
        "quarantined": 0,
        "by_reason": {},
        "partitions": [],
        "violations": None,
    }
    try:
        if head["ContentLength"] > MOST_BYTES:
            raise Unreadable(f"the file has more than {MOST_BYTES} bytes")
        with tempfile.TemporaryDirectory(prefix="sales-file-") as folder:
            record |= _convert(raw, curated, file, Path(folder), record)
        record["status"] = "landed"
    except Unreadable as error:
        record |= {"status": "unreadable", "reason": str(error)}
    archive = zone("archive")
    archive.take_over(raw, file.key, file.etag, file.archived)
    record["archived"] = archive.uri_of(file.archived)
    if record["status"] == "unreadable":
        _report(file, record)
    # Its own bytes may not count rows twice: the one written first stands.
    curated.create(file.record, _json(record))
    return record


def _convert(
    raw: Zone, curated: Zone, file: LandedFile, folder: Path, record: dict[str, Any]
) -> dict[str, Any]:
    content = record["sha256"] = raw.download(file.key, file.etag, folder / "file")
    found = read(folder / "file", folder, file.day)
    written = []
    for part in parquet.partitions(found, folder, file.supplier):
        name = file.partition(part.day, content)
        curated.create(name, part.content)
        written.append(
            {"key": name, "rows": part.rows, "sha256": digest(part.content), "size": len(part.content)}
        )
    violations = None
    if found.quarantined:
        quarantine, name = zone("quarantine"), file.violations(content)
        quarantine.create(name, parquet.violations(found, folder))
        violations = quarantine.uri_of(name)
        log.warning("rows quarantined", extra={"key": file.key, "by_reason": found.by_reason})
    return {
        "rows": found.rows,
        "quarantined": found.quarantined,
        "by_reason": found.by_reason,
        "partitions": written,
        "violations": violations,
    }


def _report(file: LandedFile, record: dict[str, Any]) -> None:
    """The errors zone is read by people who may not see rows: the reason, and where the file is."""
    errors = zone("errors")
    report = {
        name: record[name] for name in ("key", "supplier", "date", "sha256", "size", "reason", "archived")
    }
    errors.create(file.error, _json({"schema_version": 1, "kind": "file_unreadable", **report}))
    log.error(
        "file unreadable",
        extra={"key": file.key, "reason": record["reason"], "error": errors.uri_of(file.error)},
    )


def _json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, indent=1, sort_keys=True).encode()
