"""What AWS's policy documents say, read together: who may pass an endpoint, use a key, exceed a boundary.

Runs the stacks under recording mocks. Does not prove that AWS reads the documents as these tests do.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from environments.naming import role_boundary
from modules.identity.aws_trust import ci_role_arn
from tests.recording_mocks import Recording, record

ENVIRONMENTS = ("aws-dev", "aws-staging", "aws-prod")
ENDPOINT = "aws:ec2/vpcEndpoint:VpcEndpoint"
KEY, ROLE = "aws:kms/key:Key", "aws:iam/role:Role"
POLICY = "aws:iam/rolePolicy:RolePolicy"

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


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def roles(recording: Recording) -> dict[str, str]:
    """Names of roles by their ARNs, as a policy writes them."""
    account = recording.environment.account
    return {
        f"arn:aws:iam::{account}:role/{role.inputs['name']}": role.inputs["name"]
        for role in recording.of(ROLE).values()
    }


def key_users(recording: Recording) -> set[tuple[str, str, str]]:
    """Role, key and action, as the keys' policies have them."""
    names = roles(recording)
    return {
        (names.get(principal, principal), key.name, action)
        for key in recording.of(KEY).values()
        for statement in statements(key.inputs["policy"])
        for principal in statement.get("Condition", {}).get("ArnEquals", {}).get("aws:PrincipalArn", [])
        for action in statement["Action"]
    }


def key_rights(recording: Recording) -> set[tuple[str, str, str]]:
    """Role, key and action, as the roles' policies have them."""
    keys = {f"${{{name}.arn}}": name for name in recording.of(KEY)}
    return {
        (policy.inputs["role"], keys[resource], action)
        for policy in recording.of(POLICY).values()
        for statement in statements(policy.inputs["policy"])
        for resource in listed(statement["Resource"])
        for action in listed(statement["Action"])
        if resource in keys
    }


def test_every_role_is_within_the_boundary(recording: Recording) -> None:
    """CI may make a role only within it, and cannot change it: `stacks/bootstrap` makes it."""
    for role in recording.of(ROLE).values():
        assert role.inputs.get("permissionsBoundary") == role_boundary(recording.environment), role.urn


def test_whoever_has_a_right_on_a_key_is_named_by_the_key(recording: Recording) -> None:
    """KMS asks both: a role whose policy has a key and that the key does not name is refused."""
    rights = key_rights(recording)
    assert len(rights) > 20
    assert rights - key_users(recording) == set()


def test_whoever_a_key_names_is_a_role_of_ours_with_a_right_on_it(recording: Recording) -> None:
    holders = {(role, key) for role, key, _ in key_rights(recording)}
    # What CI sets up with is in the policy that `stacks/bootstrap` gives it.
    deployer = ci_role_arn(recording.environment, "apply")
    named = {(role, key) for role, key, _ in key_users(recording)} - {(deployer, "internal-key")}
    assert named == holders


def test_a_key_names_principals_only_with_the_services_that_they_come_through(recording: Recording) -> None:
    account, regions = recording.environment.account, recording.environment.allowed_regions
    for key in recording.of(KEY).values():
        for statement in statements(key.inputs["policy"]):
            condition = statement.get("Condition", {})
            if "ArnEquals" in condition:
                equal = condition["StringEquals"]
                assert equal["kms:CallerAccount"] == account
                assert {service.split(".")[1] for service in equal["kms:ViaService"]} == {
                    key.inputs["region"]
                }
                assert key.inputs["region"] in regions
            if "Service" in statement["Principal"]:
                text = json.dumps(condition)
                assert account in text, (key.urn, statement["Sid"])


def test_every_service_that_takes_a_role_is_asked_for_our_account(recording: Recording) -> None:
    account = recording.environment.account
    for role in recording.of(ROLE).values():
        for statement in statements(role.inputs["assumeRolePolicy"]):
            if "Service" in statement["Principal"]:
                asked = {
                    value
                    for test in ("StringEquals", "StringEqualsIfExists")
                    for key, value in statement["Condition"].get(test, {}).items()
                    if key == "aws:SourceAccount"
                }
                assert asked == {account}, role.urn
            else:
                for principal in listed(statement["Principal"]["AWS"]):
                    assert principal.startswith(f"arn:aws:iam::{account}:role/"), role.urn


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
