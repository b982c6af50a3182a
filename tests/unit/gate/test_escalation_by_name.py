"""A role that may pass any role, and make something by names it is given, can become any role."""

from __future__ import annotations

import json
from typing import Any

import pytest

from policies.gate.engines import graph_rules
from policies.gate.verdicts import Verdict
from tests.graph_builder import GraphBuilder, ref

ESCALATION = "permissions/escalation"
PASS = {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"}
MAKE = {"Effect": "Allow", "Action": ["lambda:CreateFunction", "lambda:InvokeFunction"]}
OURS = "arn:aws:lambda:eu-west-1:111122223333:function:ours-*"


def _said(*documents: dict[str, Any]) -> list[Verdict]:
    builder = GraphBuilder()
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role = builder.add("Role", "role", {"assumeRolePolicy": json.dumps({"Statement": [trust]})})
    for number, statement in enumerate(documents):
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        builder.add("RolePolicy", f"policy-{number}", {"role": ref(role, "name"), "policy": policy})
    outcome = graph_rules.check(builder.graph(), "aws-dev")
    return [finding.verdict for finding in outcome.findings if finding.rule.id == ESCALATION]


def test_a_name_that_is_given_to_what_it_makes_is_no_protection() -> None:
    assert _said(PASS, {**MAKE, "Resource": OURS}) == [Verdict.FAIL]


@pytest.mark.parametrize(
    "documents",
    [
        ({**PASS, "Resource": "arn:aws:iam::111122223333:role/plain"}, {**MAKE, "Resource": OURS}),
        (PASS, {"Effect": "Allow", "Action": "lambda:CreateFunction", "Resource": OURS}),
        (PASS, {**MAKE, "Resource": OURS}, {"Effect": "Deny", "Action": "lambda:*", "Resource": "*"}),
    ],
    ids=["passes one role", "cannot run what it makes", "denied"],
)
def test_without_one_of_the_parts_nothing_is_said(documents: tuple[dict[str, Any], ...]) -> None:
    assert _said(*documents) == []
