"""What holds for every format: no finding is lost, nothing acts on the reader, the same gives the same."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from random import Random
from xml.etree import ElementTree as xml

import pytest
from hypothesis import HealthCheck, given, settings

from policies.gate.report import GateReport
from policies.gate.reports import FORMATS, markdown
from policies.gate.reports.escaping import visible, well_formed
from policies.gate.verdicts import Finding, Verdict
from tests.unit.gate.reports.report_strategies import gate_reports
from tests.unit.gate.reports.sample_reports import SECRET, sample

LENIENT = settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
ACTING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2028\u2029\u2066-\u2069\ud800-\udfff]"
)


def findings(report: GateReport) -> list[Finding]:
    return [finding for environment in report.environments for finding in environment.findings]


@given(gate_reports())
@LENIENT
def test_json_has_every_finding(report: GateReport) -> None:
    said = json.loads(FORMATS["json"](report))["findings"]
    assert Counter((f["rule"], f["urn"], f["message"], f["age"], f["waiver"]) for f in said) == Counter(
        (f.rule.id, well_formed(f.urn), well_formed(f.message), f.age, f.waived and well_formed(f.waived))
        for f in findings(report)
    )
    blocking = sum(len(environment.blocking) for environment in report.environments)
    assert sum(f["blocking"] for f in said) == blocking


@given(gate_reports())
@LENIENT
def test_sarif_has_every_finding(report: GateReport) -> None:
    results = [result for run in json.loads(FORMATS["sarif"](report))["runs"] for result in run["results"]]
    assert Counter((r["ruleId"], r["properties"]["urn"]) for r in results) == Counter(
        (f.rule.id, well_formed(f.urn)) for f in findings(report)
    )
    assert sum(bool(r["suppressions"]) for r in results) == sum(
        f.waived is not None for f in findings(report)
    )


@given(gate_reports())
@LENIENT
def test_junit_shows_no_finding_as_passed(report: GateReport) -> None:
    root = xml.fromstring(FORMATS["junit"](report))
    failed, skipped = len(root.findall(".//failure")), len(root.findall(".//skipped"))
    present = [f for f in findings(report) if f.age != "fixed"]
    fixed = sum((out.text or "").count("\n") + 1 for out in root.findall(".//system-out"))
    assert failed + skipped == len(present)
    assert fixed == len(findings(report)) - len(present)
    assert failed == sum(
        f.waived is None and (f.verdict is Verdict.FAIL or index in environment.blocking)
        for environment in report.environments
        for index, f in enumerate(environment.findings)
        if f.age != "fixed"
    )
    assert (int(root.get("failures", "")), int(root.get("skipped", ""))) == (failed, skipped)
    assert int(root.get("tests", "")) == len(root.findall(".//testcase"))


@given(gate_reports())
@LENIENT
def test_terminal_has_every_finding(report: GateReport) -> None:
    text = FORMATS["terminal"](report)
    flat = re.sub(r"\s", "", text.replace(": :", "::"))
    for finding in findings(report):
        assert finding.rule.id in text
        if finding.waived is None and finding.age != "fixed":
            for part in (finding.name, finding.message, finding.remedy, finding.rule.why):
                assert re.sub(r"\s", "", visible(part)).replace("::", "") in flat.replace("::", "")


@given(gate_reports())
@LENIENT
def test_markdown_has_every_finding(report: GateReport) -> None:
    text = FORMATS["markdown"](report)
    assert len(text.encode("utf-16-le")) // 2 <= markdown.LIMIT
    for finding in findings(report):
        assert f"`{finding.rule.id}`" in text
        if finding.name:
            assert markdown.code(finding.name) in text
        if finding.source:
            assert markdown.code(str(finding.source)) in text


@given(gate_reports())
@LENIENT
def test_github_has_every_finding_or_counts_it(report: GateReport) -> None:
    lines = FORMATS["github"](report).splitlines()
    commands = [line for line in lines if line.startswith("::")]
    for level in ("error", "warning", "notice"):
        assert sum(line.startswith(f"::{level} ") for line in commands) <= 10
    if any(line.startswith("Not annotated") for line in lines):
        return
    for finding in findings(report):
        if finding.age != "fixed":
            assert any(finding.rule.id in line for line in commands)


@pytest.mark.parametrize("name", FORMATS)
@given(report=gate_reports())
@LENIENT
def test_nothing_acts_on_the_reader(name: str, report: GateReport) -> None:
    text = FORMATS[name](report)
    text.encode("utf-8")
    if name not in ("json", "sarif"):
        # JSON escapes control characters itself and is read by programs.
        assert not ACTING.search(text)
        assert not re.search(r"##\w*\[", text)
    if name != "github":
        assert not re.search(r"(?m)^\s*::", text)


@pytest.mark.parametrize("name", FORMATS)
def test_the_order_of_findings_does_not_matter(name: str, tmp_path: Path) -> None:
    expected = FORMATS[name](sample(tmp_path))
    shuffled = sample(tmp_path)
    for environment in shuffled.environments:
        marked = [(f, index in environment.blocking) for index, f in enumerate(environment.findings)]
        Random(7).shuffle(marked)
        environment.findings = [f for f, _ in marked]
        environment.blocking = {index for index, (_, blocking) in enumerate(marked) if blocking}
        if environment.changes:
            environment.changes.reverse()
    if name == "json":
        assert json.loads(FORMATS[name](shuffled))["findings"] == json.loads(expected)["findings"]
    else:
        assert FORMATS[name](shuffled) == expected


@pytest.mark.parametrize("name", FORMATS)
def test_no_secret_and_no_path_of_the_machine(name: str, report: GateReport) -> None:
    text = FORMATS[name](report)
    assert SECRET not in text
    assert report.root not in text


@pytest.mark.parametrize("name", FORMATS)
def test_a_report_of_nothing_is_written_too(name: str) -> None:
    text = FORMATS[name](GateReport([]))
    assert text.endswith("\n")
    assert "clean:" not in text.lower()
