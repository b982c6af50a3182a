"""What topics, queues and the event bus take and give, on every cloud."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pulumi import Input, Output

from environments.model import Environment


@dataclass(frozen=True)
class QueueSpec:
    """One queue by its logical name."""

    name: str
    dead_letters_to: str | None = None
    """The queue that takes what was delivered too often (the environment's `events.deliveries`)."""
    events: str | None = None
    """The kind of event (its detail type) that the bus puts into the queue."""


@dataclass(frozen=True)
class EventsSpec:
    """Retention, deliveries and archive are the environment's `events`."""

    environment: Environment
    key: Input[str]
    """The customer-managed key that messages are encrypted with."""
    topics: Sequence[str]
    queues: Sequence[QueueSpec]


@dataclass(frozen=True)
class EventsOutputs:
    """By logical name."""

    bus: Output[str]
    topics: Mapping[str, Output[str]]
    """Identifiers (ARNs, on AWS)."""
    queues: Mapping[str, Output[str]]
    """Addresses (URLs, on AWS)."""
