from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from jsonschema import Draft202012Validator

from policies.gate.report import GateReport
from policies.gate.reports import json_report
from tests.unit.gate.reports.report_strategies import gate_reports
from tests.unit.gate.reports.sample_reports import HOSTILE

SCHEMA = json.loads(Path(json_report.__file__).with_name("schema.json").read_text())


def closed(schema: Any) -> Any:
    """The published schema lets later versions add properties; what is written now must all be in it."""
    if isinstance(schema, list):
        return [closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    result = {key: closed(value) for key, value in schema.items()}
    if "properties" in schema and "required" in schema:
        result["additionalProperties"] = False
    return result


@given(gate_reports())
@settings(deadline=None, max_examples=40)
def test_every_report_is_valid_and_nothing_is_outside_the_schema(report: GateReport) -> None:
    Draft202012Validator.check_schema(SCHEMA)
    document = json.loads(json_report.render(report))
    Draft202012Validator(SCHEMA).validate(document)
    Draft202012Validator(closed(SCHEMA)).validate(document)


def test_the_schema_refuses_what_is_not_a_report(report: GateReport) -> None:
    document = json.loads(json_report.render(report))
    validator = Draft202012Validator(SCHEMA)
    for path in (("clean",), ("summary", "resources", "checked"), ("findings", 0, "blocking")):
        broken = json.loads(json.dumps(document))
        inside = broken
        for key in path[:-1]:
            inside = inside[key]
        del inside[path[-1]]
        assert not validator.is_valid(broken), path
    document["findings"][0]["severity"] = "dreadful"
    assert not validator.is_valid(document)


def test_findings_say_all_that_is_known(report: GateReport) -> None:
    document = json.loads(json_report.render(report))
    first = document["findings"][0]
    assert first == {
        "rule": "s3/public-access",
        "title": "Buckets are closed to the public",
        "severity": "critical",
        "verdict": "fail",
        "category": "public-exposure",
        "engine": "rego",
        "frameworks": ["CIS AWS 3.0 2.1.4"],
        "environment": "aws-dev",
        "urn": "urn:pulumi:aws-dev::sluice::aws:s3/bucket:Bucket::curated",
        "name": "curated",
        "type": "aws:s3/bucket:Bucket",
        "attribute": "acl",
        "source": {"file": "modules/storage.py", "line": 2},
        "call_stack": [
            {"file": "modules/storage.py", "line": 2, "function": "zones"},
            {"file": "stacks/aws.py", "line": 3, "function": "<module>"},
        ],
        "message": "The ACL lets everybody read.",
        "why": "Anyone on the internet can read an open bucket.",
        "fix": "Block public access on the bucket.",
        "waived": False,
        "waiver": None,
        "age": "new",
        "blocking": True,
    }
    by_rule = {(f["environment"], f["rule"]): f for f in document["findings"]}
    assert by_rule["aws-prod", "program/stack-reference"]["source"] is None
    assert any(f["name"] == HOSTILE for f in document["findings"])


def test_counts_add_up(report: GateReport) -> None:
    summary = json.loads(json_report.render(report))["summary"]
    environments = summary.pop("environments")
    assert summary == {
        "resources": {"seen": 81, "mapped": 80, "checked": 79},
        "verdicts": {"pass": 69, "fail": 16, "undetermined": 3},
        "ages": {"new": 16, "existing": 3, "fixed": 1},
        "waived": 1,
        "blocking": 10,
    }
    assert environments["aws-prod"]["verdicts"] == {"pass": 23, "fail": 8, "undetermined": 1}
    assert environments["aws-dev"]["from_cache"] is True
    assert [environment["clean"] for environment in environments.values()] == [False, False, False]


def test_changes_are_there_only_against_a_base(report: GateReport) -> None:
    document = json.loads(json_report.render(report))
    assert document["base"] == "main"
    assert [change["operation"] for change in document["changes"]["aws-prod"]] == [
        "create",
        "change",
        "delete",
        "replace",
    ]
    assert document["changes"]["aws-dev"] == []
    report.environments[2].changes = None
    assert "aws-prod" not in json.loads(json_report.render(report))["changes"]
