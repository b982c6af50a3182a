"""Announces on the event bus what happened."""

from __future__ import annotations

import json
from typing import Any

import boto3

from dags.runtime.manifest import PlatformManifest, services_api
from dags.runtime.problems import PipelineProblem


def publish(manifest: PlatformManifest, *, source: str, kind: str, detail: dict[str, Any]) -> str:
    """Puts one event on the platform's bus; its id.

    Raises:
        PipelineProblem: the bus did not take it (a call that succeeds may still say so in its answer).
    """
    services_api(manifest)
    answer = boto3.client("events", region_name=manifest.region).put_events(
        Entries=[
            {
                "EventBusName": manifest.events.bus,
                "Source": source,
                "DetailType": kind,
                "Detail": json.dumps(detail, sort_keys=True),
            }
        ]
    )
    entry = answer["Entries"][0]
    if answer["FailedEntryCount"] or "EventId" not in entry:
        raise PipelineProblem(
            f"the event bus refused {kind}: {entry.get('ErrorCode')} {entry.get('ErrorMessage')}",
            where=f"bus {manifest.events.bus}",
            remedy="apply the platform's stack again: `./sluice up`",
        )
    return str(entry["EventId"])
