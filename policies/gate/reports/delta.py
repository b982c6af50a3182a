"""What differs from the base revision, folded over environments; what can lose data first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from policies.gate.graph import CallSite
from policies.gate.report import GateReport
from policies.gate.reports.escaping import visible

_OPERATIONS = ("delete", "replace", "rename", "change", "create")
DESTRUCTIVE = ("delete", "replace", "rename")
"""What takes a resource away, or makes the engine believe so."""


@dataclass(frozen=True)
class Folded:
    """One change, with all environments that have it."""

    operation: str
    name: str
    type: str
    attributes: tuple[str, ...]
    site: CallSite | None
    at_risk: bool
    """Whether a rule on destructive changes spoke of it: those rules know what holds data."""
    environments: tuple[str, ...]


def changes(report: GateReport) -> list[Folded]:
    """Deletes and replaces of what holds data first, then by operation, file and line."""
    where: dict[Folded, list[str]] = {}
    for environment in report.environments:
        # A waived finding is still about data that goes away.
        warned = {f.urn for f in environment.findings if f.rule.category == "change" and f.age != "fixed"}
        for change in environment.changes or ():
            key = Folded(
                change.operation,
                change.name,
                change.type,
                change.attributes,
                change.site,
                change.operation in DESTRUCTIVE and change.urn in warned,
                (),
            )
            where.setdefault(key, []).append(environment.environment)
    folded = [
        Folded(k.operation, k.name, k.type, k.attributes, k.site, k.at_risk, tuple(dict.fromkeys(names)))
        for k, names in where.items()
    ]
    return sorted(folded, key=_order)


def known(report: GateReport) -> bool:
    """Whether any environment was compared with the base."""
    return any(environment.changes is not None for environment in report.environments)


def in_words(found: list[Folded]) -> str:
    """`2 to create, 1 to delete`, over all environments; what cannot be undone first."""
    numbers: dict[str, int] = {}
    for change in sorted(found, key=lambda change: _rank(change.operation)):
        numbers[change.operation] = numbers.get(change.operation, 0) + len(change.environments)
    said = ", ".join(f"{number:,} to {visible(operation)}" for operation, number in numbers.items())
    return said or "No resource differs"


def _rank(operation: str) -> tuple[int, str]:
    known_ones = _OPERATIONS.index(operation) if operation in _OPERATIONS else len(_OPERATIONS)
    return known_ones, operation


def _order(change: Folded) -> tuple[Any, ...]:
    return (
        not change.at_risk,
        _rank(change.operation),
        change.site.file if change.site else "",
        change.site.line if change.site else 0,
        change.name,
        change.type,
        change.attributes,
        change.environments,
    )
