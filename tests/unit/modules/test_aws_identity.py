"""Workload identities on AWS under recording mocks: exact trust, boundary and rights.

Does not prove that AWS accepts them, nor that a workload needs no more: that shows when it runs.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from environments import naming
from environments.load import load
from environments.manifest import Zone
from environments.vocabulary import DataClass
from modules.identity.aws_rights import statements
from modules.identity.aws_trust import FUNCTION, TRUST, trust_statement
from modules.identity.spec import Access, Grants, Right, Workload
from modules.identity.workloads import ORCHESTRATOR, WORKLOADS
from tests.recording_mocks import on_first_use

PROD = on_first_use("aws-prod")
ENVIRONMENT = load("aws-prod")
ACCOUNT = ENVIRONMENT.account
ROLE, POLICY = "aws:iam/role:Role", "aws:iam/rolePolicy:RolePolicy"


def rights(workload: str) -> dict[str, dict[str, Any]]:
    """The statements of a role's policy by their names."""
    found = json.loads(PROD.inputs(POLICY, f"{workload}-access")["policy"])["Statement"]
    named = {statement["Sid"]: statement for statement in found}
    assert len(named) == len(found)
    return named


def test_every_workload_has_a_role_within_the_boundary_and_one_policy() -> None:
    names = [workload.name for workload in WORKLOADS]
    assert set(TRUST) == set(names)
    role = {**PROD.inputs(ROLE, "spark-role")}
    assert role.pop("assumeRolePolicy")
    assert role == {
        "name": "sluice-aws-prod-identity-spark",
        "description": "spark of aws-prod: runs Spark jobs: curates what was extracted",
        "permissionsBoundary": f"arn:aws:iam::{ACCOUNT}:policy/sluice-aws-prod-ci-workloads",
        "maxSessionDuration": 3600,
        "tags": naming.tags(ENVIRONMENT),
    }
    for name in names:
        assert PROD.inputs(POLICY, f"{name}-access")["role"] == f"sluice-aws-prod-identity-{name}"


def test_the_former_one_identity_is_the_orchestrators() -> None:
    assert PROD.of(ROLE)["orchestrator-role"].former_names == {"pipelines-role"}
    assert PROD.of(POLICY)["orchestrator-access"].former_names == {"pipelines-access"}
    components = PROD.of("sluice:identity:AwsIdentity")
    assert components["identity-orchestrator"].former_names == {"identity"}
    assert components["identity-spark"].former_names == frozenset()


def trusted(workload: str) -> dict[str, Any]:
    (statement,) = json.loads(PROD.inputs(ROLE, f"{workload}-role")["assumeRolePolicy"])["Statement"]
    found: dict[str, Any] = statement
    return found


def test_a_service_takes_a_role_for_our_account_and_things_only() -> None:
    assert trusted("orchestrator") == {
        "Effect": "Allow",
        "Principal": {"Service": ["airflow-env.amazonaws.com", "airflow.amazonaws.com"]},
        "Action": "sts:AssumeRole",
        "Condition": {
            "StringEquals": {"aws:SourceAccount": ACCOUNT},
            "ArnLike": {
                "aws:SourceArn": f"arn:aws:airflow:eu-west-1:{ACCOUNT}:environment/sluice-aws-prod-*"
            },
        },
    }
    assert trusted("spark")["Condition"]["ArnLike"] == {
        "aws:SourceArn": f"arn:aws:emr-serverless:eu-west-1:{ACCOUNT}:/applications/*"
    }


def test_a_service_that_may_not_say_for_whom_it_acts_is_asked_only_if_it_does() -> None:
    assert trusted("crawler")["Condition"] == {
        "StringEqualsIfExists": {"aws:SourceAccount": ACCOUNT},
        "ArnLikeIfExists": {"aws:SourceArn": f"arn:aws:glue:eu-west-1:{ACCOUNT}:crawler/sluice-aws-prod-*"},
    }
    function = trust_statement(ENVIRONMENT, FUNCTION)
    assert function["Principal"] == {"Service": ["lambda.amazonaws.com"]}
    assert function["Condition"]["ArnLikeIfExists"] == {
        "aws:SourceArn": f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:sluice-aws-prod-*"
    }


