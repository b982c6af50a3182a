"""What event functions take and give, on every cloud; `catalogue.py` says which there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pulumi import Input

from environments.manifest import Zone
from environments.model import Environment
from environments.problems import Problem, Refusal
from environments.vocabulary import DataClass
from modules.events.spec import QueueSpec

# docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html, and with-sqs.html for the batch (more than ten
# need a window in which they are gathered, which would make every event wait).
MOST_TIMEOUT_SECONDS = 900
MEMORY_MB = range(128, 10_240 + 1)
MOST_BATCH = 10


@dataclass(frozen=True)
class BusEvent:
    """Events of the platform's bus, of one kind."""

    kind: str
    """Their detail type."""


@dataclass(frozen=True)
class ObjectCreated:
    """New objects of a zone, whose keys begin so."""

    zone: Zone
    prefix: str


@dataclass(frozen=True)
class FunctionSpec:
    """One function. Its events wait in a queue of its own, from which they go to it in batches, and to a queue
    of dead letters when it cannot make them good; so nothing is lost while it is throttled, or broken."""

    name: str
    handler: str
    """Folder under `handlers/`."""
    does: str
    source: BusEvent | ObjectCreated
    zones: tuple[Zone, ...]
    """The zones that it reads or writes; it is told of no other."""
    timeout_seconds: int
    memory_mb: int
    reserved_concurrency: int
    """How many of it run at once, and how many are kept free for it."""
    batch_size: int = MOST_BATCH
    environment: Mapping[str, str] = field(default_factory=dict)
    """Settings of its own, beside those that `settings` gives."""

    def __post_init__(self) -> None:
        wrong = {
            "timeout_seconds": not 1 <= self.timeout_seconds <= MOST_TIMEOUT_SECONDS,
            "memory_mb": self.memory_mb not in MEMORY_MB,
            "reserved_concurrency": self.reserved_concurrency < 1,
            "batch_size": not 1 <= self.batch_size <= MOST_BATCH,
        }
        problems = [
            Problem(
                f"function {self.name}: {name} is {getattr(self, name)}",
                remedy=f"timeout 1 to {MOST_TIMEOUT_SECONDS} s, memory {MEMORY_MB[0]} to {MEMORY_MB[-1]} MB,"
                f" concurrency 1 or more, batch 1 to {MOST_BATCH}",
            )
            for name, is_wrong in wrong.items()
            if is_wrong
        ]
        if problems:
            raise Refusal(*problems)

    @property
    def dead_letters(self) -> str:
        """Logical name of the queue of its dead letters; its own queue has its name."""
        return f"{self.name}-dead-letter"

    @property
    def queues(self) -> tuple[QueueSpec, QueueSpec]:
        """Its queue, and that of its dead letters."""
        kind = self.source.kind if isinstance(self.source, BusEvent) else None
        return (
            QueueSpec(self.name, dead_letters_to=self.dead_letters, events=kind),
            QueueSpec(self.dead_letters),
        )


@dataclass(frozen=True)
class FunctionsSpec:
    """The functions of an environment, and what they find there."""

    environment: Environment
    functions: Sequence[FunctionSpec]
    zones: Mapping[Zone, Input[str]]
    """URIs."""
    keys: Mapping[DataClass, Input[str]]
    queues: Mapping[str, Input[str]]
    """Addresses by logical name."""
    bus: Input[str]

    def settings(self, function: FunctionSpec) -> dict[str, Input[str]]:
        """What a function is told by its environment: names and addresses, as `runtime/settings.py` reads them."""
        environment = self.environment
        told: dict[str, Input[str]] = {
            "PROJECT": environment.project,
            "BUS": self.bus,
            "DEAD_LETTERS": self.queues[function.dead_letters],
            "DELIVERIES": str(environment.events.deliveries),
        }
        for zone in function.zones:
            told[f"{zone.upper()}_ZONE"] = self.zones[zone]
            told[f"{zone.upper()}_KEY"] = self.keys[environment.storage.zones[zone].data_class]
        return told | dict(function.environment)
