"""A support ticket: what an announcement must say, and what follows from it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from modules.functions.runtime.fields import Fields

# Hours until somebody has answered, as the support desk promises.
ANSWER_HOURS = {"urgent": 4, "high": 8, "normal": 24, "low": 72}
CHANNELS = ("email", "phone", "web", "chat", "platform")


@dataclass(frozen=True)
class Ticket:
    """A valid ticket."""

    id: str
    customer: str
    created: datetime
    channel: str
    priority: str
    subject: str
    text: str

    @classmethod
    def of(cls, detail: dict[str, Any]) -> Ticket:
        """The ticket of an announcement's detail.

        Raises:
            Rejected: it is not one; every reason is named.
        """
        fields = Fields("ticket", detail)
        ticket = cls(
            # It becomes part of an object's name.
            id=fields.text("ticket_id", most=64, pattern=r"[A-Za-z0-9][A-Za-z0-9-]*"),
            customer=fields.text("customer_id", most=64, pattern=r"c-[0-9]{5,}|platform"),
            created=fields.moment("created_at"),
            channel=fields.one_of("channel", CHANNELS),
            priority=fields.one_of("priority", ANSWER_HOURS, default="normal"),
            subject=fields.text("subject", most=500),
            text=fields.text("text", most=50_000, required=False),
        )
        fields.check()
        return ticket

    @property
    def key(self) -> str:
        """Its object in raw, by the day it was created (UTC)."""
        return f"source=support/dataset=tickets/date={self.created:%Y-%m-%d}/{self.id}.json"

    def enriched(self) -> dict[str, Any]:
        """The ticket as it is kept, with what follows from it alone."""
        return {
            "schema_version": 1,
            "ticket_id": self.id,
            "customer_id": self.customer,
            "created_at": self.created.isoformat(),
            "channel": self.channel,
            "priority": self.priority,
            "subject": self.subject,
            "text": self.text,
            "answer_by": (self.created + timedelta(hours=ANSWER_HOURS[self.priority])).isoformat(),
        }
