"""Each thing that Terraform says comes back to the resource that it is about."""

from __future__ import annotations

import json
from typing import Any

import pytest

from policies.rehearsal.commands import Applied
from policies.rehearsal.diagnostics import Diagnostic, of_validation, read, sort
from policies.rehearsal.workspace import resource_lines

BUCKET, ROLE = "aws_s3_bucket.raw", "aws_iam_role.reader"
MODULE = {
    "provider": {"aws": [{"region": "eu-west-1"}]},
    "resource": {
        "aws_s3_bucket": {"raw": {"bucket": "raw"}, "second-one": {"tags": {"a": "b"}}},
        # Texts that look like the module's own lines.
        "aws_iam_role": {"reader": {"assume_role_policy": '{\n    "aws_iam_role": {\n      "fake": {\n'}},
    },
    "variable": {"unknown_1": {"default": "x"}},
}


def error(message: str = "wrong", **more: Any) -> Diagnostic:
    return Diagnostic(True, message, **more)


def none_there(_: int) -> str | None:
    return None


def test_a_resource_begins_at_its_line_and_nothing_else_does() -> None:
    text = json.dumps(MODULE, indent=2)
    lines = text.splitlines()
    found = resource_lines(text)
    assert [address for _, address in found] == [BUCKET, "aws_s3_bucket.second-one", ROLE]
    for line, address in found:
        assert lines[line - 1].strip() == f'"{address.split(".")[1]}": {{'


@pytest.mark.parametrize(
    ("diagnostic", "address"),
    [
        (error(address=BUCKET), BUCKET),
        (error(line=7), ROLE),
        (error("Cycle: aws_iam_role.reader, aws_s3_bucket.other"), ROLE),
        # The name that Terraform gives goes before the words.
        (error("because of aws_iam_role.reader", address=BUCKET), BUCKET),
        # A provider has an address as well, which is no resource's.
        (error(address='provider["registry.terraform.io/hashicorp/aws"]', line=7), ROLE),
    ],
)
def test_an_error_is_booked_to_the_resource_it_is_about(diagnostic: Diagnostic, address: str) -> None:
    found = sort([diagnostic], {BUCKET, ROLE}, {7: ROLE}.get)
    assert list(found.found) == [address]
    assert found.others == []


def test_what_is_about_no_resource_is_kept_and_warnings_are_not() -> None:
    said = [error("no region"), error("no region"), Diagnostic(False, "deprecated", BUCKET)]
    found = sort(said, {BUCKET}, none_there)
    assert found.found == {}
    assert found.others == ["no region"]


def test_the_same_message_is_said_once_and_different_ones_all() -> None:
    said = [error("a", address=BUCKET), error("b", address=BUCKET), error("a", address=BUCKET)]
    assert sort(said, {BUCKET}, none_there).found == {BUCKET: ["a", "b"]}


def test_what_differs_from_run_to_run_is_no_part_of_a_message() -> None:
    given = {
        "severity": "error",
        "summary": "creating S3 Bucket (x): https response error StatusCode: 400, RequestID: a2gvIh1, "
        "HostID: 9Gjj/1m=, api error BadThing: must not be",
        "detail": "",
        "address": BUCKET,
    }
    assert read(given).message == (
        "creating S3 Bucket (x): https response error StatusCode: 400, api error BadThing: must not be"
    )


def test_only_lines_of_the_module_itself_lead_to_a_resource() -> None:
    place = {"filename": "override.tf.json", "start": {"line": 7}}
    answer = {"diagnostics": [{"severity": "error", "summary": "x", "range": place}]}
    (found,) = of_validation(answer)
    assert found.line is None
    place["filename"] = "main.tf.json"
    (found,) = of_validation(answer)
    assert found.line == 7


def test_an_error_without_a_name_is_the_only_resources_that_failed() -> None:
    applied = Applied(errored={BUCKET}, said=[error("not empty")])
    assert [one.address for one in applied.named()] == [BUCKET]


def test_an_error_without_a_name_among_several_failures_names_all_of_them() -> None:
    applied = Applied(errored={BUCKET, ROLE}, said=[error("not empty"), error("in use")])
    assert [one.address for one in applied.named()] == [None, None]
    assert all(f"{ROLE}, {BUCKET}" in one.message for one in applied.named())
