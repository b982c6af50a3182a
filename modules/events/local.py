"""Events of `local`: SNS topics, SQS queues, an EventBridge bus with its archive and rules."""

from __future__ import annotations

import json

import pulumi
from pulumi import Output, ResourceOptions
from pulumi.dynamic import Resource

from environments.naming import physical_name, tags
from modules.events.local_bus import BusProvider, RuleProvider
from modules.events.local_queue import QueueProvider
from modules.events.local_topic import TopicProvider
from modules.events.spec import EventsOutputs, EventsSpec, QueueSpec

_SECONDS_PER_DAY = 86400


class Topic(Resource, module="sluice", name="Topic"):
    """A topic. Inputs: name, key, tags."""

    arn: Output[str]

    def __init__(
        self, logical_name: str, inputs: dict[str, pulumi.Input[object]], opts: ResourceOptions
    ) -> None:
        super().__init__(TopicProvider(), logical_name, {**inputs, "arn": None}, opts)


class Queue(Resource, module="sluice", name="Queue"):
    """A queue with its redrive and access policy."""

    arn: Output[str]
    url: Output[str]

    def __init__(
        self, logical_name: str, inputs: dict[str, pulumi.Input[object]], opts: ResourceOptions
    ) -> None:
        super().__init__(QueueProvider(), logical_name, {**inputs, "arn": None, "url": None}, opts)


class Bus(Resource, module="sluice", name="Bus"):
    """An event bus and its archive."""

    name: Output[str]
    arn: Output[str]

    def __init__(
        self, logical_name: str, inputs: dict[str, pulumi.Input[object]], opts: ResourceOptions
    ) -> None:
        super().__init__(BusProvider(), logical_name, {**inputs, "arn": None}, opts)


class Rule(Resource, module="sluice", name="Rule"):
    """A rule and its one target."""

    def __init__(
        self, logical_name: str, inputs: dict[str, pulumi.Input[object]], opts: ResourceOptions
    ) -> None:
        super().__init__(RuleProvider(), logical_name, inputs, opts)


class LocalEvents(pulumi.ComponentResource):
    """Topics, queues, and the bus with a rule for each queue that takes events."""

    outputs: EventsOutputs

    def __init__(self, name: str, spec: EventsSpec, opts: ResourceOptions | None = None) -> None:
        super().__init__("sluice:events:LocalEvents", name, None, opts)
        self._spec = spec
        self._tags = tags(spec.environment)
        topics = {topic: self._topic(topic) for topic in spec.topics}
        bus = self._bus()
        queues: dict[str, Queue] = {}
        # A queue is made after the one that its dead letters go to.
        for queue in sorted(spec.queues, key=lambda queue: queue.dead_letters_to is not None):
            queues[queue.name] = self._queue(queue, queues, bus)
            if queue.events:
                self._rule(queue, queues[queue.name], bus)
        self.outputs = EventsOutputs(
            bus=bus.name,
            topics={topic: made.arn for topic, made in topics.items()},
            queues={queue.name: queues[queue.name].url for queue in spec.queues},
        )
        self.register_outputs({})

    def _topic(self, topic: str) -> Topic:
        return Topic(
            f"{topic}-topic",
            {"name": physical_name(self._spec.environment, topic), "key": self._spec.key, "tags": self._tags},
            ResourceOptions(parent=self),
        )

    def _bus(self) -> Bus:
        environment = self._spec.environment
        inputs = {
            "name": physical_name(environment, "events"),
            "archive": physical_name(environment, "events", "archive", limit=48),
            "archive_days": environment.events.archive_days,
            "tags": self._tags,
        }
        return Bus("bus", inputs, ResourceOptions(parent=self))

    def _queue(self, queue: QueueSpec, made: dict[str, Queue], bus: Bus) -> Queue:
        environment = self._spec.environment
        inputs: dict[str, pulumi.Input[object]] = {
            "name": physical_name(environment, queue.name),
            "key": self._spec.key,
            "retention_seconds": environment.events.message_retention_days * _SECONDS_PER_DAY,
            "redrive_to": made[queue.dead_letters_to].arn if queue.dead_letters_to else "",
            "deliveries": environment.events.deliveries if queue.dead_letters_to else 0,
            "from_bus": bus.arn if queue.events else "",
            "tags": self._tags,
        }
        return Queue(f"{queue.name}-queue", inputs, ResourceOptions(parent=self))

    def _rule(self, spec: QueueSpec, queue: Queue, bus: Bus) -> None:
        inputs: dict[str, pulumi.Input[object]] = {
            "name": physical_name(self._spec.environment, spec.name, limit=64),
            "bus": bus.name,
            "pattern": json.dumps({"detail-type": [spec.events]}),
            "target": queue.arn,
            "tags": self._tags,
        }
        Rule(f"{spec.name}-rule", inputs, ResourceOptions(parent=self))
