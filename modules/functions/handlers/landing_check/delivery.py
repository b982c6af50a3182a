"""A delivery note: what a supplier says it has delivered for a day, and what has become of that."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from modules.functions.handlers.sales_file.landing import DELIVERY_NOTE, delivery_folder, records_folder
from modules.functions.runtime.fields import Fields
from modules.functions.runtime.objects import Zone, digest
from modules.functions.runtime.problems import Rejected


@dataclass(frozen=True)
class NotedFile:
    """One file of the note."""

    name: str
    sha256: str
    rows: int


@dataclass(frozen=True)
class Delivery:
    """One supplier's delivery for one day."""

    supplier: str
    day: date
    raw: Zone
    curated: Zone

    @property
    def note_key(self) -> str:
        """The note's object in raw."""
        return f"{delivery_folder(self.supplier, self.day)}/{DELIVERY_NOTE}"

    def note(self) -> list[NotedFile] | str:
        """The noted files, or why there are none to be had."""
        body = self.raw.read(self.note_key)
        if body is None:
            return "there is no delivery note"
        try:
            return _noted(json.loads(body))
        except ValueError:
            return "the delivery note is not JSON"
        except Rejected as error:
            return str(error)

    def records(self) -> dict[str, list[dict[str, Any]]]:
        """What has been recorded of the day's files, by their names."""
        folder = records_folder(self.supplier, self.day)
        found: dict[str, list[dict[str, Any]]] = {}
        for name in self.curated.names(f"{folder}/"):
            record = json.loads(self.curated.read(name) or b"null")
            if record is not None:
                found.setdefault(record["name"], []).append(record)
        return found

    def compare(self, noted: list[NotedFile], found: dict[str, list[dict[str, Any]]]) -> Iterator[str]:
        """Everything in which note and records differ, one line each."""
        for file in noted:
            yield from (f"{file.name}: {problem}" for problem in self._file(file, found.get(file.name, [])))
        for name in sorted(set(found) - {file.name for file in noted}):
            yield f"{name}: has landed, but is not in the delivery note"

    def accepted(
        self, noted: list[NotedFile], found: dict[str, list[dict[str, Any]]]
    ) -> list[dict[str, Any]]:
        """The record of each noted file, of a delivery that `compare` finds nothing wrong with.

        What came under the same name with other bytes, before it was corrected, is not among them.
        """
        return [next(one for one in found[file.name] if one["sha256"] == file.sha256) for file in noted]

    def _file(self, noted: NotedFile, records: list[dict[str, Any]]) -> Iterator[str]:
        if not records:
            yield "has not landed"
            return
        record = next((one for one in records if one["sha256"] == noted.sha256), None)
        unreadable = next((one for one in records if one["status"] == "unreadable"), None)
        if record is None and unreadable is None:
            yield "has landed with other bytes than the delivery note says (sha256)"
        elif record is None or record["status"] == "unreadable":
            yield f"could not be read: {(record or unreadable or {})['reason']}"
        else:
            yield from self._rows(noted, record)

    def _rows(self, noted: NotedFile, record: dict[str, Any]) -> Iterator[str]:
        rows, quarantined = record["rows"], record["quarantined"]
        valid = sum(part["rows"] for part in record["partitions"])
        if rows != noted.rows:
            yield f"has {rows} rows, the delivery note says {noted.rows}"
        if valid + quarantined != rows:
            yield f"of {rows} rows, {valid} are in curated and {quarantined} in quarantine"
        if rows and not valid:
            yield f"all {rows} rows break a rule: {', '.join(record['by_reason'])}"
        for part in record["partitions"]:
            content = self.curated.read(part["key"])
            if content is None:
                yield f"its object {part['key']} is gone from curated"
            elif digest(content) != part["sha256"]:
                yield f"its object {part['key']} has other bytes than were written"


def _noted(note: Any) -> list[NotedFile]:
    fields = Fields("delivery note", note)
    files = fields.sequence("files")
    fields.check()
    found = []
    for position, one in enumerate(files):
        entry = Fields(f"delivery note, file {position + 1}", one)
        found.append(
            NotedFile(
                entry.text("name", most=200),
                entry.text("sha256", most=64, pattern=r"[0-9a-f]{64}"),
                entry.whole("rows"),
            )
        )
        entry.check()
    if len({file.name for file in found}) != len(found):
        raise Rejected("delivery note: a file is in it twice")
    return found
