"""Asks every engine about the graphs: Rego, graph rules, checkov, and what no projection could say."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from environments.model import Environment
from policies.gate.enforcement import Severities
from policies.gate.engines import graph_rules, rego
from policies.gate.engines.checkov.engine import (
    Checkov,
    Request,
    arm_document,
    terraform_document,
)
from policies.gate.graph import ResourceGraph
from policies.gate.projection import arm, terraform
from policies.gate.projection.unmapped import Unmapped
from policies.gate.targets import Target
from policies.gate.verdicts import Outcome, Rule, Severity, Verdict, on

UNMAPPED = Rule(
    id="projection/unmapped",
    title="A type or attribute that the projection does not know",
    severity=Severity.MEDIUM,
    category="projection",
    engine="gate",
    why="checkov and Terraform policies did not see it: no findings must mean looked at",
    fix="add it to policies/gate/projection/data, or leave the attribute out",
    mandatory=False,
)


@dataclass(frozen=True)
class Case:
    """One graph to judge."""

    target: Target
    graph: ResourceGraph
    key: str = ""
    """Tells cases of one target apart."""

    @property
    def id(self) -> str:
        """Unlike that of every other case."""
        return f"{self.target.name}#{self.key}" if self.key else self.target.name


@dataclass(frozen=True)
class Judged:
    """What all engines say of one graph."""

    outcome: Outcome
    seen: int
    """Resources that the program manages."""
    mapped: int
    """Those that a projection knows in full."""


def judge(
    cases: Sequence[Case],
    checkov: Checkov,
    severities: Severities,
    environments: Mapping[str, Environment] | None,
) -> list[Judged]:
    """What every engine says of each graph, in order. OPA runs beside checkov and the graph rules.

    Raises:
        Refusal: an engine is missing or a policy does not compile.
    """
    if not cases:
        return []
    with ThreadPoolExecutor(1) as beside:
        jobs = [rego.Job(case.id, case.graph, case.target.context.as_input()) for case in cases]
        by_rego = beside.submit(rego.evaluate, jobs)
        projected = [_projected(case) for case in cases]
        by_checkov = checkov.scan([request for request, _ in projected])
        by_graph = [
            graph_rules.check(
                case.graph,
                case.target.name,
                environments,
                case.target.context,
                own=case.target.environment,
            )
            for case in cases
        ]
        judged = []
        for number, case in enumerate(cases):
            outcome = by_rego.result()[case.id].add(
                [by_checkov[number].outcome, by_graph[number], _unmapped(case, projected[number][1])]
            )
            outcome.findings = severities.applied(outcome.findings)
            judged.append(_counted(case, outcome, projected[number][1]))
    return judged


def rules(checkov: Checkov) -> dict[str, Rule]:
    """Every rule of every engine, by id."""
    known = [*rego.rules().values(), *graph_rules.RULES, *checkov.catalogue.rules(), UNMAPPED]
    return {rule.id: rule for rule in known}


def _projected(case: Case) -> tuple[Request, list[Unmapped]]:
    plan, template = terraform.project(case.graph), arm.project(case.graph)
    documents = (terraform_document(plan), arm_document(template))
    # Each projection speaks for its own clouds; both name what belongs to neither.
    unmapped = sorted({*plan.unmapped, *template.unmapped})
    return Request(case.target.name, case.graph, documents), unmapped


def _unmapped(case: Case, unmapped: Sequence[Unmapped]) -> Outcome:
    # An input of another type has no place either: that is said once, by `input/mistyped`.
    said = {
        (item.urn, _without_indices(item.attribute))
        for item in case.graph.diagnostics
        if item.kind == "mistyped"
    }
    return Outcome(
        [
            on(
                UNMAPPED,
                case.graph.resources[item.urn],
                case.target.name,
                f"{item.type}{'.' + item.attribute if item.attribute else ''}: {item.reason}",
                verdict=Verdict.UNDETERMINED,
                attribute=item.attribute,
            )
            for item in unmapped
            if not any((item.urn, path) in said for path in _heads(item.attribute))
        ]
    )


def _heads(path: str) -> list[str]:
    """A path and all that it is inside of."""
    steps = path.split(".")
    return [".".join(steps[:length]) for length in range(1, len(steps) + 1)]


def _without_indices(path: str) -> str:
    return re.sub(r"\[\d+\]", "", path)


def _counted(case: Case, outcome: Outcome, unmapped: Sequence[Unmapped]) -> Judged:
    managed = {urn for urn, resource in case.graph.resources.items() if resource.managed}
    outcome.checked &= managed
    return Judged(outcome, len(managed), len(managed - {item.urn for item in unmapped}))
