"""For code scanning: SARIF 2.1.0.

One run per environment, each with its own category (`automationDetails`): a finding that is new, waived or
gone in one environment need not be so in another, SARIF has one such state per result, and a server that is
given only `aws-dev` must not close what it knows of `aws-prod`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from policies.gate.graph import CallSite
from policies.gate.report import EnvironmentReport, GateReport
from policies.gate.reports import listing, wording
from policies.gate.reports.escaping import visible, well_formed
from policies.gate.verdicts import Finding, Rule, Severity, Verdict

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_ROOT = "%SRCROOT%"
_LEVELS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
}
# GitHub sorts by this number: over 9.0 is critical, 7.0 high, 4.0 medium.
_SCORES = {Severity.CRITICAL: "9.5", Severity.HIGH: "8.0", Severity.MEDIUM: "5.5", Severity.LOW: "2.0"}
_BASELINE = {"new": "new", "existing": "unchanged", "fixed": "absent"}
# GitHub shows ten tags of a rule and refuses the file over twenty.
_TAGS = 10
_PLACEHOLDER = re.compile(r"\{(\d+)\}")


def render(report: GateReport) -> str:
    """The report as a SARIF log."""
    log = {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [_run(report, environment) for environment in report.environments],
    }
    return well_formed(json.dumps(log, ensure_ascii=False, indent=2)) + "\n"


def _run(report: GateReport, environment: EnvironmentReport) -> dict[str, Any]:
    rules = {**report.rules, **{finding.rule.id: finding.rule for finding in environment.findings}}
    index = {rule: number for number, rule in enumerate(sorted(rules))}
    return {
        "tool": {"driver": _driver(report, [rules[rule] for rule in index])},
        "automationDetails": {"id": f"sluice-gate/{environment.environment}/"},
        "originalUriBaseIds": {_ROOT: {"description": {"text": "The folder of the repository."}}},
        "columnKind": "unicodeCodePoints",
        "invocations": [
            {"executionSuccessful": True, "toolExecutionNotifications": _notifications(environment)}
        ],
        "results": [*_results(report, environment, index)],
        "properties": {
            "environment": environment.environment,
            "tier": environment.tier,
            "verdict": wording.verdict(environment),
            "base": report.base,
            "passed": dict(sorted(environment.passed.items())),
            "resources": {
                "seen": environment.resources_seen,
                "mapped": environment.resources_mapped,
                "checked": environment.resources_checked,
            },
        },
    }


def _driver(report: GateReport, rules: list[Rule]) -> dict[str, Any]:
    driver: dict[str, Any] = {"name": "sluice gate", "rules": [_rule(rule) for rule in rules]}
    if "sluice" in report.versions:
        driver["version"] = report.versions["sluice"]
    driver["properties"] = {"versions": dict(sorted(report.versions.items()))}
    return driver


def _rule(rule: Rule) -> dict[str, Any]:
    title = rule.title or rule.id
    why, fix = rule.why or title, rule.fix
    tags = dict.fromkeys(["security", rule.category, rule.engine, *rule.frameworks])
    help_text = {"text": f"{why}\n\nFix: {fix}" if fix else why}
    if fix:
        help_text["markdown"] = f"{why}\n\n**Fix:** {fix}"
    return {
        "id": rule.id,
        "shortDescription": {"text": title},
        "fullDescription": {"text": why},
        "help": help_text,
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {
            "security-severity": _SCORES[rule.severity],
            "precision": "high",
            "problem.severity": {"note": "recommendation"}.get(level := _LEVELS[rule.severity], level),
            "tags": [tag for tag in tags if tag][:_TAGS],
            "frameworks": list(rule.frameworks),
            "mandatory": rule.mandatory,
        },
    }


def _results(
    report: GateReport, environment: EnvironmentReport, index: dict[str, int]
) -> Iterable[dict[str, Any]]:
    seen: dict[str, int] = {}
    for finding, blocking in listing.numbered(environment):
        fingerprint = _fingerprint(finding)
        seen[fingerprint] = seen.get(fingerprint, 0) + 1
        yield _result(
            finding,
            rule_index=index[finding.rule.id],
            fingerprint=f"{fingerprint}:{seen[fingerprint]}",
            blocking=blocking,
            compared=report.base is not None,
        )


def _result(
    finding: Finding, *, rule_index: int, fingerprint: str, blocking: bool, compared: bool
) -> dict[str, Any]:
    failed = finding.verdict is Verdict.FAIL
    result: dict[str, Any] = {
        "ruleId": finding.rule.id,
        "ruleIndex": rule_index,
        "kind": "fail" if failed else "review",
        # The standard allows no other level than none for a kind other than fail.
        "level": _LEVELS[finding.rule.severity] if failed else "none",
        "message": {"text": _message(finding)},
        "locations": [_location(finding)],
        # The second is the one that GitHub reads. Its own would be the line's text: the same for every
        # resource that a loop makes at that line.
        "partialFingerprints": {"sluiceFinding/v1": fingerprint, "primaryLocationLineHash": fingerprint},
        "suppressions": [],
        "properties": {
            "severity": finding.rule.severity.value,
            "verdict": finding.verdict.value,
            "blocking": blocking,
            "urn": finding.urn,
            "type": finding.type,
            "attribute": finding.attribute,
        },
    }
    if finding.waived is not None:
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": finding.waived}]
    if compared or finding.age == "fixed":
        result["baselineState"] = _BASELINE.get(finding.age, "new")
    if len(finding.sites) > 1:
        result["stacks"] = [_stack(finding.sites)]
        result["codeFlows"] = [_code_flow(finding.sites)]
    return result


def _message(finding: Finding) -> str:
    """Plain text, in which the standard gives `{0}` and `[text](target)` a meaning that no name may use."""
    text = visible(finding.message or finding.rule.title)
    if finding.verdict is Verdict.UNDETERMINED:
        text = f"Undetermined before apply: {text}"
    if finding.remedy:
        text += f"\nFix: {visible(finding.remedy)}"
    text = _PLACEHOLDER.sub(r"{{\1}}", text)
    if "](" in text:
        text = text.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")
    return text


def _location(finding: Finding) -> dict[str, Any]:
    source = finding.source
    if source:
        location: dict[str, Any] = {"physicalLocation": _physical(source)}
    else:
        # What is true of the whole program is said at its project file: servers refuse a result without one.
        location = {"physicalLocation": {"artifactLocation": {"uri": "Pulumi.yaml", "uriBaseId": _ROOT}}}
    if finding.urn:
        location["logicalLocations"] = [
            {"name": finding.name, "fullyQualifiedName": finding.urn, "kind": "resource"}
        ]
    return location


def _physical(site: CallSite) -> dict[str, Any]:
    physical: dict[str, Any] = {
        "artifactLocation": {"uri": quote(well_formed(site.file).replace("\\", "/")), "uriBaseId": _ROOT}
    }
    if site.line >= 1:
        physical["region"] = {"startLine": site.line}
    return physical


def _frame(site: CallSite) -> dict[str, Any]:
    location: dict[str, Any] = {"physicalLocation": _physical(site)}
    if site.function:
        location["logicalLocations"] = [{"fullyQualifiedName": site.function, "kind": "function"}]
    return location


def _stack(sites: tuple[CallSite, ...]) -> dict[str, Any]:
    """Innermost first, as the standard orders frames."""
    return {
        "message": {"text": "The Python calls that made the resource."},
        "frames": [{"location": _frame(site)} for site in sites],
    }


def _code_flow(sites: tuple[CallSite, ...]) -> dict[str, Any]:
    """The same calls in the order in which they ran: what GitHub shows as a path."""
    steps = [
        {"location": {**_frame(site), "message": {"text": text}}}
        for site, text in zip(
            reversed(sites), ["called here"] * (len(sites) - 1) + ["made here"], strict=True
        )
    ]
    return {"threadFlows": [{"locations": steps}]}


def _fingerprint(finding: Finding) -> str:
    """The same for the same rule, resource and input, wherever the line moves to."""
    parts = "\0".join((finding.rule.id, finding.urn, finding.attribute))
    return hashlib.sha256(parts.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _notifications(environment: EnvironmentReport) -> list[dict[str, Any]]:
    """What was not looked at: an empty list of results would otherwise say that all is well."""
    found = (
        (wording.unchecked(environment), "checked by no rule"),
        (wording.unmapped(environment), "not mapped in full"),
    )
    seen = environment.resources_seen
    texts = [f"{wording.count(n, 'resource')} of {seen:,} {what}." for n, what in found if n]
    if not seen:
        texts.append("No resource was seen, so nothing was checked.")
    return [{"level": "warning", "message": {"text": text}} for text in texts]