def test_cis_own_roles_ship_and_compare() -> None:
    ci = f"arn:aws:iam::{ACCOUNT}:role/sluice-aws-prod-ci-"
    assert trusted("deployer")["Principal"] == {"AWS": [f"{ci}apply"]}
    assert trusted("ci")["Principal"] == {"AWS": [f"{ci}plan", f"{ci}apply"]}


def test_the_orchestrator_may_touch_what_it_needs_and_nothing_else() -> None:
    found = rights("orchestrator")
    assert set(found) == {
        *("RawAdd", "CuratedRead", "CuratedAdd", "ArchiveAdd", "QuarantineReplace", "ErrorsReplace"),
        *("ReleasesRead", "Secrets", "Decrypt", "Encrypt", "DecryptCopies", "EncryptCopies"),
        *("RawCopyAdd", "RawCopyBucket"),
        *(f"{zone.value.capitalize()}Bucket" for zone in Zone),
    }
    assert found["RawAdd"]["Action"] == [
        "s3:AbortMultipartUpload",
        "s3:GetObject",
        "s3:GetObjectVersion",
        "s3:PutObject",
    ]
    assert found["RawAdd"]["Resource"] == ["${raw.arn}/*"]
    assert found["CuratedAdd"]["Resource"] == ["${curated.arn}/_metrics/*"]
    assert "s3:DeleteObject" in found["QuarantineReplace"]["Action"]
    assert found["ReleasesRead"]["Action"] == ["s3:GetObject", "s3:GetObjectVersion"]
    assert found["ReleasesRead"]["Resource"] == [
        "${releases.arn}/releases/*",
        "${releases.arn}/platform/*",
        "${releases.arn}/CURRENT",
    ]
    assert found["RawBucket"] == {
        "Sid": "RawBucket",
        "Effect": "Allow",
        "Action": ["s3:GetBucketLocation", "s3:ListBucket"],
        "Resource": ["${raw.arn}"],
    }
    assert found["Secrets"]["Resource"] == ["${source-commerce.arn}"]
    assert found["Decrypt"]["Resource"] == [
        f"${{{name}-key.arn}}" for name in ("internal", "confidential", "restricted")
    ]
    # It reads credentials and never writes one.
    assert found["Encrypt"]["Resource"] == [f"${{{name}-key.arn}}" for name in ("internal", "confidential")]


def test_the_orchestrator_verifies_copies_in_the_fail_over_region() -> None:
    found = rights("orchestrator")
    assert found["RawCopyAdd"]["Resource"] == ["${raw-failover.arn}/*"]
    assert "s3:DeleteObject" not in found["RawCopyAdd"]["Action"]
    assert found["EncryptCopies"]["Resource"] == ["${confidential-failover-key.arn}"]


def test_the_rotation_touches_entries_of_sources_and_nothing_else() -> None:
    found = rights("secret-rotation")
    assert set(found) == {"Rotation", "Decrypt", "Encrypt", "DecryptCopies", "EncryptCopies"}
    assert found["Rotation"]["Resource"] == ["${source-commerce.arn}"]
    assert found["Encrypt"]["Resource"] == ["${internal-key.arn}", "${restricted-key.arn}"]
    assert found["EncryptCopies"]["Resource"] == ["${restricted-failover-key.arn}"]


def test_the_metadata_export_adds_under_its_prefix_and_reads_one_pointer() -> None:
    found = rights("metadata-export")
    assert found["ArchiveAdd"]["Resource"] == ["${archive.arn}/airflow-metadata/*"]
    assert "s3:DeleteObject" not in found["ArchiveAdd"]["Action"]
    assert found["ReleasesRead"]["Resource"] == ["${releases.arn}/CURRENT"]
    assert "Secrets" not in found


