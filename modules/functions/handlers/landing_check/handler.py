"""A supplier's files of a day are due: check note, checksums and row counts; announce the data, or say what is wrong.

What is late may still come, so a delivery that is not whole is tried again, and becomes a dead letter (or the
catch of a state machine) with a message that is ready for a ticket.
"""

from __future__ import annotations

import json
import logging
from datetime import timedelta
from typing import Any

from modules.functions.handlers.landing_check.delivery import Delivery
from modules.functions.handlers.sales_file.landing import DATASET
from modules.functions.runtime import envelopes, queue_batch
from modules.functions.runtime.bus import publish
from modules.functions.runtime.fields import Fields
from modules.functions.runtime.objects import digest
from modules.functions.runtime.problems import Told
from modules.functions.runtime.settings import required, zone

log = logging.getLogger(__name__)

KIND = "LandingDue"
ANNOUNCES = "DataReady"


class LandingIncomplete(Told):
    """What should have landed has not, or not whole. The message is a ticket: title, list, where, what to do."""


def handler(event: Any, context: object) -> dict[str, Any]:
    """Takes a batch of the queue, or one event as the bus or a state machine hands it on.

    Raises:
        Rejected: the one event is bad. (Of a batch, bad messages go to the dead letters.)
        LandingIncomplete: see there.
        ClientError: a service does not answer now; to be tried again.
    """
    if queue_batch.is_batch(event):
        return queue_batch.each(event, check)
    return check(event)


def check(event: Any) -> dict[str, Any]:
    """Checks one delivery, and announces its data once."""
    announced = envelopes.announcement(event, KIND)
    fields = Fields("detail", announced.detail)
    supplier = fields.text("supplier", most=63, pattern=r"[a-z0-9][a-z0-9-]*")
    # Due in the morning for the day before, unless it is said.
    day = fields.day("date", default=announced.time.date() - timedelta(days=1))
    fields.check()
    delivery = Delivery(supplier, day, zone("raw"), zone("curated"))
    noted = delivery.note()
    found = delivery.records()
    problems = [noted] if isinstance(noted, str) else list(delivery.compare(noted, found))
    if problems:
        raise LandingIncomplete(_ticket(delivery, problems))
    assert not isinstance(noted, str)
    return _announce(delivery, delivery.accepted(noted, found))


def _announce(delivery: Delivery, records: list[dict[str, Any]]) -> dict[str, Any]:
    counts = {
        "files": len(records),
        "rows": sum(record["rows"] for record in records),
        "quarantined": sum(record["quarantined"] for record in records),
    }
    detail: dict[str, Any] = {
        "pipeline": DATASET,
        "supplier": delivery.supplier,
        "interval_start": str(delivery.day),
        "interval_end": str(delivery.day + timedelta(days=1)),
        "counts": counts,
    }
    parts = [part for record in records for part in record["partitions"]]
    manifest = json.dumps(
        {"schema_version": 1, **detail, "objects": parts}, indent=1, sort_keys=True
    ).encode()
    # By content: a delivery that was corrected is another one, and is announced anew.
    place = f"supplier={delivery.supplier}/date={delivery.day}/{digest(manifest)[:20]}.json"
    curated, delivered, marker = (
        delivery.curated,
        f"{DATASET}/_delivered/{place}",
        f"{DATASET}/_announced/{place}",
    )
    detail["outputs"] = {"curated": curated.uri_of(DATASET), "manifest": curated.uri_of(delivered)}
    again = curated.head(marker) is not None
    if not again:
        # In this order, a function that is cut off before the marker announces twice, and never not at all.
        curated.create(delivered, manifest)
        publish(required("BUS"), f"{required('PROJECT')}.landing_check", ANNOUNCES, detail)
        curated.create(marker, json.dumps(detail, indent=1, sort_keys=True).encode())
    log.info("announced before" if again else "announced", extra={"supplier": delivery.supplier, **counts})
    return {"announced": not again, **detail}


def _ticket(delivery: Delivery, problems: list[str]) -> str:
    count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    return "\n".join(
        [
            f"Sales files of {delivery.supplier} for {delivery.day} have not landed whole: {count}",
            *(f"- {problem}" for problem in problems),
            f"Where: {delivery.raw.uri_of(delivery.note_key)}",
            "What to do: ask the supplier for what is missing or wrong; once it has landed, announce"
            f' {KIND} with {{"supplier": "{delivery.supplier}", "date": "{delivery.day}"}} again.',
        ]
    )
