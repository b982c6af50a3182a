"""What AWS's policy documents say, read together: who may pass an endpoint, use a key, exceed a boundary.

Runs the stacks under recording mocks. Does not prove that AWS reads the documents as these tests do.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.recording_mocks import Recording, record

ENVIRONMENTS = ("aws-dev", "aws-staging", "aws-prod")
ENDPOINT = "aws:ec2/vpcEndpoint:VpcEndpoint"

# Statements of endpoints that let in others than our own principals, or lead to others than our own resources.
OTHERS = {
    ("s3-endpoint", "ImageLayers"): "layers of AWS's images, by addresses that ECR has signed; read only",
    ("ecr-api-endpoint", "Login"): "MWAA's containers are pulled by a role of AWS's account; carries nothing",
    ("ecr-api-endpoint", "Pull"): "the same; read only",
    ("ecr-dkr-endpoint", "Login"): "the same; carries nothing",
    ("ecr-dkr-endpoint", "Pull"): "the same; read only",
    ("sqs-endpoint", "TasksOfAirflow"): "our principals to MWAA's queue, in AWS's account",
    ("monitoring-endpoint", "OwnPrincipals"): "our principals; metrics have no owner to ask for",
    ("sts-endpoint", "OwnPrincipals"): "our principals; who am I has no owner",
    ("secretsmanager-endpoint", "OwnPrincipals"): "our principals; a random password has no owner",
}
READING = ("ecr:BatchCheck", "ecr:BatchGet", "ecr:GetAuthorization", "ecr:GetDownload", "s3:GetObject")


@pytest.fixture(params=ENVIRONMENTS)
def recording(request: pytest.FixtureRequest) -> Recording:
    """What one environment's stack registers."""
    return record(request.param)


def statements(text: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(text)["Statement"]
    return found


def test_every_endpoint_is_limited_to_our_account_but_for_reasoned_exceptions(recording: Recording) -> None:
    account = recording.environment.account
    used = set()
    for endpoint in recording.of(ENDPOINT).values():
        for statement in statements(endpoint.inputs["policy"]):
            assert statement["Effect"] == "Allow"
            equal = statement.get("Condition", {}).get("StringEquals", {})
            if equal == {"aws:PrincipalAccount": account, "aws:ResourceAccount": account}:
                continue
            exception = (endpoint.name, statement["Sid"])
            assert exception in OTHERS, exception
            used.add(exception)
            # Strangers, if any, can take only what AWS publishes, and nobody can put anything anywhere.
            if equal != {"aws:PrincipalAccount": account}:
                assert all(action.startswith(READING) for action in statement["Action"]), exception
    if recording.environment.name == "aws-prod":
        assert used == set(OTHERS)