def test_spark_reads_what_it_is_given_and_writes_curated() -> None:
    found = rights("spark")
    assert not {"Secrets", "ErrorsBucket", "ArchiveBucket"} & set(found)
    assert found["RawRead"]["Action"] == ["s3:GetObject", "s3:GetObjectVersion"]
    assert "s3:DeleteObject" in found["CuratedReplace"]["Action"]
    assert found["Encrypt"]["Resource"] == ["${confidential-key.arn}"]


def test_who_only_reads_encrypts_nothing() -> None:
    for name in ("crawler", "ci"):
        assert "Encrypt" not in rights(name)
        actions = [action for statement in rights(name).values() for action in statement["Action"]]
        assert not [action for action in actions if "Put" in action or "Delete" in action]


def test_nobody_deletes_what_was_extracted() -> None:
    for workload in WORKLOADS:
        for statement in rights(workload.name).values():
            if any("raw" in str(resource) for resource in statement["Resource"]):
                assert "s3:DeleteObject" not in statement["Action"], workload.name


def test_the_deployer_ships_releases_and_leaves_the_platforms_manifest_alone() -> None:
    found = rights("deployer")
    assert found["ReleasesReplace"]["Resource"] == ["${releases.arn}/releases/*", "${releases.arn}/CURRENT"]
    assert set(found) == {"ReleasesReplace", "ReleasesBucket", "Decrypt", "Encrypt"}


def test_backups_are_of_every_zone_and_restores_go_to_places_of_their_own() -> None:
    backup = rights("backup")
    assert {f"{zone.value.capitalize()}BackUp" for zone in Zone} <= set(backup)
    assert "s3:GetObjectVersionTagging" in backup["RawBackUp"]["Action"]
    assert not [
        action for statement in backup.values() for action in statement["Action"] if "PutObject" in action
    ]
    assert backup["Unscopable"]["Resource"] == ["*"]
    restore = rights("restore")
    assert set(restore) == {"TestBuckets", "TestObjects", "VaultKeys"}
    assert restore["TestObjects"]["Resource"] == ["arn:aws:s3:::awsbackup-restore-test-*/*"]


# ---- what a function is granted


WORKLOAD = Workload(
    "rotate-oauth", "rotates credentials", access=(Access(Zone.ARCHIVE, Right.ADD, ("metadata/*",)),)
)


def test_a_function_gets_the_named_secrets_prefixes_keys_and_functions_and_no_more() -> None:
    given = Grants(
        zones={Zone.ARCHIVE: "arn:archive", Zone.RAW: "arn:raw"},
        rotated={"source-commerce": "arn:secret"},
        keys={DataClass.CONFIDENTIAL: "arn:confidential", DataClass.RESTRICTED: "arn:restricted"},
        functions={"notify": "arn:notify"},
    )
    found = {item["Sid"]: item for item in statements(ENVIRONMENT, WORKLOAD, given)}
    assert set(found) == {"ArchiveAdd", "ArchiveBucket", "Rotation", "Functions", "Decrypt", "Encrypt"}
    assert found["Rotation"]["Action"] == [
        "secretsmanager:DescribeSecret",
        "secretsmanager:GetSecretValue",
        "secretsmanager:PutSecretValue",
        "secretsmanager:UpdateSecretVersionStage",
    ]
    assert found["Functions"] == {
        "Sid": "Functions",
        "Effect": "Allow",
        "Action": ["lambda:InvokeFunction"],
        "Resource": ["arn:notify"],
    }


def test_a_zone_that_is_not_granted_is_one_without_rights() -> None:
    assert statements(ENVIRONMENT, ORCHESTRATOR, Grants(zones={})) == []


@pytest.mark.parametrize("workload", WORKLOADS, ids=lambda workload: workload.name)
def test_a_policy_is_as_small_as_iam_wants_it(workload: Workload) -> None:
    # 10,240 characters for all inline policies of a role; tokens of the mocks are shorter than ARNs.
    text = PROD.inputs(POLICY, f"{workload.name}-access")["policy"]
    assert len("".join(text.split())) < 8000
