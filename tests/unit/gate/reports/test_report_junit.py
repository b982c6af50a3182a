from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as xml

from policies.gate.report import GateReport
from policies.gate.reports import junit
from policies.gate.verdicts import Verdict
from tests.unit.gate.reports.sample_reports import ENCRYPTED, HOSTILE, TAGS, ZONES, clean, finding


def suites(report: GateReport) -> dict[str, xml.Element]:
    root = xml.fromstring(junit.render(report))
    return {suite.get("name", ""): suite for suite in root.findall("testsuite")}


def test_one_suite_per_environment_with_its_counts(report: GateReport) -> None:
    found = suites(report)
    assert list(found) == ["aws-dev", "aws-staging", "aws-prod"]
    counts = {key: found["aws-prod"].get(key) for key in ("tests", "failures", "errors", "skipped", "time")}
    assert counts == {"tests": "12", "failures": "9", "errors": "0", "skipped": "1", "time": "1.250"}


def test_undetermined_is_never_passed(tmp_path: Path) -> None:
    report = clean(tmp_path)
    unknown = finding(
        ENCRYPTED, "aws-dev", "raw", sites=ZONES, verdict=Verdict.UNDETERMINED, message="Unknown."
    )
    report.environments[0].findings = [unknown, replace(unknown, name="curated")]
    report.environments[0].blocking = {0}
    curated, raw = suites(report)["aws-dev"].findall("testcase[@file]")
    failure, skipped = raw.find("failure"), curated.find("skipped")
    assert failure is not None
    assert failure.get("type") == "high undetermined"
    assert skipped is not None
    assert skipped.get("message") == "undetermined before apply: Unknown."


def test_a_failure_that_stops_nothing_says_so(tmp_path: Path) -> None:
    report = clean(tmp_path)
    report.environments[0].findings = [finding(TAGS, "aws-dev", "raw", sites=ZONES)]
    failure = suites(report)["aws-dev"].find("testcase/failure")
    assert failure is not None
    assert failure.get("type") == "low fail (does not stop the change)"
    assert "at modules/storage.py:2\nat stacks/aws.py:3\n" in (failure.text or "")


def test_a_waiver_skips_and_a_fix_is_told(report: GateReport) -> None:
    prod = suites(report)["aws-prod"]
    skipped = [element.get("message") for element in prod.iter("skipped")]
    assert skipped == ["waived (W-7, until 2027-01-31): No owner."]
    assert (prod.findtext("system-out") or "").startswith("fixed: s3/customer-key on old ")


def test_passes_are_counted_per_rule(tmp_path: Path) -> None:
    cases = suites(clean(tmp_path))["aws-dev"].findall("testcase")
    assert [(case.get("classname"), case.get("name")) for case in cases] == [
        ("aws-dev.tags.required", "Required tags are set: passed 10 times")
    ]


def test_characters_that_xml_cannot_hold_are_taken_out(tmp_path: Path) -> None:
    report = clean(tmp_path)
    text = f"{HOSTILE}\ufffe\ud800\x0b]]>&"
    report.environments[0].findings = [finding(TAGS, "aws-dev", text, text, sites=ZONES, message=text)]
    report.environments[0].environment = text
    failure = next(iter(suites(report).values())).find("testcase/failure")
    assert failure is not None
    assert "<script>alert(1)</script>" in (failure.get("message") or "")
    assert "]]>&" in (failure.text or "")
