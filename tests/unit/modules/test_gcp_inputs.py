"""GCP's components under recording mocks: exact inputs.

Does not prove that GCP accepts them.
"""

from __future__ import annotations

import re

import pytest

from environments import naming
from environments.load import load
from environments.vocabulary import DataClass
from tests.recording_mocks import on_first_use

PROD = on_first_use("gcp-prod")
DEV = on_first_use("gcp-dev")
DAY = 86400


def test_raw_is_versioned_locked_private_and_under_its_key() -> None:
    assert PROD.inputs("gcp:storage/bucket:Bucket", "raw") == {
        "name": "sluice-gcp-prod-raw",
        "project": "sluice-gcp-prod",
        "location": "europe-west1",
        "uniformBucketLevelAccess": True,
        "publicAccessPrevention": "enforced",
        "encryption": {"defaultKmsKeyName": "${confidential-key.id}"},
        "versioning": {"enabled": True},
        "retentionPolicy": {"retentionPeriod": str(365 * DAY), "isLocked": True},
        "lifecycleRules": [
            {"action": {"type": "SetStorageClass", "storageClass": "NEARLINE"}, "condition": {"age": 30}},
            {"action": {"type": "SetStorageClass", "storageClass": "COLDLINE"}, "condition": {"age": 180}},
            {"action": {"type": "SetStorageClass", "storageClass": "ARCHIVE"}, "condition": {"age": 365}},
            {"action": {"type": "Delete"}, "condition": {"daysSinceNoncurrentTime": 30}},
            {"action": {"type": "AbortIncompleteMultipartUpload"}, "condition": {"age": 7}},
            {
                "action": {"type": "SetStorageClass", "storageClass": "COLDLINE"},
                "condition": {"age": 90, "matchesPrefixes": ["archive/"]},
            },
        ],
        "logging": {
            "logBucket": "sluice-gcp-prod-storage-access-logs",
            "logObjectPrefix": "sluice-gcp-prod-raw",
        },
        "forceDestroy": False,
        "deletionPolicy": "PREVENT",
        "labels": naming.tags(load("gcp-prod"), data_classification=DataClass.CONFIDENTIAL),
    }


def test_buckets_wait_until_storage_may_use_their_key() -> None:
    raw = PROD.of("gcp:storage/bucket:Bucket")["raw"]
    assert any(urn.endswith("::confidential-key-for-storage") for urn in raw.dependencies)


def test_keys_rotate_and_only_googles_own_agents_use_them() -> None:
    key = PROD.inputs("gcp:kms/cryptoKey:CryptoKey", "restricted-key")
    assert (key["rotationPeriod"], key["destroyScheduledDuration"]) == (f"{90 * DAY}s", f"{30 * DAY}s")
    uses = PROD.of("gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember")
    assert set(uses) == {
        "confidential-key-for-storage",
        "internal-key-for-storage",
        "restricted-key-for-secrets",
        "restricted-key-for-topics",
    }
    assert {item.inputs["role"] for item in uses.values()} == {"roles/cloudkms.cryptoKeyEncrypterDecrypter"}
    assert (
        uses["internal-key-for-storage"]
        .inputs["member"]
        .startswith("serviceAccount:${getProjectServiceAccount")
    )


@pytest.mark.parametrize(
    ("zone", "roles"),
    [
        ("raw", {"objectViewer", "objectCreator"}),
        ("curated", {"objectUser"}),
        ("releases", {"objectViewer"}),
    ],
)
def test_the_pipelines_may_do_in_a_zone_what_they_need(zone: str, roles: set[str]) -> None:
    members = PROD.of("gcp:storage/bucketIAMMember:BucketIAMMember")
    mine = [item.inputs for name, item in members.items() if name.startswith(f"pipelines-{zone}-")]
    assert {item["role"] for item in mine} == {f"roles/storage.{role}" for role in roles}
    assert {item["bucket"] for item in mine} == {f"sluice-gcp-prod-{zone}"}
    assert {item["member"] for item in mine} == {"${pipelines-account.member}"}


