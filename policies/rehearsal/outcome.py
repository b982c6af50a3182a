"""How each resource of a program ended, and what the rehearsal as a whole comes to."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum

from policies.gate.graph import CallSite, Resource


class Status(StrEnum):
    """How a resource ended."""

    APPLIED = "applied"
    """Created by the real provider, unchanged in a second plan, and destroyed."""
    PLANNED_ONLY = "planned only"
    """Validated and planned by the real provider; the mock cannot create it, or what it needs."""
    FAILED = "failed"
    LEFT_OUT = "left out"
    """Not shown to the provider: another cloud's, or of a type that this provider does not have."""


@dataclass(frozen=True)
class Outcome:
    """One resource's end."""

    resource: Resource
    address: str
    """Terraform's; empty where it has none."""
    status: Status
    reason: str = ""
    because_of: str | None = None
    """The URN of the resource whose failure kept this one from being tried."""

    @property
    def source(self) -> CallSite | None:
        """The Python line that made it."""
        return self.resource.source


@dataclass(frozen=True)
class Dropped:
    """An attribute that the program sets and the provider at hand does not know."""

    resource: Resource
    attribute: str
    reason: str


@dataclass(frozen=True)
class Broken:
    """An assertion that did not hold."""

    type: str
    """The Terraform type of the resource that it is about."""
    name: str
    """Its physical name."""
    what: str


@dataclass
class Rehearsal:
    """The result."""

    name: str
    terraform: str
    provider: str
    outcomes: list[Outcome] = field(default_factory=list)
    dropped: list[Dropped] = field(default_factory=list)
    asserted: int = 0
    """Assertions made on the mock after the apply."""
    problems: list[str] = field(default_factory=list)
    """What went wrong and is about no single resource."""
    seconds: dict[str, float] = field(default_factory=dict)
    """By stage."""

    @property
    def counts(self) -> dict[str, int]:
        """Resources by status; every status is there."""
        found = Counter(outcome.status for outcome in self.outcomes)
        return {str(status): found[status] for status in Status}

    @property
    def passed(self) -> bool:
        """Whether nothing failed."""
        return not self.problems and not any(one.status is Status.FAILED for one in self.outcomes)
