"""Per type and attribute of a graph: can a projection say it, and which checks looked at it.

checkov tells which attributes it evaluated. Rego and graph rules do not: of them it is known which resources
they looked at, and whether the rule or what it imports speaks of an attribute by its name.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from policies.gate.engines import graph_rules, rego
from policies.gate.engines.checkov.engine import Checkov, Request, arm_document, terraform_document
from policies.gate.graph import ResourceGraph
from policies.gate.projection import arm, terraform
from policies.gate.projection.coverage import Row, coverage
from policies.gate.targets import Target
from policies.gate.verdicts import engine_input

_GRAPH_RULES = Path(graph_rules.__file__).parent
_IMPORT = re.compile(r"^import data\.sluice\.([\w.]+)", re.MULTILINE)
_GRAPH_ENGINE = "graph rules"


@dataclass(frozen=True)
class Looked:
    """One attribute of one type, as far as the graph uses it."""

    row: Row
    by: tuple[str, ...]
    """Rules that looked at it; for the type as a whole, at the resource."""

    def to_json(self) -> dict[str, Any]:
        """As `sluice policy coverage --json` prints it."""
        return {
            "type": self.row.type,
            "target": self.row.target,
            "attribute": self.row.attribute,
            "mapped": str(self.row.mapped),
            "uses": self.row.uses,
            "looked_at_by": list(self.by),
        }


def looked_at(target: Target, graph: ResourceGraph) -> list[Looked]:
    """Every attribute that the resources of a graph set, with the checks that looked at it.

    Raises:
        Refusal: an engine is missing or cannot run.
    """
    with Checkov() as checkov:
        plan, template = terraform.project(graph), arm.project(graph)
        request = Request(target.name, graph, (terraform_document(plan), arm_document(template)))
        by_rego = _by_rego(target, graph)
        [scanned] = checkov.scan([request])
    by_checkov: dict[tuple[str, str], set[str]] = defaultdict(set)
    for record in scanned.records:
        if record.urn and record.verdict is not None:
            type_ = graph.resources[record.urn].type
            for attribute in record.attributes:
                for path in _heads(attribute):
                    by_checkov[type_, path].add(record.rule)
    graph_types = {
        graph.resources[urn].type
        for urn in graph_rules.check(graph, target.name, context=target.context).checked
        if urn in graph.resources
    }
    rows = coverage(graph)
    return [
        Looked(row, tuple(sorted(by_checkov[row.type, row.attribute] | _named(row, by_rego, graph_types))))
        for row in rows
    ]


def _named(row: Row, by_rego: Mapping[str, Iterable[str]], graph_types: Iterable[str]) -> set[str]:
    """Rules that looked at resources of the type and speak of the attribute."""
    if not row.attribute:
        return set()
    word = row.attribute.rsplit(".", 1)[-1]
    found = {rule for rule in by_rego.get(row.type, ()) if word in _words(rule)}
    if row.type in graph_types and word in _words_of_graph_rules():
        found.add(_GRAPH_ENGINE)
    return found


def _by_rego(target: Target, graph: ResourceGraph) -> dict[str, set[str]]:
    """Rules by the types of what they looked at."""
    [said] = rego.evaluate_documents({target.name: engine_input(graph, target.context.as_input())}).values()
    found: dict[str, set[str]] = defaultdict(set)
    for rule, answer in said.items():
        for urn in answer.examined:
            if urn in graph.resources:
                found[graph.resources[urn].type].add(rule)
    return found


@cache
def _words(rule: str) -> frozenset[str]:
    """Every name that a rule writes in quotes, and the library as far as the rule imports it."""
    first = rego.package_of(rule).split(".", 1)[1]
    seen: set[str] = set()
    waiting = [first]
    words: set[str] = set()
    while waiting:
        package = waiting.pop()
        file = rego.RULES / f"{package.replace('.', '/')}.rego"
        if package in seen or not file.is_file():
            continue
        seen.add(package)
        text = file.read_text(encoding="utf-8")
        words |= set(re.findall(r'"([A-Za-z]\w*)"', text))
        waiting += _IMPORT.findall(text)
    return frozenset(words)


@cache
def _words_of_graph_rules() -> frozenset[str]:
    text = "\n".join(file.read_text(encoding="utf-8") for file in sorted(_GRAPH_RULES.glob("*.py")))
    return frozenset(re.findall(r"[\"']([A-Za-z]\w*)[\"']", text))


def _heads(attribute: str) -> set[str]:
    """`rules[0].expiration` is looked at, and so are `rules` and `rules.expiration`."""
    steps = re.sub(r"\[[^\]]*\]", "", attribute).split(".")
    return {".".join(steps[: length + 1]) for length in range(len(steps))}


def summary(rows: Iterable[Looked]) -> dict[str, int]:
    """How much of it is mapped and looked at."""
    attributes = [item for item in rows if item.row.attribute]
    return {
        "attributes": len(attributes),
        "mapped": sum(1 for item in attributes if str(item.row.mapped) != "no"),
        "looked_at": sum(1 for item in attributes if item.by),
    }


def as_json(rows: Iterable[Looked]) -> str:
    """All of it, as JSON."""
    items = list(rows)
    return json.dumps({"summary": summary(items), "rows": [item.to_json() for item in items]}, indent=2)
