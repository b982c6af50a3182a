"""Where exports lie, under one prefix of the archive zone:

    settings/<moment>.json.gz    variables, connections, release; written when they have changed
    runs/<until>.jsonl.gz        runs that changed since the file before, one a line
    tasks/<until>.jsonl.gz       task instances that did
    watermark.json               up to when all of it is complete; written last

A run that changed again is in a later file as well: of several lines, that of the last file by name counts.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from modules.functions.runtime.clients import client
from modules.functions.runtime.objects import Zone, code
from modules.functions.runtime.problems import NotSetUp

_WATERMARK = "watermark.json"


@dataclass(frozen=True)
class Watermark:
    """How far exports have come."""

    until: datetime
    settings_digest: str
    """Of the settings that were written last."""


class Archive:
    """The prefix and what is written under it."""

    def __init__(self, zone: Zone, prefix: str) -> None:
        self._zone = zone
        self._prefix = prefix.strip("/")

    def watermark(self) -> Watermark | None:
        """How far exports have come; None before the first.

        Raises:
            NotSetUp: it cannot be read as one.
        """
        name = self._name(_WATERMARK)
        try:
            text = client("s3").get_object(Bucket=self._zone.bucket, Key=name)["Body"].read()
        except ClientError as error:
            # After a quarter without exports the zone's life cycle has taken it to the cold: begin anew.
            if code(error) in ("NoSuchKey", "InvalidObjectState"):
                return None
            raise
        try:
            found = json.loads(text)
            until = datetime.fromisoformat(found["until"]).astimezone(UTC)
            return Watermark(until, str(found["settings_digest"]))
        except (ValueError, KeyError, TypeError):
            raise NotSetUp(
                f"{self._zone.uri_of(name)} is no watermark: remove it, and the next export begins anew"
            ) from None

    def advance(self, watermark: Watermark) -> None:
        """Says how far exports have come now."""
        text = {"until": watermark.until.isoformat(), "settings_digest": watermark.settings_digest}
        self._put(_WATERMARK, json.dumps(text).encode())

    def keep_settings(self, moment: datetime, settings: dict[str, Any]) -> None:
        """Writes the settings as they were at that moment."""
        text = json.dumps({"taken_at": moment.isoformat(), **settings}, sort_keys=True, ensure_ascii=False)
        self._put(f"settings/{_compact(moment)}.json.gz", gzip.compress(text.encode(), mtime=0))

    def keep_rows(self, what: str, until: datetime, rows: Iterable[Any]) -> int:
        """Writes the rows of the time that ends then, if there are any; says how many there were."""
        lines = [json.dumps(row, sort_keys=True, ensure_ascii=False) for row in rows]
        if lines:
            body = gzip.compress("\n".join([*lines, ""]).encode(), mtime=0)
            self._put(f"{what}/{_compact(until)}.jsonl.gz", body)
        return len(lines)

    def _put(self, name: str, body: bytes) -> None:
        # Replaced when a time is exported again: the later answer is the fuller one, and the zone keeps versions.
        client("s3").put_object(
            Bucket=self._zone.bucket,
            Key=self._name(name),
            Body=body,
            ServerSideEncryption="aws:kms",
            SSEKMSKeyId=self._zone.key,
            BucketKeyEnabled=True,
        )

    def _name(self, name: str) -> str:
        return f"{self._prefix}/{name}"


def _compact(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H-%M-%SZ")
