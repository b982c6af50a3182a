"""What the gate says: rules, and for each resource that a rule looked at, one of three verdicts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from policies.gate.graph import CallSite, Resource, ResourceGraph


class Verdict(StrEnum):
    """`undetermined`: the value that decides is not known before apply."""

    PASS = "pass"
    FAIL = "fail"
    UNDETERMINED = "undetermined"


class Severity(StrEnum):
    """From the mildest to the worst; compare with `at_least`."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    def at_least(self, other: Severity) -> bool:
        """Whether this is as bad as the other, or worse."""
        order = list(Severity)
        return order.index(self) >= order.index(other)


@dataclass(frozen=True)
class Rule:
    """One rule of any engine. `id` is `<engine or room>/<name>`, for example `network/public-ingress`."""

    id: str
    title: str
    severity: Severity
    category: str
    """public-exposure, encryption, iam, tags, retention, network, residency, secrets, protection, cost,
    data, change, projection, waiver or program."""
    engine: str
    """rego, graph, checkov or gate."""
    why: str = ""
    fix: str = ""
    mandatory: bool = True
    """Whether an undetermined verdict stops a change where the tier asks for that (prod)."""
    frameworks: tuple[str, ...] = ()
    """Controls that the rule serves, such as `CIS AWS 3.0 2.1.4`."""


@dataclass(frozen=True)
class Finding:
    """A verdict other than pass, on one resource (or on the whole program, then `urn` is empty)."""

    rule: Rule
    verdict: Verdict
    message: str
    environment: str
    urn: str = ""
    name: str = ""
    type: str = ""
    sites: tuple[CallSite, ...] = ()
    """The Python call stack inside the repository, innermost first."""
    attribute: str = ""
    """The input at fault, as a dotted path in Pulumi's names."""
    fix: str = ""
    """How to mend this one; the rule's own where empty."""
    waived: str | None = None
    """The waiver that covers it."""
    age: str = "new"
    """Against the base revision: new, existing or fixed."""

    @property
    def source(self) -> CallSite | None:
        """The line to report."""
        return self.sites[0] if self.sites else None

    @property
    def remedy(self) -> str:
        """How to mend it."""
        return self.fix or self.rule.fix


@dataclass
class Outcome:
    """What an engine has to say of one graph: findings, and how many times each rule passed."""

    findings: list[Finding] = field(default_factory=list)
    passed: dict[str, int] = field(default_factory=dict)
    """Passes by rule id."""
    checked: set[str] = field(default_factory=set)
    """URNs that at least one rule looked at."""

    def add(self, others: Iterable[Outcome]) -> Outcome:
        """Takes in what other engines said; returns itself."""
        for other in others:
            self.findings += other.findings
            self.checked |= other.checked
            for rule, count in other.passed.items():
                self.passed[rule] = self.passed.get(rule, 0) + count
        return self


def on(
    rule: Rule,
    resource: Resource,
    environment: str,
    message: str,
    *,
    verdict: Verdict = Verdict.FAIL,
    attribute: str = "",
    fix: str = "",
) -> Finding:
    """A finding on a resource, with its names and Python lines filled in."""
    return Finding(
        rule,
        verdict,
        message,
        environment,
        resource.urn,
        resource.name,
        resource.type,
        resource.sites,
        attribute,
        fix,
    )


def engine_input(graph: ResourceGraph, context: dict[str, Any]) -> dict[str, Any]:
    """The one document that the Rego rules see, whether it comes from the gate or from the policy pack."""
    return {
        "context": context,
        "resources": [resource.to_json() for resource in graph.resources.values()],
        "providers": {key: provider.to_json() for key, provider in graph.providers.items()},
    }