def test_of_the_releases_they_read_only_what_a_reader_needs() -> None:
    member = PROD.inputs("gcp:storage/bucketIAMMember:BucketIAMMember", "pipelines-releases-objectViewer")
    path = "projects/_/buckets/sluice-gcp-prod-releases/objects"
    assert member["condition"]["expression"] == " || ".join(
        [
            'resource.type != "storage.googleapis.com/Object"',
            f'resource.name.startsWith("{path}/releases/")',
            f'resource.name.startsWith("{path}/platform/")',
            f'resource.name == "{path}/CURRENT"',
        ]
    )


def test_a_secret_is_an_entry_without_a_value_that_announces_its_rotation() -> None:
    secret = PROD.inputs("gcp:secretmanager/secret:Secret", "source-commerce")
    due = secret["rotation"].pop("nextRotationTime")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT00:00:00Z", due)
    assert secret == {
        "secretId": "sluice-gcp-prod-source-commerce",
        "project": "sluice-gcp-prod",
        "replication": {
            "userManaged": {
                "replicas": [
                    {
                        "location": "europe-west1",
                        "customerManagedEncryption": {"kmsKeyName": "${restricted-key.id}"},
                    }
                ]
            }
        },
        "topics": [{"name": "${rotation-due.id}"}],
        "rotation": {"rotationPeriod": f"{90 * DAY}s"},
        "versionDestroyTtl": f"{30 * DAY}s",
        "deletionProtection": True,
        "labels": naming.tags(load("gcp-prod"), data_classification=DataClass.RESTRICTED),
    }
    assert DEV.inputs("gcp:secretmanager/secret:Secret", "source-commerce")["deletionProtection"] is False


def test_subnets_are_the_models_private_and_logged_whole() -> None:
    subnet = PROD.inputs("gcp:compute/subnetwork:Subnetwork", "compute-subnet")
    assert subnet["ipCidrRange"] == "10.34.128.0/18"
    assert subnet["privateIpGoogleAccess"] is True
    assert subnet["logConfig"] == {
        "aggregationInterval": "INTERVAL_1_MIN",
        "flowSampling": 1.0,
        "metadata": "INCLUDE_ALL_METADATA",
    }
    bucket = PROD.inputs("gcp:logging/projectBucketConfig:ProjectBucketConfig", "flow-logs")
    assert bucket["retentionDays"] == 365


def test_the_only_way_out_leads_to_google() -> None:
    network = PROD.inputs("gcp:compute/network:Network", "vpc")
    assert (network["autoCreateSubnetworks"], network["deleteDefaultRoutesOnCreate"]) == (False, True)
    (route,) = PROD.of("gcp:compute/route:Route").values()
    assert route.inputs["destRange"] == "199.36.153.8/30"
    rules = PROD.of("gcp:compute/firewall:Firewall")
    out = {
        name: item.inputs["destinationRanges"]
        for name, item in rules.items()
        if item.inputs["direction"] == "EGRESS" and item.inputs.get("allows")
    }
    own = [str(load("gcp-prod").network.cidr)[:6]]
    assert all(found == ["199.36.153.8/30"] or found[0].startswith(own[0]) for found in out.values())
    deny = rules["deny-out"].inputs
    assert (deny["denies"], deny["destinationRanges"], deny["priority"]) == (
        [{"protocol": "all"}],
        ["0.0.0.0/0"],
        65534,
    )


def test_reads_of_data_keys_and_secrets_are_audited() -> None:
    audits = {
        item.inputs["service"]: [log["logType"] for log in item.inputs["auditLogConfigs"]]
        for item in PROD.of("gcp:projects/iAMAuditConfig:IAMAuditConfig").values()
    }
    both = ["DATA_READ", "DATA_WRITE"]
    assert audits == {f"{name}.googleapis.com": both for name in ("cloudkms", "storage", "secretmanager")}
