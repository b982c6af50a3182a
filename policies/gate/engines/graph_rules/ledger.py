"""Where the rules write what they found, so that passes are counted and unknowns never are."""

from __future__ import annotations

from dataclasses import dataclass, field

from policies.gate.engines.graph_rules.certainty import Certainty
from policies.gate.graph import Resource, ResourceGraph
from policies.gate.verdicts import Finding, Outcome, Rule, Verdict, on


@dataclass
class Ledger:
    """The outcome of all graph rules on one graph."""

    graph: ResourceGraph
    environment: str
    outcome: Outcome = field(default_factory=Outcome)

    def judge(
        self,
        rule: Rule,
        resource: Resource,
        fault: Certainty,
        message: str = "",
        *,
        attribute: str = "",
        fix: str = "",
    ) -> None:
        """Writes a verdict: certainly at fault fails, certainly not passes, all between is undetermined."""
        if fault is Certainty.NO:
            self.outcome.checked.add(resource.urn)
            self.outcome.passed[rule.id] = self.outcome.passed.get(rule.id, 0) + 1
            return
        verdict = Verdict.FAIL if fault is Certainty.YES else Verdict.UNDETERMINED
        finding = on(rule, resource, self.environment, message, verdict=verdict, attribute=attribute, fix=fix)
        self.write(finding)

    def write(self, finding: Finding) -> None:
        """Adds a finding that is made by hand."""
        self.outcome.findings.append(finding)
        if finding.urn:
            self.outcome.checked.add(finding.urn)
