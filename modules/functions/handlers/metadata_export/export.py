"""One export: the settings if they changed, then the history, time by time, each complete before the next."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from modules.functions.handlers.metadata_export.airflow import Airflow
from modules.functions.handlers.metadata_export.archive import Archive, Watermark
from modules.functions.runtime.objects import digest

# A change may be committed after the moment that it bears, by as long as a transaction of Airflow's lasts.
OVERLAP = timedelta(minutes=5)
# After a stop, a day at a time: what is done stays done if the function runs out of time.
LONGEST = timedelta(days=1)


@dataclass(frozen=True)
class Exported:
    """What an export did; `new` is false if all of it was there already."""

    new: bool
    counts: dict[str, int] = field(default_factory=dict)


def run(airflow: Airflow, archive: Archive, release: str | None, moment: datetime) -> Exported:
    """Exports all that changed from the watermark to `moment`."""
    mark = archive.watermark()
    if mark is not None and mark.until >= moment:
        return Exported(new=False)
    settings = {
        "release": release,
        "variables": airflow.variables(),
        "connections": airflow.connections(),
    }
    now = digest(json.dumps(settings, sort_keys=True).encode())
    changed = mark is None or mark.settings_digest != now
    if changed:
        archive.keep_settings(moment, settings)
    counts = {"settings": int(changed), "runs": 0, "tasks": 0}
    for since, until in _times(mark, moment):
        begin = since - OVERLAP if since else None
        counts["runs"] += archive.keep_rows("runs", until, airflow.runs(begin, until))
        counts["tasks"] += archive.keep_rows("tasks", until, airflow.tasks(begin, until))
        archive.advance(Watermark(until, now))
    return Exported(new=True, counts=counts)


def _times(mark: Watermark | None, moment: datetime) -> Iterator[tuple[datetime | None, datetime]]:
    since = mark.until if mark else None
    while since is not None and moment - since > LONGEST:
        yield since, since + LONGEST
        since += LONGEST
    yield since, moment
