"""For a CI server's list of tests: one suite per environment, in the JUnit form that Jenkins and GitLab read.

The form knows passed, failed and skipped. A failed rule is a failure, whether it stops the change or not (the
type says which; the exit code decides). An undetermined verdict that stops the change is a failure too, one
that does not is skipped with its message, and so is a waived finding: neither was checked and found good, so
neither may ever show as passed. A rule's passes are one passed test per rule, with their number in its name.
"""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree as xml

from policies.gate.report import EnvironmentReport, GateReport
from policies.gate.reports import listing, wording
from policies.gate.reports.escaping import visible
from policies.gate.verdicts import Finding, Verdict

# What XML 1.0 cannot hold, not even escaped.
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(report: GateReport) -> str:
    """The report as JUnit XML."""
    root = xml.Element("testsuites", name="sluice gate")
    totals = {"tests": 0, "failures": 0, "skipped": 0}
    for environment in report.environments:
        suite = _suite(report, environment)
        root.append(suite)
        for key in totals:
            totals[key] += int(suite.get(key, "0"))
    _set(root, **totals, errors=0, time=f"{report.seconds:.3f}")
    xml.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{xml.tostring(root, encoding="unicode")}\n'


def _suite(report: GateReport, environment: EnvironmentReport) -> xml.Element:
    suite = xml.Element("testsuite")
    properties = xml.SubElement(suite, "properties")
    for name, value in (
        ("tier", environment.tier),
        ("verdict", wording.verdict(environment)),
        ("resources seen", environment.resources_seen),
        ("resources mapped", environment.resources_mapped),
        ("resources checked", environment.resources_checked),
    ):
        _set(xml.SubElement(properties, "property"), name=name, value=value)
    fixed = []
    for finding, blocking in listing.numbered(environment):
        if finding.age == "fixed":
            fixed.append(f"fixed: {finding.rule.id} on {_resource(finding)}: {finding.message}")
        else:
            _case(suite, environment.environment, finding, blocking)
    for rule, number in sorted(environment.passed.items()):
        if number:
            title = report.rules[rule].title if rule in report.rules else rule
            name = f"{title}: passed {wording.count(number, 'time')}"
            _set(
                xml.SubElement(suite, "testcase"), classname=_class(environment.environment, rule), name=name
            )
    _set(
        suite,
        name=environment.environment,
        tests=len(suite.findall("testcase")),
        failures=len(suite.findall("testcase/failure")),
        errors=0,
        skipped=len(suite.findall("testcase/skipped")),
        time=f"{environment.seconds:.3f}",
    )
    for case in suite.iter("testcase"):
        # The rules of a program are evaluated together: there is no time of one.
        _set(case, time="0.000")
    if fixed:
        xml.SubElement(suite, "system-out").text = _clean("\n".join(map(visible, fixed)))
    return suite


def _case(suite: xml.Element, environment: str, finding: Finding, blocking: bool) -> None:
    name = f"{finding.rule.title or finding.rule.id}: {_resource(finding)}"
    if finding.attribute:
        name += f" [{finding.attribute}]"
    case = xml.SubElement(suite, "testcase")
    _set(case, classname=_class(environment, finding.rule.id), name=name)
    if finding.source:
        _set(case, file=finding.source.file, line=finding.source.line)
    if finding.waived is not None:
        _set(xml.SubElement(case, "skipped"), message=f"waived ({finding.waived}): {finding.message}")
    elif finding.verdict is Verdict.UNDETERMINED and not blocking:
        _set(xml.SubElement(case, "skipped"), message=f"undetermined before apply: {finding.message}")
    else:
        kind = finding.verdict.value if blocking else f"{finding.verdict} (does not stop the change)"
        failure = xml.SubElement(case, "failure")
        _set(failure, type=f"{finding.rule.severity} {kind}", message=finding.message)
        failure.text = _details(finding)


def _details(finding: Finding) -> str:
    lines = [visible(finding.message)]
    lines += [f"at {visible(str(site))}" for site in finding.sites]
    lines += [
        f"{label}: {visible(text)}"
        for label, text in (
            ("URN", finding.urn),
            ("Attribute", finding.attribute),
            ("Why", finding.rule.why),
            ("Fix", finding.remedy),
        )
        if text
    ]
    return _clean("\n".join(lines))


def _resource(finding: Finding) -> str:
    if not finding.name and not finding.type:
        return "the whole program"
    return f"{finding.name} ({finding.type})" if finding.type else finding.name


def _class(environment: str, rule: str) -> str:
    """Servers fold tests by the dots of the class."""
    return f"{environment}.{rule.replace('/', '.')}"


def _set(element: xml.Element, **attributes: Any) -> None:
    for name, value in attributes.items():
        element.set(name, _clean(visible(str(value))))


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)
