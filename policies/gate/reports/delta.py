"""What differs from the base revision, folded over environments; what can lose data first."""

from __future__ import annotations

from dataclasses import dataclass

from policies.gate.graph import CallSite
from policies.gate.report import GateReport

_OPERATIONS = ("delete", "replace", "rename", "change", "create")
_DESTRUCTIVE = ("delete", "replace", "rename")


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
                change.operation in _DESTRUCTIVE and change.urn in warned,
                (),
            )
            where.setdefault(key, []).append(environment.environment)
    folded = [
        Folded(k.operation, k.name, k.type, k.attributes, k.site, k.at_risk, tuple(dict.fromkeys(names)))
        for k, names in where.items()
    ]
    return sorted(folded, key=_order)


def _order(change: Folded) -> tuple[bool, int, str, int, str, str, tuple[str, ...], tuple[str, ...]]:
    known = change.operation in _OPERATIONS
    return (
        not change.at_risk,
        _OPERATIONS.index(change.operation) if known else len(_OPERATIONS),
        change.site.file if change.site else "",
        change.site.line if change.site else 0,
        change.name,
        change.type,
        change.attributes,
        change.environments,
    )
