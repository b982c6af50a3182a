"""Secrets on AWS and their rotation under recording mocks: exact inputs.

Does not prove that AWS accepts them. That the function rotates is proven in tests/integration/sandbox.
"""

from __future__ import annotations

import json
from typing import Any

from environments import naming
from environments.load import load
from environments.vocabulary import DataClass
from tests.recording_mocks import on_first_use

PROD = on_first_use("aws-prod")
ENVIRONMENT = load("aws-prod")


def document(text: str) -> list[dict[str, Any]]:
    statements: list[dict[str, Any]] = json.loads(text)["Statement"]
    return statements


def test_a_secret_is_an_entry_with_a_copy_that_only_its_readers_read() -> None:
    assert PROD.inputs("aws:secretsmanager/secret:Secret", "source-commerce") == {
        "name": "sluice-aws-prod-source-commerce",
        "description": "source-commerce of aws-prod",
        "kmsKeyId": "${restricted-key.arn}",
        "recoveryWindowInDays": 30,
        "replicas": [{"region": "eu-central-1", "kmsKeyId": "${restricted-failover-key.arn}"}],
        "tags": naming.tags(ENVIRONMENT, data_classification=DataClass.RESTRICTED),
    }
    policy = PROD.inputs("aws:secretsmanager/secretPolicy:SecretPolicy", "source-commerce-policy")
    assert policy["blockPublicPolicy"] is True
    deny = document(policy["policy"])[0]
    assert (deny["Effect"], deny["Principal"]) == ("Deny", "*")
    assert deny["Condition"] == {
        "ArnNotEquals": {"aws:PrincipalArn": ["${orchestrator-role.arn}", "${secret-rotation-role.arn}"]}
    }


def test_it_is_rotated_as_often_as_the_environment_says_once_it_has_a_value() -> None:
    rotation = PROD.of("aws:secretsmanager/secretRotation:SecretRotation")["source-commerce-rotation"]
    assert rotation.inputs == {
        "secretId": "${source-commerce.id}",
        "rotationLambdaArn": "${rotate-client-secret.arn}",
        "rotationRules": {"automaticallyAfterDays": ENVIRONMENT.secrets["source-commerce"].rotation_days},
        "rotateImmediately": False,
    }
    waits = {urn.rsplit("::", 1)[1] for urn in rotation.dependencies}
    assert {"source-commerce-calls-rotation", "source-commerce-policy"} <= waits


def test_the_secrets_service_calls_the_function_for_this_entry_only() -> None:
    assert PROD.inputs("aws:lambda/permission:Permission", "source-commerce-calls-rotation") == {
        "function": "${rotate-client-secret.arn}",
        "action": "lambda:InvokeFunction",
        "principal": "secretsmanager.amazonaws.com",
        "sourceAccount": ENVIRONMENT.account,
        "sourceArn": "${source-commerce.arn}",
    }


def test_the_function_knows_the_address_of_each_source_by_the_name_of_its_entry() -> None:
    function = PROD.inputs("aws:lambda/function:Function", "rotate-client-secret")
    assert json.loads(function["environment"]["variables"]["SOURCES"]) == {
        "sluice-aws-prod-source-commerce": ENVIRONMENT.sources["commerce"].base_url
    }
    # Where there is a way to the internet for sources, and to the secrets service.
    assert function["vpcConfig"]["securityGroupIds"] == ["${compute-group.id}"]
