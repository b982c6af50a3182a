"""One difference between two releases."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

Operation = Literal["added", "removed", "changed"]


class Breaks(StrEnum):
    """For whom a change of a contract is a broken promise."""

    NOBODY = ""
    CONSUMERS = "consumers"
    """Who reads the data may meet what the contract excluded, or miss what it promised."""
    PRODUCERS = "producers"
    """Records that met the contract before may be quarantined now."""
    BOTH = "consumers and producers"


@dataclass(frozen=True, order=True)
class Change:
    """One difference."""

    kind: str
    """dag, task, spark job, model, contract, requirement."""
    name: str
    """Of the thing: a DAG's id, `dag.task`, `contract.dataset.field`, a package."""
    operation: Operation
    what: str = ""
    """The aspect: `schedule`, `retries`, `downstream`, `type`, a constraint, a service level."""
    before: str = ""
    after: str = ""
    breaks: Breaks = Breaks.NOBODY
    why: str = ""
    """Why it breaks, for a person."""
    scope: str = ""
    """The contract that a change of a field belongs to."""

    def as_json(self) -> dict[str, Any]:
        """Plain data for `--json`."""
        return {
            "kind": self.kind, "name": self.name, "operation": self.operation, "what": self.what,
            "before": self.before, "after": self.after, "breaks": self.breaks.value, "why": self.why,
        }  # fmt: skip

    def __str__(self) -> str:
        aspect = f" {self.what}" if self.what else ""
        values = (
            f": {self.before} → {self.after}"
            if self.operation == "changed" and (self.before or self.after)
            else ""
        )
        return f"{self.kind} {self.name} {self.operation}{aspect}{values}"
