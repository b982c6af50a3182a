"""Policy documents, physical names and tokens: what a capture computes without a program."""

from __future__ import annotations

import json
from typing import Any

import pytest

from policies.gate.capture.naming import physical_name
from policies.gate.capture.policy_document import policy_document
from policies.gate.capture.tokens import Tokens
from policies.gate.values import Reference

ARN = Reference("urn:pulumi:dev::p::aws:s3/bucket:Bucket::b", "arn")
NAME = Reference("urn:pulumi:dev::p::aws:s3/bucket:Bucket::b", "bucket")


def document(**args: object) -> dict[str, Any]:
    found = policy_document(dict(args))
    assert json.loads(found["json"]) == json.loads(found["minifiedJson"])
    return json.loads(found["json"])  # type: ignore[no-any-return]


def test_a_statement_with_everything() -> None:
    statement = {
        "sid": "One",
        "effect": "Deny",
        "notActions": ["s3:Get*"],
        "resources": ["a", "b"],
        "principals": [
            {"type": "AWS", "identifiers": ["1"]},
            {"type": "AWS", "identifiers": ["2"]},
            {"type": "Service", "identifiers": ["x"]},
        ],
        "conditions": [
            {"test": "Bool", "variable": "aws:SecureTransport", "values": ["false"]},
            {"test": "Bool", "variable": "b", "values": ["1", "2"]},
        ],
    }
    assert document(statements=[statement])["Statement"] == [
        {
            "Sid": "One",
            "Effect": "Deny",
            "NotAction": "s3:Get*",
            "Resource": ["a", "b"],
            "Principal": {"AWS": ["1", "2"], "Service": "x"},
            "Condition": {"Bool": {"aws:SecureTransport": "false", "b": ["1", "2"]}},
        }
    ]


def test_anybody_is_a_star() -> None:
    anybody = {"actions": ["*"], "principals": [{"type": "*", "identifiers": ["*"]}]}
    assert document(statements=[anybody])["Statement"] == [
        {"Effect": "Allow", "Action": "*", "Principal": "*"}
    ]


def test_documents_are_merged_by_their_sids() -> None:
    source = json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Sid": "A", "Effect": "Allow", "Action": "x"}]}
    )
    override = json.dumps({"Statement": {"Sid": "A", "Effect": "Deny", "Action": "y"}})
    found = document(
        sourcePolicyDocuments=[source],
        statements=[{"sid": "B", "actions": ["z"]}],
        overridePolicyDocuments=[override],
    )
    assert [(item["Sid"], item["Effect"]) for item in found["Statement"]] == [("A", "Deny"), ("B", "Allow")]


@pytest.mark.parametrize(
    ("type_", "inputs", "expected"),
    [
        ("aws:s3/bucket:Bucket", {"bucket": "x"}, "x"),
        ("aws:s3/bucketPolicy:BucketPolicy", {"bucket": "x"}, None),
        ("azure-native:storage:StorageAccount", {"accountName": "x", "resourceGroupName": "g"}, "x"),
        ("azure-native:resources:ResourceGroup", {"resourceGroupName": "g"}, "g"),
        ("gcp:bigquery/dataset:Dataset", {"datasetId": "d"}, "d"),
        ("gcp:storage/bucket:Bucket", {"name": "n"}, "n"),
    ],
)
def test_physical_names(type_: str, inputs: dict[str, str], expected: str | None) -> None:
    assert physical_name(type_, inputs) == expected


class TestTokens:
    @pytest.mark.parametrize(
        ("change", "altered"),
        [
            (str.upper, False),
            (lambda text: f"arn:{text}/*", False),
            (lambda text: f"{text}0", False),
            (lambda text: text[:17], True),
            (lambda text: text.replace("-", ""), False),
        ],
    )
    def test_a_token_is_found_after_a_change(self, change: object, altered: bool) -> None:
        tokens = Tokens()
        (found,) = tokens.in_text(change(tokens.text(NAME)))  # type: ignore[operator]
        assert (found.reference, found.altered) == (NAME, altered)

    def test_an_arn_can_be_taken_apart(self) -> None:
        tokens = Tokens()
        arn = tokens.arn(ARN)
        assert [item.reference for item in tokens.in_text(f"{arn}/*")] == [ARN]
        region, account = (tokens.in_text(arn.split(":")[place])[0].reference for place in (3, 4))
        assert region.property == "region" and account.property == "accountId"
        (last,) = tokens.in_text(arn.split(":")[-1])
        assert (last.reference, last.altered) == (ARN, True)

    def test_a_number_is_found_as_number_and_in_text(self) -> None:
        tokens = Tokens()
        number = tokens.number(NAME)
        assert tokens.of_number(number) == NAME and tokens.of_number(443) is None
        assert [item.reference for item in tokens.in_text(f"host:{number}/db")] == [NAME]

    def test_unknown_digits_are_left_alone(self) -> None:
        tokens = Tokens()
        tokens.text(NAME)
        assert tokens.in_text("sluiceref0000000000000000 7000000000000001") == []
