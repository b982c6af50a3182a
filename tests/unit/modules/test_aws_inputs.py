"""AWS's components under recording mocks: exact inputs.

Does not prove that AWS accepts them: the rehearsal does.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from environments import naming
from environments.load import load
from environments.vocabulary import DataClass
from tests.recording_mocks import on_first_use

PROD = on_first_use("aws-prod")
DEV = on_first_use("aws-dev")
ACCOUNT = load("aws-prod").account


def document(text: str) -> list[dict[str, Any]]:
    statements: list[dict[str, Any]] = json.loads(text)["Statement"]
    return statements


def setting(kind: str, name: str) -> dict[str, Any]:
    return PROD.inputs(f"aws:s3/{kind[0].lower()}{kind[1:]}:{kind}", name)


def test_raw_is_versioned_and_locked_for_everybody_in_prod() -> None:
    assert setting("Bucket", "raw") == {
        "bucket": "sluice-aws-prod-raw",
        "region": "eu-west-1",
        "objectLockEnabled": True,
        "forceDestroy": False,
        "tags": naming.tags(load("aws-prod"), data_classification=DataClass.CONFIDENTIAL),
    }
    assert setting("BucketVersioning", "raw-versioning")["versioningConfiguration"] == {"status": "Enabled"}
    assert setting("BucketObjectLockConfiguration", "raw-lock") == {
        "bucket": "sluice-aws-prod-raw",
        "region": "eu-west-1",
        "rule": {"defaultRetention": {"mode": "COMPLIANCE", "days": 365}},
    }
    assert setting("Bucket", "curated")["objectLockEnabled"] is False


def test_the_lock_waits_for_versions() -> None:
    lock = PROD.of("aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration")["raw-lock"]
    assert any(urn.endswith("::raw-versioning") for urn in lock.dependencies)


def test_a_zone_ages_as_the_environment_says() -> None:
    rules = setting("BucketLifecycleConfiguration", "raw-lifecycle")["rules"]
    assert rules == [
        {
            "id": "zone",
            "status": "Enabled",
            "filter": {"prefix": ""},
            "abortIncompleteMultipartUpload": {"daysAfterInitiation": 7},
            "transitions": [
                {"storageClass": "STANDARD_IA", "days": 30},
                {"storageClass": "GLACIER", "days": 180},
                {"storageClass": "DEEP_ARCHIVE", "days": 365},
            ],
            "noncurrentVersionExpiration": {"noncurrentDays": 30},
        },
        {
            "id": "archive-prefix",
            "status": "Enabled",
            "filter": {"prefix": "archive/"},
            "transitions": [{"storageClass": "GLACIER", "days": 90}],
        },
    ]
    quarantine = setting("BucketLifecycleConfiguration", "quarantine-lifecycle")["rules"][0]
    assert quarantine["expiration"] == {"days": 180}
    assert quarantine["noncurrentVersionExpiration"] == {"noncurrentDays": 30}


@pytest.mark.parametrize("zone", [str(zone) for zone in load("aws-prod").storage.zones])
def test_every_zone_is_private_encrypted_and_logged(zone: str) -> None:
    assert setting("BucketPublicAccessBlock", f"{zone}-public-access") == {
        "bucket": f"sluice-aws-prod-{zone}",
        "region": "eu-west-1",
        "blockPublicAcls": True,
        "blockPublicPolicy": True,
        "ignorePublicAcls": True,
        "restrictPublicBuckets": True,
    }
    data_class = {"errors": "internal", "releases": "internal"}.get(zone, "confidential")
    (rule,) = setting("BucketServerSideEncryptionConfiguration", f"{zone}-encryption")["rules"]
    assert rule == {
        "applyServerSideEncryptionByDefault": {
            "sseAlgorithm": "aws:kms",
            "kmsMasterKeyId": f"${{{data_class}-key.arn}}",
        },
        "bucketKeyEnabled": True,
    }
    assert (
        setting("BucketLogging", f"{zone}-logging")["targetBucket"] == "sluice-aws-prod-storage-access-logs"
    )
    denials = document(setting("BucketPolicy", f"{zone}-policy")["policy"])
    assert {item["Sid"]: item["Effect"] for item in denials} == dict.fromkeys(
        ("OnlyOverTls", "OnlyOverTls12", "OnlyWithItsKey", "OnlyWithKms"), "Deny"
    )
    assert denials[0]["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert denials[0]["Resource"] == [f"${{{zone}.arn}}", f"${{{zone}.arn}}/*"]


def test_access_logs_come_from_our_buckets_only() -> None:
    allow = document(setting("BucketPolicy", "access-logs-policy")["policy"])[-1]
    assert allow["Principal"] == {"Service": "logging.s3.amazonaws.com"}
    assert allow["Condition"]["StringEquals"] == {"aws:SourceAccount": ACCOUNT}
    assert "arn:aws:s3:::sluice-aws-prod-raw" in allow["Condition"]["ArnEquals"]["aws:SourceArn"]


def test_a_secret_is_an_entry_that_only_its_reader_reads() -> None:
    assert PROD.inputs("aws:secretsmanager/secret:Secret", "source-commerce") == {
        "name": "sluice-aws-prod-source-commerce",
        "description": "source-commerce of aws-prod",
        "kmsKeyId": "${restricted-key.arn}",
        "recoveryWindowInDays": 30,
        "tags": naming.tags(load("aws-prod"), data_classification=DataClass.RESTRICTED),
    }
    policy = PROD.inputs("aws:secretsmanager/secretPolicy:SecretPolicy", "source-commerce-policy")
    assert policy["blockPublicPolicy"] is True
    deny = document(policy["policy"])[0]
    assert (deny["Effect"], deny["Principal"]) == ("Deny", "*")
    assert deny["Condition"] == {"ArnNotEquals": {"aws:PrincipalArn": ["${orchestrator-role.arn}"]}}


def test_the_provider_works_in_no_other_account() -> None:
    (provider,) = (item for item in PROD.resources if item.type == "pulumi:providers:aws")
    assert provider.inputs["region"] == "eu-west-1"
    assert json.loads(provider.inputs["allowedAccountIds"]) == [ACCOUNT]
