"""A support ticket was announced: check it, add what follows from it, keep it once, encrypted."""

from __future__ import annotations

import json
import logging
from typing import Any

from modules.functions.handlers.support_ticket.ticket import Ticket
from modules.functions.runtime import envelopes, queue_batch, settings
from modules.functions.runtime.objects import digest
from modules.functions.runtime.problems import Rejected

log = logging.getLogger(__name__)

KIND = "NewTicketCreated"


def handler(event: Any, context: object) -> dict[str, Any]:
    """Takes a batch of the queue, or one event of the bus as a state machine hands it on.

    Raises:
        Rejected: the one event is bad. (Of a batch, bad messages go to the dead letters.)
        ClientError: storage does not take it now; to be tried again.
    """
    if queue_batch.is_batch(event):
        return queue_batch.each(event, keep)
    return keep(event)


def keep(event: Any) -> dict[str, Any]:
    """Keeps one ticket; the same one again changes nothing."""
    announced = envelopes.announcement(event, KIND)
    ticket = Ticket.of(announced.detail)
    raw = settings.zone("raw")
    body = json.dumps(ticket.enriched(), sort_keys=True, ensure_ascii=False).encode()
    # Only what is the same in every announcement of this ticket is in the object.
    new = raw.create(ticket.key, body, {"event-id": announced.id, "event-source": announced.source})
    if not new and raw.digest_of(ticket.key) != digest(body):
        raise Rejected("ticket: another ticket of this ticket_id and day is kept already")
    log.info(
        "ticket kept" if new else "ticket was kept before", extra={"ticket": ticket.id, "key": ticket.key}
    )
    return {"ticket_id": ticket.id, "uri": raw.uri_of(ticket.key), "new": new}
