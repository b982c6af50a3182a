"""Judges every mutation: the whole gate, on the graph with the mutation and on the one without."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from environments import load as environments
from policies.gate import targets
from policies.gate.enforcement import Severities
from policies.gate.engines.checkov.engine import Checkov
from policies.gate.graph import ResourceGraph
from policies.gate.judge import Case, judge
from policies.gate.mutation.catalogue import Cloud, Mutation
from policies.gate.mutation.subjects import Subject, subjects
from policies.gate.verdicts import Finding, Verdict

_AT_ONCE = 24
"""Graphs in one call of the engines: more would only cost memory."""


@dataclass(frozen=True)
class Catch:
    """A rule that said something of the planted fault."""

    rule: str
    engine: str
    category: str
    severity: str
    verdict: str
    resource: str
    message: str


@dataclass(frozen=True)
class Trial:
    """One mutation and what the gate said of it that it does not say without it."""

    subject: Subject
    said: tuple[Finding, ...] = field(repr=False)

    @property
    def mutation(self) -> Mutation:
        """What was planted."""
        return self.subject.mutation

    def catches(self, without: Collection[str] = ()) -> list[Catch]:
        """What caught it, each rule once; `without` names rules to do without."""
        wanted = self.mutation.categories
        found: dict[str, Catch] = {}
        for finding in self.said:
            rule = finding.rule
            if rule.category not in wanted or rule.id in without or rule.id in found:
                continue
            if finding.verdict is Verdict.FAIL or self.mutation.undetermined:
                found[rule.id] = Catch(
                    rule.id,
                    rule.engine,
                    rule.category,
                    str(rule.severity),
                    str(finding.verdict),
                    finding.name,
                    finding.message,
                )
        return sorted(found.values(), key=lambda item: (item.engine == "checkov", item.rule))

    def missed(self, without: Collection[str] = ()) -> str:
        """Why it counts as a survivor; empty where it was caught."""
        caught = {item.rule for item in self.catches(without)}
        if not caught:
            return f"no rule on {' or '.join(sorted(self.mutation.categories))} says anything of it"
        absent = [rule for rule in self.mutation.rules if rule not in caught]
        return f"{', '.join(absent)} says nothing of it" if absent else ""


def run(chosen: Sequence[tuple[Cloud, Mutation]]) -> list[Trial]:
    """Plants and judges the chosen mutations.

    Raises:
        Refusal: nothing can be captured or judged, or a mutation cannot be planted.
    """
    with Checkov() as checkov:
        planted = subjects(chosen)
        return tried(planted, checkov)


def tried(planted: Sequence[Subject], checkov: Checkov) -> list[Trial]:
    """What the gate says of every planted mutation, against the same graph without it."""
    graphs: dict[int, tuple[str, ResourceGraph]] = {}
    for subject in planted:
        for graph in (subject.before, subject.after):
            graphs.setdefault(id(graph), (subject.environment, graph))
    known = {target.name: target for target in targets.own(sorted({name for name, _ in graphs.values()}))}
    everywhere = environments.load_all()
    said: dict[int, list[Finding]] = {}
    for batch in _batches(list(graphs.items())):
        cases = [Case(known[name], graph, key=str(number)) for number, (name, graph) in batch]
        judged = judge(cases, checkov, Severities(), everywhere)
        for (number, _), one in zip(batch, judged, strict=True):
            said[number] = one.outcome.findings
    return [
        Trial(subject, tuple(_new(subject, said[id(subject.before)], said[id(subject.after)])))
        for subject in planted
    ]


def _new(subject: Subject, before: Iterable[Finding], after: Iterable[Finding]) -> Iterator[Finding]:
    """Findings that the mutation brought, on the resources at fault or naming them."""
    known = {_identity(finding) for finding in before}
    names = {subject.after.resources[urn].name for urn in subject.planted}
    for finding in after:
        if _identity(finding) in known:
            continue
        if finding.urn in subject.planted or any(_names(finding.message, name) for name in names):
            yield finding


def _identity(finding: Finding) -> tuple[str, str, str, str]:
    return (finding.rule.id, finding.urn, str(finding.verdict), finding.attribute)


def _names(message: str, name: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", message) is not None


def _batches(
    items: Sequence[tuple[int, tuple[str, ResourceGraph]]],
) -> Iterator[Sequence[tuple[int, tuple[str, ResourceGraph]]]]:
    for start in range(0, len(items), _AT_ONCE):
        yield items[start : start + _AT_ONCE]
