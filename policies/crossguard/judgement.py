"""Judges a stack as the gate does: the same rules, severities, waivers and enforcement, on the engine's graph.

checkov, the projections and the comparison with a base revision are the gate's alone.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from environments import load, places
from environments.model import Environment
from environments.problems import Refusal
from environments.vocabulary import Cloud
from policies.gate import enforcement, waivers
from policies.gate.context import Context
from policies.gate.engines import graph_rules, rego
from policies.gate.graph import ResourceGraph
from policies.gate.targets import context_of
from policies.gate.verdicts import Finding, Rule, Verdict

SEVERITIES = places.ROOT / "policies" / "severities.yaml"
WAIVERS = places.ROOT / "policies" / "waivers.yaml"
PROJECT = "sluice"
"""The name in this repository's own Pulumi.yaml."""


@dataclass(frozen=True)
class Judgement:
    """What the rules say of one stack."""

    findings: tuple[Finding, ...]
    stopping: frozenset[int]
    """Indexes into `findings` of those that stop the change."""
    passed: Mapping[str, int]
    """Passes by rule id."""
    checked: int
    """Resources that at least one rule looked at."""
    rules: int
    """Rules that were evaluated."""

    def stops(self, number: int) -> bool:
        """Whether a finding, by its index, stops the change."""
        return number in self.stopping

    def summary(self, graph: ResourceGraph) -> str:
        """What was looked at: no findings must not be taken for no look."""
        verdicts = [finding.verdict for finding in self.findings if not finding.waived]
        return (
            f"policies: {self.rules} rules, of {len(graph.resources)} resources {self.checked} looked at: "
            f"{sum(self.passed.values())} passes, {verdicts.count(Verdict.FAIL)} fails, "
            f"{verdicts.count(Verdict.UNDETERMINED)} undetermined; {len(self.stopping)} stop the change"
        )


def rules() -> list[Rule]:
    """Every rule that this pack evaluates.

    Raises:
        Refusal: there is no OPA, or a policy does not compile.
    """
    return [*rego.rules().values(), *graph_rules.RULES]


def prepare() -> None:
    """Reads beforehand what `judge` needs. What is wrong is said by `judge`."""
    with contextlib.suppress(Refusal):
        rules()
        _environments()


@cache
def _environments() -> dict[str, Environment]:
    return load.load_all()


def is_own(project: str, stack: str) -> bool:
    """Whether a stack is one of this repository's environments."""
    return project == PROJECT and stack in load.names()


def judge(graph: ResourceGraph, given: Mapping[str, Any]) -> Judgement:
    """What all rules say of a stack.

    Args:
        graph: The stack's resources.
        given: The pack's configuration; says the context of a stack that is not ours.

    Raises:
        Refusal: no OPA, a policy that does not compile, an unreadable file of waivers or severities.
    """
    environments = _environments() if is_own(graph.project, graph.stack) else None
    context = _context(graph.stack, environments, given)
    outcome = rego.evaluate([rego.Job(graph.stack, graph, context.as_input())])[graph.stack].add(
        [graph_rules.check(graph, graph.stack, environments, context)]
    )
    severities = enforcement.load(SEVERITIES)
    findings = severities.applied(outcome.findings)
    if environments is not None:
        held = waivers.load(WAIVERS, today=date.today(), environments=load.names())
        # Findings on the file itself are the gate's: it alone knows every rule that a waiver may name.
        findings = held.applied(findings, [])[: len(findings)]
    findings.sort(key=lambda item: (item.rule.id, item.urn, item.attribute, item.message))
    own = environments[graph.stack] if environments is not None else None
    strict = enforcement.enforcement(context.tier, severities, own)
    stopping = frozenset(number for number, finding in enumerate(findings) if strict.stops(finding))
    checked = len(outcome.checked & {*graph.resources})
    return Judgement(tuple(findings), stopping, outcome.passed, checked, len(rules()))


def _context(stack: str, environments: Mapping[str, Environment] | None, given: Mapping[str, Any]) -> Context:
    if environments is None:
        return _given_context(stack, given)
    environment = environments[stack]
    if environment.cloud is Cloud.LOCAL:
        # Its providers are our own; regions, tags and keys of a cloud mean nothing to them.
        return Context(stack=stack, tier="local")
    return context_of(environment)


def _given_context(stack: str, given: Mapping[str, Any]) -> Context:
    from pydantic import ValidationError

    try:
        known = Context.model_validate(given)
    except ValidationError as wrong:
        said = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in wrong.errors())
        raise Refusal.because(
            f"the configuration of the policy `context` is wrong: {said}",
            remedy=f"keys: {', '.join(Context.model_fields)} (see policies/crossguard/README.md)",
        ) from None
    # The engine fills in the schema's defaults, an empty stack among them.
    return known.model_copy(update={"stack": known.stack or stack})
