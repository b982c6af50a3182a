"""Keys on AWS under recording mocks: exact inputs and policies.

Does not prove that KMS accepts them: the rehearsal does. Who uses a key by his own policy is compared with these in
`tests/contract/test_aws_policies.py`.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from environments import naming
from environments.load import load
from environments.vocabulary import DataClass
from modules.encryption.aws_key_policy import ADMINISTRATION, INSPECTION, KEEP, USE
from modules.encryption.spec import copied_classes
from tests.recording_mocks import on_first_use

PROD = on_first_use("aws-prod")
DEV = on_first_use("aws-dev")
KEY, ALIAS = "aws:kms/key:Key", "aws:kms/alias:Alias"
ACCOUNT = load("aws-prod").account
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
ROLES = f"arn:aws:iam::{ACCOUNT}:role/sluice-aws-prod-identity-"
# What lets its holder read or write data, or lets somebody else.
CRYPTOGRAPHIC = {
    *("kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext"),
    *("kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:CreateGrant"),
}


def policy(key: str) -> dict[str, dict[str, Any]]:
    """The statements of a key's policy by their names."""
    found = json.loads(PROD.inputs(KEY, key)["policy"])["Statement"]
    return {statement["Sid"]: statement for statement in found}


def test_a_key_is_its_classes_rotated_and_slow_to_die() -> None:
    key = {**PROD.inputs(KEY, "confidential-key")}
    assert key.pop("policy")
    assert key == {
        "description": "confidential data of aws-prod",
        "region": "eu-west-1",
        "deletionWindowInDays": 30,
        "enableKeyRotation": True,
        "rotationPeriodInDays": 365,
        "tags": naming.tags(load("aws-prod"), data_classification=DataClass.CONFIDENTIAL),
    }
    assert DEV.inputs(KEY, "confidential-key")["deletionWindowInDays"] == 7
    assert PROD.inputs(ALIAS, "confidential-key-alias") == {
        "name": "alias/sluice-aws-prod-encryption-confidential",
        "region": "eu-west-1",
        "targetKeyId": "${confidential-key.keyId}",
    }


def test_copies_have_keys_of_their_own_where_they_lie() -> None:
    assert set(PROD.of(KEY)) == {
        *("internal-key", "confidential-key", "restricted-key"),
        *("confidential-failover-key", "restricted-failover-key"),
    }
    for name, key in PROD.of(KEY).items():
        assert key.inputs["region"] == ("eu-central-1" if "failover" in name else "eu-west-1")
        assert "multiRegion" not in key.inputs
    # In dev nothing is backed up to the other region, but raw and secrets are copied everywhere.
    assert copied_classes(DEV.environment) == (DataClass.CONFIDENTIAL, DataClass.RESTRICTED)
    assert "internal-failover-key" not in DEV.of(KEY)


@pytest.mark.parametrize(
    "name", ["internal-key", "confidential-key", "restricted-key", "confidential-failover-key"]
)
def test_those_who_run_a_key_cannot_use_it_and_those_who_use_it_cannot_run_it(name: str) -> None:
    statements = policy(name)
    run = {*statements["Inspection"]["Action"], *statements["Administration"]["Action"]}
    assert run == {*INSPECTION, *ADMINISTRATION}
    assert not CRYPTOGRAPHIC & run
    for sid, statement in statements.items():
        if sid not in ("Inspection", "Administration"):
            assert set(statement["Action"]) <= {*CRYPTOGRAPHIC, "kms:DescribeKey"}


def test_only_named_administrators_run_a_key_and_nobody_by_being_of_the_account() -> None:
    run = policy("confidential-key")["Administration"]
    assert run["Principal"] == {"AWS": ROOT}
    assert run["Condition"] == {
        "ArnLike": {
            "aws:PrincipalArn": [
                ROOT,
                f"arn:aws:iam::{ACCOUNT}:role/sluice-aws-prod-ci-apply",
                f"arn:aws:iam::{ACCOUNT}:role/sluice-administrators",
                f"arn:aws:iam::{ACCOUNT}:role/aws-reserved/sso.amazonaws.com/*AWSReservedSSO_sluice-administrators_*",
            ]
        }
    }


def test_who_sets_up_a_service_lets_that_service_use_a_key_and_nobody_else() -> None:
    statements = policy("confidential-key")
    assert statements["GrantsToServices"]["Action"] == ["kms:CreateGrant"]
    assert statements["GrantsToServices"]["Condition"] == {
        **statements["Administration"]["Condition"],
        "Bool": {"kms:GrantIsForAWSResource": "true"},
        "StringEquals": {"kms:CallerAccount": ACCOUNT},
    }


