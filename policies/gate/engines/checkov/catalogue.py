"""The rules of this engine: titles from `catalogue.json`, severities from `severities.yaml`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from environments.problems import Location, Refusal
from policies.gate.graph import Resource, ResourceGraph
from policies.gate.values import literal, references
from policies.gate.verdicts import Rule, Severity

HERE = Path(__file__).parent
CATALOGUE = HERE / "catalogue.json"
SEVERITIES = HERE / "severities.yaml"
PREFIX = "checkov/"


@dataclass(frozen=True)
class Check:
    """What is known of a check besides its rule."""

    rule: Rule
    types: tuple[str, ...]
    """Terraform or ARM types that it looks at; empty for a check that the catalogue does not know."""
    superseded: str = ""
    """Why the gate does not report its verdict."""
    worded: bool = False
    """Whether somebody wrote what to do, rather than what the check's code wants to see."""


class Catalogue:
    """Rules by checkov's id."""

    def __init__(self, catalogue: Path = CATALOGUE, severities: Path = SEVERITIES) -> None:
        content = json.loads(catalogue.read_text(encoding="utf-8"))
        self.version: str = content["checkov"]
        self._known: Mapping[str, Mapping[str, Any]] = content["checks"]
        self._severities = _read(severities)
        self._titles = [
            (re.compile(item["match"], re.IGNORECASE), item) for item in self._severities["titles"]
        ]
        self._found: dict[str, Check] = {}

    @cached_property
    def checks(self) -> dict[str, Check]:
        """Every check that can fire on what the gate projects."""
        return {name: self.check(name) for name in self._known}

    @cached_property
    def checked_types(self) -> frozenset[str]:
        """Types that have a check of their own, one that needs no other resource."""
        return frozenset(
            kind for item in self._known.values() if not item.get("graph") for kind in item["types"]
        )

    def rules(self) -> list[Rule]:
        """The rules that the gate reports, by id."""
        return [check.rule for _, check in sorted(self.checks.items()) if not check.superseded]

    def superseded(self) -> dict[str, str]:
        """Rule ids that the gate does not report, with the reason."""
        return {check.rule.id: check.superseded for check in self.checks.values() if check.superseded}

    def check(self, name: str, title: str = "", guideline: str = "") -> Check:
        """A check by checkov's id; one that the catalogue does not know is of medium severity."""
        if name not in self._found:
            known = self._known.get(name, {})
            title = known.get("title") or title or name
            said = self._said(name, title, str(known.get("category", "")).upper())
            rule = Rule(
                id=PREFIX + name,
                title=title,
                severity=Severity(said["severity"]),
                category=said["category"],
                engine="checkov",
                why=known.get("why") or said["why"],
                fix=known.get("fix") or guideline or title,
                frameworks=(name,),
            )
            self._found[name] = Check(
                rule,
                tuple(known.get("types", ())),
                self._severities["superseded"].get(name, ""),
                worded="why" in known,
            )
        return self._found[name]

    def mistaken(self, rule: str, resource: Resource, graph: ResourceGraph) -> bool:
        """Whether checkov's failure on a resource is its own mistake, as `severities.yaml` lists them."""
        return any(
            rule.removeprefix(PREFIX) in item["checks"]
            and item["type"] == resource.type
            and _fits(item, resource, graph)
            for item in self._severities["mistaken"]
        )

    def _said(self, name: str, title: str, category: str) -> dict[str, Any]:
        categories = self._severities["categories"]
        usual = categories.get(category, categories["GENERAL_SECURITY"])
        by_title: dict[str, Any] = next((item for pattern, item in self._titles if pattern.search(title)), {})
        own = self._severities["checks"].get(name, {})
        return {**usual, **by_title, **own}


def _fits(item: Mapping[str, Any], resource: Resource, graph: ResourceGraph) -> bool:
    """Whether a resource is in the state that an entry of `mistaken` describes."""
    if target := item.get("target_of"):
        return any(
            _names(_at(other.inputs, target["input"]), resource)
            for other in graph.of_type(target["type"])
            if other.urn != resource.urn
        )
    given = _at(resource.inputs, item["input"])
    return given in item["values"] if "values" in item else bool(given)


def _at(inputs: Mapping[str, Any], path: str) -> Any:
    """The input at a dotted path, as it was given."""
    value: Any = inputs
    for step in path.split("."):
        value = value.get(step) if isinstance(value, Mapping) else None
    return value


def _names(value: Any, resource: Resource) -> bool:
    """Whether a value is an output of a resource, or its physical name."""
    if any(found.urn == resource.urn for found in references(value)):
        return True
    name = literal(resource.physical_name)
    return isinstance(name, str) and value == name


def _read(path: Path) -> dict[str, Any]:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError

    try:
        content = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise Refusal.because(f"not YAML: {error.problem}", where=Location(path, line)) from None
    for part in ("categories", "titles", "checks", "superseded", "mistaken"):
        if part not in content:
            raise Refusal.because(f"`{part}` is missing", where=Location(path))
    accepted = [str(item) for item in Severity]
    for name, item in [*content["categories"].items(), *content["checks"].items()]:
        if item.get("severity") not in accepted:
            raise Refusal.because(
                f"{name}: severity {item.get('severity')!r}",
                where=Location(path),
                remedy=f"accepted: {', '.join(accepted)}",
            )
    return dict(content)
