"""No environment names another's resources; the real environments of this repository are the vocabulary."""

from __future__ import annotations

from typing import Any

import pytest

from environments.load import load_all
from policies.gate.engines.graph_rules import check
from tests.graph_builder import GraphBuilder, answer, ref, unknown

RULE = "environments/cross-reference"
ENVIRONMENTS = load_all()
PROD = ENVIRONMENTS["aws-prod"]
OWN = ENVIRONMENTS["aws-dev"]


def verdict(value: Any) -> str:
    b = GraphBuilder("aws-dev")
    other = b.add("Bucket", "other", {})
    b.add("Function", "it", {"environment": {"variables": {"X": ref(other) if value == "own" else value}}})
    found = [
        i for i in check(b.graph(), "aws-dev", ENVIRONMENTS).findings if i.rule.id == RULE and i.name == "it"
    ]
    return str(found[0].verdict) if found else "pass"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("s3://sluice-aws-prod-raw/x", "fail"),
        ("sluice_aws_prod_glue", "fail"),
        ("sluiceazureprodraw", "fail"),
        (f"arn:aws:iam::{PROD.account}:role/reader", "fail"),
        ("projects/" + ENVIRONMENTS["gcp-prod"].account + "/secrets/x", "fail"),
        ("organization/sluice/aws-prod", "fail"),
        ("sluice-aws-dev-raw", "pass"),
        (f"arn:aws:iam::{OWN.account}:role/reader", "pass"),
        ("sluice-aws-production-notes", "pass"),
        (f"9{PROD.account}9", "pass"),
        ("own", "pass"),
        (answer("aws:ec2/getAmi:getAmi", "id"), "pass"),
        (unknown(), "undetermined"),
    ],
    ids=str,
)
def test_names_and_accounts_of_other_environments(value: Any, expected: str) -> None:
    assert verdict(value) == expected


def test_without_the_environments_nothing_is_said() -> None:
    b = GraphBuilder("aws-dev")
    b.add("Function", "it", {"x": "sluice-aws-prod-raw"})
    outcome = check(b.graph(), "aws-dev")
    assert RULE not in outcome.passed and not [i for i in outcome.findings if i.rule.id == RULE]
