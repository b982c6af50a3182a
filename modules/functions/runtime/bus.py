"""Announces on the event bus what happened."""

from __future__ import annotations

import json
from typing import Any

from modules.functions.runtime.clients import client
from modules.functions.runtime.problems import Told


class NotAnnounced(Told):
    """The bus did not take an event; to be tried again."""


def publish(bus: str, source: str, kind: str, detail: dict[str, Any]) -> None:
    """Puts one event on a bus.

    Raises:
        NotAnnounced: the bus did not take it (a call that succeeds may still say so in its answer).
    """
    answer = client("events").put_events(
        Entries=[
            {
                "EventBusName": bus,
                "Source": source,
                "DetailType": kind,
                "Detail": json.dumps(detail, sort_keys=True),
            }
        ]
    )
    if answer["FailedEntryCount"]:
        raise NotAnnounced(f"the bus refused {kind}: {answer['Entries'][0].get('ErrorCode')}")
