"""For programs: everything that is known of the findings, by the schema in `schema.json`."""

from __future__ import annotations

import json
from typing import Any

from policies.gate.graph import CallSite
from policies.gate.report import Change, EnvironmentReport, GateReport
from policies.gate.reports import listing, wording
from policies.gate.reports.escaping import well_formed
from policies.gate.verdicts import Finding, Verdict

_VERDICTS = (Verdict.PASS, Verdict.FAIL, Verdict.UNDETERMINED)
_AGES = ("new", "existing", "fixed")


def render(report: GateReport) -> str:
    """The report as one JSON object."""
    document = {
        "version": 1,
        "clean": report.clean,
        "base": report.base,
        "summary": _summary(report),
        "findings": [
            _finding(finding, environment.environment, blocking)
            for environment in report.environments
            for finding, blocking in listing.numbered(environment)
        ],
        "changes": {
            environment.environment: [_change(change) for change in environment.changes]
            for environment in report.environments
            if environment.changes is not None
        },
        "versions": report.versions,
        "seconds": round(report.seconds, 3),
    }
    # A lone surrogate would be legal in Python's string, not in the UTF-8 that this is written as.
    return well_formed(json.dumps(document, ensure_ascii=False, indent=2)) + "\n"


def _finding(finding: Finding, environment: str, blocking: bool) -> dict[str, Any]:
    rule = finding.rule
    return {
        "rule": rule.id,
        "title": rule.title,
        "severity": rule.severity.value,
        "verdict": finding.verdict.value,
        "category": rule.category,
        "engine": rule.engine,
        "frameworks": list(rule.frameworks),
        "environment": finding.environment or environment,
        "urn": finding.urn,
        "name": finding.name,
        "type": finding.type,
        "attribute": finding.attribute,
        "source": _site(finding.source) if finding.source else None,
        "call_stack": [_frame(site) for site in finding.sites],
        "message": finding.message,
        "why": rule.why,
        "fix": finding.remedy,
        "waived": finding.waived is not None,
        "waiver": finding.waived,
        "age": finding.age,
        "blocking": blocking,
    }


def _site(site: CallSite) -> dict[str, Any]:
    return {"file": site.file, "line": site.line}


def _frame(site: CallSite) -> dict[str, Any]:
    return {**_site(site), "function": site.function}


def _change(change: Change) -> dict[str, Any]:
    return {
        "operation": change.operation,
        "urn": change.urn,
        "type": change.type,
        "name": change.name,
        "attributes": list(change.attributes),
        "source": _site(change.site) if change.site else None,
    }


def _summary(report: GateReport) -> dict[str, Any]:
    """The counts of all environments together, and of each."""
    per_environment = {environment.environment: _counts(environment) for environment in report.environments}
    total: dict[str, Any] = {}
    for group, keys in (
        ("resources", ("seen", "mapped", "checked")),
        ("verdicts", tuple(verdict.value for verdict in _VERDICTS)),
        ("ages", _AGES),
    ):
        total[group] = {key: sum(counts[group][key] for counts in per_environment.values()) for key in keys}
    for key in ("waived", "blocking"):
        total[key] = sum(counts[key] for counts in per_environment.values())
    return {**total, "environments": per_environment}


def _counts(environment: EnvironmentReport) -> dict[str, Any]:
    unwaived = [finding for finding in environment.findings if finding.waived is None]
    return {
        "tier": environment.tier,
        "clean": environment.clean,
        "resources": {
            "seen": environment.resources_seen,
            "mapped": environment.resources_mapped,
            "checked": environment.resources_checked,
        },
        "verdicts": {verdict.value: environment.count(verdict) for verdict in _VERDICTS},
        "ages": {age: sum(1 for finding in unwaived if finding.age == age) for age in _AGES},
        "waived": wording.waived(environment),
        "blocking": len(environment.blocking),
        "from_cache": environment.from_cache,
        "seconds": round(environment.seconds, 3),
    }
