"""Sentences that more than one format says: verdicts of environments, and what was not looked at."""

from __future__ import annotations

from collections.abc import Sequence

from policies.gate.report import EnvironmentReport, GateReport
from policies.gate.reports.escaping import visible
from policies.gate.verdicts import Verdict

_NAMES_SHOWN = 5


def count(number: int, noun: str, plural: str = "") -> str:
    """`1 finding`, `2 findings`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def names(items: Sequence[str], shown: int = _NAMES_SHOWN) -> str:
    """Names in a row; past the first few only how many more there are."""
    text = ", ".join(visible(item) for item in items[:shown])
    return f"{text} and {len(items) - shown:,} more" if len(items) > shown else text


def waived(environment: EnvironmentReport) -> int:
    """How many findings a waiver covers."""
    return sum(1 for f in environment.findings if f.waived is not None and f.age != "fixed")


def unchecked(environment: EnvironmentReport) -> int:
    """Resources that no rule looked at."""
    return max(0, environment.resources_seen - environment.resources_checked)


def unmapped(environment: EnvironmentReport) -> int:
    """Resources that the projections do not know in full."""
    return max(0, environment.resources_seen - environment.resources_mapped)


def verdict(environment: EnvironmentReport) -> str:
    """One or two words for an environment. `clean` is kept for: all looked at, nothing found."""
    if environment.blocking:
        return f"stopped ({len(environment.blocking)})"
    if not environment.resources_seen:
        return "nothing seen"
    if unchecked(environment) or unmapped(environment):
        return "passed in part"
    if environment.count(Verdict.FAIL) or environment.count(Verdict.UNDETERMINED):
        return "passed, with findings"
    return "clean"


def headline(report: GateReport) -> str:
    """What the gate says, in a few words."""
    stopping = sum(len(environment.blocking) for environment in report.environments)
    if stopping:
        return f"{count(stopping, 'finding')} {'stops' if stopping == 1 else 'stop'} this change"
    if not any(environment.resources_seen for environment in report.environments):
        return "nothing was looked at"
    return "nothing stops this change"


def closing(report: GateReport) -> str:
    """One sentence that sums up and never vouches for what was not looked at."""
    if not report.environments:
        return "No environment was gated, so nothing was looked at."
    gaps = _gaps(report)
    return f"{_judgement(report, bool(gaps))}{'; not vouched for: ' + gaps if gaps else ''}."


def _judgement(report: GateReport, in_part: bool) -> str:
    everywhere = report.environments
    stopping = {e.environment: len(e.blocking) for e in everywhere if e.blocking}
    fails = sum(e.count(Verdict.FAIL) for e in everywhere)
    undetermined = sum(e.count(Verdict.UNDETERMINED) for e in everywhere)
    waivers = sum(waived(e) for e in everywhere)
    if stopping:
        per_environment = ", ".join(f"{visible(name)} {number}" for name, number in stopping.items())
        return f"Stopped: {headline(report)} ({per_environment})"
    seen = sum(e.resources_seen for e in everywhere)
    if not seen:
        return f"No resource was seen in {names([e.environment for e in everywhere])}, so nothing was checked"
    rest = [
        text
        for number, text in (
            (fails, f"{count(fails, 'failure')} below what is enforced"),
            (undetermined, f"{count(undetermined, 'verdict')} undetermined until apply"),
            (waivers, f"{waivers:,} waived"),
        )
        if number
    ]
    if in_part:
        said = "In what was looked at, nothing stops this change"
    elif fails or undetermined:
        said = "Nothing stops this change"
    else:
        said = (
            f"Clean: all {count(seen, 'resource')} of {count(len(everywhere), 'environment')} "
            "mapped and checked"
        )
    return f"{said} ({', '.join(rest)})" if rest else said


def _gaps(report: GateReport) -> str:
    parts = []
    unknown = _unknown_to_projection(report)
    for what, number_of, which in (
        ("checked by no rule", unchecked, []),
        ("not mapped in full", unmapped, unknown),
    ):
        found = {e.environment: number_of(e) for e in report.environments if number_of(e)}
        if found:
            said = ", ".join(f"{visible(name)} {number}" for name, number in found.items())
            named = f": {names(which)}" if which else ""
            parts.append(f"{count(sum(found.values()), 'resource')} {what} ({said}{named})")
    nothing = [e.environment for e in report.environments if not e.resources_seen]
    if nothing and len(nothing) < len(report.environments):
        parts.append(f"{names(nothing)}, where no resource was seen")
    return ", ".join(parts)


def _unknown_to_projection(report: GateReport) -> list[str]:
    """Names of resources of which a finding says that a type or an attribute is not mapped."""
    found = {
        finding.name or finding.type
        for environment in report.environments
        for finding in environment.findings
        if finding.rule.category == "projection" and finding.age != "fixed"
    }
    return sorted(found - {""})
