"""What one invocation of the gate found: the structure that every report format is written from."""

from __future__ import annotations

from dataclasses import dataclass, field

from policies.gate.graph import CallSite
from policies.gate.verdicts import Finding, Rule, Verdict


@dataclass(frozen=True)
class Change:
    """One difference between the base revision's graph and this one's."""

    operation: str
    """create, change, replace, delete or rename."""
    urn: str
    type: str
    name: str
    attributes: tuple[str, ...] = ()
    """Dotted paths of the inputs that differ."""
    site: CallSite | None = None


@dataclass
class EnvironmentReport:
    """One program in one stack."""

    environment: str
    tier: str
    findings: list[Finding] = field(default_factory=list)
    passed: dict[str, int] = field(default_factory=dict)
    """Passes by rule id."""
    resources_seen: int = 0
    resources_mapped: int = 0
    """Resources whose type and attributes the projections know in full."""
    resources_checked: int = 0
    """Resources that at least one rule looked at."""
    blocking: set[int] = field(default_factory=set)
    """Indexes into `findings` of those that stop the change."""
    changes: list[Change] | None = None
    """Against the base revision; None where no base was given."""
    from_cache: bool = False
    seconds: float = 0.0

    @property
    def clean(self) -> bool:
        """Whether nothing stops the change."""
        return not self.blocking

    def count(self, verdict: Verdict) -> int:
        """How many rule-and-resource pairs ended so; waived findings are not counted."""
        if verdict is Verdict.PASS:
            return sum(self.passed.values())
        return sum(1 for f in self.findings if f.verdict is verdict and not f.waived and f.age != "fixed")


@dataclass
class GateReport:
    """The whole invocation."""

    environments: list[EnvironmentReport]
    rules: dict[str, Rule] = field(default_factory=dict)
    """Every rule that was evaluated, by id."""
    base: str | None = None
    """The revision compared with."""
    root: str = "."
    """Folder that the findings' file names are relative to; for quoting their lines."""
    versions: dict[str, str] = field(default_factory=dict)
    """Versions of sluice and of the engines."""
    seconds: float = 0.0

    @property
    def clean(self) -> bool:
        """Whether nothing stops the change in any environment."""
        return all(environment.clean for environment in self.environments)
