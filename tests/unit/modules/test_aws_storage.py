"""Object storage on AWS under recording mocks: exact inputs, in both regions.

Does not prove that S3 accepts them: the rehearsal does.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from environments import naming
from environments.load import load
from environments.manifest import Zone
from environments.vocabulary import DataClass
from tests.recording_mocks import on_first_use

PROD = on_first_use("aws-prod")
DEV = on_first_use("aws-dev")
ENVIRONMENT = load("aws-prod")
ACCOUNT = ENVIRONMENT.account
ZONES = [str(zone) for zone in ENVIRONMENT.storage.zones]
BUCKETS = [*ZONES, "raw-failover"]
REPLICATION = "aws:s3/bucketReplicationConfig:BucketReplicationConfig"


def document(text: str) -> list[dict[str, Any]]:
    statements: list[dict[str, Any]] = json.loads(text)["Statement"]
    return statements


def setting(kind: str, name: str) -> dict[str, Any]:
    return PROD.inputs(f"aws:s3/{kind[0].lower()}{kind[1:]}:{kind}", name)


def region_of(bucket: str) -> str:
    return "eu-central-1" if "failover" in bucket else "eu-west-1"


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


@pytest.mark.parametrize("bucket", BUCKETS)
def test_every_bucket_is_private_encrypted_and_logged_within_its_region(bucket: str) -> None:
    region = region_of(bucket)
    assert setting("BucketPublicAccessBlock", f"{bucket}-public-access") == {
        "bucket": f"sluice-aws-prod-{bucket}",
        "region": region,
        "blockPublicAcls": True,
        "blockPublicPolicy": True,
        "ignorePublicAcls": True,
        "restrictPublicBuckets": True,
    }
    key = {
        "errors": "internal-key",
        "releases": "internal-key",
        "raw-failover": "confidential-failover-key",
    }.get(bucket, "confidential-key")
    (rule,) = setting("BucketServerSideEncryptionConfiguration", f"{bucket}-encryption")["rules"]
    assert rule == {
        "applyServerSideEncryptionByDefault": {
            "sseAlgorithm": "aws:kms",
            "kmsMasterKeyId": f"${{{key}.arn}}",
        },
        "bucketKeyEnabled": True,
    }
    logs = "access-logs-failover" if bucket == "raw-failover" else "access-logs"
    assert setting("Bucket", logs)["region"] == region
    assert setting("BucketLogging", f"{bucket}-logging") == {
        "bucket": f"sluice-aws-prod-{bucket}",
        "region": region,
        "targetBucket": f"sluice-aws-prod-storage-{logs}",
        "targetPrefix": f"sluice-aws-prod-{bucket}/",
    }
    denials = document(setting("BucketPolicy", f"{bucket}-policy")["policy"])
    assert {item["Sid"]: item["Effect"] for item in denials} == dict.fromkeys(
        ("OnlyOverTls", "OnlyOverTls12", "OnlyWithItsKey", "OnlyWithKms"), "Deny"
    )
    assert denials[0]["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert denials[0]["Resource"] == [f"${{{bucket}.arn}}", f"${{{bucket}.arn}}/*"]


@pytest.mark.parametrize("bucket", BUCKETS)
def test_every_bucket_is_listed_every_week_and_tells_of_changes(bucket: str) -> None:
    logs = "access-logs-failover" if bucket == "raw-failover" else "access-logs"
    inventory = dict(setting("Inventory", f"{bucket}-inventory"))
    assert {"ReplicationStatus", "EncryptionStatus", "ObjectLockRetainUntilDate"} <= set(
        inventory.pop("optionalFields")
    )
    assert inventory == {
        "bucket": f"sluice-aws-prod-{bucket}",
        "region": region_of(bucket),
        "name": "weekly",
        "includedObjectVersions": "All",
        "schedule": {"frequency": "Weekly"},
        "destination": {
            "bucket": {
                "accountId": ACCOUNT,
                "bucketArn": f"${{{logs}.arn}}",
                "prefix": "inventory",
                "format": "Parquet",
                "encryption": {"sseS3": {}},
            }
        },
    }
    assert setting("BucketNotification", f"{bucket}-events") == {
        "bucket": f"sluice-aws-prod-{bucket}",
        "region": region_of(bucket),
        "eventbridge": True,
    }


def test_logs_and_lists_come_from_our_buckets_and_reports_from_their_role_only() -> None:
    statements = {
        item["Sid"]: item for item in document(setting("BucketPolicy", "access-logs-policy")["policy"])
    }
    allowed = {sid: item for sid, item in statements.items() if item["Effect"] == "Allow"}
    assert set(allowed) == {"AccessLogs", "Inventories", "BackupReports"}
    raw = "sluice-aws-prod-raw"
    for sid, service, prefix in (
        ("AccessLogs", "logging.s3.amazonaws.com", ""),
        ("Inventories", "s3.amazonaws.com", "inventory/"),
    ):
        assert allowed[sid]["Principal"] == {"Service": service}
        assert allowed[sid]["Action"] == "s3:PutObject"
        assert f"${{access-logs.arn}}/{prefix}{raw}/*" in allowed[sid]["Resource"]
        assert allowed[sid]["Condition"]["StringEquals"] == {"aws:SourceAccount": ACCOUNT}
        assert allowed[sid]["Condition"]["ArnEquals"] == {
            "aws:SourceArn": [f"arn:aws:s3:::sluice-aws-prod-{zone}" for zone in ZONES]
        }
    assert allowed["BackupReports"]["Principal"] == {"AWS": "${reports-role.arn}"}
    assert allowed["BackupReports"]["Resource"] == "${access-logs.arn}/backup-reports/*"
    # The region of the copies has its own log bucket, for the copy alone.
    there = document(setting("BucketPolicy", "access-logs-failover-policy")["policy"])
    assert [item["Sid"] for item in there if item["Effect"] == "Allow"] == ["AccessLogs", "Inventories"]


def test_raws_copy_is_locked_and_ages_as_raw_does() -> None:
    copy, raw = setting("Bucket", "raw-failover"), setting("Bucket", "raw")
    assert copy == {**raw, "bucket": "sluice-aws-prod-raw-failover", "region": "eu-central-1"}
    lock = setting("BucketObjectLockConfiguration", "raw-failover-lock")
    assert lock["rule"] == {"defaultRetention": {"mode": "COMPLIANCE", "days": 365}}
    assert (
        setting("BucketLifecycleConfiguration", "raw-failover-lifecycle")["rules"]
        == setting("BucketLifecycleConfiguration", "raw-lifecycle")["rules"]
    )


def test_every_new_object_of_raw_is_copied_within_a_quarter_of_an_hour_and_no_deletion_is() -> None:
    assert set(PROD.of(REPLICATION)) == {"raw-replication"}
    assert PROD.inputs(REPLICATION, "raw-replication") == {
        "bucket": "sluice-aws-prod-raw",
        "region": "eu-west-1",
        "role": "${replication-role.arn}",
        "rules": [
            {
                "id": "failover",
                "status": "Enabled",
                "priority": 1,
                "filter": {"prefix": ""},
                "deleteMarkerReplication": {"status": "Disabled"},
                "sourceSelectionCriteria": {"sseKmsEncryptedObjects": {"status": "Enabled"}},
                "destination": {
                    "bucket": "${raw-failover.arn}",
                    "encryptionConfiguration": {"replicaKmsKeyId": "${confidential-failover-key.arn}"},
                    "metrics": {"status": "Enabled", "eventThreshold": {"minutes": 15}},
                    "replicationTime": {"status": "Enabled", "time": {"minutes": 15}},
                },
            }
        ],
    }


def test_copying_waits_for_versions_on_both_ends_and_for_its_rights() -> None:
    waits = {urn.rsplit("::", 1)[1] for urn in PROD.of(REPLICATION)["raw-replication"].dependencies}
    assert {"raw-versioning", "raw-failover-versioning", "replication-access"} <= waits


def test_the_promise_of_a_quarter_of_an_hour_is_bought_in_prod_only_and_the_lag_is_seen_everywhere() -> None:
    (rule,) = DEV.inputs(REPLICATION, "raw-replication")["rules"]
    assert rule["destination"]["metrics"] == {"status": "Enabled"}
    assert "replicationTime" not in rule["destination"]
    assert DEV.environment.storage.replication_within_15_minutes is False


def test_who_copies_reads_raw_and_writes_its_copy_and_nothing_else() -> None:
    policy = PROD.inputs("aws:iam/rolePolicy:RolePolicy", "replication-access")
    assert policy["role"] == "sluice-aws-prod-identity-replication"
    statements = {item["Sid"]: item for item in document(policy["policy"])}
    assert {sid: item["Resource"] for sid, item in statements.items()} == {
        "ReadBuckets": ["${raw.arn}"],
        "ReadObjects": ["${raw.arn}/*"],
        "WriteCopies": ["${raw-failover.arn}/*"],
        "ReadKeys": ["${confidential-key.arn}"],
        "WriteKeys": ["${confidential-failover-key.arn}"],
    }
    assert statements["WriteCopies"]["Action"] == ["s3:ReplicateObject", "s3:ReplicateTags"]
    assert {"s3:GetObjectRetention", "s3:GetObjectLegalHold"} <= set(statements["ReadObjects"]["Action"])
    for sid, region in (("ReadKeys", "eu-west-1"), ("WriteKeys", "eu-central-1")):
        assert statements[sid]["Condition"] == {
            "StringEquals": {"kms:ViaService": f"s3.{region}.amazonaws.com"}
        }


def test_the_manifest_hears_of_the_copies() -> None:
    assert PROD.exports["failover_zones"] == {Zone.RAW: "s3://sluice-aws-prod-raw-failover"}