@pytest.mark.parametrize(
    ("name", "workloads", "services"),
    [
        (
            "internal-key",
            [
                *("orchestrator", "spark", "backup", "deployer", "ci"),
                *("metadata-export", "metadata-schedule", "secret-rotation"),
            ],
            ["s3", "sqs", "lambda", "scheduler"],
        ),
        ("confidential-key", ["orchestrator", "spark", "crawler", "backup", "metadata-export"], ["s3"]),
        ("restricted-key", ["orchestrator", "secret-rotation"], ["s3", "secretsmanager"]),
    ],
)
def test_workloads_use_the_keys_of_their_classes_through_services(
    name: str, workloads: list[str], services: list[str]
) -> None:
    use = policy(name)["Use"]
    assert use["Action"] == list(USE)
    assert use["Condition"] == {
        "ArnEquals": {"aws:PrincipalArn": [f"{ROLES}{workload}" for workload in workloads]},
        "StringEquals": {
            "kms:CallerAccount": ACCOUNT,
            "kms:ViaService": [f"{service}.eu-west-1.amazonaws.com" for service in services],
        },
    }


def test_a_copys_key_is_used_in_its_own_region() -> None:
    use = policy("confidential-failover-key")["Use"]["Condition"]
    assert use["ArnEquals"] == {"aws:PrincipalArn": [f"{ROLES}orchestrator"]}
    assert use["StringEquals"]["kms:ViaService"] == ["s3.eu-central-1.amazonaws.com"]


def test_a_new_credential_is_encrypted_in_both_regions_by_who_puts_it_in() -> None:
    use = policy("restricted-failover-key")["Use"]["Condition"]
    assert use["ArnEquals"] == {"aws:PrincipalArn": [f"{ROLES}secret-rotation"]}
    assert use["StringEquals"]["kms:ViaService"] == [
        "s3.eu-central-1.amazonaws.com",
        "secretsmanager.eu-central-1.amazonaws.com",
    ]


def test_s3_copies_under_the_keys_of_what_is_copied_and_no_other() -> None:
    for name, region in (("confidential-key", "eu-west-1"), ("confidential-failover-key", "eu-central-1")):
        copy = policy(name)["Copy"]
        assert copy["Action"] == ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"]
        assert copy["Condition"] == {
            "ArnEquals": {"aws:PrincipalArn": [f"{ROLES}replication"]},
            "StringEquals": {
                "kms:CallerAccount": ACCOUNT,
                "kms:ViaService": [f"s3.{region}.amazonaws.com"],
            },
        }
    assert {name for name in PROD.of(KEY) if "Copy" in policy(name)} == {
        "confidential-key",
        "confidential-failover-key",
    }


def test_ci_sets_functions_and_schedules_up_under_the_internal_key_and_uses_no_other() -> None:
    deployer = f"arn:aws:iam::{ACCOUNT}:role/sluice-aws-prod-ci-apply"
    expected = {
        "ArnEquals": {"aws:PrincipalArn": [deployer]},
        "StringEquals": {
            "kms:CallerAccount": ACCOUNT,
            "kms:ViaService": [f"{name}.eu-west-1.amazonaws.com" for name in ("lambda", "scheduler")],
        },
    }
    internal = policy("internal-key")
    assert internal["SetUp"]["Action"] == ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"]
    assert internal["SetUp"]["Condition"] == expected
    for other in set(PROD.of(KEY)) - {"internal-key"}:
        assert "SetUp" not in policy(other)


def test_what_is_backed_up_and_restored_is_so_under_its_key() -> None:
    for name, region in (("restricted-key", "eu-west-1"), ("restricted-failover-key", "eu-central-1")):
        keep, grant = policy(name)["Keep"], policy(name)["KeepByGrant"]
        expected = {
            "ArnEquals": {"aws:PrincipalArn": [f"{ROLES}backup", f"{ROLES}restore"]},
            "StringEquals": {
                "kms:CallerAccount": ACCOUNT,
                "kms:ViaService": [f"backup.{region}.amazonaws.com", f"s3.{region}.amazonaws.com"],
            },
        }
        assert (keep["Action"], keep["Condition"]) == (list(KEEP), expected)
        # A grant is only ever handed on to a service of AWS's.
        assert grant["Action"] == ["kms:CreateGrant"]
        assert grant["Condition"] == {**expected, "Bool": {"kms:GrantIsForAWSResource": "true"}}


def test_log_groups_and_messages_use_the_internal_key_and_no_other() -> None:
    internal = policy("internal-key")
    assert internal["LogGroups"]["Condition"] == {
        "ArnLike": {
            "kms:EncryptionContext:aws:logs:arn": (
                f"arn:aws:logs:eu-west-1:{ACCOUNT}:log-group:sluice-aws-prod-*"
            )
        }
    }
    assert internal["Messages"]["Principal"] == {
        "Service": [f"{name}.amazonaws.com" for name in ("backup", "cloudwatch", "events", "s3", "sns")]
    }
    assert internal["Messages"]["Condition"] == {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
    for other in set(PROD.of(KEY)) - {"internal-key"}:
        assert not {"LogGroups", "Messages"} & set(policy(other))
    group = PROD.inputs("aws:cloudwatch/logGroup:LogGroup", "flow-log-group")
    assert group["kmsKeyId"] == "${internal-key.arn}"
    assert group["name"] == "sluice-aws-prod-network-flow-logs"
    assert group["retentionInDays"] == 365
