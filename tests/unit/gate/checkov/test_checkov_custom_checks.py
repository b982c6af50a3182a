"""Every check of ours passes what is right, fails what is wrong, and has nothing to say of the rest.

Each goes the whole way: Pulumi inputs, projection, worker. They do not prove that the projection of a type
is right; the projection's own tests do.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from environments import places
from policies.gate.values import reference

BUCKET = "aws:s3/bucket:Bucket"
LOCK = "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration"
MWAA = "aws:mwaa/environment:Environment"
EMR = "aws:emrserverless/application:Application"
DATASET = "gcp:bigquery/dataset:Dataset"
COMPOSER = "gcp:composer/environment:Environment"
STORAGE = "gcp:storage/bucket:Bucket"
ACCOUNT = "azure-native:storage:StorageAccount"

_BUCKET_ID = reference(f"urn:pulumi:dev::tests::{BUCKET}::it", "id")
_PLAN = {
    "resourceGroupName": "group",
    "accountName": "sluicedata",
    "kind": "StorageV2",
    "sku": {"name": "Standard_GRS"},
}


def _account(**more: Any) -> dict[str, Any]:
    return {"it": (ACCOUNT, {**_PLAN, **more})}


def _immutable(**policy: Any) -> dict[str, Any]:
    return _account(immutableStorageWithVersioning={"enabled": True, "immutabilityPolicy": policy})


def _locked(mode: str) -> dict[str, Any]:
    lock = {"bucket": _BUCKET_ID, "rule": {"defaultRetention": {"mode": mode, "days": 30}}}
    return {"it": (BUCKET, {"bucket": "sluice-raw", "objectLockEnabled": True}), "lock": (LOCK, lock)}


def _dataset(**more: Any) -> dict[str, Any]:
    return {"it": (DATASET, {"datasetId": "people", **more})}


def _composer(config: dict[str, Any]) -> dict[str, Any]:
    return {"it": (COMPOSER, {"name": "flows", "config": config})}


def _emr(**more: Any) -> dict[str, Any]:
    return {"it": (EMR, {"name": "spark", "releaseLabel": "emr-7.5.0", "type": "spark", **more})}


def _mwaa(**more: Any) -> dict[str, Any]:
    return {"it": (MWAA, {"name": "flows", "dagS3Path": "dags", **more})}


def _storage(**more: Any) -> dict[str, Any]:
    return {"it": (STORAGE, {"name": "sluice-raw", "location": "EU", **more})}


KEY = "arn:aws:kms:eu-west-1:123456789012:key/1"
PRIVATE = {"subnetIds": ["subnet-1"], "securityGroupIds": ["sg-1"]}
PERSONAL = {"data-classification": "restricted"}
GCP_KEY = {"kmsKeyName": "projects/p/locations/eu/keyRings/r/cryptoKeys/k"}
OLDER_COMPOSER = {"privateEnvironmentConfig": {"enablePrivateEndpoint": True}}

CASES: dict[str, dict[str, list[dict[str, Any]]]] = {
    "CKV_SLUICE_AWS_1": {"pass": [_mwaa(kmsKey=KEY)], "fail": [_mwaa()]},
    "CKV_SLUICE_AWS_2": {
        "pass": [_emr(networkConfiguration=PRIVATE)],
        "fail": [_emr(), _emr(networkConfiguration={"subnetIds": ["subnet-1"]})],
    },
    "CKV_SLUICE_AWS_3": {
        "pass": [_locked("COMPLIANCE")],
        "fail": [
            _locked("GOVERNANCE"),
            {"it": (BUCKET, {"bucket": "sluice-raw"})},
            {"it": (BUCKET, {"bucket": "archive", "objectLockEnabled": True})},
            {"it": (BUCKET, {"bucket": "landing", "tags": {"zone": "raw"}})},
        ],
        "None": [{"it": (BUCKET, {"bucket": "sluice-drawings"})}],
    },
    "CKV_SLUICE_GCP_1": {
        "pass": [_dataset(labels=PERSONAL, defaultEncryptionConfiguration=GCP_KEY)],
        "fail": [_dataset(labels=PERSONAL), _dataset(labels={"personal-data": "true"})],
        "None": [_dataset(labels={"data-classification": "internal"}), _dataset()],
    },
    "CKV_SLUICE_GCP_2": {
        "pass": [_composer({"enablePrivateEnvironment": True}), _composer(OLDER_COMPOSER)],
        "fail": [_composer({"enablePrivateEnvironment": False}), _composer({"nodeCount": 3})],
    },
    "CKV_SLUICE_GCP_3": {
        "pass": [_storage(retentionPolicy={"isLocked": True, "retentionPeriod": "86400"})],
        "fail": [_storage(retentionPolicy={"retentionPeriod": "86400"})],
        "None": [_storage()],
    },
    "CKV_SLUICE_AZURE_1": {
        "pass": [_immutable(immutabilityPeriodSinceCreationInDays=30, state="Locked")],
        "fail": [
            _immutable(immutabilityPeriodSinceCreationInDays=30, state="Disabled"),
            _immutable(state="Locked"),
        ],
        "None": [_account()],
    },
    "CKV_SLUICE_AZURE_2": {
        "pass": [_account(allowSharedKeyAccess=False)],
        "fail": [_account(), _account(allowSharedKeyAccess=True)],
    },
}


@pytest.mark.parametrize(
    ("check", "wanted", "given"),
    [
        pytest.param(check, wanted, given, id=f"{check}-{wanted}-{number}")
        for check, cases in CASES.items()
        for wanted, examples in cases.items()
        for number, given in enumerate(examples, start=1)
    ],
)
def test_the_check_gives_the_verdict(verdicts: Any, check: str, wanted: str, given: dict[str, Any]) -> None:
    assert str(verdicts(given).get((check, "it"))) == wanted


def test_every_check_has_an_example_that_passes_and_one_that_fails() -> None:
    folder: Path = places.ROOT / "policies" / "checkov"
    written = {
        line.split('"')[1]
        for file in folder.glob("*.py")
        for line in file.read_text().splitlines()
        if line.strip().startswith("id=")
    }
    assert written == set(CASES)
    assert all(cases["pass"] and cases["fail"] for cases in CASES.values())
