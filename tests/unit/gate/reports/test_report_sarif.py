"""Against the OASIS schema. What GitHub makes of the file is not proved here, only its stated limits."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from jsonschema import Draft4Validator

from policies.gate.graph import CallSite
from policies.gate.report import GateReport
from policies.gate.reports import sarif
from tests.unit.gate.reports.report_strategies import gate_reports
from tests.unit.gate.reports.sample_reports import PUBLIC, TAGS, ZONES, clean, finding

SCHEMA = Path(__file__).parents[3] / "fixtures" / "sarif" / "sarif-schema-2.1.0.json"
# Checks formats too, as far as the installed packages can: uri needs one that is not there.
VALIDATOR = Draft4Validator(json.loads(SCHEMA.read_text()), format_checker=Draft4Validator.FORMAT_CHECKER)


def runs(report: GateReport) -> dict[str, dict[str, Any]]:
    log = json.loads(sarif.render(report))
    VALIDATOR.validate(log)
    found: dict[str, dict[str, Any]] = {run["properties"]["environment"]: run for run in log["runs"]}
    return found


def result_of(run: dict[str, Any], rule: str, name: str = "") -> dict[str, Any]:
    found: list[dict[str, Any]] = [
        r
        for r in run["results"]
        if r["ruleId"] == rule and (not name or r["properties"]["urn"].endswith(name))
    ]
    assert len(found) == 1
    return found[0]


@given(gate_reports())
@settings(deadline=None, max_examples=40)
def test_every_report_is_valid(report: GateReport) -> None:
    for run in runs(report).values():
        rules = run["tool"]["driver"]["rules"]
        for result in run["results"]:
            assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
            assert result["kind"] == "fail" or result["level"] == "none"
            assert len(result["locations"]) == 1
        fingerprints = [result["partialFingerprints"]["sluiceFinding/v1"] for result in run["results"]]
        assert len(set(fingerprints)) == len(fingerprints)


def test_the_schema_here_refuses_a_broken_log(report: GateReport) -> None:
    log = json.loads(sarif.render(report))
    log["runs"][0]["results"][0]["kind"] = "perhaps"
    assert not VALIDATOR.is_valid(log)


def test_each_environment_is_a_run_of_its_own_category(report: GateReport) -> None:
    assert [run["automationDetails"]["id"] for run in runs(report).values()] == [
        "sluice-gate/aws-dev/",
        "sluice-gate/aws-staging/",
        "sluice-gate/aws-prod/",
    ]


def test_a_result_points_at_the_python_line_and_its_callers(report: GateReport) -> None:
    result = result_of(runs(report)["aws-prod"], "s3/public-access", "::raw")
    location = result["locations"][0]
    assert location["physicalLocation"] == {
        "artifactLocation": {"uri": "modules/storage.py", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 2},
    }
    assert location["logicalLocations"][0]["fullyQualifiedName"].endswith("::raw")
    frames = [frame["location"]["physicalLocation"] for frame in result["stacks"][0]["frames"]]
    assert [frame["artifactLocation"]["uri"] for frame in frames] == ["modules/storage.py", "stacks/aws.py"]
    steps = result["codeFlows"][0]["threadFlows"][0]["locations"]
    assert [step["location"]["message"]["text"] for step in steps] == ["called here", "made here"]
    assert steps[0]["location"]["physicalLocation"]["region"] == {"startLine": 3}


def test_verdict_age_and_waiver_have_their_places(report: GateReport) -> None:
    prod = runs(report)["aws-prod"]
    undetermined = result_of(prod, "s3/customer-key", "::raw")
    assert (undetermined["kind"], undetermined["level"]) == ("review", "none")
    assert undetermined["message"]["text"].startswith("Undetermined before apply: ")
    assert undetermined["properties"]["blocking"] is True
    assert result_of(prod, "s3/customer-key", "::old")["baselineState"] == "absent"
    assert result_of(prod, "tags/required", "::raw")["baselineState"] == "unchanged"
    assert result_of(prod, "s3/public-access", "::raw")["baselineState"] == "new"
    waived = result_of(prod, "tags/required", "::curated")
    assert waived["suppressions"] == [
        {"kind": "external", "status": "accepted", "justification": "W-7, until 2027-01-31"}
    ]
    whole = result_of(prod, "program/stack-reference")
    assert whole["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "Pulumi.yaml"
    assert "region" not in whole["locations"][0]["physicalLocation"]


def test_no_baseline_is_claimed_without_a_base(tmp_path: Path) -> None:
    report = clean(tmp_path)
    report.environments[0].findings = [finding(TAGS, "aws-dev", "raw", sites=ZONES)]
    assert "baselineState" not in runs(report)["aws-dev"]["results"][0]


def test_a_fingerprint_outlives_a_move_and_tells_resources_of_a_loop_apart(tmp_path: Path) -> None:
    def fingerprints(line: int, attribute: str = "acl") -> list[str]:
        report = clean(tmp_path)
        report.environments[0].findings = [
            finding(TAGS, "aws-dev", name, sites=(CallSite("a.py", line),), attribute=attribute)
            for name in ("one", "two")
        ]
        results = runs(report)["aws-dev"]["results"]
        return [result["partialFingerprints"]["primaryLocationLineHash"] for result in results]

    assert fingerprints(3) == fingerprints(40)
    assert len({*fingerprints(3), *fingerprints(3, "policy")}) == 4


def test_rules_carry_what_code_scanning_reads(report: GateReport) -> None:
    rules = {rule["id"]: rule for rule in runs(report)["aws-dev"]["tool"]["driver"]["rules"]}
    rule = rules["s3/public-access"]
    assert rule["properties"]["security-severity"] == "9.5"
    assert rule["properties"]["tags"] == ["security", "public-exposure", "rego", "CIS AWS 3.0 2.1.4"]
    assert "Fix: Block public access" in rule["help"]["text"]
    assert rule["defaultConfiguration"]["level"] == "error"
    many = replace(PUBLIC, frameworks=tuple(f"control {n}" for n in range(30)))
    report.rules[many.id] = many
    report.environments[0].findings = []
    tags = {r["id"]: r for r in runs(report)["aws-dev"]["tool"]["driver"]["rules"]}[many.id]["properties"][
        "tags"
    ]
    assert len(tags) == 10


@pytest.mark.parametrize("name", ["a b.py", "ü/数据.py", "a#b?.py", "c:d.py", "back\\slash.py"])
def test_a_file_name_is_a_relative_uri(name: str, tmp_path: Path) -> None:
    report = clean(tmp_path)
    report.environments[0].findings = [finding(TAGS, "aws-dev", "raw", sites=(CallSite(name, 1),))]
    result = runs(report)["aws-dev"]["results"][0]
    uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri.isascii()
    assert not set(uri) & set(' #?:\\"<>')
    assert unquote(uri) == name.replace("\\", "/")


def test_a_message_has_no_links_and_no_placeholders(tmp_path: Path) -> None:
    report = clean(tmp_path)
    message = "inputs[0] is {0}, see [here](https://evil.example)"
    report.environments[0].findings = [finding(TAGS, "aws-dev", "raw", sites=ZONES, message=message)]
    text = runs(report)["aws-dev"]["results"][0]["message"]["text"]
    assert text == r"inputs\[0\] is {{0}}, see \[here\](https://evil.example)"


def test_what_was_not_looked_at_is_said(tmp_path: Path) -> None:
    told = runs(clean(tmp_path, checked=7))["aws-dev"]["invocations"][0]["toolExecutionNotifications"]
    assert [note["message"]["text"] for note in told] == ["3 resources of 10 checked by no rule."]
    assert runs(clean(tmp_path))["aws-dev"]["invocations"][0]["toolExecutionNotifications"] == []
