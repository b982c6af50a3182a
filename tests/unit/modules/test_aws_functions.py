"""A function on AWS under recording mocks: exact inputs, and what running it takes.

Does not prove that Lambda accepts them: the rehearsal does.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from environments import naming
from environments.load import load
from modules.functions.package import build
from tests.recording_mocks import on_first_use

PROD = on_first_use("aws-prod")
ENVIRONMENT = load("aws-prod")
FUNCTION = "aws:lambda/function:Function"
PLACE = f"arn:aws:ec2:eu-west-1:{ENVIRONMENT.account}"


def test_a_function_is_its_archive_in_the_network_under_a_key() -> None:
    inputs = dict(PROD.inputs(FUNCTION, "metadata-export"))
    archive = build("metadata_export")
    code = inputs.pop("code")
    assert Path(code.path).read_bytes() == archive.content
    assert inputs.pop("environment")["variables"]
    assert inputs == {
        "name": "sluice-aws-prod-functions-metadata-export",
        "description": "Exports Airflow's variables, connections and run history to the archive zone.",
        "role": "${metadata-export-role.arn}",
        "runtime": "python3.12",
        "architectures": ["arm64"],
        "handler": "modules.functions.handlers.metadata_export.handler.handler",
        "sourceCodeHash": archive.source_code_hash,
        "memorySize": 512,
        "timeout": 900,
        "reservedConcurrentExecutions": 1,
        "kmsKeyArn": "${internal-key.arn}",
        "deadLetterConfig": {"targetArn": "${metadata-export-dead-letters.arn}"},
        "loggingConfig": {
            "logFormat": "JSON",
            "logGroup": "sluice-aws-prod-functions-metadata-export",
        },
        "tracingConfig": {"mode": "Active"},
        "vpcConfig": {
            "subnetIds": [f"${{orchestration-{zone}.id}}" for zone in "abc"],
            "securityGroupIds": ["${orchestration-group.id}"],
        },
        "tags": naming.tags(ENVIRONMENT),
    }


def test_an_event_that_fails_is_tried_again_and_then_kept() -> None:
    tries = PROD.inputs(
        "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig", "metadata-export-tries"
    )
    assert tries == {
        "functionName": "sluice-aws-prod-functions-metadata-export",
        "maximumRetryAttempts": 2,
        "maximumEventAgeInSeconds": 1800,
    }
    assert PROD.inputs("aws:sqs/queue:Queue", "metadata-export-dead-letters") == {
        "name": "sluice-aws-prod-functions-metadata-export-dead-letters",
        "messageRetentionSeconds": 14 * 86400,
        "kmsMasterKeyId": "${internal-key.arn}",
        "kmsDataKeyReusePeriodSeconds": 3600,
        "tags": naming.tags(ENVIRONMENT),
    }
    log = PROD.inputs("aws:cloudwatch/logGroup:LogGroup", "metadata-export-logs")
    assert (log["name"], log["retentionInDays"], log["kmsKeyId"]) == (
        "sluice-aws-prod-functions-metadata-export",
        365,
        "${internal-key.arn}",
    )


@pytest.mark.parametrize(
    ("word", "identity", "tier"),
    [
        ("metadata-export", "metadata-export", "orchestration"),
        ("rotate-client-secret", "secret-rotation", "compute"),
    ],
)
def test_running_takes_a_log_traces_dead_letters_and_interfaces_in_its_own_subnets(
    word: str, identity: str, tier: str
) -> None:
    policy = PROD.inputs("aws:iam/rolePolicy:RolePolicy", f"{word}-running")
    assert policy["role"] == f"sluice-aws-prod-identity-{identity}"
    found: list[dict[str, Any]] = json.loads(policy["policy"])["Statement"]
    statements = {item["Sid"]: item for item in found}
    assert {sid: item["Resource"] for sid, item in statements.items()} == {
        "Log": [f"${{{word}-logs.arn}}:*"],
        "Trace": ["*"],
        "DeadLetters": [f"${{{word}-dead-letters.arn}}"],
        "SeeInterfaces": ["*"],
        "MakeInterfaces": [
            f"{PLACE}:network-interface/*",
            *(f"{PLACE}:subnet/${{{tier}-{zone}.id}}" for zone in "abc"),
            f"{PLACE}:security-group/${{{tier}-group.id}}",
        ],
        "UseInterfaces": [f"{PLACE}:network-interface/*"],
    }
    function = PROD.of(FUNCTION)[word]
    # Lambda refuses a function whose role cannot make its interfaces.
    assert any(urn.endswith(f"::{word}-running") for urn in function.dependencies)
