"""Findings in the order of the reports, folded over environments and gathered by Python line and rule."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from policies.gate.graph import CallSite
from policies.gate.report import EnvironmentReport, GateReport
from policies.gate.verdicts import Finding, Rule, Severity, Verdict

_SEVERITIES = list(reversed(Severity))
_VERDICTS = [Verdict.FAIL, Verdict.UNDETERMINED, Verdict.PASS]


@dataclass(frozen=True)
class Entry:
    """One finding, with all environments that have it."""

    finding: Finding
    environments: tuple[str, ...]
    blocking_in: tuple[str, ...]


@dataclass(frozen=True)
class Item:
    """Resources of one block of which the same is to be said."""

    message: str
    attribute: str
    remedy: str
    callers: tuple[CallSite, ...]
    environments: tuple[str, ...]
    blocking_in: tuple[str, ...]
    resources: tuple[tuple[str, str], ...] = ()
    """Name and type; empty for a finding on the whole program."""


@dataclass(frozen=True)
class Block:
    """What one rule says, with one verdict, at one Python line."""

    rule: Rule
    verdict: Verdict
    site: CallSite | None
    entries: tuple[Entry, ...]

    @property
    def items(self) -> list[Item]:
        """The entries, with resources of which the same is said taken together."""
        gathered: dict[Item, dict[tuple[str, str], None]] = {}
        for entry in self.entries:
            finding = entry.finding
            same = Item(
                finding.message,
                finding.attribute,
                finding.remedy,
                finding.sites[1:],
                entry.environments,
                entry.blocking_in,
            )
            resources = gathered.setdefault(same, {})
            if finding.urn or finding.name or finding.type:
                resources[finding.name, finding.type] = None
        return [replace(same, resources=tuple(resources)) for same, resources in gathered.items()]

    @property
    def blocking(self) -> bool:
        """Whether it stops the change in any environment."""
        return any(entry.blocking_in for entry in self.entries)


@dataclass(frozen=True)
class Sections:
    """The entries of a report, told apart as a reader needs them."""

    new: list[Entry]
    """Everything that counts, where there is no base."""
    existing: list[Entry]
    waived: list[Entry]
    fixed: list[Entry]


def order(finding: Finding) -> tuple[Any, ...]:
    """Worst severity first, then file and line; the rest only makes the order certain."""
    source = finding.source
    return (
        _SEVERITIES.index(finding.rule.severity),
        source.file if source else "",
        source.line if source else 0,
        _VERDICTS.index(finding.verdict),
        finding.rule.id,
        finding.name,
        finding.urn,
        finding.attribute,
        finding.message,
        [(site.file, site.line, site.function) for site in finding.sites],
        finding.type,
        finding.remedy,
        finding.waived or "",
        finding.age,
    )


def numbered(environment: EnvironmentReport) -> list[tuple[Finding, bool]]:
    """An environment's findings in order, each with whether it stops the change."""
    pairs = [(finding, index in environment.blocking) for index, finding in enumerate(environment.findings)]
    return sorted(pairs, key=lambda pair: (order(pair[0]), not pair[1]))


def entries(report: GateReport) -> list[Entry]:
    """All findings, folded: one that differs in nothing but the environment is one entry."""
    where: dict[Finding, list[str]] = {}
    stops: dict[Finding, list[str]] = {}
    for environment in report.environments:
        for index, finding in enumerate(environment.findings):
            key = replace(finding, environment="", urn=_without_stack(finding.urn))
            _note(where.setdefault(key, []), environment.environment)
            if index in environment.blocking:
                _note(stops.setdefault(key, []), environment.environment)
    folded = [Entry(key, tuple(names), tuple(stops.get(key, ()))) for key, names in where.items()]
    return sorted(folded, key=lambda entry: (order(entry.finding), entry.environments))


def sections(report: GateReport) -> Sections:
    """The entries by age; waived ones apart. Without a base all that counts is `new`."""
    result = Sections([], [], [], [])
    for entry in entries(report):
        finding = entry.finding
        if finding.age == "fixed":
            result.fixed.append(entry)
        elif finding.waived is not None:
            result.waived.append(entry)
        elif finding.age == "existing" and report.base is not None:
            result.existing.append(entry)
        else:
            result.new.append(entry)
    return result


def blocks(found: Iterable[Entry]) -> list[Block]:
    """Entries by line, rule and verdict, in their order."""
    gathered: dict[tuple[Any, ...], list[Entry]] = {}
    for entry in found:
        source = entry.finding.source
        place = (source.file, source.line) if source else None
        gathered.setdefault((entry.finding.rule, entry.finding.verdict, place), []).append(entry)
    return [
        Block(rule, verdict, members[0].finding.source, tuple(members))
        for (rule, verdict, _), members in gathered.items()
    ]


def findings(found: Iterable[Entry]) -> int:
    """How many findings of single environments the entries stand for."""
    return sum(len(entry.environments) for entry in found)


def by_line(found: Iterable[Block]) -> Iterator[list[Block]]:
    """Blocks of the same line together; the line with the worst block first."""
    gathered: dict[tuple[str, int] | None, list[Block]] = {}
    for block in found:
        place = (block.site.file, block.site.line) if block.site else None
        gathered.setdefault(place, []).append(block)
    yield from gathered.values()


def _note(names: list[str], name: str) -> None:
    if name not in names:
        names.append(name)


def _without_stack(urn: str) -> str:
    """`urn:pulumi:<stack>::<project>::…` says its stack; the same resource elsewhere differs only there."""
    head, separator, rest = urn.partition("::")
    return f"urn:pulumi:*{separator}{rest}" if separator and head.startswith("urn:pulumi:") else urn
