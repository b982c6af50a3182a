"""One JSON record per run, for dashboards and for people who ask later."""

from __future__ import annotations

import json
from typing import Any

from dags.runtime.names import slug
from dags.runtime.storage import Zone


def write(zone: Zone, *, pipeline: str, day: str, run_id: str, record: dict[str, Any]) -> str:
    """Writes the record of a run; a repeated task replaces it. Its URI."""
    key = f"_metrics/{pipeline}/date={day}/{slug(run_id)}.json"
    zone.put(key, json.dumps(record, indent=1, sort_keys=True).encode())
    return zone.uri_of(key)
