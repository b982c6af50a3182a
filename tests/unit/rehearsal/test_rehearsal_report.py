"""The report says failures first, each with its line, and hides nothing that was not applied whole."""

from __future__ import annotations

import json

from policies.gate.graph import CallSite, Resource
from policies.rehearsal.outcome import Dropped, Outcome, Rehearsal, Status
from policies.rehearsal.report import as_json, as_text


def resource(name: str, line: int) -> Resource:
    return Resource(f"urn:x::{name}", "aws:s3/bucket:Bucket", name, sites=(CallSite("stacks/aws.py", line),))


def outcome(name: str, line: int, status: Status, reason: str = "", because_of: str | None = None) -> Outcome:
    return Outcome(resource(name, line), f"aws_s3_bucket.{name}", status, reason, because_of)


RESULT = Rehearsal(
    "aws-dev",
    "1.11.4",
    "hashicorp/aws 5.100.0",
    [
        outcome("a", 1, Status.APPLIED),
        outcome("b", 2, Status.APPLIED, "not compared: tags (forgotten)"),
        outcome("c", 3, Status.PLANNED_ONLY, "the mock has none"),
        outcome("d", 4, Status.PLANNED_ONLY, "the mock has none"),
        outcome("e", 5, Status.FAILED, "apply: refused"),
        outcome("f", 6, Status.FAILED, "not attempted: aws_s3_bucket.e failed (stacks/aws.py:5)", "urn:x::e"),
        outcome("g", 7, Status.LEFT_OUT, "no projection"),
    ],
    [Dropped(resource("a", 1), "region_set", "only the newer provider has it")],
    asserted=3,
    problems=["destroy: nobody knows what"],
    seconds={"init": 1.26, "apply": 60.04},
)


def test_the_json_lists_every_resource_with_its_line_and_sums_up() -> None:
    found = json.loads(json.dumps(as_json(RESULT)))
    assert found["passed"] is False
    assert found["summary"] == {
        "applied": 2,
        "planned only": 2,
        "failed": 2,
        "left out": 1,
        "assertions": 3,
        "dropped attributes": 1,
    }
    assert found["seconds"] == {"init": 1.3, "apply": 60.0}
    assert found["problems"] == ["destroy: nobody knows what"]
    assert found["resources"][4] == {
        "urn": "urn:x::e",
        "type": "aws:s3/bucket:Bucket",
        "address": "aws_s3_bucket.e",
        "status": "failed",
        "reason": "apply: refused",
        "because_of": None,
        "source": "stacks/aws.py:5",
    }
    assert found["resources"][5]["because_of"] == "urn:x::e"
    (dropped,) = found["dropped"]
    assert (dropped["attribute"], dropped["source"]) == ("region_set", "stacks/aws.py:1")


def test_the_text_says_failures_first_and_reasons_once() -> None:
    text = as_text(RESULT)
    order = [
        "nobody knows what",
        "stacks/aws.py:5",
        "not attempted",
        "planned only",
        "left out",
        "with a remark",
    ]
    places = [text.index(words) for words in order]
    assert places == sorted(places)
    assert text.count("the mock has none") == 1
    for name in ("aws_s3_bucket.c", "aws_s3_bucket.d", "aws_s3_bucket.f", "a.region_set"):
        assert name in text
    assert "✗ aws-dev: 2 applied, 2 planned only, 2 failed, 1 left out; 3 assertions on the mock" in text


def test_a_rehearsal_passes_only_without_failures_and_problems() -> None:
    fine = [one for one in RESULT.outcomes if one.status is not Status.FAILED]
    assert Rehearsal("x", "1", "y", fine).passed
    assert not Rehearsal("x", "1", "y", fine, problems=["z"]).passed
    assert not Rehearsal("x", "1", "y", RESULT.outcomes).passed
